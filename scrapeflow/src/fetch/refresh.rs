//! What an executor saved earlier, and the question whether it has changed (RFC 9110, 13.1).

use http::HeaderMap;
use http::header::{
    CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
};

use super::outgoing::put;
use super::scraped::Scraped;
use crate::error::Result;
use crate::executor::call::{Call, Saving};
use crate::executor::facts::damaged_file;
use crate::status::{SavedFile, Validators, json};

/// A body that a refresh may keep.
pub(super) struct Earlier {
    file: SavedFile,
    /// The output, if that is what a request gave of the file.
    scraped: Option<Scraped>,
}

impl Earlier {
    /// What this executor's success before the refresh saved under `suffix`, if it is whole.
    pub(super) async fn of(call: &Call, suffix: &str) -> Result<Option<Self>> {
        let site = call.site();
        let record = site.status.record(site.step);
        let name = format!("{}.{suffix}", call.key());
        let mut files = record.meta().files.into_iter();
        let Some(file) = files.find(|file| file.name == name) else {
            return Ok(None);
        };
        let damage = damaged_file(&file, &site.status, &*site.scope.store).await?;
        if damage.is_some() {
            return Ok(None);
        }
        let scraped = record
            .output
            .and_then(|output| json::from_json::<Scraped>(output).ok())
            .filter(|scraped| scraped.content == file.md5);
        Ok(Some(Self { file, scraped }))
    }

    /// Asks for the body only if it has changed; a question that the caller asks goes first.
    pub(super) fn ask(&self, request: &mut HeaderMap) {
        if request.contains_key(IF_NONE_MATCH) || request.contains_key(IF_MODIFIED_SINCE) {
            return;
        }
        let Validators {
            etag,
            last_modified,
        } = &self.file.validators;
        let of_output = |name: &HeaderName| self.scraped.as_ref()?.header(name.as_str());
        for (stored, name, question) in [
            (etag, ETAG, IF_NONE_MATCH),
            (last_modified, LAST_MODIFIED, IF_MODIFIED_SINCE),
        ] {
            // Files from before they were noted with the file have them in the output.
            let value = stored.as_deref().or_else(|| of_output(&name));
            if let Some(Ok(value)) = value.map(HeaderValue::from_str) {
                request.insert(question, value);
            }
        }
    }

    /// Keeps the body, with the headers of the answer that says so in place of the older ones
    /// (RFC 9111, 3.2).
    pub(super) fn keep(mut self, call: &Call, answered: &HeaderMap) -> Scraped {
        let mut scraped = self.scraped.take().unwrap_or_else(|| of_file(&self.file));
        let of_the_body = |name: &HeaderName| name.as_str().starts_with("content-");
        let mut news = answered.clone();
        for name in answered.keys().filter(|name| of_the_body(name)) {
            news.remove(name);
        }
        put(&mut scraped.response_headers, &news);
        let news = validators(&news);
        let known = &mut self.file.validators;
        known.etag = news.etag.or(known.etag.take());
        known.last_modified = news.last_modified.or(known.last_modified.take());
        call.keep(Saving {
            file: self.file,
            staged: None,
        });
        scraped
    }
}

/// By which the server tells this answer's body from others.
pub(super) fn validators(headers: &HeaderMap) -> Validators {
    let value = |name| Some(headers.get(name)?.to_str().ok()?.to_owned());
    Validators {
        etag: value(ETAG),
        last_modified: value(LAST_MODIFIED),
    }
}

/// What is known of a file whose request is forgotten.
fn of_file(file: &SavedFile) -> Scraped {
    let kind = file.content_type.as_deref().map(HeaderValue::from_str);
    let kind = kind.and_then(Result::ok).map(|kind| (CONTENT_TYPE, kind));
    Scraped {
        size: file.size,
        content: file.md5.clone(),
        response_headers: kind.into_iter().collect(),
        ..Scraped::default()
    }
}
