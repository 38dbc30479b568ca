//! What `workflow!` implements: a sequence of executors under a name, from which runs are made.

pub(crate) mod outcomes;
pub(crate) mod outputs;

use std::any::TypeId;
use std::fmt;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::stream::BoxStream;

use self::outputs::outputs_of;
use crate::error::Result;
use crate::executor::contract::{Executor, HasStep};
use crate::executor::step::Step;
use crate::run::builder::Run;
#[cfg(feature = "archive")]
use crate::store::ArchiveStore;
use crate::store::{DirStore, Store, statuses_in};
use crate::task::Key;

/// A sequence of executors. Made by [`workflow!`](crate::workflow!), which checks names, order and types.
pub trait Workflow: Sized + Send + Sync + 'static {
    /// Its name, for reports.
    const NAME: &'static str;

    #[doc(hidden)]
    fn steps() -> Vec<Step>;

    /// A run that keeps everything in a directory, which it makes if it isn't there.
    fn in_dir(dir: impl Into<PathBuf>) -> Run<Self> {
        Self::in_store(DirStore::new(dir))
    }

    /// A run that keeps everything in an [archive](crate::store::archive), a folder which it makes if it isn't there: for more tasks than a
    /// directory has room for.
    #[cfg(feature = "archive")]
    fn in_archive(dir: impl Into<PathBuf>) -> Run<Self> {
        Self::in_store(ArchiveStore::new(dir))
    }

    /// A run that keeps everything in a store of your choice.
    fn in_store(store: impl Store) -> Run<Self> {
        Run::new(Arc::new(store))
    }

    /// Streams what executor `E` made of all tasks of a directory on which it succeeded, in its own type and in no
    /// particular order; of another store than a directory [`outputs`](crate::outputs) does. Doesn't compile if `E` isn't
    /// a step.
    ///
    /// ```
    /// use futures::TryStreamExt;
    /// use scrapeflow::prelude::*;
    ///
    /// #[executor]
    /// async fn words(key: Key) -> Result<Vec<String>> {
    ///     Ok(key.as_str().split(' ').map(str::to_owned).collect())
    /// }
    /// workflow! { Titles = words; }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let folder = tempfile::tempdir()?;
    /// # let dir = folder.path();
    /// # let titles = Tasks::from_pairs([("the lamp", serde_json::json!({}))])?;
    /// Titles::in_dir(dir).tasks(titles).run().await?;
    /// let mut found = Titles::outputs::<words>(dir);
    /// while let Some((key, words)) = found.try_next().await? {
    ///     assert_eq!((key.as_str(), words.len()), ("the lamp", 2));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// In the stream: if the directory cannot be listed; and, without ending it, of a status that cannot be read or an
    /// output that doesn't fit `E`'s type. A directory that isn't there has none.
    fn outputs<E: Executor>(dir: impl AsRef<Path>) -> BoxStream<'static, Result<(Key, E::Output)>>
    where
        Self: HasStep<E>,
    {
        outputs_of::<E>(statuses_in(dir.as_ref()))
    }

    /// The names of its executors, in order.
    fn executors() -> Vec<&'static str> {
        Self::steps().iter().map(|step| step.name).collect()
    }

    /// From a name, as a command line has it, to an executor, for `force_step` and the like.
    ///
    /// ```
    /// use scrapeflow::prelude::*;
    ///
    /// #[executor] async fn parse(key: Key) -> Result<String> { Ok(key.to_string()) }
    /// workflow! { Quotes = parse; }
    ///
    /// let run = Quotes::in_dir("quotes").force_step(Quotes::step("parse").unwrap());
    /// assert_eq!(
    ///     Quotes::step("prase").unwrap_err().to_string(),
    ///     "`prase` is not a step of Quotes, which has `parse`; did you mean `parse`?",
    /// );
    /// ```
    ///
    /// # Errors
    /// If it has no executor of that name; says which it has, and the nearest.
    fn step(name: &str) -> std::result::Result<StepName<Self>, UnknownStep> {
        let steps = Self::steps();
        match steps.iter().find(|step| step.name == name) {
            Some(step) => Ok(StepName::new(step.executor)),
            None => Err(UnknownStep::new(Self::NAME, name, &steps)),
        }
    }
}

/// An executor of workflow `W`, by value.
pub struct StepName<W> {
    executor: TypeId,
    workflow: PhantomData<fn() -> W>,
}

impl<W> StepName<W> {
    fn new(executor: TypeId) -> Self {
        Self {
            executor,
            workflow: PhantomData,
        }
    }

    /// Executor `E`, which is a step of `W`.
    pub fn of<E: Executor>() -> Self
    where
        W: HasStep<E>,
    {
        Self::new(TypeId::of::<E>())
    }
}

/// Where a step stands in its workflow.
pub(crate) fn index_of<W: Workflow>(step: StepName<W>) -> usize {
    W::steps()
        .iter()
        .position(|of| of.executor == step.executor)
        .expect("a StepName is made for an executor of its workflow only")
}

impl<W> Clone for StepName<W> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<W> Copy for StepName<W> {}

impl<W> fmt::Debug for StepName<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StepName({:?})", self.executor)
    }
}

/// A name that no executor of a workflow has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownStep {
    message: String,
    nearest: Option<&'static str>,
}

impl UnknownStep {
    fn new(workflow: &str, name: &str, steps: &[Step]) -> Self {
        let names: Vec<&'static str> = steps.iter().map(|step| step.name).collect();
        let nearest = nearest(name, names.iter().copied());
        let mut message = format!(
            "`{}` is not a step of {workflow}, which has `{}`",
            name.escape_debug(),
            names.join("`, `")
        );
        if let Some(nearest) = nearest {
            message.extend(["; did you mean `", nearest, "`?"]);
        }
        Self { message, nearest }
    }

    /// The executor whose name is nearest, if one is near.
    pub fn nearest(&self) -> Option<&'static str> {
        self.nearest
    }
}

/// The most similar of `names`, if it is similar at all.
pub(crate) fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const SIMILAR: f64 = 0.7;
    names
        .into_iter()
        .map(|of| (strsim::jaro_winkler(name, of), of))
        .filter(|(similarity, _)| *similarity >= SIMILAR)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, of)| of)
}

impl fmt::Display for UnknownStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for UnknownStep {}
