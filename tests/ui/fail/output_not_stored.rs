use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;

#[derive(Debug)]
struct Page {
    size: usize,
}

#[executor]
async fn parse(page: Body<scrape>) -> Result<Page> {
    Ok(Page {
        size: page.text().len(),
    })
}

#[executor]
async fn count(parsed: Output<parse>) -> Result<usize> {
    Ok(parsed.size)
}

workflow! {
    Quotes = scrape -> parse -> count;
}

fn main() {
    let _ = Quotes::in_dir("quotes").force::<parse>();
}
