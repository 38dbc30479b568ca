use scrapeflow::prelude::*;

#[executor]
struct Parse;

fn main() {
    let _ = Parse;
}
