//! Patterns of places and of actions.

use std::fmt;
use std::str::FromStr;

/// Places of a sealed event: a JSON pointer (RFC 6901) in which a segment `*` stands for every
/// member of an object and every element of an array. A member that is named `*` has no other
/// pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PointerPattern {
    segments: Vec<Segment>,
}

/// A step of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Segment {
    /// Every member, every element.
    Any,
    /// The member of this name; of an array, the element at this index.
    Name(String),
}

impl Segment {
    /// Whether it stands for a member of this name, or an element at this index.
    pub(crate) fn is(&self, name: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Name(known) => known == name,
        }
    }
}

impl PointerPattern {
    /// Its steps.
    pub(crate) fn segments(&self) -> &[Segment] {
        &self.segments
    }
}

impl FromStr for PointerPattern {
    type Err = &'static str;

    /// Reads a pattern, or says what was expected.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "a JSON pointer (RFC 6901) such as `/data/password`, in which a \
                                segment `*` stands for every member or element";
        let segment = |text: &str| {
            let mut rest = text.split('~');
            rest.next();
            match text {
                "*" => Ok(Segment::Any),
                _ if rest.all(|after| after.starts_with(['0', '1'])) => {
                    Ok(Segment::Name(text.replace("~1", "/").replace("~0", "~")))
                }
                _ => Err(EXPECTED),
            }
        };
        let path = text.strip_prefix('/').ok_or(EXPECTED)?;
        let segments = path.split('/').map(segment).collect::<Result<_, _>>()?;
        Ok(Self { segments })
    }
}

impl fmt::Display for PointerPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.segments {
            match segment {
                Segment::Any => f.write_str("/*")?,
                Segment::Name(name) => {
                    write!(f, "/{}", name.replace('~', "~0").replace('/', "~1"))?;
                }
            }
        }
        Ok(())
    }
}

/// Actions: one (`user.create`), or all below a word (`user.*`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionPattern {
    /// The action; of a pattern that ends with `.*`, what stands before the star.
    text: String,
    below: bool,
}

impl ActionPattern {
    /// Whether an action is one of these.
    pub(crate) fn matches(&self, action: &str) -> bool {
        if self.below { action.starts_with(&self.text) } else { action == self.text }
    }
}

impl FromStr for ActionPattern {
    type Err = &'static str;

    /// Reads a pattern, or says what was expected.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let below = text.strip_suffix('*').filter(|words| words.ends_with('.'));
        // `user.` stands for actions such as `user.x`, so that one must be an action.
        let example = below.map_or_else(|| text.to_owned(), |words| format!("{words}x"));
        if !crate::event::is_action(&example) {
            return Err("an action such as `user.create`, or all below a word: `user.*`");
        }
        Ok(Self { text: below.unwrap_or(text).to_owned(), below: below.is_some() })
    }
}

impl fmt::Display for ActionPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.text, if self.below { "*" } else { "" })
    }
}
