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

#[cfg(test)]
mod tests;
