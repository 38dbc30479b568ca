//! What the caller puts into a run, executors take as `State`: here a table of rates.
//!
//!     cargo run -p scrapeflow-examples --example state

use std::collections::HashMap;

use scrapeflow::prelude::*;
use scrapeflow::store::MemoryStore;

struct Rates(HashMap<String, f64>);

#[derive(Serialize, Deserialize)]
struct Price {
    amount: f64,
    currency: String,
}

/// A run without `.state(Rates(…))` ends in an error before anything is touched.
#[executor]
async fn euros(Params(price): Params<Price>, rates: State<Rates>) -> Result<f64> {
    let rate = rates.0.get(&price.currency);
    Ok(price.amount * rate.recorded(format!("no rate for {}", price.currency))?)
}

workflow! {
    /// Prices in euros.
    Euros = euros;
}

#[tokio::main]
async fn main() -> Result<()> {
    let price = |amount, currency: &str| Price {
        amount,
        currency: currency.to_owned(),
    };
    let prices = [
        ("lamp", price(20.0, "USD")),
        ("chair", price(900.0, "SEK")),
        ("rug", price(5.0, "XXX")),
    ];
    let report = Euros::in_store(MemoryStore::new())
        .tasks(Tasks::from_pairs(prices)?)
        .state(Rates(
            [("USD".to_owned(), 0.9), ("SEK".to_owned(), 0.087)].into(),
        ))
        .run()
        .await?;
    println!("{report}");
    Ok(())
}
