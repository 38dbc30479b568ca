//! The rules of a workflow that its tokens can show. Whether a name is an executor, whether what it reads is
//! there and whether two are stored under one name is rustc's to check.

use quote::ToTokens;
use syn::{Error, Path, Result};

use super::model::Workflow;
use super::parse::{Written, WrittenStep};
use crate::errors::all;

/// The model of a workflow.
pub(super) fn validate(written: &Written) -> Result<Workflow<'_>> {
    let written_steps = written.steps.as_ref().map_err(Clone::clone)?;
    let steps: Vec<&Path> = written_steps
        .iter()
        .map(check_single)
        .collect::<Result<_>>()?;
    all(steps
        .iter()
        .enumerate()
        .map(|(nth, step)| check_once(step, &steps[..nth])))?;
    Ok(Workflow {
        head: &written.head,
        steps,
    })
}

fn check_single(step: &WrittenStep) -> Result<&Path> {
    match step {
        WrittenStep::Executor(path) => Ok(path),
        WrittenStep::Group(group) => Err(Error::new(
            group.span(),
            "side-by-side groups are not built yet; write `a -> b`",
        )),
    }
}

fn check_once(step: &Path, earlier: &[&Path]) -> Result<()> {
    let name = printed(step);
    if earlier.iter().all(|other| printed(other) != name) {
        return Ok(());
    }
    let message = format!("`{name}` is already a step; a workflow runs an executor once");
    Err(Error::new_spanned(step, message))
}

fn printed(path: &Path) -> String {
    path.to_token_stream().to_string().replace(' ', "")
}
