//! What a run promises of its requests, as the network saw them.

use scrapeflow::testing::Asked;

use crate::by_url;
use crate::records::Records;
use crate::shop::{DELAY, Product, RETRIES, Watch};

/// A host is asked no faster than at its pace, and left alone for as long as it asks for.
pub(crate) fn pace(asked: &[Asked]) {
    let of_shop: Vec<&Asked> = asked
        .iter()
        .filter(|asked| asked.uri.host() == Some("shop.example"))
        .collect();
    for pair in of_shop.windows(2) {
        let between = pair[1].at.saturating_sub(pair[0].at);
        assert!(between >= DELAY, "{between:?} between {pair:?}");
    }
    for told in asked {
        let (Some(at), Some(wait)) = (told.answered, told.retry_after) else {
            continue;
        };
        let too_early = asked.iter().find(|asked| {
            asked.uri.host() == told.uri.host() && asked.at > at && asked.at < at + wait
        });
        assert!(too_early.is_none(), "{told:?}, and then {too_early:?}");
    }
}

/// What failed in a way that may pass was tried as often as it was to be.
pub(crate) fn tries(products: &[Product], records: &Records, asked: &[Asked], watch: &Watch) {
    let asked = by_url(asked);
    for Product { number, edition } in products {
        let key = format!("product-{number}");
        let Some(record) = records.get(&key) else {
            continue;
        };
        for (nth, host, executor) in [(0, "shop", "page"), (2, "stock", "stock")] {
            if !record.may_pass[nth] || watch.calls(executor, &key) == 0 {
                continue;
            }
            let url = format!("https://{host}.example/{number}/{edition}");
            let (tries, calls) = (
                asked.get(&url).copied().unwrap_or_default(),
                watch.calls(executor, &key),
            );
            assert_eq!(
                calls,
                u64::from(1 + RETRIES.1),
                "calls of {executor} on {key}"
            );
            assert!(tries > RETRIES.0, "{tries} tries of {url}");
        }
    }
}
