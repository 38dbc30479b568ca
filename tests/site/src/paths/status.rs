//! `/status/CODE`.

use std::time::{Duration, SystemTime};

use super::{Query, Refusal};
use crate::Answer;
use crate::date::http_date;
use crate::reason::reason;

pub(super) fn answer(code: u16, query: &Query) -> Result<Answer, Refusal> {
    // One below 200 announces an answer instead of being one.
    if !(200..=999).contains(&code) {
        return Err(Refusal::bad_request(format!(
            "`{code}` is no status from 200 to 999"
        )));
    }
    let title = format!("{code} {}", reason(code));
    let page = format!("<!DOCTYPE html>\n<title>{title}</title>\n<h1>{title}</h1>\n");
    let mut answer = Answer::html(page).status(code);
    if let Some(seconds) = query.number::<u64>("retry_after")? {
        answer = answer.header("Retry-After", &seconds.to_string());
    }
    if let Some(seconds) = query.number("retry_after_date")? {
        let date = SystemTime::now().checked_add(Duration::from_secs(seconds));
        let date =
            date.ok_or_else(|| Refusal::bad_request(format!("{seconds} seconds are too many")))?;
        answer = answer.header("Retry-After", &http_date(date));
    }
    Ok(answer)
}
