//! A workflow as it is written: `pub Quotes = scrape -> parse -> geocode;`

use proc_macro2::{Group, TokenStream};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Error, Ident, Path, Result, Token, Visibility, token};

/// A declaration.
pub(super) struct Written {
    pub(super) head: Head,
    /// The steps, or where they are no syntax: then the head is still good for a fallback.
    pub(super) steps: Result<Vec<WrittenStep>>,
}

/// All before the `=`.
pub(super) struct Head {
    pub(super) attributes: Vec<Attribute>,
    pub(super) visibility: Visibility,
    pub(super) ident: Ident,
}

/// What stands between arrows.
pub(super) enum WrittenStep {
    Executor(Path),
    /// `(a, b)`: kept free in the grammar for steps side by side.
    Group(Group),
}

pub(super) fn workflow(declaration: TokenStream) -> Result<Written> {
    syn::parse2(declaration)
}

impl Parse for Written {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let head = input.parse()?;
        let steps = steps(input);
        // Whatever an error left over is not reported again.
        let _: TokenStream = input.parse()?;
        Ok(Self { head, steps })
    }
}

impl Parse for Head {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let named = |error: Error| {
            Error::new(
                error.span(),
                "a workflow is written `Quotes = scrape -> parse;`",
            )
        };
        let ident = input.parse().map_err(named)?;
        input.parse::<Token![=]>().map_err(named)?;
        Ok(Self {
            attributes,
            visibility,
            ident,
        })
    }
}

fn steps(input: ParseStream<'_>) -> Result<Vec<WrittenStep>> {
    let mut steps = vec![input.parse()?];
    while input.parse::<Option<Token![->]>>()?.is_some() {
        steps.push(input.parse()?);
    }
    let ended = input.parse::<Option<Token![;]>>()?.is_some();
    match (input.is_empty(), ended) {
        (true, _) => Ok(steps),
        (false, true) => {
            Err(input.error("one `workflow!` declares one workflow; write another for the next"))
        }
        (false, false) => Err(input.error("expected `->` and the next step, or `;`")),
    }
}

impl Parse for WrittenStep {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.peek(token::Paren) {
            return Ok(Self::Group(input.parse()?));
        }
        let path = input.call(Path::parse_mod_style);
        path.map(Self::Executor)
            .map_err(|error| Error::new(error.span(), "expected the name of an executor"))
    }
}

impl ToTokens for Head {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self {
            attributes,
            visibility,
            ident,
        } = self;
        tokens.extend(quote! {
            #(#attributes)*
            #[derive(Debug, Clone, Copy)]
            #visibility struct #ident;
        });
    }
}
