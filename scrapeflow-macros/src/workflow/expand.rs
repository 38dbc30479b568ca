//! What a workflow stands for in code. Nothing here can fail.
//!
//! For every step there is a scope: a type that `Provides` the output of each step before it. That a step
//! can run is asked in its scope, so what is missing there is an error at the step.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};
use syn::Path;
use syn::ext::IdentExt;

use super::model::Workflow;
use crate::alias::Alias;

/// The workflow's type and what it implements.
pub(super) fn expand(workflow: &Workflow<'_>) -> TokenStream {
    let head = workflow.head;
    let ident = &head.ident;
    let name = ident.unraw().to_string();
    let steps: Vec<Step> = workflow
        .steps
        .iter()
        .enumerate()
        .map(|(nth, path)| Step::new(nth, path))
        .collect();
    let aliases = steps.iter().map(|step| step.alias.declaration());
    let scopes = steps
        .iter()
        .enumerate()
        .map(|(nth, step)| step.scope(&steps[..nth]));
    let count = Literal::usize_unsuffixed(steps.len());
    let entries = steps.iter().map(Step::entry);
    let distinct = steps.iter().skip(1).map(Step::distinct);
    let executors = steps.iter().map(|step| &step.alias);
    quote! {
        #head

        const _: () = {
            #(#aliases)*
            #(#scopes)*
            const STEPS: [::scrapeflow::private::Entry; #count] = [#(#entries),*];
            #(#distinct)*
            #(
                #[automatically_derived]
                impl ::scrapeflow::private::HasStep<#executors> for #ident {}
            )*
            #[automatically_derived]
            impl ::scrapeflow::private::Workflow for #ident {
                const NAME: &'static str = #name;

                fn steps() -> ::std::vec::Vec<::scrapeflow::private::Step> {
                    ::scrapeflow::private::steps(&STEPS)
                }
            }
        };
    }
}

/// The names that stand for a step in the generated code.
struct Step {
    nth: usize,
    alias: Alias,
    scope: Ident,
}

impl Step {
    fn new(nth: usize, path: &Path) -> Self {
        Self {
            nth,
            alias: Alias::new(format_ident!("__Step{nth}"), path),
            scope: format_ident!("Before{nth}"),
        }
    }

    /// What the steps before it provide.
    fn scope(&self, earlier: &[Step]) -> TokenStream {
        let scope = &self.scope;
        let provided = earlier.iter().map(|step| &step.alias);
        quote! {
            enum #scope<const CHECKED: bool> {}
            #(impl<const CHECKED: bool> ::scrapeflow::private::Provides<#provided> for #scope<CHECKED> {})*
        }
    }

    /// It, in its scope; both are an error where its signature is one.
    fn entry(&self) -> TokenStream {
        let scope = &self.scope;
        let executor = self.alias.shown();
        quote! {
            ::scrapeflow::private::Entry::of::<
                #scope<{ <#executor as ::scrapeflow::private::Executor>::CHECKED }>,
                #executor,
            >()
        }
    }

    /// No earlier step is stored under its name.
    fn distinct(&self) -> TokenStream {
        let nth = Literal::usize_unsuffixed(self.nth);
        let call = quote!(::scrapeflow::private::assert_distinct(&STEPS, #nth));
        let call = self.alias.under(call);
        quote!(const _: () = #call;)
    }
}
