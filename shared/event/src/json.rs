//! JSON as RFC 8259 has it, narrowed to what can be evidence (I-JSON, RFC 7493): no duplicate
//! names, no lone surrogates, no numbers that a double cannot hold. One pass over the text makes
//! a tree of spans and tells which subtrees stand in canonical form (RFC 8785) already, so that
//! writing it is mostly copying.

mod cursor;
mod fault;
mod number;
mod read;
mod skip;
mod text;
mod tree;
mod write;

pub(crate) use fault::{Expected, Fault, FaultKind};
pub(crate) use read::{MAX_DEPTH, Numbers, ReadLimits};
pub(crate) use skip::{skip_value, skip_whitespace};
pub(crate) use tree::{Kind, MemberName, Tree, Value};
pub(crate) use write::write_text;

/// The canonical form of a JSON text that `serde_json` wrote, its numbers taken as doubles.
pub(crate) fn canonical(text: &str) -> String {
    let mut tree = Tree::new(text);
    let read = tree.read(0, ReadLimits::new(u32::MAX, u32::MAX), Numbers::Doubles);
    debug_assert!(read.is_ok(), "{read:?}");
    let mut bytes = Vec::with_capacity(text.len());
    tree.root().write(&mut bytes);
    #[expect(clippy::expect_used, reason = "made of a text")]
    String::from_utf8(bytes).expect("canonical JSON is UTF-8")
}

#[cfg(test)]
mod tests;
