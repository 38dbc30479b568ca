//! What an executor saved earlier, and the question whether it has changed (RFC 9110, 13.1).

use http::HeaderMap;
use http::header::{
    ETAG, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
};

use super::outgoing::put;
use super::scraped::Scraped;
use crate::error::Result;
use crate::executor::call::{Call, Saving};
use crate::executor::facts::damaged_file;
use crate::status::{SavedFile, json};

/// A body that a refresh may keep.
pub(super) struct Earlier {
    scraped: Scraped,
    file: SavedFile,
}

impl Earlier {
    /// What this executor's success before the refresh saved under `suffix`, if it is whole, and its output is
    /// of one body, whose headers then are known.
    pub(super) async fn of(call: &Call, suffix: &str) -> Result<Option<Self>> {
        let site = call.site();
        let record = site.status.record(site.step);
        let name = format!("{}.{suffix}", call.key());
        let mut files = record.meta().files.into_iter();
        let (Some(file), Some(output)) = (files.find(|file| file.name == name), record.output)
        else {
            return Ok(None);
        };
        let Ok(scraped) = json::from_json::<Scraped>(output) else {
            return Ok(None);
        };
        let whole = damaged_file(&file, &site.status, &*site.scope.store)
            .await?
            .is_none();
        let belongs = scraped.content == file.md5;
        Ok((whole && belongs).then_some(Self { scraped, file }))
    }

    /// Asks for the body only if it has changed; a question that the caller asks goes first.
    pub(super) fn ask(&self, request: &mut HeaderMap) {
        if request.contains_key(IF_NONE_MATCH) || request.contains_key(IF_MODIFIED_SINCE) {
            return;
        }
        for (stored, question) in [(ETAG, IF_NONE_MATCH), (LAST_MODIFIED, IF_MODIFIED_SINCE)] {
            let value = self
                .scraped
                .header(stored.as_str())
                .map(HeaderValue::from_str);
            if let Some(Ok(value)) = value {
                request.insert(question, value);
            }
        }
    }

    /// Keeps the body, with the headers of the answer that says so in place of the older ones
    /// (RFC 9111, 3.2).
    pub(super) fn keep(self, call: &Call, answered: &HeaderMap) -> Scraped {
        let mut scraped = self.scraped;
        let of_the_body = |name: &HeaderName| name.as_str().starts_with("content-");
        let mut news = answered.clone();
        for name in answered.keys().filter(|name| of_the_body(name)) {
            news.remove(name);
        }
        put(&mut scraped.response_headers, &news);
        call.keep(Saving {
            file: self.file,
            staged: None,
        });
        scraped
    }
}
