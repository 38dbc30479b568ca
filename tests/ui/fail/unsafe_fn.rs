use scrapeflow::prelude::*;

#[executor]
async unsafe fn parse(key: Key) -> Result<usize> {
    drop(key);
    Ok(1)
}

fn main() {}
