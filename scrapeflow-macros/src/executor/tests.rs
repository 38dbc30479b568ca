//! What `#[executor]` makes of code, as code.

// As expect-test writes them.
#![allow(clippy::needless_raw_string_hashes)]

use expect_test::{Expect, expect};
use proc_macro2::TokenStream;

fn check(options: &str, item: &str, expected: &Expect) {
    let tokens = |text: &str| text.parse::<TokenStream>().unwrap();
    let expanded = super::executor(tokens(options), &tokens(item));
    let file = syn::parse2(expanded).unwrap();
    expected.assert_eq(&prettyplease::unparse(&file));
}

#[test]
fn an_executor_without_options() {
    check(
        "",
        "/// Takes nothing.
         async fn nothing() -> Result<()> { Ok(()) }",
        &expect![[r##"
            #[allow(clippy::unused_async)]
            /// Takes nothing.
            async fn nothing() -> Result<()> {
                Ok(())
            }
            /// Takes nothing.
            ///
            /// [`nothing()`](fn@nothing) as `workflow!` and other executors name it.
            #[allow(non_camel_case_types, missing_docs, unreachable_pub)]
            #[derive(Debug)]
            struct nothing {}
            #[allow(deprecated)]
            const _: () = {
                type __Returned = Result<()>;
                #[automatically_derived]
                impl ::scrapeflow::private::Executor for nothing {
                    const NAME: &'static str = "nothing";
                    const OPTIONS: ::scrapeflow::private::Options = ::scrapeflow::private::Options {
                        timeout: ::core::option::Option::None,
                        retries: ::core::option::Option::None,
                        backoff: ::core::option::Option::None,
                        version: 1,
                        max_age: ::core::option::Option::None,
                    };
                    const CHECKED: bool = {
                        ::scrapeflow::private::assert_returned::<__Returned>();
                        true
                    };
                    type Output = <__Returned as ::scrapeflow::private::Returned<
                        ::scrapeflow::private::Sound<
                            { <nothing as ::scrapeflow::private::Executor>::CHECKED },
                        >,
                    >>::Ok;
                }
                #[automatically_derived]
                impl<S: 'static> ::scrapeflow::private::Runs<S> for nothing
                where
                    __Returned: ::scrapeflow::private::Returned<S>,
                {
                    fn describe(needs: &mut ::scrapeflow::private::Needs) {
                        <() as ::scrapeflow::private::Arguments<S>>::describe(needs);
                    }
                    fn call(
                        call: ::scrapeflow::private::Call,
                    ) -> ::scrapeflow::private::BoxFuture<
                        'static,
                        ::core::result::Result<::std::string::String, ::scrapeflow::private::Error>,
                    > {
                        ::scrapeflow::private::call::<S, _, _, _>(call, |()| nothing())
                    }
                }
            };
        "##]],
    );
}

#[test]
fn an_executor_with_all_options() {
    check(
        r#"name = "parsed", timeout = "1.5m", retries = 2, backoff = "500ms..30s", version = 3, max_age = "7d""#,
        r#"/// Parses.
           ///
           /// More of it.
           #[deprecated]
           #[must_use = "it parses"]
           pub(crate) async fn parse(
               mut page: Body<shop::scrape>,
               Params(shop): Params<Shop>,
           ) -> crate::Result<Vec<Quote>> {
               page.quotes(shop).await
           }"#,
        &expect![[r##"
            #[allow(clippy::unused_async)]
            /// Parses.
            ///
            /// More of it.
            #[deprecated]
            #[must_use = "it parses"]
            pub(crate) async fn parse(
                mut page: Body<shop::scrape>,
                Params(shop): Params<Shop>,
            ) -> crate::Result<Vec<Quote>> {
                page.quotes(shop).await
            }
            #[deprecated]
            /// Parses.
            ///
            /// [`parse()`](fn@parse) as `workflow!` and other executors name it.
            #[allow(non_camel_case_types, missing_docs, unreachable_pub)]
            #[derive(Debug)]
            pub(crate) struct parse {}
            #[allow(deprecated)]
            const _: () = {
                type __Argument0 = Body<shop::scrape>;
                type __Argument1 = Params<Shop>;
                type __Returned = crate::Result<Vec<Quote>>;
                #[automatically_derived]
                impl ::scrapeflow::private::Executor for parse {
                    const NAME: &'static str = "parsed";
                    const OPTIONS: ::scrapeflow::private::Options = ::scrapeflow::private::Options {
                        timeout: ::core::option::Option::Some(::core::time::Duration::new(90, 0)),
                        retries: ::core::option::Option::Some(2),
                        backoff: ::core::option::Option::Some(
                            ::scrapeflow::private::Backoff::new(
                                ::core::time::Duration::new(0, 500000000),
                                ::core::time::Duration::new(30, 0),
                            ),
                        ),
                        version: 3,
                        max_age: ::core::option::Option::Some(::core::time::Duration::new(604800, 0)),
                    };
                    const CHECKED: bool = {
                        ::scrapeflow::private::assert_argument::<__Argument0>();
                        ::scrapeflow::private::assert_argument::<__Argument1>();
                        ::scrapeflow::private::assert_returned::<__Returned>();
                        true
                    };
                    type Output = <__Returned as ::scrapeflow::private::Returned<
                        ::scrapeflow::private::Sound<
                            { <parse as ::scrapeflow::private::Executor>::CHECKED },
                        >,
                    >>::Ok;
                }
                #[automatically_derived]
                impl<S: 'static> ::scrapeflow::private::Runs<S> for parse
                where
                    __Argument0: ::scrapeflow::private::Argument<S>,
                    __Argument1: ::scrapeflow::private::Argument<S>,
                    __Returned: ::scrapeflow::private::Returned<S>,
                {
                    fn describe(needs: &mut ::scrapeflow::private::Needs) {
                        <(
                            __Argument0,
                            (__Argument1, ()),
                        ) as ::scrapeflow::private::Arguments<S>>::describe(needs);
                    }
                    fn call(
                        call: ::scrapeflow::private::Call,
                    ) -> ::scrapeflow::private::BoxFuture<
                        'static,
                        ::core::result::Result<::std::string::String, ::scrapeflow::private::Error>,
                    > {
                        ::scrapeflow::private::call::<
                            S,
                            _,
                            _,
                            _,
                        >(call, |(argument0, (argument1, ()))| parse(argument0, argument1))
                    }
                }
            };
        "##]],
    );
}

#[test]
fn a_first_pause_alone() {
    let tokens = r#"backoff = "1s""#.parse().unwrap();
    let item = "async fn parse() -> Result<()> { Ok(()) }".parse().unwrap();
    let expanded = super::executor(tokens, &item).to_string();
    assert!(expanded.contains("doubling_from"), "{expanded}");
}

#[test]
fn a_mistake_leaves_a_function_and_a_type() {
    check(
        "timeout = 60",
        "fn parse(page: Body<scrape>) -> Result<usize> { page.size().await }",
        &expect![[r##"
            #[allow(unused, clippy::all, clippy::pedantic)]
            async fn parse(page: Body<scrape>) -> Result<usize> {
                page.size().await
            }
            #[allow(non_camel_case_types, missing_docs, unreachable_pub)]
            #[derive(Debug)]
            struct parse {}
            #[allow(deprecated)]
            const _: () = {
                #[automatically_derived]
                impl ::scrapeflow::private::Executor for parse {
                    const NAME: &'static str = ::core::stringify!(parse);
                    const OPTIONS: ::scrapeflow::private::Options = ::scrapeflow::private::Options::DEFAULT;
                    const CHECKED: bool = {
                        ::core::compile_error! {
                            "expected a text in quotes: `timeout = \"60s\"`"
                        }
                        ::core::compile_error! {
                            "executors are `async fn`; write `async fn parse`"
                        }
                        true
                    };
                    type Output = <() as ::scrapeflow::private::Returned<
                        ::scrapeflow::private::Sound<
                            { <parse as ::scrapeflow::private::Executor>::CHECKED },
                        >,
                    >>::Ok;
                }
                #[automatically_derived]
                impl<S: 'static> ::scrapeflow::private::Runs<S> for parse {
                    fn describe(_: &mut ::scrapeflow::private::Needs) {}
                    fn call(
                        _: ::scrapeflow::private::Call,
                    ) -> ::scrapeflow::private::BoxFuture<
                        'static,
                        ::core::result::Result<::std::string::String, ::scrapeflow::private::Error>,
                    > {
                        ::core::unreachable!()
                    }
                }
            };
        "##]],
    );
}

#[test]
fn a_result_that_is_not_said_leaves_an_empty_function() {
    check(
        "",
        "pub async fn parse(key: Key) { Ok(()) }",
        &expect![[r##"
        #[allow(unused, clippy::all, clippy::pedantic)]
        pub async fn parse(key: Key) {}
        #[allow(non_camel_case_types, missing_docs, unreachable_pub)]
        #[derive(Debug)]
        pub struct parse {}
        #[allow(deprecated)]
        const _: () = {
            #[automatically_derived]
            impl ::scrapeflow::private::Executor for parse {
                const NAME: &'static str = ::core::stringify!(parse);
                const OPTIONS: ::scrapeflow::private::Options = ::scrapeflow::private::Options::DEFAULT;
                const CHECKED: bool = {
                    ::core::compile_error! {
                        "an executor returns a `Result`; write `-> Result<()>` and end with `Ok(())`"
                    }
                    true
                };
                type Output = <() as ::scrapeflow::private::Returned<
                    ::scrapeflow::private::Sound<
                        { <parse as ::scrapeflow::private::Executor>::CHECKED },
                    >,
                >>::Ok;
            }
            #[automatically_derived]
            impl<S: 'static> ::scrapeflow::private::Runs<S> for parse {
                fn describe(_: &mut ::scrapeflow::private::Needs) {}
                fn call(
                    _: ::scrapeflow::private::Call,
                ) -> ::scrapeflow::private::BoxFuture<
                    'static,
                    ::core::result::Result<::std::string::String, ::scrapeflow::private::Error>,
                > {
                    ::core::unreachable!()
                }
            }
        };
    "##]],
    );
}

#[test]
fn a_method_stays_alone() {
    check(
        "",
        "async fn parse(&self) -> Result<()> { Ok(()) }",
        &expect![[r#"
        ::core::compile_error! {
            "an executor is a free function without `self`; what it shares with others comes in as `State<T>`"
        }
        #[allow(unused, clippy::all, clippy::pedantic)]
        async fn parse(&self) -> Result<()> {
            Ok(())
        }
    "#]],
    );
}

#[test]
fn what_is_no_function_stays_as_it_is() {
    check(
        "",
        "struct Parse;",
        &expect![[r#"
        ::core::compile_error! {
            "`#[executor]` belongs on an `async fn`"
        }
        struct Parse;
    "#]],
    );
}
