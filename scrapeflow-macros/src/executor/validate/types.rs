//! What a type may hold that an executor's signature cannot.

use syn::{GenericArgument, Lifetime, Path, PathArguments, Type, TypeImplTrait, TypeInfer, TypeReference};

/// A part of a type that doesn't fit.
pub(super) enum Unfit<'a> {
    /// `&str`, but not `&'static str`.
    Reference(&'a TypeReference),
    /// The `'_` of `Cow<'_, str>`.
    Lifetime(&'a Lifetime),
    /// `impl Iterator`.
    Opaque(&'a TypeImplTrait),
    /// `_`.
    Inferred(&'a TypeInfer),
}

/// The first part that doesn't fit.
pub(super) fn unfit(ty: &Type) -> Option<Unfit<'_>> {
    match ty {
        Type::Reference(reference) if reference.lifetime.as_ref().is_none_or(is_borrowed) => {
            Some(Unfit::Reference(reference))
        }
        Type::Reference(reference) => unfit(&reference.elem),
        Type::ImplTrait(opaque) => Some(Unfit::Opaque(opaque)),
        Type::Infer(inferred) => Some(Unfit::Inferred(inferred)),
        Type::Path(path) => {
            let of_trait = path.qself.as_ref().and_then(|of| unfit(&of.ty));
            of_trait.or_else(|| unfit_argument(&path.path))
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
    let arguments = path.segments.iter().filter_map(|segment| match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    });
    arguments.flatten().find_map(|argument| match argument {
        GenericArgument::Lifetime(lifetime) if is_borrowed(lifetime) => Some(Unfit::Lifetime(lifetime)),
        GenericArgument::Type(ty) => unfit(ty),
        _ => None,
    })
}

fn is_borrowed(lifetime: &Lifetime) -> bool {
    lifetime.ident != "static"
}
