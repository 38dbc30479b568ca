//! What is left of a workflow after a mistake: a type of its name, without steps, that takes every executor
//! for one.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Error;
use syn::ext::IdentExt;

use super::parse::Head;

pub(super) fn fallback(head: &Head, error: &Error) -> TokenStream {
    let ident = &head.ident;
    let name = ident.unraw().to_string();
    let error = error.to_compile_error();
    quote! {
        #error

        #head

        const _: () = {
            #[automatically_derived]
            impl<E> ::scrapeflow::private::HasStep<E> for #ident {}

            #[automatically_derived]
            impl ::scrapeflow::private::Workflow for #ident {
                const NAME: &'static str = #name;

                fn steps() -> ::std::vec::Vec<::scrapeflow::private::Step> {
                    ::std::vec::Vec::new()
                }
            }
        };
    }
}
