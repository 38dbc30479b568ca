//! What an executor returns is looked up as a type, whatever it is called.

use std::num::ParseIntError;

use scrapeflow::prelude::*;

type Parsed<T> = std::result::Result<T, ParseIntError>;
type Counted = Result<u64>;

#[executor]
async fn number(key: Key) -> Parsed<u32> {
    key.to_string().parse()
}

#[executor]
async fn count(number: Output<number>) -> Counted {
    Ok(u64::from(*number))
}

#[executor]
async fn plain(key: Key) -> std::result::Result<u32, std::num::ParseIntError> {
    key.to_string().parse()
}

#[executor]
async fn nothing(key: Key) -> Result<()> {
    ensure!(!key.to_string().is_empty(), "no key");
    Ok(())
}

workflow! {
    Numbers = number -> count -> plain -> nothing;
}

pub(crate) fn main() {
    assert_eq!(Numbers::NAME, "Numbers");
}
