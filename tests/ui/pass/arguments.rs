//! Any number of arguments, of every kind, under any pattern.

use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;

#[derive(Debug, Serialize, Deserialize)]
struct Shop {
    url: String,
}

#[executor]
async fn none() -> Result<u8> {
    Ok(1)
}

#[executor]
async fn patterns(
    Params(Shop { url }): Params<Shop>,
    mut key: Key,
    _page: Body<scrape>,
    _: Output<none>,
) -> Result<String> {
    key = key.clone();
    Ok(format!("{url} {key:?}"))
}

#[executor]
#[allow(clippy::too_many_arguments)]
async fn all(
    key: Key,
    params: Params<Shop>,
    output: Output<none>,
    body: Body<scrape>,
    bodies: Bodies<scrape>,
    previous: Previous,
    status: Status,
    fetch: Fetch,
    files: Files,
    state: State<u8>,
    text: State<&'static str>,
    function: State<fn(&str) -> bool>,
    #[allow(unused_variables)] context: Context,
) -> Result<()> {
    drop((
        key, params, output, body, bodies, previous, status, fetch, files, state,
    ));
    drop((text, function));
    Ok(())
}

workflow! {
    All = scrape -> none -> patterns -> all;
}

pub(crate) fn main() {
    let _ = All::in_dir("shops").force::<all>().force::<scrape>();
}
