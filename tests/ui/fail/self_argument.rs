use scrapeflow::prelude::*;

struct Parser {
    depth: usize,
}

impl Parser {
    #[executor]
    async fn parse(&self, key: Key) -> Result<usize> {
        drop(key);
        Ok(self.depth)
    }
}

fn main() {
    let parser = Parser { depth: 1 };
    drop(parser);
}
