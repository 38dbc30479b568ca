//! Files of this machine in place of pages: linked to, and only where the caller allows it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use md5::{Digest, Md5};
use url::Url;

use crate::digest::hex;
use crate::error::{Class, Error, Result};
use crate::executor::argument::{Files, Saved};
use crate::run::builder::Run;
use crate::workflow::Workflow;

impl<W: Workflow> Run<W> {
    /// Allows [`scrape_local_file_or_url`](crate::ready::local::scrape_local_file_or_url()) the files below these folders, for
    /// tasks whose URL begins with `file://`; none unless set. Given again, further ones.
    ///
    /// ```
    /// # use scrapeflow::prelude::*;
    /// use scrapeflow::ready::local::{parse_image, scrape_local_file_or_url, thumbnail};
    ///
    /// workflow! { Photos = scrape_local_file_or_url -> parse_image -> thumbnail; }
    ///
    /// # let photos = std::env::temp_dir();
    /// let run = Photos::in_dir("thumbnails")
    ///     .local_roots([photos])
    ///     .params(&serde_json::json!({ "thumbnail": [128, 128] }));
    /// ```
    pub fn local_roots<P: AsRef<Path>>(mut self, roots: impl IntoIterator<Item = P>) -> Self {
        for root in roots {
            let root = root.as_ref();
            match fs::canonicalize(root) {
                Ok(root) => self.said.links.push(root),
                Err(error) => self.wrong(format!("local_roots: {}: {error}", root.display())),
            }
        }
        self
    }
}

/// Links the file that a URL names as `<key>.<suffix>`, if it is below a folder that is allowed.
pub(crate) async fn link(files: &Files, url: &Url, suffix: &str) -> Result<Saved> {
    let roots = &files.call().site().scope.links;
    let path = url.to_file_path().map_err(|()| {
        refused(
            url,
            "it names no file of this machine; write file:///folder/name",
        )
    })?;
    let found = move || -> io::Result<(PathBuf, bool)> {
        let path = fs::canonicalize(path)?;
        let is_file = fs::metadata(&path)?.is_file();
        Ok((path, is_file))
    };
    let (path, is_file) = blocking(found)
        .await?
        .map_err(|error| refused(url, &format!("the file cannot be read: {error}")))?;
    if !roots.iter().any(|root| path.starts_with(root)) {
        return Err(refused(
            url,
            "the file is in no folder that the run allows; name one with `local_roots`",
        ));
    }
    // Whoever opens a pipe waits for what never comes.
    if !is_file {
        return Err(refused(url, "it is no file that can be read to its end"));
    }
    let read = path.clone();
    let saved = blocking(move || summed(&read)).await?;
    let saved =
        saved.map_err(|error| refused(url, &format!("the file cannot be read: {error}")))?;
    files.link(suffix, &path, saved).await
}

fn refused(url: &Url, why: &str) -> Error {
    Error::recorded(Class::Runtime, why).at_url(url.to_string())
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::recorded(Class::Unhandled, error.to_string()))
}

/// Its size and MD5, read in pieces.
fn summed(path: &Path) -> io::Result<Saved> {
    let (mut file, mut md5, mut size) = (File::open(path)?, Md5::new(), 0);
    let mut piece = vec![0; 64 * 1024];
    loop {
        match file.read(&mut piece)? {
            0 => break,
            read => {
                md5.update(&piece[..read]);
                size += read as u64;
            }
        }
    }
    Ok(Saved {
        size,
        content: hex(&md5.finalize()),
    })
}
