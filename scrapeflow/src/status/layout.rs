//! Which fields of a status are ours: the names of the executors of a workflow, in their order.

use super::json::Label;

/// The executors' names and the fields that follow from them.
#[derive(Debug)]
pub(crate) struct Layout {
    steps: Vec<[String; 4]>,
}

/// One of the fields of an executor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Output,
    Status,
    LastRun,
    Meta,
}

impl Part {
    const ALL: [Self; 4] = [Self::Output, Self::Status, Self::LastRun, Self::Meta];

    /// What follows the executor's name.
    fn suffix(self) -> &'static str {
        match self {
            Self::Output => "",
            Self::Status => "_status",
            Self::LastRun => "_last_run",
            Self::Meta => "_meta",
        }
    }
}

impl Layout {
    pub(crate) const NAME: Label = 0;
    pub(crate) const PARAMS: Label = 1;
    const FIRST: Label = 2;

    pub(crate) fn new<'a>(executors: impl IntoIterator<Item = &'a str>) -> Self {
        let steps = executors
            .into_iter()
            .map(|name| Part::ALL.map(|part| format!("{name}{}", part.suffix())))
            .collect();
        Self { steps }
    }

    /// The place of an executor's field.
    pub(crate) fn of(step: usize, part: Part) -> Label {
        let step = Label::try_from(step).expect("a workflow's steps are counted in tens");
        Self::FIRST + 4 * step + part as Label
    }

    pub(crate) fn field(&self, step: usize, part: Part) -> &str {
        &self.steps[step][part as usize]
    }

    pub(crate) fn step(&self, name: &str) -> Option<usize> {
        self.steps.iter().position(|[output, ..]| output == name)
    }

    /// The place of a field by its name, if it is ours.
    pub(crate) fn place(&self, field: &str) -> Option<Label> {
        match field {
            "name" => return Some(Self::NAME),
            "params" => return Some(Self::PARAMS),
            _ => {}
        }
        self.steps.iter().enumerate().find_map(|(step, names)| {
            // An executor's other fields begin with its name: one comparison rules out all four.
            if !field.starts_with(names[0].as_str()) {
                return None;
            }
            Part::ALL
                .into_iter()
                .find(|part| names[*part as usize] == field)
                .map(|part| Self::of(step, part))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_told_apart_by_name() {
        let layout = Layout::new(["scrape", "scrape2"]);
        for (field, place) in [
            ("name", Some(0)),
            ("params", Some(1)),
            ("scrape", Some(2)),
            ("scrape_status", Some(3)),
            ("scrape_last_run", Some(4)),
            ("scrape_meta", Some(5)),
            ("scrape2", Some(6)),
            ("scrape2_meta", Some(9)),
            ("scrape_other", None),
            ("scrap", None),
            ("_status", None),
        ] {
            assert_eq!(layout.place(field), place, "{field}");
        }
        assert_eq!(Layout::of(1, Part::Meta), 9);
        assert_eq!(layout.step("scrape2"), Some(1));
    }
}
