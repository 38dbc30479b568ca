//! The ready-made `scrape` goes on where the predecessor's stood.

use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;

use crate::spelling::field;
use crate::world::copied;
use crate::{MISSING, STD, VEC};

/// Returns another type than the predecessor's.
#[executor]
async fn parse(page: Body<scrape>) -> Result<String> {
    Ok(page.text().into_owned())
}

workflow! { Resumed = scrape -> parse; }

#[tokio::test]
async fn the_ready_made_scrape_takes_over() {
    let sandbox = copied();
    let keys = [STD, VEC, MISSING, "refused", "bad-url"];
    let before = keys.map(|key| sandbox.text(key));
    let run = Resumed::in_dir(sandbox.dir()).tasks(Tasks::from_keys(keys).unwrap());
    // What `parse` has doesn't fit it any more: it takes no `Fetch`, so it runs again where it can.
    let report = run.progress(Progress::Off).run().await.unwrap();
    assert_eq!((report.done(), report.failed()), (1, 4));
    let verdicts = [
        ("parse_status", "\"SUCCESS\""),
        ("parse_status", "\"ERROR RuntimeError::"),
        // The server of its params isn't there any more; somebody else's may be.
        ("scrape_status", "\"ERROR "),
        ("scrape_status", "\"ERROR ClientConnectorError::"),
        ("scrape_status", "\"ERROR InvalidUrlClientError::"),
    ];
    for ((key, before), (name, verdict)) in keys.iter().zip(&before).zip(verdicts) {
        let after = sandbox.text(key);
        assert!(field(&after, name).starts_with(verdict), "{key}: {after}");
        for kept in ["params", "scrape"] {
            assert_eq!(field(&after, kept), field(before, kept), "{key}: {kept}");
        }
    }
}
