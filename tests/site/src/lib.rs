//! A web site on the loopback interface that behaves, or misbehaves, as its paths say.
//!
//! [`Site::start`] brings one up on a port of its own; dropping it takes it down, connections included. It
//! runs on its own thread with its own runtime, so that it keeps answering while a test's runtime has its
//! time paused or is busy. It speaks HTTP/1.1 with keep-alive over plain TCP and knows nothing of any HTTP
//! client or of the framework under test: it must be able to break the protocol.
//!
//! ```
//! use scrapeflow_site::Site;
//!
//! let site = Site::start();
//! let flaky = site.url("/status/503?retry_after=1&times=2");
//! assert!(flaky.starts_with("http://127.0.0.1:"));
//! assert_eq!(site.hits("/status/503?retry_after=1&times=2"), 0);
//! ```
//!
//! # Paths
//!
//! Every path answers every method. *The good page* is the page at `/page/0`, the same as [`Page::new`]`(0)`.
//!
//! | Path | Answer |
//! | --- | --- |
//! | `/page/N` | a small page with title `Page N` and three links to other pages: a [`Page`] |
//! | `/page/N?size=BYTES` | the same, padded to exactly so many bytes |
//! | `/page/N?version=TEXT` | the same, with the text in it |
//! | `/status/CODE` | that status, from 200 to 999 |
//! | `/status/CODE?retry_after=SECONDS` | with `Retry-After` in seconds |
//! | `/status/CODE?retry_after_date=SECONDS` | with `Retry-After` as a date so many seconds from now |
//! | `/delay/MILLIS` | the good page after so many milliseconds |
//! | `/hang` | nothing, on an open connection |
//! | `/hang/body` | head and half of the body, then nothing, on an open connection |
//! | `/close/before` | closes without a byte |
//! | `/close/headers` | closes in the middle of the headers |
//! | `/reset` | resets the connection without a byte |
//! | `/short` | declares 1,000 bytes, sends 3, closes |
//! | `/chunk/good` | the good page in three chunks |
//! | `/chunk/bad` | a chunk, then a size that is no number |
//! | `/chunk/cut` | closes in the middle of a chunk |
//! | `/redirect/N` | N redirects, then the good page |
//! | `/redirect/to?url=URL` | a redirect to that address, written as given |
//! | `/redirect/loop` | a redirect to itself |
//! | `/redirect/…?status=CODE` | redirects by that status instead of 302, all the way |
//! | `/garbage` | bytes that are not HTTP |
//! | `/headers?NAME=VALUE` | the good page with these headers |
//! | `/headers/repeated` | the good page with `Set-Cookie` and `X-Twice` twice each |
//! | `/headers/huge` | the good page with a header of 1 MiB, or of `size=BYTES` |
//! | `/headers/huge?count=N` | with so many of them |
//! | `/gzip`, `/deflate`, `/br`, `/zstd` | [`compressed_text`] in that content encoding |
//! | `/deflate/raw` | the same without the zlib format, as some servers send it |
//! | `/gzip?size=BYTES`, `/deflate?size=BYTES` | the text repeated to that size |
//! | `/gzip/broken` | 100,000 good bytes of the text, then data that no decoder takes |
//! | `/charset/utf8`, `…/latin1`, `…/windows-1252`, `…/shift_jis` | [`CHARSET_TEXT`], its charset in `Content-Type` |
//! | `/charset/meta` | the same in Shift JIS, which only `<meta charset>` tells |
//! | `/charset/bom` | the same in UTF-8, which only a byte order mark tells |
//! | `/charset/…?charset=NAME` | lies: `Content-Type` has this charset, the bytes stay |
//! | `/cookies/set?NAME=VALUE` | the good page, setting these cookies |
//! | `/cookies` | the cookies received, as a JSON object |
//! | `/echo` | the request as JSON: `method`, `target`, `headers` as pairs, `body` as text |
//! | `/robots.txt` | what [`Site::robots`] was given; 404 until then |
//! | `/bytes/N` | N bytes of [`noise()`], never all in memory |
//! | `/endless` | noise without an end or a declared length |
//! | anything else | 404 |
//!
//! A number that cannot be read is answered by 400 or 404 with the reason as its body.
//!
//! # Parameters of every path
//!
//! | Parameter | Effect |
//! | --- | --- |
//! | `times=N` | all this for the first N requests of this exact path and query, then at once the good page |
//! | `delay=MILLIS` | waits so long before it answers |
//! | `gate=NAME` | answers once the test has called [`Site::open`] with that name |
//!
//! A test's own [`Site::route`] goes before all of these.

mod accept;
mod answer;
mod connection;
mod date;
mod json;
mod ledger;
mod noise;
mod page;
mod paths;
mod query;
mod read;
mod reason;
mod request;
mod routes;
mod server;
#[cfg(test)]
mod tests;
mod wire;

pub use answer::{Answer, Ending};
pub use noise::noise;
pub use page::Page;
pub use paths::{CHARSET_TEXT, compressed_text};
pub use request::Request;
pub use server::Site;
