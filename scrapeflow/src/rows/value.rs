//! A value inside a row: where it stands, what it is, and its JSON.

use std::borrow::Cow;

use crate::status::json::{self, Bracket, Part, Tree};

/// A value of a row. Numbers and strings are as they are spelled in the status.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Value<'a> {
    tree: &'a Tree<'a>,
    pub(super) at: usize,
    /// A list, and the element that stands in its place.
    instead: Option<(usize, usize)>,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape<'a> {
    /// `null`, or a number that is none (`NaN`, `Infinity`).
    Null,
    Bool(bool),
    /// As it is spelled.
    Number(&'a str),
    /// What stands between its quotes.
    Text(&'a str),
    List,
    Object,
}

impl<'a> Value<'a> {
    pub(super) fn root(tree: &'a Tree<'a>, instead: Option<(usize, usize)>) -> Self {
        Self {
            tree,
            at: Tree::ROOT,
            instead,
        }
    }

    fn at(self, at: usize) -> Self {
        let at = match self.instead {
            Some((list, element)) if list == at => element,
            _ => at,
        };
        Self { at, ..self }
    }

    pub(crate) fn shape(self) -> Shape<'a> {
        match self.tree.part(self.at) {
            Part::Nested(Bracket::Object) => Shape::Object,
            Part::Nested(Bracket::Array) => Shape::List,
            Part::Scalar("true") => Shape::Bool(true),
            Part::Scalar("false") => Shape::Bool(false),
            Part::Scalar(raw) => match raw.as_bytes() {
                [b'"', .., b'"'] => Shape::Text(&raw[1..raw.len() - 1]),
                [b'0'..=b'9', ..] | [b'-', b'0'..=b'9', ..] => Shape::Number(raw),
                _ => Shape::Null,
            },
        }
    }

    /// What a text says.
    pub(crate) fn text(self) -> Option<Cow<'a, str>> {
        match self.shape() {
            Shape::Text(raw) => Some(json::unescape(raw)),
            _ => None,
        }
    }

    /// The members of an object; of anything else, none.
    pub(crate) fn members(self) -> Members<'a> {
        let is_object = matches!(self.tree.part(self.at), Part::Nested(Bracket::Object));
        Members {
            object: self,
            at: self.at + 1,
            end: if is_object {
                self.tree.after(self.at)
            } else {
                0
            },
        }
    }

    /// The elements of a list; of anything else, none.
    pub(crate) fn elements(self) -> impl Iterator<Item = Self> {
        let is_list = self.shape() == Shape::List;
        let inside = self.tree.inside(self.at).take_while(move |_| is_list);
        inside.map(move |at| self.at(at))
    }

    /// The member of that name, the first if there are several; or the element of that number, from 0.
    pub(crate) fn get(self, name: &str) -> Option<Self> {
        match self.shape() {
            Shape::Object => self.members().find(|(of, _)| *of == name),
            Shape::List => {
                let nth: usize = name.parse().ok()?;
                return self.elements().nth(nth);
            }
            _ => None,
        }
        .map(|(_, value)| value)
    }

    /// Appends its JSON without white space; numbers that are none become `null`.
    pub(crate) fn write_json(self, out: &mut String) {
        self.write(out, Spelling::Json);
    }

    pub(crate) fn json(self) -> String {
        let mut out = String::new();
        self.write_json(&mut out);
        out
    }

    /// Appends it as the status spells it, but without white space.
    #[cfg(feature = "polars")]
    pub(crate) fn write_spelled(self, out: &mut String) {
        self.write(out, Spelling::Kept);
    }

    #[cfg(feature = "polars")]
    pub(crate) fn spelled(self) -> String {
        let mut out = String::new();
        self.write_spelled(&mut out);
        out
    }

    fn write(self, out: &mut String, spelling: Spelling) {
        match (self.tree.part(self.at), self.shape()) {
            (Part::Nested(_), _) => self.write_nested(out, spelling),
            #[cfg(feature = "polars")]
            (Part::Scalar(raw), _) if spelling == Spelling::Kept => out.push_str(raw),
            (_, Shape::Text(raw)) => quoted_as_spelled(raw, out),
            (_, Shape::Null) => out.push_str("null"),
            (Part::Scalar(raw), _) => out.push_str(raw),
        }
    }

    /// Part by part as they stand in the list of all, without recursion: what sites say may be nested as deep as they
    /// like.
    fn write_nested(self, out: &mut String, spelling: Spelling) {
        // What is open: where it ends, and whether its parts have names.
        let mut open: Vec<(usize, bool)> = Vec::new();
        let mut at = self.at;
        let mut is_first = true;
        loop {
            let value = self.at(at);
            if let Some((_, is_object)) = open.last() {
                if !std::mem::take(&mut is_first) {
                    out.push(',');
                }
                if *is_object {
                    json::quote(out, self.tree.name(at));
                    out.push(':');
                }
            }
            match self.tree.part(at) {
                _ if value.at != at => {
                    let instead = None;
                    Self { instead, ..value }.write(out, spelling);
                    at = self.tree.after(at);
                }
                Part::Nested(bracket) => {
                    out.push(char::from(bracket.opening()));
                    open.push((self.tree.after(at), bracket == Bracket::Object));
                    is_first = true;
                    at += 1;
                }
                Part::Scalar(_) => {
                    value.write(out, spelling);
                    at += 1;
                }
            }
            while let Some((_, is_object)) = open.pop_if(|(end, _)| *end == at) {
                out.push(if is_object { '}' } else { ']' });
                is_first = false;
            }
            if open.is_empty() {
                return;
            }
        }
    }
}

/// How scalars are written.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Spelling {
    /// So that everybody reads it.
    Json,
    #[cfg(feature = "polars")]
    Kept,
}

/// The members of an object, by name.
#[derive(Debug, Clone)]
pub(crate) struct Members<'a> {
    object: Value<'a>,
    at: usize,
    end: usize,
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a str, Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.end {
            return None;
        }
        let (tree, at) = (self.object.tree, self.at);
        self.at = tree.after(at);
        Some((tree.name(at), self.object.at(at)))
    }
}

/// A string as it is spelled; where that may hold half a surrogate pair, which other readers refuse, as it reads.
fn quoted_as_spelled(raw: &str, out: &mut String) {
    if raw.contains('\\') && raw.contains("\\u") {
        json::quote(out, &json::unescape(raw));
    } else {
        out.push('"');
        out.push_str(raw);
        out.push('"');
    }
}
