//! Where answers, complaints and progress go.

use std::io::{self, BufWriter, Write};
use std::time::Duration;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::Verdict;

pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const STRONG: Style = Style::new().bold();

/// Standard output. Colours are for terminals; `NO_COLOR` and the like are heeded.
pub(crate) struct Output {
    pub(crate) json: bool,
    /// How the command ends, if nobody reads what is still to be written. Set before writing.
    pub(crate) verdict: Verdict,
    stream: BufWriter<AutoStream<io::Stdout>>,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        let choice = AutoStream::choice(&io::stdout());
        let choice = if json { ColorChoice::Never } else { choice };
        Self {
            json,
            verdict: Verdict::Fine,
            stream: BufWriter::new(AutoStream::new(io::stdout(), choice)),
        }
    }

    /// One JSON document on one line.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.stream, value)?;
        writeln!(self.stream)?;
        self.stream.flush()
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// Says on standard error why something is not as it should be.
pub(crate) fn complain(message: &str) {
    // There is nobody left to tell if this fails.
    let _ = writeln!(anstream::stderr(), "{BAD}cairn:{BAD:#} {message}");
}

/// Says something beside the answer on standard error.
pub(crate) fn note(message: &str) {
    let _ = writeln!(anstream::stderr(), "{DIM}{message}{DIM:#}");
}

/// What a bar counts.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Unit {
    /// Bytes of files.
    Bytes,
    /// Nothing: nobody knows how much is to come.
    Nothing,
    /// Batches.
    Batches,
    /// Items.
    Items,
}

/// What is done sooner than this shows no bar.
const PATIENCE: Duration = Duration::from_millis(500);

/// A bar on standard error, if that is a terminal; gone when it is dropped.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    pub(crate) fn new(what: &'static str, unit: Unit) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let template = match unit {
            Unit::Bytes => "{prefix} {wide_bar} {bytes}/{total_bytes} {msg} {eta}",
            Unit::Nothing => "{prefix} {spinner} {msg} {elapsed}",
            Unit::Items => "{prefix} {wide_bar} {human_pos}/{human_len} items {msg} {eta}",
            Unit::Batches => "{prefix} {wide_bar} {human_pos}/{human_len} batches {msg} {eta}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_prefix(what);
        let weak = bar.downgrade();
        std::thread::spawn(move || {
            std::thread::sleep(PATIENCE);
            if let Some(bar) = weak.upgrade().filter(|bar| !bar.is_finished()) {
                // Five times a second at most; draws nothing where there is no terminal.
                bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(5));
            }
        });
        Self(bar)
    }

    pub(crate) fn get(&self) -> &ProgressBar {
        &self.0
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
