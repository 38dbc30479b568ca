use scrapeflow::prelude::*;

#[executor]
async extern "C" fn parse(key: Key) -> Result<usize> {
    drop(key);
    Ok(1)
}

fn main() {}
