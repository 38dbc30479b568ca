//! An executor as it is written.
//!
//! The body of the function stays tokens: nothing here needs to understand it, and reading it would cost
//! every build.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Expr, Ident, Result, Signature, Token, Visibility};

/// The function under the attribute.
pub(super) struct Function {
    pub(super) attributes: Vec<Attribute>,
    pub(super) visibility: Visibility,
    pub(super) signature: Signature,
    pub(super) body: TokenStream,
}

/// One `timeout = "60s"` of the attribute.
pub(super) struct WrittenOption {
    pub(super) key: Ident,
    /// Absent in a bare `timeout`.
    pub(super) value: Option<Expr>,
}

pub(super) fn function(item: &TokenStream) -> Result<Function> {
    syn::parse2(item.clone())
        .map_err(|_| Error::new_spanned(item, "`#[executor]` belongs on an `async fn`"))
}

pub(super) fn options(attribute: TokenStream) -> Result<Vec<WrittenOption>> {
    let parsed = Punctuated::<_, Token![,]>::parse_terminated.parse2(attribute);
    let message = "options are written `timeout = \"60s\", retries = 2`";
    let options = parsed.map_err(|error| Error::new(error.span(), message))?;
    Ok(options.into_iter().collect())
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        Ok(Self {
            attributes: input.call(Attribute::parse_outer)?,
            visibility: input.parse()?,
            signature: input.parse()?,
            body: input.parse()?,
        })
    }
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self {
            attributes,
            visibility,
            signature,
            body,
        } = self;
        tokens.extend(quote!(#(#attributes)* #visibility #signature #body));
    }
}

impl Parse for WrittenOption {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let key = input.call(Ident::parse_any)?;
        let value = match input.parse::<Option<Token![=]>>()? {
            Some(_) => Some(input.parse()?),
            None => None,
        };
        Ok(Self { key, value })
    }
}
