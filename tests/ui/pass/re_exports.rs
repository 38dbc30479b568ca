//! One `use` brings the function and the type that stands for it, also through other modules and globs.

#![allow(unreachable_pub)]

use scrapeflow::prelude::*;

mod shop {
    pub mod deep {
        use scrapeflow::prelude::*;

        #[executor]
        pub async fn parse(key: Key) -> Result<String> {
            Ok(key.to_string())
        }
    }

    pub use deep::parse;

    pub mod prelude {
        pub use super::deep::parse as parse_shop;
        pub use scrapeflow::ready::*;
    }
}

mod by_glob {
    use super::shop::prelude::*;
    use scrapeflow::prelude::*;

    #[executor]
    pub async fn count(name: Output<parse_shop>, page: Body<scrape>) -> Result<usize> {
        drop(page);
        Ok(name.len())
    }

    workflow! {
        pub(super) Shops = scrape -> parse_shop -> count;
    }
}

workflow! {
    pub Others = self::shop::deep::parse -> ::scrapeflow::ready::scrape -> self::by_glob::count;
}

pub(crate) fn main() {
    use shop::parse;
    let _ = by_glob::Shops::in_dir("shops").force::<parse>();
    let _ = parse;
    let _ = Others::in_dir("shops").force::<shop::prelude::parse_shop>();
}
