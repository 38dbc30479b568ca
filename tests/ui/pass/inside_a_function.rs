//! Executors and workflows inside a function, as in a doc test.

use scrapeflow::prelude::*;

pub(crate) fn main() {
    #[derive(Debug, Serialize, Deserialize)]
    struct Quote {
        text: String,
    }

    #[executor]
    async fn parse(key: Key) -> Result<Vec<Quote>> {
        Ok(vec![Quote {
            text: key.to_string(),
        }])
    }

    #[executor]
    async fn count(quotes: Output<parse>) -> Result<usize> {
        Ok(quotes.iter().map(|quote| quote.text.len()).sum())
    }

    workflow! {
        Quotes = parse -> count;
    }

    let _ = Quotes::in_dir("quotes").force::<count>();
}
