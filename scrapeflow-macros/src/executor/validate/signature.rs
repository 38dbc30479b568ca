//! The signature: an `async fn` of owned, named types.

use syn::{Error, FnArg, PatType, Result, ReturnType, Safety, Signature, Type};

use super::ownership::{Unfit, unfit};
use crate::errors::{all, both};

/// The types of a signature.
pub(super) struct Types<'a> {
    pub(super) arguments: Vec<&'a Type>,
    pub(super) output: &'a Type,
}

pub(super) fn check_signature(signature: &Signature) -> Result<Types<'_>> {
    // In an `impl`, nothing else that could be said would help.
    check_free(signature)?;
    let kind = all([
        check_async(signature),
        check_safe(signature),
        check_abi(signature),
    ]);
    // What is wrong with generics shows up in the types again.
    let types = check_concrete(signature).and_then(|()| {
        let arguments = arguments(signature).map(check_argument);
        both(all(arguments), check_output(signature))
    });
    let ((), ((), output)) = both(kind, types)?;
    let arguments = arguments(signature).map(|argument| &*argument.ty);
    Ok(Types {
        arguments: arguments.collect(),
        output,
    })
}

fn arguments(signature: &Signature) -> impl Iterator<Item = &PatType> {
    signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(argument) => Some(argument),
        FnArg::Receiver(_) => None,
    })
}

fn check_free(signature: &Signature) -> Result<()> {
    let Some(receiver) = signature.receiver() else {
        return Ok(());
    };
    let message = "an executor is a free function without `self`; \
                   what it shares with others comes in as `State<T>`";
    Err(Error::new_spanned(receiver, message))
}

fn check_async(signature: &Signature) -> Result<()> {
    if signature.asyncness.is_some() {
        return Ok(());
    }
    let name = &signature.ident;
    let message = format!("executors are `async fn`; write `async fn {name}`");
    Err(Error::new_spanned(signature.fn_token, message))
}

fn check_safe(signature: &Signature) -> Result<()> {
    let Safety::Unsafe(token) = &signature.safety else {
        return Ok(());
    };
    let message = "an executor is called by the run, which promises nothing; drop `unsafe`";
    Err(Error::new_spanned(token, message))
}

fn check_abi(signature: &Signature) -> Result<()> {
    let Some(abi) = &signature.abi else {
        return Ok(());
    };
    let message = "an executor is called by Rust; drop `extern`";
    Err(Error::new_spanned(abi, message))
}

fn check_concrete(signature: &Signature) -> Result<()> {
    let generics = &signature.generics;
    let message = "an executor has no generics, since it is stored under one name; \
                   write the types out";
    if !generics.params.is_empty() {
        return Err(Error::new_spanned(generics, message));
    }
    match &generics.where_clause {
        Some(clause) => Err(Error::new_spanned(clause, message)),
        None => Ok(()),
    }
}

fn check_argument(argument: &PatType) -> Result<()> {
    check_unconditional(argument)?;
    match unfit(&argument.ty) {
        None => Ok(()),
        Some(Unfit::Borrowed(part)) => {
            let message = "an executor owns its arguments; \
                           write the type without the borrow, as `String` for `&str`";
            Err(Error::new_spanned(part, message))
        }
        Some(Unfit::Opaque(part)) => {
            let message = "an executor's arguments say what it reads; \
                           write the type instead of `impl Trait`";
            Err(Error::new_spanned(part, message))
        }
    }
}

fn check_unconditional(argument: &PatType) -> Result<()> {
    let is_cfg = |name| name == "cfg" || name == "cfg_attr";
    let mut attributes = argument.attrs.iter();
    let cfg = attributes.find(|attribute| attribute.path().get_ident().is_some_and(is_cfg));
    let Some(cfg) = cfg else {
        return Ok(());
    };
    let message = "an executor's arguments are the same in every build; \
                   put the `#[cfg]` on the whole function, once for each case";
    Err(Error::new_spanned(cfg, message))
}

/// The type of the result.
pub(in crate::executor) fn check_output(signature: &Signature) -> Result<&Type> {
    let ReturnType::Type(_, output) = &signature.output else {
        let message = "an executor returns a `Result`; write `-> Result<()>` and end with `Ok(())`";
        return Err(Error::new(signature.ident.span(), message));
    };
    match unfit(output) {
        None => Ok(output),
        Some(Unfit::Borrowed(part)) => {
            let message = "an output is stored and read back, so it owns what it holds; \
                           write the type without the borrow, as `String` for `&str`";
            Err(Error::new_spanned(part, message))
        }
        Some(Unfit::Opaque(part)) => {
            let message = "an output is stored and read back, so it is of one type; \
                           write the type instead of `impl Trait`";
            Err(Error::new_spanned(part, message))
        }
    }
}
