//! The smallest workflow, without the trailing `;`.

use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;

workflow! { Pages = scrape }

pub(crate) fn main() {
    let _ = Pages::in_dir("pages").force::<scrape>();
}
