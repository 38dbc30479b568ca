//! What is left of an executor after a mistake: enough that nothing else is reported for it.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, ReturnType, Token};

use super::parse::Function;
use super::stand_in::stand_in;
use super::validate;

/// What is no function stays as it is.
pub(super) fn item(item: &TokenStream, error: &Error) -> TokenStream {
    let error = error.to_compile_error();
    quote!(#error #item)
}

/// The function stays callable, and its name stands for an executor that whatever reads it takes for
/// reported: the error is its `CHECKED`.
pub(super) fn executor(function: &Function, error: &Error) -> TokenStream {
    let error = error.to_compile_error();
    let callable = callable(function);
    if function.signature.receiver().is_some() {
        // In an `impl` there is no place for types.
        return quote!(#error #callable);
    }
    let ident = &function.signature.ident;
    let stand_in = stand_in(function);
    quote! {
        #callable

        #stand_in

        #[allow(deprecated)]
        const _: () = {
            #[automatically_derived]
            impl ::scrapeflow::private::Executor for #ident {
                const NAME: &'static str = ::core::stringify!(#ident);
                const OPTIONS: ::scrapeflow::private::Options = ::scrapeflow::private::Options::DEFAULT;
                const CHECKED: bool = { #error true };
                type Output = <() as ::scrapeflow::private::Returned<
                    ::scrapeflow::private::Sound<{ <#ident as ::scrapeflow::private::Executor>::CHECKED }>,
                >>::Ok;
            }

            #[automatically_derived]
            impl<S: 'static> ::scrapeflow::private::Runs<S> for #ident {
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
    }
}

/// The function, async, so that its `.await`s are fine; without its body if that returns what the signature
/// cannot say.
fn callable(function: &Function) -> TokenStream {
    let Function {
        attributes,
        visibility,
        signature,
        body,
    } = function;
    let mut signature = signature.clone();
    signature
        .asyncness
        .get_or_insert_with(<Token![async]>::default);
    let mut body = body.clone();
    if validate::check_output(&function.signature).is_err() {
        signature.output = ReturnType::Default;
        body = quote!({});
    }
    quote! {
        #[allow(unused, clippy::all, clippy::pedantic)]
        #(#attributes)* #visibility #signature #body
    }
}
