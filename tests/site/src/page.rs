//! The page that the site answers by when nothing is wrong: small, valid and the same every time.

use super::Answer;

/// What pages are padded with.
const FILLER: &str = "The quick brown fox jumps over the lazy dog. ";

/// The page at `/page/N`, for a test that knows in advance what it must get.
///
/// ```
/// use scrapeflow_site::Page;
///
/// assert!(Page::new(7).html().contains("<title>Page 7</title>"));
/// assert_eq!(Page::new(7).size(21_600).html().len(), 21_600);
/// assert_ne!(Page::new(7).version("new").html(), Page::new(7).html());
/// ```
#[derive(Debug, Clone)]
pub struct Page {
    number: u64,
    version: String,
    size: usize,
}

impl Page {
    /// The page of that number. Page 0 is the good page that stands for success elsewhere.
    pub fn new(number: u64) -> Self {
        Self {
            number,
            version: String::new(),
            size: 0,
        }
    }

    /// Pads it to so many bytes. A page is not cut: it takes some 300 bytes anyway.
    #[must_use]
    pub fn size(mut self, bytes: usize) -> Self {
        self.size = bytes;
        self
    }

    /// A text that it contains in `<p id="version">`, as HTML.
    #[must_use]
    pub fn version(mut self, text: &str) -> Self {
        text.clone_into(&mut self.version);
        self
    }

    /// Its source, all ASCII unless the version is not.
    pub fn html(&self) -> String {
        let bare = self.filled("");
        let gap = self.size.saturating_sub(bare.len());
        let filler: String = FILLER.chars().cycle().take(gap).collect();
        self.filled(&filler)
    }

    fn filled(&self, filler: &str) -> String {
        let number = self.number;
        let version = &self.version;
        // The farther links let a crawl fan out instead of walking in a line.
        let links = [1, 2, 10].map(|step| {
            let other = number.wrapping_add(step);
            format!("<li><a href=\"/page/{other}\">Page {other}</a></li>\n")
        });
        let links = links.concat();
        format!(
            "<!DOCTYPE html>\n\
             <html lang=\"en\">\n\
             <head>\n\
             <meta charset=\"utf-8\">\n\
             <title>Page {number}</title>\n\
             </head>\n\
             <body>\n\
             <h1>Page {number}</h1>\n\
             <p id=\"version\">{version}</p>\n\
             <ul>\n{links}</ul>\n\
             <p id=\"filler\">{filler}</p>\n\
             </body>\n\
             </html>\n"
        )
    }
}

impl From<Page> for Answer {
    fn from(page: Page) -> Self {
        Self::html(page.html())
    }
}
