//! Where in a folder's files the members of a bundle stand.

use std::collections::BTreeMap;

/// Where members stand, by JSON pointer.
#[derive(Debug, Clone, Default)]
pub struct Places {
    lines: BTreeMap<String, String>,
}

impl Places {
    /// Notes a line of a file; where the pointer stood before, if it did.
    pub(super) fn line(&mut self, at: &str, file: &str, line: usize) -> Option<String> {
        self.lines.insert(at.to_owned(), format!("{file}:{line}"))
    }

    /// Notes a file that holds all that is below a pointer.
    pub(super) fn document(&mut self, at: &str, file: &str) {
        self.lines.insert(at.to_owned(), format!("{file}:"));
    }

    /// Where a pointer stands: the line of the nearest thing around it, or the file and the pointer
    /// in it. The pointer itself where no file has anything of it.
    pub fn name(&self, at: &str) -> String {
        let mut around = at;
        loop {
            match (self.lines.get(around), around.rfind('/')) {
                (Some(place), _) if place.ends_with(':') => {
                    return format!("{place}{}", &at[around.len()..])
                        .trim_end_matches(':')
                        .to_owned();
                }
                (Some(place), _) => return place.clone(),
                (None, Some(slash)) => around = &around[..slash],
                (None, None) => return at.to_owned(),
            }
        }
    }
}
