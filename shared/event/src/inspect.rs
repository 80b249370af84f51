//! What an item is, told without sealing it: for tools that look before they put it on the stream.

use crate::adapter;
use crate::bundle::Limits;
use crate::event::{self, Form};
use crate::json::{Kind, Numbers, ReadLimits, Tree, skip_whitespace};
use crate::reason::{Reason, code};

/// What a JSON text is as an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// The adapter that reads it, by the name that the sealed event carries; `None` if it is to be an
    /// event of Cairn's own form.
    pub adapter: Option<&'static str>,
    /// Why it would be rejected under default limits, if it would be.
    pub reason: Option<Reason>,
}

/// Tells what a JSON text is as an item, outside of the list that it may have stood in.
pub fn inspect(item: &str) -> Inspection {
    let limits = Limits::default();
    let limits = ReadLimits::new(limits.depth, limits.values);
    let mut tree = Tree::new(item);
    let start = skip_whitespace(item, 0);
    let end = tree.read(start, limits, Numbers::Exact);
    let rejected = |reason| Inspection { adapter: None, reason: Some(reason) };
    match end.map(|end| skip_whitespace(item, end)) {
        Err(fault) => return rejected(Reason::fault(fault, 0, limits)),
        Ok(end) if end < item.len() => return rejected(Reason::syntax("the end of the item", end)),
        Ok(_) => {}
    }
    let root = tree.root();
    if root.kind() != Kind::Object {
        let message = format!("expected an object, found {}", root.kind().described());
        return rejected(Reason::new(code::FIELD_TYPE, message));
    }
    match adapter::find(root) {
        Some(adapter) => {
            Inspection { adapter: Some(adapter.name), reason: (adapter.read)(root).err() }
        }
        None => Inspection { adapter: None, reason: event::read(root, Form::Sent).err() },
    }
}
