//! What an executor stands for in code. Nothing here can fail, and nothing here decides anything.

use std::time::Duration;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};

use super::model::{Backoff, Executor, Options};
use super::stand_in::stand_in;
use crate::alias::Alias;

/// The function, its stand-in type, and what that implements.
pub(super) fn expand(executor: &Executor<'_>) -> TokenStream {
    let function = executor.function;
    let stand_in = stand_in(function);
    let types = Types::of(executor);
    let declarations = types.declarations();
    let impl_executor = impl_executor(executor, &types);
    let impl_runs = impl_runs(executor, &types);
    quote! {
        // The attribute asks for `async`, whether or not there is something to await.
        #[allow(clippy::unused_async)]
        #function

        #stand_in

        #[allow(deprecated)]
        const _: () = {
            #declarations
            #impl_executor
            #impl_runs
        };
    }
}

/// The types of the signature.
struct Types {
    arguments: Vec<Alias>,
    returned: Alias,
}

impl Types {
    /// An unknown name in a type is an error in the function and in the alias. rustc tells the two apart by
    /// the place where it suggests a type parameter, behind the name of the item; so the aliases are named
    /// where the function is, and rustc reports one error instead of twins.
    fn of(executor: &Executor<'_>) -> Self {
        let place = executor.ident().span();
        let arguments = executor.arguments.iter().enumerate();
        Self {
            arguments: arguments
                .map(|(nth, ty)| Alias::new(format_ident!("__Argument{nth}", span = place), ty))
                .collect(),
            returned: Alias::new(Ident::new("__Returned", place), executor.output),
        }
    }

    fn declarations(&self) -> TokenStream {
        self.arguments
            .iter()
            .chain([&self.returned])
            .map(Alias::declaration)
            .collect()
    }
}

fn impl_executor(executor: &Executor<'_>, types: &Types) -> TokenStream {
    let ident = executor.ident();
    let name = &executor.name;
    let options = options(&executor.options);
    let arguments = types.arguments.iter().map(Alias::shown);
    let returned = types.returned.shown();
    quote! {
        #[automatically_derived]
        impl ::scrapeflow::private::Executor for #ident {
            const NAME: &'static str = #name;
            const OPTIONS: ::scrapeflow::private::Options = #options;
            const CHECKED: bool = {
                #(::scrapeflow::private::assert_argument::<#arguments>();)*
                ::scrapeflow::private::assert_returned::<#returned>();
                true
            };
            type Output = <#returned as ::scrapeflow::private::Returned<
                ::scrapeflow::private::Sound<{ <#ident as ::scrapeflow::private::Executor>::CHECKED }>,
            >>::Ok;
        }
    }
}

fn impl_runs(executor: &Executor<'_>, types: &Types) -> TokenStream {
    let ident = executor.ident();
    let Types {
        arguments,
        returned,
    } = types;
    let fits = quote!(::scrapeflow::private::Argument<S>);
    let bounds = arguments
        .iter()
        .map(|argument| argument.under(fits.clone()));
    let all = nested(arguments);
    // Hygienic, since the user's function may have one of these names.
    let local = |name: &str| Ident::new(name, Span::mixed_site());
    let (needs, call) = (local("needs"), local("call"));
    let values: Vec<Ident> = (0..arguments.len())
        .map(|nth| local(&format!("argument{nth}")))
        .collect();
    let taken = nested(&values);
    // A future that is not `Send` is reported at the function's name.
    let called = quote_spanned! {ident.span()=>
        ::scrapeflow::private::call::<S, _, _, _>(#call, |#taken| #ident(#(#values),*))
    };
    quote! {
        #[automatically_derived]
        impl<S: 'static> ::scrapeflow::private::Runs<S> for #ident
        where
            #(#arguments: #bounds,)*
            #returned: ::scrapeflow::private::Returned<S>,
        {
            fn describe(#needs: &mut ::scrapeflow::private::Needs) {
                <#all as ::scrapeflow::private::Arguments<S>>::describe(#needs);
            }

            fn call(
                #call: ::scrapeflow::private::Call,
            ) -> ::scrapeflow::private::BoxFuture<
                'static,
                ::core::result::Result<::std::string::String, ::scrapeflow::private::Error>,
            > {
                #called
            }
        }
    }
}

/// `(a, (b, ()))`: any number of things as nested pairs.
fn nested(things: &[impl ToTokens]) -> TokenStream {
    things
        .iter()
        .rev()
        .fold(quote!(()), |rest, thing| quote!((#thing, #rest)))
}

fn options(options: &Options) -> TokenStream {
    let timeout = optional(options.timeout.map(duration));
    let retries = optional(options.retries.map(number));
    let backoff = optional(options.backoff.as_ref().map(backoff));
    let version = number(options.version.unwrap_or(1));
    let max_age = optional(options.max_age.map(duration));
    quote! {
        ::scrapeflow::private::Options {
            timeout: #timeout,
            retries: #retries,
            backoff: #backoff,
            version: #version,
            max_age: #max_age,
        }
    }
}

fn optional(value: Option<TokenStream>) -> TokenStream {
    value.map_or_else(
        || quote!(::core::option::Option::None),
        |value| quote!(::core::option::Option::Some(#value)),
    )
}

fn backoff(backoff: &Backoff) -> TokenStream {
    let first = duration(backoff.first);
    backoff.most.map(duration).map_or_else(
        || quote!(::scrapeflow::private::Backoff::doubling_from(#first)),
        |most| quote!(::scrapeflow::private::Backoff::new(#first, #most)),
    )
}

fn duration(duration: Duration) -> TokenStream {
    let seconds = Literal::u64_unsuffixed(duration.as_secs());
    let nanoseconds = number(duration.subsec_nanos());
    quote!(::core::time::Duration::new(#seconds, #nanoseconds))
}

fn number(number: u32) -> TokenStream {
    Literal::u32_unsuffixed(number).to_token_stream()
}
