//! What Google's parser promises: a case for each in its `robots_test.cc`.
//!
//! Each test bears the name of its model in <https://github.com/google/robotstxt>,
//! commit c8ac4b1; files and paths are our own. Here is what we do otherwise.

use super::check;

mod lines;
mod paths;

#[test]
fn what_we_do_otherwise() {
    // By the RFC's table in 2.2.2 the rule is for `/cat` too.
    check(
        "user-agent: bot\ndisallow: /%63%61%74",
        "bot",
        &[],
        &["/cat"],
    );
    // Google takes URLs as they are; ours are encoded already.
    check(
        "user-agent: bot\ndisallow: /\nallow: /日",
        "bot",
        &["/日"],
        &[],
    );
    // To Google, leave for `index.html` is leave for its directory; the RFC doesn't say so.
    check(
        "user-agent: bot\ndisallow: /\nallow: /a/index.html",
        "bot",
        &["/a/index.html"],
        &["/a/", "/a/index.htm"],
    );
    // `disallowed` is no `disallow`, and digits are part of a name.
    check("user-agent: bot\ndisallowed: /", "bot", &["/"], &[]);
    check("user-agent: bot2\ndisallow: /", "bot", &["/"], &[]);
}
