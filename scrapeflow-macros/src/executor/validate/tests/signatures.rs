//! Signatures.

use expect_test::expect;

use super::{check, model};

#[test]
fn signatures() {
    let cases = [
        "fn parse() -> Result<()> {}",
        "async fn parse() {}",
        "fn parse() {}",
        "async unsafe fn parse() -> Result<()> {}",
        "async extern \"C\" fn parse() -> Result<()> {}",
        "fn parse(&self, page: &Page) {}",
        "async fn parse(self: Box<Self>) -> Result<()> {}",
        "async fn parse<T>(page: &T) -> Result<()> {}",
        "async fn parse<'a>(page: &'a str) -> Result<()> {}",
        "async fn parse<const N: usize>() -> Result<()> {}",
        "async fn parse() -> Result<()> where u8: Copy {}",
        "async fn parse(a: &str, b: impl Into<String>) -> Result<impl Serialize> {}",
        "async fn parse(a: Params<Vec<&str>>, b: Params<(u8, [&u8; 3])>) -> Result<&str> {}",
        "async fn parse(a: Params<Cow<'_, str>>) -> Result<Cow<'_, str>> {}",
        "async fn parse(a: <&str as ToOwned>::Owned) -> Result<()> {}",
        "async fn parse(#[cfg(unix)] a: Files, #[cfg_attr(unix, allow())] b: Files) -> Result<()> {}",
        "async fn parse(a: State<&'static str>, b: State<fn(&str)>, c: State<Box<dyn Fn(&u8)>>) -> Result<()> {}",
        "async fn parse((a, b): Params<(u8, u8)>, mut c: Key, _: Files, #[allow(unused)] d: Key) -> Result<()> {}",
    ];
    check(
        cases.map(|case| (case, model("", case))),
        &expect![[r#"
            `fn parse() -> Result<()> {}`
                executors are `async fn`; write `async fn parse`
            `async fn parse() {}`
                an executor returns a `Result`; write `-> Result<()>` and end with `Ok(())`
            `fn parse() {}`
                executors are `async fn`; write `async fn parse`
                an executor returns a `Result`; write `-> Result<()>` and end with `Ok(())`
            `async unsafe fn parse() -> Result<()> {}`
                an executor is called by the run, which promises nothing; drop `unsafe`
            `async extern "C" fn parse() -> Result<()> {}`
                an executor is called by Rust; drop `extern`
            `fn parse(&self, page: &Page) {}`
                an executor is a free function without `self`; what it shares with others comes in as `State<T>`
            `async fn parse(self: Box<Self>) -> Result<()> {}`
                an executor is a free function without `self`; what it shares with others comes in as `State<T>`
            `async fn parse<T>(page: &T) -> Result<()> {}`
                an executor has no generics, since it is stored under one name; write the types out
            `async fn parse<'a>(page: &'a str) -> Result<()> {}`
                an executor has no generics, since it is stored under one name; write the types out
            `async fn parse<const N: usize>() -> Result<()> {}`
                an executor has no generics, since it is stored under one name; write the types out
            `async fn parse() -> Result<()> where u8: Copy {}`
                an executor has no generics, since it is stored under one name; write the types out
            `async fn parse(a: &str, b: impl Into<String>) -> Result<impl Serialize> {}`
                an executor owns its arguments; write the type without the borrow, as `String` for `&str`
                an executor's arguments say what it reads; write the type instead of `impl Trait`
                an output is stored and read back, so it is of one type; write the type instead of `impl Trait`
            `async fn parse(a: Params<Vec<&str>>, b: Params<(u8, [&u8; 3])>) -> Result<&str> {}`
                an executor owns its arguments; write the type without the borrow, as `String` for `&str`
                an executor owns its arguments; write the type without the borrow, as `String` for `&str`
                an output is stored and read back, so it owns what it holds; write the type without the borrow, as `String` for `&str`
            `async fn parse(a: Params<Cow<'_, str>>) -> Result<Cow<'_, str>> {}`
                an executor owns its arguments; write the type without the borrow, as `String` for `&str`
                an output is stored and read back, so it owns what it holds; write the type without the borrow, as `String` for `&str`
            `async fn parse(a: <&str as ToOwned>::Owned) -> Result<()> {}`
                an executor owns its arguments; write the type without the borrow, as `String` for `&str`
            `async fn parse(#[cfg(unix)] a: Files, #[cfg_attr(unix, allow())] b: Files) -> Result<()> {}`
                an executor's arguments are the same in every build; put the `#[cfg]` on the whole function, once for each case
                an executor's arguments are the same in every build; put the `#[cfg]` on the whole function, once for each case
            `async fn parse(a: State<&'static str>, b: State<fn(&str)>, c: State<Box<dyn Fn(&u8)>>) -> Result<()> {}`
                ok: `parse` Options {}
            `async fn parse((a, b): Params<(u8, u8)>, mut c: Key, _: Files, #[allow(unused)] d: Key) -> Result<()> {}`
                ok: `parse` Options {}
        "#]],
    );
}
