//! The signature: an `async fn` of owned, named types.

use syn::{Error, FnArg, PatType, Result, ReturnType, Safety, Signature, Type};

use super::types::{Unfit, unfit};
use crate::errors::{all, both};

/// The types of a signature.
pub(super) struct Checked<'a> {
    pub(super) arguments: Vec<&'a Type>,
    pub(super) output: &'a Type,
}

pub(super) fn check_signature(signature: &Signature) -> Result<Checked<'_>> {
    // In an `impl`, nothing else that could be said would help.
    check_free(signature)?;
    let kind = all([check_async(signature), check_safe(signature), check_abi(signature)]);
    // What is wrong with generics shows up in the types again.
    let types = check_concrete(signature).and_then(|()| {
        let arguments = typed(signature).map(check_argument);
        let (output, ()) = both(check_output(signature), all(arguments))?;
        Ok(output)
    });
    let (output, ()) = both(types, kind)?;
    let arguments = typed(signature).map(|argument| &*argument.ty).collect();
    Ok(Checked { arguments, output })
}

fn typed(signature: &Signature) -> impl Iterator<Item = &PatType> {
    signature.inputs.iter().filter_map(|argument| match argument {
        FnArg::Typed(argument) => Some(argument),
        FnArg::Receiver(_) => None,
    })
}

fn check_free(signature: &Signature) -> Result<()> {
    let Some(receiver) = signature.receiver() else {
        return Ok(());
    };
    let message = "an executor is a free function without `self`; what it shares with others comes in as `State<T>`";
    Err(Error::new_spanned(receiver, message))
}

fn check_async(signature: &Signature) -> Result<()> {
    if signature.asyncness.is_some() {
        return Ok(());
    }
    let message = format!("executors are `async fn`; write `async fn {}`", signature.ident);
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
    signature.abi.as_ref().map_or(Ok(()), |abi| {
        Err(Error::new_spanned(abi, "an executor is a Rust function; write `async fn`"))
    })
}

fn check_concrete(signature: &Signature) -> Result<()> {
    let generics = &signature.generics;
    let message = "an executor has no generics: one function is stored under one name; write the types out";
    if !generics.params.is_empty() {
        return Err(Error::new_spanned(generics, message));
    }
    generics.where_clause.as_ref().map_or(Ok(()), |clause| Err(Error::new_spanned(clause, message)))
}

fn check_argument(argument: &PatType) -> Result<()> {
    check_unconditional(argument)?;
    match unfit(&argument.ty) {
        None => Ok(()),
        Some(Unfit::Reference(reference)) => {
            let message = "an executor owns its arguments; drop the `&`, or write `String` for `&str`";
            Err(Error::new_spanned(reference, message))
        }
        Some(Unfit::Lifetime(lifetime)) => {
            let message = "an executor owns its arguments; write a type that borrows nothing";
            Err(Error::new_spanned(lifetime, message))
        }
        Some(Unfit::Opaque(opaque)) => {
            let message = "an executor's arguments say what it reads, so each has one type; write it instead of `impl Trait`";
            Err(Error::new_spanned(opaque, message))
        }
        Some(Unfit::Inferred(inferred)) => Err(Error::new_spanned(inferred, "write the type out")),
    }
}

fn check_unconditional(argument: &PatType) -> Result<()> {
    let mut attributes = argument.attrs.iter();
    let Some(cfg) = attributes.find(|attribute| attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr")) else {
        return Ok(());
    };
    let message = "an executor's arguments are fixed; put the `#[cfg]` on the whole function, once for each case";
    Err(Error::new_spanned(cfg, message))
}

fn check_output(signature: &Signature) -> Result<&Type> {
    let ReturnType::Type(_, output) = &signature.output else {
        let message = "an executor returns a `Result`; write `-> Result<()>` and end with `Ok(())`";
        return Err(Error::new(signature.ident.span(), message));
    };
    match unfit(output) {
        None => Ok(output),
        Some(Unfit::Reference(reference)) => {
            let message = "an output is stored and read back, so it owns what it holds; write `String` for `&str`";
            Err(Error::new_spanned(reference, message))
        }
        Some(Unfit::Lifetime(lifetime)) => {
            let message = "an output is stored and read back, so it owns what it holds; write a type that borrows nothing";
            Err(Error::new_spanned(lifetime, message))
        }
        Some(Unfit::Opaque(opaque)) => {
            let message = "an output is stored and read back, so it has one type; write it instead of `impl Trait`";
            Err(Error::new_spanned(opaque, message))
        }
        Some(Unfit::Inferred(inferred)) => Err(Error::new_spanned(inferred, "write the type out")),
    }
}
