use scrapeflow::prelude::*;

#[executor]
async fn parse<T: Default>(key: Key, params: Params<T>) -> Result<T> {
    drop((key, params));
    Ok(T::default())
}

workflow! {
    Quotes = parse;
}

fn main() {}
