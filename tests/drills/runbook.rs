//! What a runbook says.

use std::collections::BTreeSet;
use std::path::PathBuf;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// A page, taken apart.
pub(crate) struct Runbook {
    name: String,
    /// Each block of shell, with the heading that it is under.
    blocks: Vec<(String, String)>,
    /// Every other piece of code: between backticks, or in a block of another language.
    code: BTreeSet<String>,
    /// The blocks that were taken.
    taken: BTreeSet<usize>,
}

impl Runbook {
    pub(crate) fn read(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../infra/runbooks");
        let text = std::fs::read_to_string(folder.join(format!("{name}.md"))).unwrap();
        let (mut blocks, mut code) = (Vec::new(), BTreeSet::new());
        let (mut heading, mut block) = (None, None);
        let mut under = String::new();
        for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => under = heading.take().unwrap(),
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                    block = Some((language.to_string(), String::new()));
                }
                Event::End(TagEnd::CodeBlock) => match block.take().unwrap() {
                    (language, text) if language == "sh" => blocks.push((under.clone(), text)),
                    (_, text) => drop(code.insert(text)),
                },
                Event::Text(text) => {
                    if let Some((_, block)) = &mut block {
                        block.push_str(&text);
                    } else if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                }
                Event::Code(text) => drop(code.insert(text.to_string())),
                _ => {}
            }
        }
        Self { name: name.to_owned(), blocks, code, taken: BTreeSet::new() }
    }

    /// The block of shell under a heading, counted from 0.
    pub(crate) fn block(&mut self, heading: &str, number: usize) -> String {
        let mut under = self.blocks.iter().enumerate().filter(|(_, (under, _))| under == heading);
        let Some((place, (_, text))) = under.nth(number) else {
            panic!("{}: no block {number} under {heading:?}", self.name);
        };
        let text = text.clone();
        self.taken.insert(place);
        text
    }

    /// A piece of code that the page has, as it has it.
    pub(crate) fn code(&self, starts: &str) -> &str {
        let mut found = self.code.iter().filter(|code| code.starts_with(starts));
        match (found.next(), found.next()) {
            (Some(code), None) => code,
            (found, _) => panic!("{}: expected one `{starts}...`, found {found:?}", self.name),
        }
    }

    /// The blocks that nobody took.
    pub(crate) fn left(&self) -> Vec<&str> {
        let left = (0..self.blocks.len()).filter(|place| !self.taken.contains(place));
        left.map(|place| self.blocks[place].1.as_str()).collect()
    }
}
