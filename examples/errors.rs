//! Which failures are recorded on their task, which are tried again, and what the report makes of them.
//!
//!     cargo run -p scrapeflow-examples --example errors

use scrapeflow::prelude::*;
use scrapeflow::store::MemoryStore;

#[derive(Serialize, Deserialize)]
struct Offer {
    price: String,
}

/// A price that cannot be read is this task's own problem: it is recorded, and the others go on. The last
/// one asks for another attempt, and gets two.
#[executor(retries = 2, backoff = "10ms")]
async fn price(Params(offer): Params<Offer>) -> Result<f64> {
    ensure!(!offer.price.is_empty(), "the offer has no price");
    if offer.price == "soon" {
        return Err(Error::retry("the price is not there yet"));
    }
    offer.price.parse().recorded("price")
}

workflow! {
    /// Offers and their prices.
    Prices = price;
}

#[tokio::main]
async fn main() -> Result<()> {
    let offers = [
        ("good", "12.50"),
        ("bad", "12,50"),
        ("empty", ""),
        ("late", "soon"),
    ];
    let offers = offers.map(|(key, price)| {
        (
            key,
            Offer {
                price: price.to_owned(),
            },
        )
    });
    let store = MemoryStore::new();
    let report = Prices::in_store(store.clone())
        .tasks(Tasks::from_pairs(offers)?)
        .run()
        .await?;
    println!("{report}");
    println!("{}", scrapeflow::summary::of(&store).await?);
    Ok(())
}
