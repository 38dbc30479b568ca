use scrapeflow::prelude::*;

#[executor(name = "parse quotes")]
async fn parse(key: Key) -> Result<usize> {
    drop(key);
    Ok(1)
}

fn main() {}
