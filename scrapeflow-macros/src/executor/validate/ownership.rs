//! What a type may hold that an executor's signature cannot.

use quote::ToTokens;
use syn::{GenericArgument, Lifetime, Path, PathArguments, Type};

/// A part of a type that doesn't fit.
pub(super) enum Unfit<'a> {
    /// `&str` and the `'_` of `Cow<'_, str>`, but not `&'static str`.
    Borrowed(&'a dyn ToTokens),
    /// `impl Iterator`.
    Opaque(&'a dyn ToTokens),
}

/// The first part that doesn't fit.
pub(super) fn unfit(ty: &Type) -> Option<Unfit<'_>> {
    match ty {
        Type::Reference(reference) => match &reference.lifetime {
            Some(lifetime) if is_static(lifetime) => unfit(&reference.elem),
            _ => Some(Unfit::Borrowed(reference)),
        },
        Type::ImplTrait(opaque) => Some(Unfit::Opaque(opaque)),
        Type::Path(path) => {
            let of = path.qself.as_ref().and_then(|of| unfit(&of.ty));
            of.or_else(|| unfit_argument(&path.path))
        }
        Type::Tuple(tuple) => tuple.elems.iter().find_map(unfit),
        Type::Array(array) => unfit(&array.elem),
        Type::Slice(slice) => unfit(&slice.elem),
        Type::Paren(inner) => unfit(&inner.elem),
        Type::Group(inner) => unfit(&inner.elem),
        // What functions and trait objects borrow is their callers'.
        _ => None,
    }
}

fn unfit_argument(path: &Path) -> Option<Unfit<'_>> {
    path.segments.iter().find_map(|segment| {
        let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
            return None;
        };
        arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::Lifetime(lifetime) if !is_static(lifetime) => {
                Some(Unfit::Borrowed(lifetime))
            }
            GenericArgument::Type(ty) => unfit(ty),
            _ => None,
        })
    })
}

fn is_static(lifetime: &Lifetime) -> bool {
    lifetime.ident == "static"
}
