//! A workflow of two steps with a command line: pages of books, and the books on them.
//!
//! The books are `<li>TITLE, PRICE</li>`; `PANIC` on a page is a failure that nobody foresaw.

use std::process::ExitCode;

use scrapeflow::RetryFailed;
use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;

/// What is sold.
#[derive(Debug, Serialize, Deserialize)]
struct Book {
    title: String,
    price: f64,
}

/// What is put before each title.
struct Mark(String);

#[executor]
async fn parse(page: Body<scrape>, mark: State<Mark>) -> Result<Vec<Book>> {
    let text = page.text();
    assert!(!text.contains("PANIC"), "the page panics");
    let mut books = Vec::new();
    for item in text.split("<li>").skip(1) {
        let item = item.split('<').next().unwrap_or_default();
        let (title, price) = item.rsplit_once(", ").recorded("a book has no price")?;
        books.push(Book {
            title: format!("{}{title}", mark.0),
            price: price.parse()?,
        });
    }
    ensure!(!books.is_empty(), "the page has no books");
    Ok(books)
}

workflow! {
    /// Pages of books.
    Books = scrape -> parse;
}

#[tokio::main]
async fn main() -> ExitCode {
    let said = |name: &str| std::env::var_os(name).is_some();
    scrapeflow::cli::<Books>()
        .version("1.2.3")
        .configure(move |run| {
            let run = if said("BOOKS_RETRY_NONE") {
                run.retry_failed(RetryFailed::None)
            } else {
                run
            };
            if said("BOOKS_STOP_EARLY") {
                run.stop_if(0.5, 2)
            } else {
                run
            }
        })
        .state(Mark(std::env::var("BOOKS_MARK").unwrap_or_default()))
        .configure(|run| run.user_agent("books/1.0 (+https://books.example/bot)"))
        .main()
        .await
}
