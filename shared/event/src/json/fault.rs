//! What is wrong with a text that should be JSON.

/// What is wrong, and where. Small, since every step of the reader may return it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    /// What is wrong.
    pub(crate) kind: FaultKind,
    /// Offset into the text, in bytes.
    pub(crate) at: u32,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// Not JSON at all; says what would have been.
    Syntax(Expected),
    /// An object holds the same name twice.
    Duplicate,
    /// A `\u` escape of half a surrogate pair.
    Surrogate,
    /// A number beyond what a double can hold.
    Number,
    /// Values nest deeper than the limit.
    Depth,
    /// More values than the limit.
    Values,
}

/// What the grammar has at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    Value,
    Name,
    Colon,
    CommaOrBrace,
    CommaOrBracket,
    Quote,
    NoControl,
    Escape,
    Hex,
    Digit,
}

impl Fault {
    pub(super) fn new(kind: FaultKind, at: usize) -> Self {
        Self { kind, at: at as u32 }
    }

    /// Whether the text has no JSON grammar, so that nothing says where its values end.
    pub(crate) fn is_syntax(self) -> bool {
        matches!(self.kind, FaultKind::Syntax(_))
    }
}

impl Expected {
    /// For a person.
    pub(crate) fn described(self) -> &'static str {
        match self {
            Self::Value => "a value",
            Self::Name => "the name of a member, in double quotes",
            Self::Colon => "`:` after the name of a member",
            Self::CommaOrBrace => "`,` or `}` after a member",
            Self::CommaOrBracket => "`,` or `]` after an element",
            Self::Quote => "`\"` at the end of a string",
            Self::NoControl => "no control character in a string",
            Self::Escape => "an escape that JSON knows",
            Self::Hex => "four hexadecimal digits after `\\u`",
            Self::Digit => "a digit",
        }
    }
}
