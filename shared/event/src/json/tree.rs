//! A JSON text as a tree of spans.

use std::borrow::Cow;
use std::cell::Cell;

use super::text::{compare, unescape};

/// Index of no node: the root, which nothing links to.
pub(super) const NONE: u32 = 0;

/// A JSON text that was read, as nodes in the order of the text. Borrows every string from it.
#[derive(Debug)]
pub(crate) struct Tree<'s> {
    pub(super) text: &'s str,
    pub(super) nodes: Vec<Node>,
    pub(super) names: Vec<Name>,
}

/// A value, or the name of a member; the value of a member is the node after its name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    /// Where it starts in the text.
    pub(super) start: u32,
    /// Where it ends in the text.
    pub(super) end: u32,
    /// The first element of an array, the first name (in canonical order) of an object.
    pub(super) first: u32,
    /// The next element, the next name (in canonical order).
    pub(super) next: u32,
    /// What it is.
    pub(super) kind: Kind,
    /// Whether its text is its canonical form.
    pub(super) canonical: bool,
    /// Whether it is a string without escapes.
    pub(super) plain: bool,
}

/// A name that waits for its object to end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Name {
    /// Its first eight bytes, which order most names.
    pub(super) prefix: u64,
    /// Its node.
    pub(super) node: u32,
}

/// The types of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number that canonical form writes as a number.
    Number,
    /// An integer beyond what doubles hold exactly; canonical form writes its digits as a string.
    BigInteger,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl Kind {
    /// Its name, with its article.
    pub(crate) fn described(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "a boolean",
            Self::Number | Self::BigInteger => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        }
    }
}

thread_local! {
    /// The memory of the last tree of this thread, for the next: records come one by one, and
    /// allocating for each would cost a tenth of reading it.
    static SPARE: Cell<(Vec<Node>, Vec<Name>)> = const { Cell::new((Vec::new(), Vec::new())) };
}

/// Nodes that are worth keeping the memory of: 1 MB.
const SPARE_NODES: usize = 1 << 16;

impl Drop for Tree<'_> {
    fn drop(&mut self) {
        if self.nodes.capacity().max(self.names.capacity()) <= SPARE_NODES {
            SPARE.set((std::mem::take(&mut self.nodes), std::mem::take(&mut self.names)));
        }
    }
}

impl<'s> Tree<'s> {
    /// An empty tree over a text.
    pub(crate) fn new(text: &'s str) -> Self {
        let (nodes, names) = SPARE.take();
        Self { text, nodes, names }
    }

    /// The text.
    pub(crate) fn text(&self) -> &'s str {
        self.text
    }

    /// Takes another text up to its byte `end`, keeping the memory.
    pub(crate) fn clip(&mut self, text: &'s str, end: usize) {
        self.nodes.clear();
        self.names.clear();
        self.text = &text[..end];
    }

    /// The value that was read last.
    pub(crate) fn root(&self) -> Value<'_> {
        Value { tree: self, id: 0 }
    }

    /// A part of the text, as bytes.
    pub(super) fn span(&self, start: u32, end: u32) -> &[u8] {
        &self.text.as_bytes()[start as usize..end as usize]
    }

    /// The contents of a string node, between its quotes, as bytes.
    pub(super) fn inner_bytes(&self, node: &Node) -> &[u8] {
        self.span(node.start + 1, node.end - 1)
    }

    /// The contents of a string node, between its quotes.
    pub(super) fn inner(&self, node: &Node) -> &str {
        &self.text[node.start as usize + 1..node.end as usize - 1]
    }

    /// Orders two names as RFC 8785 §3.2.3 does.
    pub(super) fn compare_names(&self, a: u32, b: u32) -> std::cmp::Ordering {
        let (a, b) = (&self.nodes[a as usize], &self.nodes[b as usize]);
        compare(&unescape(self.inner(a), a.plain), &unescape(self.inner(b), b.plain))
    }
}

/// A value of a [`Tree`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Value<'t> {
    pub(super) tree: &'t Tree<'t>,
    pub(super) id: u32,
}

impl<'t> Value<'t> {
    pub(super) fn node(&self) -> &'t Node {
        &self.tree.nodes[self.id as usize]
    }

    /// What it is.
    pub(crate) fn kind(&self) -> Kind {
        self.node().kind
    }

    /// Its text, as it was sent.
    pub(crate) fn source(&self) -> &'t str {
        let node = self.node();
        &self.tree.text[node.start as usize..node.end as usize]
    }

    /// Its text, as it was sent, as bytes.
    pub(super) fn source_bytes(&self) -> &'t [u8] {
        self.tree.span(self.node().start, self.node().end)
    }

    /// Whether its text is its canonical form.
    pub(crate) fn is_canonical(&self) -> bool {
        self.node().canonical
    }

    /// The text of a string.
    pub(crate) fn text(&self) -> Option<Cow<'t, str>> {
        let node = self.node();
        (node.kind == Kind::String).then(|| unescape(self.tree.inner(node), node.plain))
    }

    /// The members of an object, in canonical order; none of any other value.
    pub(crate) fn members(&self) -> Members<'t> {
        let next = if self.kind() == Kind::Object { self.node().first } else { NONE };
        Members { tree: self.tree, next }
    }

    /// The elements of an array; none of any other value.
    pub(crate) fn elements(&self) -> Elements<'t> {
        let next = if self.kind() == Kind::Array { self.node().first } else { NONE };
        Elements { tree: self.tree, next }
    }

    /// The member of an object by its name.
    pub(crate) fn member(&self, name: &str) -> Option<Value<'t>> {
        self.members().find(|(found, _)| found.is(name)).map(|(_, value)| value)
    }
}

/// The name of a member.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MemberName<'t> {
    tree: &'t Tree<'t>,
    node: &'t Node,
}

impl<'t> MemberName<'t> {
    /// The name, as bytes, which are cheaper to take from the text than a `str`.
    pub(crate) fn bytes(&self) -> Cow<'t, [u8]> {
        match self.node.plain {
            true => Cow::Borrowed(self.tree.inner_bytes(self.node)),
            false => Cow::Owned(unescape(self.tree.inner(self.node), false).into_owned().into()),
        }
    }

    /// The name.
    pub(crate) fn text(&self) -> Cow<'t, str> {
        unescape(self.tree.inner(self.node), self.node.plain)
    }

    /// Where it stands, in bytes from the start of the value that was read.
    pub(crate) fn at(&self) -> usize {
        let start = self.tree.nodes.first().map_or(0, |root| root.start);
        (self.node.start - start) as usize
    }

    /// Whether it is this one.
    pub(crate) fn is(&self, name: &str) -> bool {
        match self.node.plain {
            true => self.tree.inner_bytes(self.node) == name.as_bytes(),
            false => unescape(self.tree.inner(self.node), false) == name,
        }
    }
}

/// The members of an object.
pub(crate) struct Members<'t> {
    tree: &'t Tree<'t>,
    next: u32,
}

impl<'t> Iterator for Members<'t> {
    type Item = (MemberName<'t>, Value<'t>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.next == NONE {
            return None;
        }
        let node = &self.tree.nodes[self.next as usize];
        let value = Value { tree: self.tree, id: self.next + 1 };
        self.next = node.next;
        Some((MemberName { tree: self.tree, node }, value))
    }
}

/// The elements of an array.
pub(crate) struct Elements<'t> {
    tree: &'t Tree<'t>,
    next: u32,
}

impl<'t> Iterator for Elements<'t> {
    type Item = Value<'t>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next == NONE {
            return None;
        }
        let value = Value { tree: self.tree, id: self.next };
        self.next = value.node().next;
        Some(value)
    }
}
