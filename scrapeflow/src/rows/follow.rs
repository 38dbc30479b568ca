//! Values of a row by their paths, and lists taken apart.

use super::{Path, Row, Shape, Value};

impl Row<'_> {
    pub(crate) fn get(&self, path: &Path) -> Option<Value<'_>> {
        self.value().follow(path)
    }

    /// Does `work` once for each element of the list at `path`, which then stands in the place of the list: how many
    /// there were.
    pub(crate) fn explode(&mut self, path: &Path, mut work: impl FnMut(&Row<'_>)) -> usize {
        let places: Vec<(usize, usize)> = match self.get(path) {
            Some(list) if list.shape() == Shape::List => {
                list.elements().map(|of| (list.at, of.at)).collect()
            }
            _ => Vec::new(),
        };
        for place in &places {
            self.instead = Some(*place);
            work(self);
        }
        self.instead = None;
        places.len()
    }
}

impl Value<'_> {
    pub(crate) fn follow(self, path: &Path) -> Option<Self> {
        path.names().try_fold(self, Self::get)
    }
}
