use scrapeflow::prelude::*;

#[executor]
async fn parse(key: Key, #[cfg(unix)] files: Files) -> Result<usize> {
    drop((key, files));
    Ok(1)
}

fn main() {}
