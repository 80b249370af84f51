//! Answers for people, and those for programs that are no plain data.

mod config;
mod entries;
mod evidence;
mod recovered;
mod redriven;
mod resumed;
mod summary;
mod verification;

use std::fmt;

pub(crate) use config::{built, checked_config, checked_config_json, config, differences};
pub(crate) use entries::{entry, entry_json, overview};
pub(crate) use evidence::{checked, checked_json, proven, proven_json, shown, shown_json};
pub(crate) use recovered::{recovered, unverified};
pub(crate) use redriven::{item, item_json, items, redriven, summary};
pub(crate) use resumed::{examined, resumed};
pub(crate) use summary::{put, status};
pub(crate) use verification::{verified, verified_json};

/// A text from the archive, that must not move a terminal's cursor, colour it or turn its text
/// round (Unicode bidirectional controls).
pub(crate) struct Clean<'a>(pub(crate) &'a str);

impl fmt::Display for Clean<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '\n' => writeln!(f)?,
                '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                    write!(f, "{}", c.escape_unicode())?;
                }
                c if c.is_control() => write!(f, "{}", c.escape_unicode())?,
                c => write!(f, "{c}")?,
            }
        }
        Ok(())
    }
}

/// A count with its noun.
pub(crate) fn count(n: u64, noun: &str) -> String {
    let plural = match noun.strip_suffix("ch") {
        Some(_) => format!("{noun}es"),
        None => match noun.strip_suffix('y') {
            Some(stem) => format!("{stem}ies"),
            None => format!("{noun}s"),
        },
    };
    let n_text = indicatif::HumanCount(n);
    if n == 1 { format!("{n_text} {noun}") } else { format!("{n_text} {plural}") }
}
