//! What a person sees on stderr while something takes its time.

use std::io::IsTerminal;
use std::sync::LazyLock;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// Everything that moves on the terminal: several spinners side by side would overwrite each other.
static ALL: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// A bar for a job whose length becomes known; hidden where there is no terminal.
pub fn bar(what: &'static str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ALL.add(ProgressBar::no_length().with_prefix(what));
    if let Ok(style) =
        ProgressStyle::with_template("{spinner} {prefix} {pos}/{len} {msg} ({elapsed})")
    {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// A step under way: a spinner on a terminal, a plain line elsewhere.
#[derive(Debug)]
pub struct Step {
    spinner: Option<ProgressBar>,
}

impl Step {
    /// Begins a step that a person may have to wait for.
    pub fn begin(what: impl Into<String>) -> Self {
        let what = what.into();
        if !std::io::stderr().is_terminal() {
            eprintln!("{what} ...");
            return Self { spinner: None };
        }
        let spinner = ALL.add(ProgressBar::new_spinner().with_message(what));
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            spinner.set_style(style);
        }
        spinner.enable_steady_tick(Duration::from_millis(120));
        Self { spinner: Some(spinner) }
    }

    /// Replaces what the spinner says; silent where there is no terminal.
    pub fn say(&self, what: impl Into<String>) {
        if let Some(spinner) = &self.spinner {
            spinner.set_message(what.into());
        }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        if let Some(spinner) = self.spinner.take() {
            spinner.finish_and_clear();
        }
    }
}
