//! The options of the attribute: `timeout = "60s", retries = 2`.

use syn::ext::IdentExt;
use syn::{Error, Expr, ExprLit, Lit, LitStr, Result};

use super::{duration, nearest};
use crate::errors::all;
use crate::executor::model::Options;
use crate::executor::parse::WrittenOption;

/// Every option, as an error shows it.
const FORMS: [(&str, &str); 6] = [
    ("name", "name = \"quotes\""),
    ("timeout", "timeout = \"60s\""),
    ("retries", "retries = 2"),
    ("backoff", "backoff = \"500ms\"` or `backoff = \"500ms..30s\""),
    ("version", "version = 2"),
    ("max_age", "max_age = \"7d\""),
];

/// All options but `name`, which has a file of its own.
pub(super) fn check_options(written: &[WrittenOption]) -> Result<Options> {
    let mut options = Options::default();
    all(written.iter().enumerate().map(|(nth, option)| {
        let form = check_known(option)?;
        check_once(option, &written[..nth])?;
        set(&mut options, option, form)
    }))?;
    Ok(options)
}

fn set(options: &mut Options, option: &WrittenOption, form: &str) -> Result<()> {
    match key(option).as_str() {
        "timeout" => options.timeout = Some(duration::check_duration(&check_text(option, form)?, form)?),
        "max_age" => options.max_age = Some(duration::check_duration(&check_text(option, form)?, form)?),
        "backoff" => options.backoff = Some(duration::check_backoff(&check_text(option, form)?, form)?),
        "retries" => options.retries = Some(check_number(option, 0, form)?),
        "version" => options.version = Some(check_number(option, 1, form)?),
        _name => {}
    }
    Ok(())
}

/// The name of an option, `r#` aside.
pub(super) fn key(option: &WrittenOption) -> String {
    option.key.unraw().to_string()
}

/// The option's form.
fn check_known(option: &WrittenOption) -> Result<&'static str> {
    let key = key(option);
    if let Some((_, form)) = FORMS.iter().find(|(known, _)| *known == key) {
        return Ok(form);
    }
    let names = FORMS.map(|(name, _)| name);
    let meant = nearest::nearest(&key, &names).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
    let list = names.map(|name| format!("`{name}`")).join(", ");
    let message = format!("`#[executor]` has no option `{key}`{meant}\nits options are {list}");
    Err(Error::new(option.key.span(), message))
}

fn check_once(option: &WrittenOption, earlier: &[WrittenOption]) -> Result<()> {
    let key = key(option);
    if earlier.iter().any(|other| self::key(other) == key) {
        let message = format!("`{key}` is said twice; keep one of them");
        return Err(Error::new(option.key.span(), message));
    }
    Ok(())
}

/// The text of an option in quotes.
pub(super) fn check_text(option: &WrittenOption, form: &str) -> Result<LitStr> {
    match check_value(option, form)? {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text.clone()),
        other => Err(Error::new_spanned(other, format!("expected a text in quotes: `{form}`"))),
    }
}

fn check_number(option: &WrittenOption, least: u32, form: &str) -> Result<u32> {
    let value = check_value(option, form)?;
    let number = match value {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => number.base10_parse::<u32>().ok(),
        _ => None,
    };
    number.filter(|number| *number >= least).ok_or_else(|| {
        let message = format!("expected a whole number from {least} to {}: `{form}`", u32::MAX);
        Error::new_spanned(value, message)
    })
}

fn check_value<'a>(option: &'a WrittenOption, form: &str) -> Result<&'a Expr> {
    option.value.as_ref().ok_or_else(|| {
        let message = format!("`{}` needs a value: `{form}`", option.key);
        Error::new(option.key.span(), message)
    })
}
