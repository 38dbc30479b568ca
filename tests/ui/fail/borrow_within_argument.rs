use scrapeflow::prelude::*;

#[executor]
async fn parse(params: Params<Vec<&str>>) -> Result<usize> {
    Ok(params.0.len())
}

fn main() {}
