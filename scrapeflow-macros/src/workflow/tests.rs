//! What `workflow!` makes of code, as code, and what it finds wrong.

// As expect-test writes them.
#![allow(clippy::needless_raw_string_hashes)]

use expect_test::{Expect, expect};
use proc_macro2::TokenStream;

use super::{parse, validate};

fn check(declaration: &str, expected: &Expect) {
    let expanded = super::workflow(declaration.parse::<TokenStream>().unwrap());
    let file = syn::parse2(expanded).unwrap();
    expected.assert_eq(&prettyplease::unparse(&file));
}

#[test]
fn two_steps() {
    check(
        "/// Quotes.
         #[derive(PartialEq)]
         pub Quotes = scrape -> shop::parse;",
        &expect![[r#"
            /// Quotes.
            #[derive(PartialEq)]
            #[derive(Debug, Clone, Copy)]
            pub struct Quotes;
            const _: () = {
                type __Step0 = scrape;
                type __Step1 = shop::parse;
                enum Before0<const CHECKED: bool> {}
                enum Before1<const CHECKED: bool> {}
                impl<const CHECKED: bool> ::scrapeflow::private::Provides<__Step0>
                for Before1<CHECKED> {}
                const STEPS: [::scrapeflow::private::Entry; 2] = [
                    ::scrapeflow::private::Entry::of::<
                        Before0<{ <__Step0 as ::scrapeflow::private::Executor>::CHECKED }>,
                        __Step0,
                    >(),
                    ::scrapeflow::private::Entry::of::<
                        Before1<{ <__Step1 as ::scrapeflow::private::Executor>::CHECKED }>,
                        __Step1,
                    >(),
                ];
                const _: () = ::scrapeflow::private::assert_distinct(&STEPS, 1);
                #[automatically_derived]
                impl ::scrapeflow::private::HasStep<__Step0> for Quotes {}
                #[automatically_derived]
                impl ::scrapeflow::private::HasStep<__Step1> for Quotes {}
                #[automatically_derived]
                impl ::scrapeflow::private::Workflow for Quotes {
                    const NAME: &'static str = "Quotes";
                    fn steps() -> ::std::vec::Vec<::scrapeflow::private::Step> {
                        ::scrapeflow::private::steps(&STEPS)
                    }
                }
            };
        "#]],
    );
}

#[test]
fn a_mistake_leaves_a_type() {
    check(
        "pub(crate) Quotes = scrape -> scrape",
        &expect![[r#"
        ::core::compile_error! {
            "`scrape` is already a step; a workflow runs an executor once"
        }
        #[derive(Debug, Clone, Copy)]
        pub(crate) struct Quotes;
        const _: () = {
            #[automatically_derived]
            impl<E> ::scrapeflow::private::HasStep<E> for Quotes {}
            #[automatically_derived]
            impl ::scrapeflow::private::Workflow for Quotes {
                const NAME: &'static str = "Quotes";
                fn steps() -> ::std::vec::Vec<::scrapeflow::private::Step> {
                    ::std::vec::Vec::new()
                }
            }
        };
    "#]],
    );
}

#[test]
fn mistakes() {
    let declarations = [
        "",
        "scrape -> parse",
        "Quotes",
        "pub = scrape",
        "Quotes = ",
        "Quotes = scrape ->",
        "Quotes = scrape -> -> parse",
        "Quotes = scrape, parse",
        "Quotes = scrape parse",
        "Quotes = scrape => parse",
        "Quotes = scrape -> mut parse",
        "Quotes = scrape -> shop::",
        "Quotes = scrape -> parse(1)",
        "Quotes = scrape -> (parse, count)",
        "Quotes = (scrape, parse) -> (count, sum)",
        "Quotes = scrape; Shops = scrape;",
        "Quotes = scrape -> shop::parse -> scrape -> shop::parse",
    ];
    let mut found = String::new();
    for declaration in declarations {
        let written = parse::workflow(declaration.parse().unwrap());
        let errors = written
            .and_then(|written| validate::validate(&written).map(drop))
            .unwrap_err();
        found.extend([declaration, "\n"]);
        found.extend(errors.into_iter().map(|error| format!("    {error}\n")));
    }
    expect![[r#"

            a workflow is written `Quotes = scrape -> parse;`
        scrape -> parse
            a workflow is written `Quotes = scrape -> parse;`
        Quotes
            a workflow is written `Quotes = scrape -> parse;`
        pub = scrape
            a workflow is written `Quotes = scrape -> parse;`
        Quotes = 
            expected the name of an executor
        Quotes = scrape ->
            expected the name of an executor
        Quotes = scrape -> -> parse
            expected the name of an executor
        Quotes = scrape, parse
            expected `->` and the next step, or `;`
        Quotes = scrape parse
            expected `->` and the next step, or `;`
        Quotes = scrape => parse
            expected `->` and the next step, or `;`
        Quotes = scrape -> mut parse
            expected the name of an executor
        Quotes = scrape -> shop::
            expected the name of an executor
        Quotes = scrape -> parse(1)
            expected `->` and the next step, or `;`
        Quotes = scrape -> (parse, count)
            side-by-side groups are not built yet; write `a -> b`
        Quotes = (scrape, parse) -> (count, sum)
            side-by-side groups are not built yet; write `a -> b`
        Quotes = scrape; Shops = scrape;
            one `workflow!` declares one workflow; write another for the next
        Quotes = scrape -> shop::parse -> scrape -> shop::parse
            `scrape` is already a step; a workflow runs an executor once
            `shop::parse` is already a step; a workflow runs an executor once
    "#]]
    .assert_eq(&found);
}

#[test]
fn no_mistakes() {
    for declaration in [
        "Quotes = scrape",
        "pub(in super::shops) r#Try = ::shop::scrape -> self::parse -> crate::count -> super::r#match;",
        "Quotes = a::parse -> b::parse",
    ] {
        let written = parse::workflow(declaration.parse().unwrap()).unwrap();
        assert!(validate::validate(&written).is_ok(), "{declaration}");
    }
}
