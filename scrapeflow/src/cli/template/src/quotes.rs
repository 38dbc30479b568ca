//! What is on a page.

use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;
use scraper::{ElementRef, Html, Selector};

/// What somebody said.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Quote {
    pub text: String,
    pub author: String,
    pub tags: Vec<String>,
}

/// Takes the page that `scrape` saved, and no `Fetch`: it can never touch the network.
#[executor]
pub async fn parse(page: Body<scrape>) -> Result<Vec<Quote>> {
    let page = Html::parse_document(&page.text());
    let quotes: Vec<Quote> = page
        .select(&selector(".quote"))
        .map(quote)
        .collect::<Result<_>>()?;
    ensure!(!quotes.is_empty(), "the page has no quotes");
    Ok(quotes)
}

fn quote(block: ElementRef<'_>) -> Result<Quote> {
    Ok(Quote {
        text: texts(block, ".text")
            .next()
            .recorded("a quote has no text")?,
        author: texts(block, ".author")
            .next()
            .recorded("a quote has no author")?,
        tags: texts(block, ".tag").collect(),
    })
}

/// What the elements inside of another say.
fn texts(block: ElementRef<'_>, css: &'static str) -> impl Iterator<Item = String> {
    let found: Vec<ElementRef<'_>> = block.select(&selector(css)).collect();
    found.into_iter().map(|element| element.text().collect())
}

fn selector(css: &'static str) -> Selector {
    Selector::parse(css).expect(css)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn quotes_are_found_on_a_page() {
        let quotes = parse(Body::from(include_str!("../pages/quotes.html")))
            .await
            .unwrap();
        assert_eq!(quotes.len(), 2);
        assert_eq!(quotes[1].author, "Grace Hopper");
        assert_eq!(quotes[1].tags, ["ships", "courage"]);
    }

    #[tokio::test]
    async fn a_page_without_quotes_is_an_error() {
        let error = parse(Body::from("<html>Sorry")).await.unwrap_err();
        assert_eq!(error.to_string(), "the page has no quotes");
    }
}
