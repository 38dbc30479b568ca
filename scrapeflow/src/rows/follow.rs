//! Values of a row by their paths, and lists taken apart.

use super::{Path, Row, Shape, Value};

impl Row<'_> {
    pub(crate) fn get(&self, path: &Path) -> Option<Value<'_>> {
        self.value().follow(path)
    }

    /// Does `work` once for each element of the list at `path`, which then stands in the place of the list: how many
    /// there were, `None` where there is no list.
    pub(crate) fn explode(&mut self, path: &Path, mut work: impl FnMut(&Row<'_>)) -> Option<usize> {
        let list = self.get(path).filter(|list| list.shape() == Shape::List)?;
        let places: Vec<(usize, usize)> = list.elements().map(|of| (list.at, of.at)).collect();
        for place in &places {
            self.instead = Some(*place);
            work(self);
        }
        self.instead = None;
        Some(places.len())
    }
}

impl Value<'_> {
    pub(crate) fn follow(self, path: &Path) -> Option<Self> {
        path.names().try_fold(self, Self::get)
    }
}
