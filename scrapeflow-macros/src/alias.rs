//! The user's types in generated code.
//!
//! Each is written once more as the type of an alias, and after that the alias stands for it. An unknown
//! name in it is then one error, not one for every use.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};

/// A name for a type of the user's.
pub(crate) struct Alias {
    ident: Ident,
    written: TokenStream,
}

impl Alias {
    pub(crate) fn new(ident: Ident, written: &impl ToTokens) -> Self {
        Self {
            ident,
            written: written.to_token_stream(),
        }
    }

    /// `type Alias = …;`
    pub(crate) fn declaration(&self) -> TokenStream {
        let Self { ident, written } = self;
        quote!(type #ident = #written;)
    }

    /// The alias; what is wrong with it is shown under all that the user wrote. (It is `Alias<>`, since a
    /// single token has no last one to carry the end.)
    pub(crate) fn shown(&self) -> TokenStream {
        self.under(quote!(#self<>))
    }

    /// Some code; what is wrong with it is shown under all that the user wrote. Spans cannot be joined on
    /// stable Rust, but rustc takes code from its first token to its last: so the last takes the place of
    /// the user's last token, and all others that of the first.
    pub(crate) fn under(&self, code: TokenStream) -> TokenStream {
        let (start, end) = self.ends();
        let mut code: Vec<TokenTree> = code.into_iter().collect();
        if let Some((last, others)) = code.split_last_mut() {
            for token in others {
                token.set_span(start);
            }
            last.set_span(end);
        }
        code.into_iter().collect()
    }

    fn ends(&self) -> (Span, Span) {
        let mut tokens = self.written.clone().into_iter();
        let first = tokens.next();
        let last = tokens.last().or_else(|| first.clone());
        let start = first.map_or_else(Span::call_site, |token| match token {
            TokenTree::Group(group) => group.span_open(),
            other => other.span(),
        });
        let end = last.map_or_else(Span::call_site, |token| match token {
            TokenTree::Group(group) => group.span_close(),
            other => other.span(),
        });
        (start, end)
    }
}

/// The alias where nothing is reported.
impl ToTokens for Alias {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let mut ident = self.ident.clone();
        ident.set_span(Span::call_site());
        ident.to_tokens(tokens);
    }
}
