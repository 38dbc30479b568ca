//! Which options the attribute may have: `timeout = "60s", retries = 2`.

use syn::ext::IdentExt;
use syn::{Error, Result};

use super::nearest::nearest;
use super::value::Value;
use crate::errors::all;
use crate::executor::model::Options;
use crate::executor::parse::WrittenOption;

/// Every option, and how it is written.
const FORMS: [(&str, &str); 6] = [
    ("name", "`name = \"quotes\"`"),
    ("timeout", "`timeout = \"60s\"`"),
    ("retries", "`retries = 2`"),
    (
        "backoff",
        "`backoff = \"500ms\"` or `backoff = \"500ms..30s\"`",
    ),
    ("version", "`version = 2`"),
    ("max_age", "`max_age = \"7d\"`"),
];

/// All options but `name`, which has a file of its own.
pub(super) fn check_options(written: &[WrittenOption]) -> Result<Options> {
    let mut options = Options::default();
    all(written.iter().enumerate().map(|(nth, option)| {
        let value = check_known(option)?;
        check_once(option, &written[..nth])?;
        match key(option).as_str() {
            "timeout" => options.timeout = Some(value.check_duration()?),
            "retries" => options.retries = Some(value.check_number(0)?),
            "backoff" => options.backoff = Some(value.check_backoff()?),
            "version" => options.version = Some(value.check_number(1)?),
            "max_age" => options.max_age = Some(value.check_duration()?),
            _name => {}
        }
        Ok(())
    }))?;
    Ok(options)
}

/// The option of that name, if it is there.
pub(super) fn find<'a>(written: &'a [WrittenOption], name: &str) -> Option<Value<'a>> {
    let option = written.iter().find(|option| key(option) == name)?;
    check_known(option).ok()
}

fn key(option: &WrittenOption) -> String {
    option.key.unraw().to_string()
}

fn check_known(option: &WrittenOption) -> Result<Value<'_>> {
    let key = key(option);
    if let Some((_, form)) = FORMS.iter().find(|(known, _)| *known == key) {
        return Ok(Value { option, form });
    }
    let names = FORMS.map(|(name, _)| name);
    let meant = nearest(&key, &names).map(|near| format!("; did you mean `{near}`?"));
    let message = format!(
        "`#[executor]` has no option `{key}`{}\nits options are {}",
        meant.unwrap_or_default(),
        names.map(|name| format!("`{name}`")).join(", "),
    );
    Err(Error::new(option.key.span(), message))
}

fn check_once(option: &WrittenOption, earlier: &[WrittenOption]) -> Result<()> {
    let name = key(option);
    if earlier.iter().all(|other| key(other) != name) {
        return Ok(());
    }
    let message = format!("`{name}` is said twice; keep one of them");
    Err(Error::new(option.key.span(), message))
}
