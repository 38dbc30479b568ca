//! The type that stands for an executor where types are asked for: in `workflow!` and in `Output<parse>`.
//!
//! It has the function's name, in the namespace of types, and is a braced struct since that takes no name in
//! the namespace of values.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

use super::parse::Function;

/// The struct.
pub(super) fn stand_in(function: &Function) -> TokenStream {
    let ident = &function.signature.ident;
    let visibility = &function.visibility;
    let attributes = function
        .attributes
        .iter()
        .filter(|attribute| is_shared(attribute));
    let documentation = documentation(function);
    quote! {
        #(#attributes)*
        #documentation
        #[allow(non_camel_case_types, missing_docs, unreachable_pub)]
        #[derive(Debug)]
        #visibility struct #ident {}
    }
}

/// Whether an attribute speaks of the name, not of the function: `#[deprecated]`, `#[doc(hidden)]`.
fn is_shared(attribute: &Attribute) -> bool {
    match &attribute.meta {
        Meta::List(list) if list.path.is_ident("doc") => true,
        meta => meta.path().is_ident("deprecated") || meta.path().is_ident("cfg"),
    }
}

/// The summary of the function's documentation. The rest stays with the function: an example in it would run
/// twice.
fn documentation(function: &Function) -> TokenStream {
    let lines = function.attributes.iter().filter_map(line);
    let summary: Vec<String> = lines.take_while(|line| !line.trim().is_empty()).collect();
    if summary.is_empty() {
        return TokenStream::new();
    }
    let name = function.signature.ident.unraw();
    let link = format!(" [`{name}()`](fn@{name}) as `workflow!` and other executors name it.");
    quote!(#(#[doc = #summary])* #[doc = ""] #[doc = #link])
}

fn line(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(meta) = &attribute.meta else {
        return None;
    };
    match &meta.value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) if meta.path.is_ident("doc") => Some(text.value()),
        _ => None,
    }
}
