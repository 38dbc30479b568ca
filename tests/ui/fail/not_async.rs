use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;

#[executor]
fn parse(page: Body<scrape>) -> Result<Vec<usize>> {
    drop(page);
    later().await;
    Ok(vec![1])
}

async fn later() {}

#[executor]
async fn count(parsed: Output<parse>) -> Result<usize> {
    Ok(parsed.iter().sum())
}

workflow! {
    Quotes = scrape -> parse -> count;
}

fn main() {
    let _ = Quotes::in_dir("quotes").force::<parse>();
}
