//! What the demonstration says.

use std::io::{self, Write};

use super::super::answer;

/// Says it on standard output, or on standard error where that is kept for JSON.
#[derive(Debug)]
pub(crate) struct Words {
    json: bool,
}

impl Words {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Begins a new step.
    pub(crate) fn title(&self, text: &str) {
        self.line("");
        self.line(text);
    }

    /// Says something about the step.
    pub(crate) fn say(&self, text: impl AsRef<str>) {
        for line in text.as_ref().lines() {
            self.line(&format!("   {line}"));
        }
    }

    fn line(&self, text: &str) {
        if self.json {
            let _deaf = writeln!(io::stderr(), "{text}");
        } else {
            answer(text);
        }
    }
}
