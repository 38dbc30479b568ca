//! What stands behind the `=` of an option.

use std::time::Duration;

use syn::{Error, Expr, ExprLit, Lit, LitStr, Result};

use super::duration;
use crate::executor::model::Backoff;
use crate::executor::parse::WrittenOption;

/// The value of an option, still to be read.
pub(super) struct Value<'a> {
    pub(super) option: &'a WrittenOption,
    /// How the option is written, for errors.
    pub(super) form: &'static str,
}

impl Value<'_> {
    /// A text in quotes.
    pub(super) fn check_text(&self) -> Result<LitStr> {
        match self.check_given()? {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Ok(text.clone()),
            other => {
                let message = format!("expected a text in quotes: {}", self.form);
                Err(Error::new_spanned(other, message))
            }
        }
    }

    /// A whole number.
    pub(super) fn check_number(&self, least: u32) -> Result<u32> {
        let value = self.check_given()?;
        let number = match value {
            Expr::Lit(ExprLit {
                lit: Lit::Int(number),
                ..
            }) => number.base10_parse::<u32>().ok(),
            _ => None,
        };
        number.filter(|number| *number >= least).ok_or_else(|| {
            let (most, form) = (u32::MAX, self.form);
            let message = format!("expected a whole number from {least} to {most}: {form}");
            Error::new_spanned(value, message)
        })
    }

    /// A duration, longer than zero.
    pub(super) fn check_duration(&self) -> Result<Duration> {
        let text = self.check_text()?;
        duration::duration(&text.value()).map_err(|expected| self.expected(&text, expected))
    }

    /// A first pause, or a first and a longest.
    pub(super) fn check_backoff(&self) -> Result<Backoff> {
        let text = self.check_text()?;
        duration::backoff(&text.value()).map_err(|expected| self.expected(&text, expected))
    }

    fn check_given(&self) -> Result<&Expr> {
        self.option.value.as_ref().ok_or_else(|| {
            let key = &self.option.key;
            Error::new(key.span(), format!("`{key}` needs a value: {}", self.form))
        })
    }

    fn expected(&self, text: &LitStr, expected: &str) -> Error {
        Error::new(text.span(), format!("expected {expected}: {}", self.form))
    }
}
