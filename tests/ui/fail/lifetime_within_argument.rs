use scrapeflow::prelude::*;
use std::borrow::Cow;

#[executor]
async fn parse(params: Params<Cow<'_, str>>) -> Result<usize> {
    Ok(params.0.len())
}

fn main() {}
