//! Text is decoded alike wherever it is read: from a saved body, from an answer, and in `validate`; by its
//! byte order mark, else the charset of its content type, else its own declaration, else what its bytes look
//! like.

use std::sync::Arc;
use std::sync::Mutex;

use scrapeflow::prelude::*;
use scrapeflow::ready::ScrapeParams;
use scrapeflow::store::MemoryStore;
use scrapeflow_tests::site::CHARSET_TEXT;
use scrapeflow_tests::{Answer, Site};

/// What was read of a page: in `validate`, as an answer, as a saved body.
#[derive(Default)]
struct Read(Mutex<Vec<String>>);

impl Read {
    fn note(&self, text: impl Into<String>) {
        self.0.lock().unwrap().push(text.into());
    }
}

#[executor]
async fn save(
    params: Params<ScrapeParams>,
    fetch: Fetch,
    read: State<Arc<Read>>,
) -> Result<Scraped> {
    let seen = read.clone();
    let judge = move |page: &scrapeflow::Page| {
        seen.note(page.text());
        Ok(())
    };
    let saved = fetch.task(&params).validate(judge).save("page").await?;
    read.note(fetch.task(&params).send().await?.text().await?);
    Ok(saved)
}

#[executor]
async fn text(page: Body<save>, read: State<Arc<Read>>) -> Result<()> {
    read.note(page.text());
    Ok(())
}

workflow! { Texts = save -> text; }

/// The text of a page, which is the same in all three ways.
async fn read(url: String) -> String {
    let read = Arc::new(Read::default());
    let report = Texts::in_store(MemoryStore::new())
        .tasks(Tasks::from_pairs([("page", ScrapeParams::new(&url))]).unwrap())
        .state(read.clone())
        .progress(Progress::Off)
        .run()
        .await
        .unwrap();
    assert_eq!(report.done(), 1, "{url}: {report}");
    let mut ways = read.0.lock().unwrap().clone();
    assert_eq!(ways.len(), 3, "{url}");
    ways.dedup();
    assert_eq!(ways.len(), 1, "{url}: {ways:#?}");
    ways.remove(0)
}

#[tokio::test]
async fn a_page_is_read_by_what_it_says_of_its_charset() {
    let site = Site::start();
    for path in [
        "/charset/utf8",
        "/charset/latin1",
        "/charset/windows-1252",
        "/charset/shift_jis",
        // Only its own declaration says so.
        "/charset/meta",
        // Only its byte order mark.
        "/charset/bom",
        // The mark goes before the header, the header before the declaration's absence.
        "/charset/bom?charset=shift_jis",
        "/charset/bom?charset=iso-8859-1",
        // Names in any case, and those of the web's list.
        "/charset/shift_jis?charset=SJIS",
        "/charset/latin1?charset=%22ISO-8859-1%22",
        // One that nobody knows says nothing.
        "/charset/utf8?charset=none-such",
        "/charset/meta?charset=none-such",
    ] {
        let text = read(site.url(path)).await;
        assert!(
            text.contains(&format!("<title>{CHARSET_TEXT}</title>"))
                && text.contains(&format!("<p id=\"text\">{CHARSET_TEXT}</p>")),
            "{path}: {text}"
        );
        assert!(!text.starts_with('\u{feff}'), "{path}: the mark is no text");
    }
}

#[tokio::test]
async fn a_content_type_that_lies_is_believed_before_the_page_itself() {
    let site = Site::start();
    for (path, reads) in [
        ("/charset/utf8?charset=windows-1252", "3 Ã— 4 Ã· 2"),
        (
            "/charset/meta?charset=windows-1252",
            "3 \u{81}~ 4 \u{81}€ 2",
        ),
        ("/charset/latin1?charset=utf-8", "3 \u{fffd} 4 \u{fffd} 2"),
    ] {
        let text = read(site.url(path)).await;
        assert!(text.contains(reads), "{path}: {text}");
        assert!(!text.contains(CHARSET_TEXT), "{path}: {text}");
    }
}

#[tokio::test]
async fn what_nothing_declares_is_detected() {
    const FRENCH: &str = "Longtemps, je me suis couché de bonne heure, déjà à moitié.";
    let french: Vec<u8> = FRENCH.chars().map(|c| u8::try_from(c).unwrap()).collect();
    // «Всё хорошо» and more in Windows-1251: capital letters from 0xC0, small ones from 0xE0.
    let russian = "Все счастливые семьи похожи друг на друга.";
    let windows_1251 = |c: char| match u32::from(c) {
        ascii @ 0..0x80 => u8::try_from(ascii).unwrap(),
        cyrillic => u8::try_from(cyrillic - 0x410 + 0xc0).unwrap(),
    };
    let site = Site::start();
    for (path, bytes, expected) in [
        ("/french", french, FRENCH),
        (
            "/russian",
            russian.chars().map(windows_1251).collect(),
            russian,
        ),
        ("/utf8", russian.as_bytes().to_vec(), russian),
        ("/ascii", b"plain".to_vec(), "plain"),
        ("/empty", Vec::new(), ""),
    ] {
        for content_type in ["text/html", "text/plain"] {
            let bytes = bytes.clone();
            site.route(path, move |_| Answer::new(content_type, bytes.clone()));
            assert_eq!(
                read(site.url(path)).await,
                expected,
                "{path} as {content_type}"
            );
        }
        site.route(path, move |_| Answer::raw(headless(&bytes)));
        assert_eq!(
            read(site.url(path)).await,
            expected,
            "{path} without a type"
        );
    }
}

/// An answer without a content type.
fn headless(body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

#[tokio::test]
async fn json_is_utf_8_whatever_it_looks_like() {
    let site = Site::start();
    // Nothing of it is a declaration, and `é` of Windows-1252 is not what was sent.
    let text = "{\"a\": \"<meta charset=shift_jis> caf\u{e9}\"}";
    site.route("/json", move |_| Answer::json(text));
    site.route("/broken", |_| {
        Answer::new("application/json", b"{\"a\": \"caf\xe9\"}".to_vec())
    });
    site.route("/ld", move |_| Answer::new("application/ld+json", text));
    assert_eq!(read(site.url("/json")).await, text);
    assert_eq!(read(site.url("/ld")).await, text);
    assert_eq!(read(site.url("/broken")).await, "{\"a\": \"caf\u{fffd}\"}");
}
