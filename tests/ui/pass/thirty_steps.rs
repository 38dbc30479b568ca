//! A long workflow; each step reads the one before it, and the last reads many.

use scrapeflow::prelude::*;

macro_rules! steps {
    ($first:ident $($name:ident)*) => {
        #[executor]
        async fn $first(key: Key) -> Result<usize> {
            Ok(key.to_string().len())
        }
        steps!(@ $first $($name)*);
    };
    (@ $before:ident $name:ident $($rest:ident)*) => {
        #[executor]
        async fn $name(before: Output<$before>) -> Result<usize> {
            Ok(*before + 1)
        }
        steps!(@ $name $($rest)*);
    };
    (@ $last:ident) => {};
}

steps! {
    s1 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 s12 s13 s14 s15 s16 s17 s18 s19 s20 s21 s22 s23 s24 s25 s26
    s27 s28 s29
}

#[executor]
async fn last(a: Output<s1>, b: Output<s15>, c: Output<s29>) -> Result<usize> {
    Ok(*a + *b + *c)
}

workflow! {
    Long =
        s1 -> s2 -> s3 -> s4 -> s5 -> s6 -> s7 -> s8 -> s9 -> s10 -> s11 -> s12 -> s13 -> s14 -> s15
        -> s16 -> s17 -> s18 -> s19 -> s20 -> s21 -> s22 -> s23 -> s24 -> s25 -> s26 -> s27 -> s28
        -> s29 -> last;
}

pub(crate) fn main() {
    let _ = Long::in_dir("long").force::<last>().force::<s1>();
}
