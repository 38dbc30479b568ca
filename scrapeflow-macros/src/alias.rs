//! The user's types in generated code.
//!
//! Each is written once more as the type of an alias, and after that the alias stands for it. An unknown
//! name in it is then one error, not one for every use.

use proc_macro2::{Ident, Punct, Spacing, Span, TokenStream, TokenTree};
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

    /// The alias; what is wrong with it is shown under the whole of what the user wrote. Spans cannot be
    /// joined on stable Rust, but rustc takes a type from its first token to its last: so it is `Alias<>`,
    /// which begins where the user's type begins and ends where it ends.
    pub(crate) fn shown(&self) -> TokenStream {
        let (first, last) = ends(&self.written);
        let mut ident = self.ident.clone();
        ident.set_span(first);
        let [mut open, mut close] = ['<', '>'].map(|sign| Punct::new(sign, Spacing::Alone));
        open.set_span(first);
        close.set_span(last);
        quote!(#ident #open #close)
    }
}

/// The alias where nothing is reported.
impl ToTokens for Alias {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        Ident::new(&self.ident.to_string(), Span::call_site()).to_tokens(tokens);
    }
}

fn ends(tokens: &TokenStream) -> (Span, Span) {
    let open = |token: TokenTree| match token {
        TokenTree::Group(group) => group.span_open(),
        other => other.span(),
    };
    let close = |token: TokenTree| match token {
        TokenTree::Group(group) => group.span_close(),
        other => other.span(),
    };
    let mut all = tokens.clone().into_iter();
    let first = all.next();
    let last = all.last().or_else(|| first.clone());
    (
        first.map_or_else(Span::call_site, open),
        last.map_or_else(Span::call_site, close),
    )
}
