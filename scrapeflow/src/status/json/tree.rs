//! A value as a list of its parts, for those who need them in another order.
//!
//! Takes any JSON text, is read by `canonical`. Each part stands in front of
//! those inside of it, so there is one list for all, and dropping a deeply
//! nested value is no deep recursion. Numbers and strings stay as spelled;
//! only names are read, since they are what is compared.

use std::borrow::Cow;
use std::ops::Range;

use super::brackets::Bracket;
use super::malformed::Malformed;
use super::string::unescape;
use super::walk::{Visitor, walk};

/// A value, taken apart.
#[derive(Debug)]
pub(crate) struct Tree<'t> {
    nodes: Vec<Node<'t>>,
}

/// What a part of a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part<'t> {
    /// A string with its quotes, a number or a word, as it is spelled.
    Scalar(&'t str),
    /// An object or array.
    Nested(Bracket),
}

#[derive(Debug)]
struct Node<'t> {
    /// Empty unless it is a member of an object.
    name: Cow<'t, str>,
    part: Part<'t>,
    /// Where in the list the parts inside of it end.
    end: usize,
}

impl<'t> Tree<'t> {
    /// The index of the part that is the whole value.
    pub(crate) const ROOT: usize = 0;

    /// Takes the value apart that `text` consists of.
    ///
    /// # Errors
    ///
    /// If `text` isn't JSON as Python's `json` reads it.
    pub(crate) fn read(text: &'t str) -> Result<Self, Malformed> {
        let mut reader = Reader {
            text,
            // A member takes some 16 bytes or more; what is denser lets the list grow.
            nodes: Vec::with_capacity((1 + text.len() / 16).min(64)),
            open: Vec::new(),
            name: "",
        };
        walk(text, &mut reader)?;
        Ok(Self {
            nodes: reader.nodes,
        })
    }

    /// What the part at `index` is.
    pub(crate) fn part(&self, index: usize) -> Part<'t> {
        self.nodes[index].part
    }

    /// The name of the member at `index`, as it reads.
    pub(crate) fn name(&self, index: usize) -> &str {
        &self.nodes[index].name
    }

    /// Where the parts inside of the one at `index` end, and what follows it begins.
    #[cfg(feature = "rows")]
    pub(crate) fn after(&self, index: usize) -> usize {
        self.nodes[index].end
    }

    /// The elements of an array or the members of an object, as they come in the text.
    pub(crate) fn inside(&self, index: usize) -> impl Iterator<Item = usize> {
        let end = self.nodes[index].end;
        let inside = move |&next: &usize| next < end;
        let first = Some(index + 1).filter(inside);
        std::iter::successors(first, move |&at| Some(self.nodes[at].end).filter(inside))
    }
}

/// A tree in the making.
#[derive(Debug)]
struct Reader<'t> {
    text: &'t str,
    nodes: Vec<Node<'t>>,
    /// The objects and arrays that are not complete yet.
    open: Vec<usize>,
    /// The raw name of the member whose value comes next.
    name: &'t str,
}

impl<'t> Reader<'t> {
    fn push(&mut self, part: Part<'t>) {
        let name = unescape(std::mem::take(&mut self.name));
        let end = self.nodes.len() + 1;
        self.nodes.push(Node { name, part, end });
    }
}

impl Visitor for Reader<'_> {
    fn name(&mut self, raw: Range<usize>) {
        self.name = &self.text[raw];
    }

    fn scalar(&mut self, raw: Range<usize>) {
        self.push(Part::Scalar(&self.text[raw]));
    }

    fn open(&mut self, bracket: Bracket, _: usize) {
        self.open.push(self.nodes.len());
        self.push(Part::Nested(bracket));
    }

    fn close(&mut self, _: usize) {
        if let Some(index) = self.open.pop() {
            self.nodes[index].end = self.nodes.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Bracket, Part, Tree};

    #[test]
    fn parts_keep_their_names_and_what_is_inside_of_them() {
        let tree = Tree::read(r#"{"a": [1, [], {"b": 2}], "\u0063": "\u0063"}"#).expect("JSON");
        let inside = |index| tree.inside(index).collect::<Vec<_>>();
        let parts = [
            ("", Part::Nested(Bracket::Object), vec![1, 6]),
            ("a", Part::Nested(Bracket::Array), vec![2, 3, 4]),
            ("", Part::Scalar("1"), vec![]),
            ("", Part::Nested(Bracket::Array), vec![]),
            ("", Part::Nested(Bracket::Object), vec![5]),
            ("b", Part::Scalar("2"), vec![]),
            ("c", Part::Scalar(r#""\u0063""#), vec![]),
        ];
        assert_eq!(tree.nodes.len(), parts.len());
        for (index, part) in parts.into_iter().enumerate() {
            assert_eq!((tree.name(index), tree.part(index), inside(index)), part);
        }
    }
}
