//! Tasks as a shop's pages leave them: a scrape with the response headers that its CDN sends, and a parse.

use scrapeflow::http::{HeaderName, HeaderValue};
use scrapeflow::prelude::*;

#[derive(Serialize, Deserialize)]
struct Page {
    url: String,
}

/// Answers as the ready-made `scrape` does, but fetches nothing. It takes `Fetch` as that one does, since
/// what reaches the network is not made again for a damaged output.
#[executor(name = "scrape")]
async fn pretend(Params(page): Params<Page>, _fetch: Fetch) -> Result<Scraped> {
    let content = format!("{:032x}", page.url.len());
    let headers = [
        ("Server", "nginx/1.26.3"),
        ("Date", "Sat, 22 Nov 2025 12:00:00 GMT"),
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Length", "21600"),
        ("Last-Modified", "Fri, 21 Nov 2025 12:00:00 GMT"),
        ("Connection", "keep-alive"),
        ("Etag", "\"69205280-5460\""),
        ("Accept-Ranges", "bytes"),
        ("Cache-Control", "public, max-age=3600"),
        (
            "Strict-Transport-Security",
            "max-age=31536000; includeSubDomains",
        ),
        ("X-Cache", "HIT"),
        ("Vary", "Accept-Encoding"),
    ];
    let headers = headers.map(|(name, value)| {
        let name = HeaderName::try_from(name).expect(name);
        (name, HeaderValue::from_static(value))
    });
    Ok(Scraped {
        size: 21_600,
        content,
        response_headers: headers.into_iter().collect(),
        ..Scraped::default()
    })
}

#[derive(Serialize, Deserialize)]
struct Parsed {
    title: String,
    links: u32,
}

#[executor]
async fn parse(page: Output<pretend>) -> Result<Parsed> {
    let links = 40;
    Ok(Parsed {
        title: format!("A page of {} bytes", page.size),
        links,
    })
}

workflow! {
    /// Pages that nobody fetches.
    pub Pages = pretend -> parse;
}

#[derive(Serialize, Deserialize)]
struct Product {
    name: String,
    price: Option<f64>,
}

/// A list of products; one page in 64 has none.
#[executor(name = "parse")]
async fn products(key: Key, page: Output<pretend>) -> Result<Vec<Product>> {
    let digits = key.as_str().as_bytes();
    ensure!(
        !matches!(digits, [b'0', b'0'..=b'3', ..]),
        "the page has no products"
    );
    let product = |digit: &u8| Product {
        name: format!("Lamp {} of {}", char::from(*digit), page.size),
        price: digit.is_ascii_digit().then(|| f64::from(*digit) / 2.0),
    };
    Ok(digits.iter().take(3).map(product).collect())
}

workflow! {
    /// Pages that nobody fetches, and what they list.
    pub Shop = pretend -> products;
}

/// So many of them.
pub fn pages(count: u64) -> Tasks {
    Tasks::from_iterator((0..count).map(|nth| {
        let url = format!("https://shop.example/products/{nth}");
        Task::from_url(url)
    }))
}
