//! Names that a site comes up with: in headers, in redirects, in the path of a URL. None of them names a file.

use std::fs;

use scrapeflow_tests::Answer;
use scrapeflow_tests::Site;

use crate::canary::{Canary, SECRET, assert_unseen, entries};
use crate::shop::Shop;

#[test]
fn no_name_of_a_sites_names_a_file() {
    let (shop, canary, site) = (Shop::new(), Canary::new(), Site::start());
    // Where a file would come to lie if names were believed, as seen from the place.
    let evil = std::env::temp_dir().join(format!("scrapeflow-evil-{}", std::process::id()));
    let elsewhere = format!("../../../../../../../../../..{}", evil.display());
    let disposition =
        format!("attachment; filename=\"{elsewhere}\"; filename*=UTF-8''..%2F..%2Fevil");
    site.route("/named", move |_| {
        Answer::html("<li>book, 1</li>")
            .header("Content-Disposition", &disposition)
            .header("Content-Location", &elsewhere)
            .header("X-Filename", &elsewhere)
    });
    let target = canary.path("page").display().to_string();
    site.route("/file", move |_| {
        Answer::redirect(&format!("file://{target}"))
    });
    site.route("/data", |_| {
        Answer::redirect("data:text/html,<li>book, 1</li>")
    });
    site.route("/dots", |_| Answer::redirect("/%2e%2e/..%2f../named"));
    site.route("/%2e%2e/..%2f../named", |_| {
        Answer::html("<li>book, 1</li>")
    });
    let urls = ["/named", "/file", "/data", "/dots", "/..%2f..%2fevil"];
    let urls = urls.map(|path| site.url(path) + "\n").concat();
    fs::write(shop.path("urls.txt"), urls).unwrap();
    for place in ["pages", "pages.sfa"] {
        let said = shop.run(&["run", place, "--from", "urls.txt", "-q"]);
        assert_eq!(said.code, 1, "{said:?}");
        assert!(!said.text.contains(SECRET), "{said:?}");
        let export = shop.run(&["export", place, "-o", "rows.jsonl", "--force"]);
        assert_eq!(export.code, 0, "{export:?}");
        assert_unseen(shop.folder.path(), place);
        canary.check(place);
    }
    let names = entries(&shop.path("pages"));
    let names = names
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap());
    for name in names.filter(|name| *name != ".scrapeflow") {
        let (key, end) = name.split_once('.').unwrap();
        let is_md5 = key.len() == 32 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(is_md5 && ["scrape", "status.json"].contains(&end), "{name}");
    }
    assert!(!evil.exists());
}
