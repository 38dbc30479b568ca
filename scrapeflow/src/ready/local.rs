//! The same for files of this machine: a task's URL may begin with `file://`.

use url::Url;

use super::images::{info, small};
use super::page::ScrapeParams;
use crate::executor::argument::{Body, Context, Files, Params, Saved};
use crate::fetch::{Fetch, Scraped};
use crate::images::{Info, local};
use crate::{Result, executor};

/// As [`scrape`](super::scrape()), and for a URL that begins with `file://` a link to the file, as `<key>.scrape`: it isn't copied, but by
/// stores that have no files. It has to be below a folder that the run [allows](crate::Run::local_roots).
///
/// The link is to where the file really is. Nothing is ever written through it. A file that changes later is not noticed before
/// this runs again (`force`, `max_age`), but for its size: whoever reads it then says so.
///
/// # Errors
/// As `scrape`; and if there is no such file, it cannot be read, or it is in no folder that is allowed.
#[executor]
pub async fn scrape_local_file_or_url(
    Params(params): Params<ScrapeParams>,
    fetch: Fetch,
    files: Files,
) -> Result<Scraped> {
    match Url::parse(&params.url) {
        Ok(url) if url.scheme() == "file" => {
            let Saved { size, content } = local::link(&files, &url, "scrape").await?;
            Ok(Scraped {
                size,
                content,
                ..Scraped::default()
            })
        }
        _ => fetch.task(&params).save("scrape").await,
    }
}

/// As [`parse_image`](super::parse_image()), of what [`scrape_local_file_or_url()`] saved.
///
/// # Errors
/// As there.
#[executor]
pub async fn parse_image(page: Body<scrape_local_file_or_url>) -> Result<Info> {
    info(page.bytes().clone()).await
}

/// As [`thumbnail`](super::thumbnail()), of what [`scrape_local_file_or_url()`] saved.
///
/// # Errors
/// As there.
#[executor]
pub async fn thumbnail(
    page: Body<scrape_local_file_or_url>,
    files: Files,
    context: Context,
) -> Result<Saved> {
    small(page.bytes().clone(), &files, &context).await
}
