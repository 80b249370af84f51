//! The reader: one pass, strict.

use std::cmp::Ordering;

use super::cursor::{Cursor, Quoted};
use super::number::{self, Number};
use super::tree::{Kind, NONE, Name, Node, Tree};
use super::{Expected, Fault, FaultKind};

/// What a value may be at most.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReadLimits {
    pub(crate) depth: u32,
    pub(crate) values: u32,
}

impl ReadLimits {
    /// At most `depth` objects and arrays in each other, and `values` values and names of members.
    pub(crate) const fn new(depth: u32, values: u32) -> Self {
        Self { depth: if depth < MAX_DEPTH { depth } else { MAX_DEPTH }, values }
    }
}

/// Nesting that the reader follows at most, whatever the limits say: it recurses.
pub(crate) const MAX_DEPTH: u32 = 129;

/// How integers that doubles do not hold exactly are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numbers {
    /// As integers, which canonical form writes as strings: for what producers send.
    Exact,
    /// As the nearest double: for what is in canonical form already.
    Doubles,
}

impl Tree<'_> {
    /// Reads the value that starts at byte `at` of the text (no white space before it) and
    /// forgets the one before. Returns where it ends.
    pub(crate) fn read(
        &mut self,
        at: usize,
        limits: ReadLimits,
        numbers: Numbers,
    ) -> Result<usize, Fault> {
        self.nodes.clear();
        self.names.clear();
        if u32::try_from(self.text.len()).is_err() {
            return Err(Fault::new(FaultKind::Values, 0));
        }
        let bytes = self.text.as_bytes();
        let cursor = Cursor { bytes, at };
        let mut reader = Reader { cursor, flaws: 0, tree: self, limits, numbers };
        reader.value(0)?;
        Ok(reader.cursor.at)
    }
}

struct Reader<'r, 's> {
    cursor: Cursor<'s>,
    /// How much was met that is not canonical: an object or array that met some is not, either.
    flaws: u32,
    tree: &'r mut Tree<'s>,
    limits: ReadLimits,
    numbers: Numbers,
}

impl Reader<'_, '_> {
    fn value(&mut self, depth: u32) -> Result<u32, Fault> {
        match self.cursor.peek() {
            b'"' => self.string(),
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.word("true", Kind::Bool),
            b'f' => self.word("false", Kind::Bool),
            b'n' => self.word("null", Kind::Null),
            _ => Err(self.cursor.syntax(Expected::Value)),
        }
    }

    fn object(&mut self, depth: u32) -> Result<u32, Fault> {
        let id = self.open(Kind::Object, depth)?;
        let (flaws, first) = (self.flaws, self.tree.names.len());
        self.space();
        if self.cursor.peek() == b'}' {
            return Ok(self.close(id, flaws));
        }
        loop {
            self.name()?;
            self.space();
            self.cursor.demand(b':', Expected::Colon)?;
            self.space();
            self.value(depth + 1)?;
            self.space();
            match self.cursor.peek() {
                b',' => self.cursor.at += 1,
                b'}' => break,
                _ => return Err(self.cursor.syntax(Expected::CommaOrBrace)),
            }
            self.space();
        }
        self.arrange(id, first)?;
        Ok(self.close(id, flaws))
    }

    fn array(&mut self, depth: u32) -> Result<u32, Fault> {
        let id = self.open(Kind::Array, depth)?;
        let flaws = self.flaws;
        self.space();
        if self.cursor.peek() == b']' {
            return Ok(self.close(id, flaws));
        }
        let mut last = NONE;
        loop {
            let element = self.value(depth + 1)?;
            match last {
                NONE => self.tree.nodes[id as usize].first = element,
                _ => self.tree.nodes[last as usize].next = element,
            }
            last = element;
            self.space();
            match self.cursor.peek() {
                b',' => self.cursor.at += 1,
                b']' => break,
                _ => return Err(self.cursor.syntax(Expected::CommaOrBracket)),
            }
            self.space();
        }
        Ok(self.close(id, flaws))
    }

    /// A name, which waits among the names of its object until that ends.
    fn name(&mut self) -> Result<(), Fault> {
        if self.cursor.peek() != b'"' {
            return Err(self.cursor.syntax(Expected::Name));
        }
        let start = self.cursor.at;
        let quoted = self.cursor.string()?;
        let prefix = match quoted.plain {
            true => prefix(self.cursor.bytes, start + 1, self.cursor.at - 1),
            false => None,
        };
        let node = self.push(Kind::String, start, quoted)?;
        // 0 stands for names that only their decoded text orders.
        self.tree.names.push(Name { prefix: prefix.unwrap_or(0), node });
        Ok(())
    }

    #[inline]
    fn string(&mut self) -> Result<u32, Fault> {
        let start = self.cursor.at;
        let quoted = self.cursor.string()?;
        self.push(Kind::String, start, quoted)
    }

    fn number(&mut self) -> Result<u32, Fault> {
        let start = self.cursor.at;
        let real = self.cursor.number()?;
        let literal = &self.tree.text[start..self.cursor.at];
        let judged = match real || self.numbers == Numbers::Doubles {
            true => number::double(literal),
            false => number::integer(literal),
        };
        let (kind, canonical) = match judged {
            Number::Kept => (Kind::Number, true),
            Number::Rewritten => (Kind::Number, false),
            Number::Big => (Kind::BigInteger, false),
            Number::Infinite => return Err(Fault::new(FaultKind::Number, start)),
        };
        self.push(kind, start, Quoted { plain: false, canonical })
    }

    fn word(&mut self, word: &'static str, kind: Kind) -> Result<u32, Fault> {
        let start = self.cursor.at;
        self.cursor.word(word)?;
        self.push(kind, start, Quoted { plain: false, canonical: true })
    }

    fn open(&mut self, kind: Kind, depth: u32) -> Result<u32, Fault> {
        if depth >= self.limits.depth {
            return Err(Fault::new(FaultKind::Depth, self.cursor.at));
        }
        let id = self.push(kind, self.cursor.at, Quoted { plain: false, canonical: true })?;
        self.cursor.at += 1;
        Ok(id)
    }

    /// Ends an object or array that began when there were so many flaws.
    fn close(&mut self, id: u32, flaws: u32) -> u32 {
        self.cursor.at += 1;
        let node = &mut self.tree.nodes[id as usize];
        node.end = self.cursor.at as u32;
        node.canonical = flaws == self.flaws;
        id
    }

    /// Links the names of an object in canonical order; it is a flaw if they did not
    /// stand in it.
    fn arrange(&mut self, object: u32, first: usize) -> Result<(), Fault> {
        let mut names = std::mem::take(&mut self.tree.names);
        let own = &mut names[first..];
        let sorted = match own.iter().all(|name| name.prefix != 0) {
            true => sort(own, |a, b| match a.prefix.cmp(&b.prefix) {
                Ordering::Equal => self.compare_plain(a, b),
                order => order,
            }),
            false => sort(own, |a, b| self.tree.compare_names(a.node, b.node)),
        }
        .map_err(|twice| {
            let at = self.tree.nodes[twice as usize].start;
            Fault { kind: FaultKind::Duplicate, at }
        })?;
        let mut last = object;
        for (place, name) in names[first..].iter().enumerate() {
            let node = &mut self.tree.nodes[last as usize];
            *(if place == 0 { &mut node.first } else { &mut node.next }) = name.node;
            last = name.node;
        }
        names.truncate(first);
        self.tree.names = names;
        self.flaws += u32::from(!sorted);
        Ok(())
    }

    /// Orders two ASCII names without escapes, whose bytes are their UTF-16 code units.
    #[cold]
    fn compare_plain(&self, a: &Name, b: &Name) -> Ordering {
        let (a, b) = (&self.tree.nodes[a.node as usize], &self.tree.nodes[b.node as usize]);
        self.tree.inner(a).as_bytes().cmp(self.tree.inner(b).as_bytes())
    }

    /// Adds the node of what was just passed.
    #[inline]
    fn push(&mut self, kind: Kind, start: usize, quoted: Quoted) -> Result<u32, Fault> {
        let id = self.tree.nodes.len() as u32;
        if id >= self.limits.values {
            return Err(Fault::new(FaultKind::Values, start));
        }
        let Quoted { plain, canonical } = quoted;
        self.flaws += u32::from(!canonical);
        let (start, end) = (start as u32, self.cursor.at as u32);
        self.tree.nodes.push(Node { start, end, first: NONE, next: NONE, kind, canonical, plain });
        Ok(id)
    }

    #[inline]
    fn space(&mut self) {
        self.flaws += u32::from(self.cursor.space());
    }
}

/// Sorts the names of an object. `Ok` tells whether they were sorted, `Err` that one is there twice.
fn sort(names: &mut [Name], order: impl Fn(&Name, &Name) -> Ordering) -> Result<bool, u32> {
    if names.is_sorted_by(|a, b| order(a, b) == Ordering::Less) {
        return Ok(true);
    }
    names.sort_unstable_by(&order);
    match names.windows(2).find(|pair| order(&pair[0], &pair[1]) == Ordering::Equal) {
        Some(pair) => Err(pair[0].node.max(pair[1].node)),
        None => Ok(false),
    }
}

/// The first eight bytes of a name as a number that orders like them; `None` unless it is ASCII
/// and not empty.
fn prefix(bytes: &[u8], start: usize, end: usize) -> Option<u64> {
    const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);
    let length = end - start;
    let Some(chunk) = bytes.get(start..).and_then(|rest| rest.first_chunk::<8>()) else {
        let mut chunk = [0; 8];
        let name = bytes.get(start..end).filter(|name| name.is_ascii() && name.len() <= 8)?;
        chunk[..length].copy_from_slice(name);
        return Some(u64::from_be_bytes(chunk)).filter(|&prefix| prefix != 0);
    };
    let word = u64::from_be_bytes(*chunk);
    if length < 8 {
        let word = word & !(u64::MAX >> (8 * length));
        return (word != 0 && word & HIGHS == 0).then_some(word);
    }
    (word & HIGHS == 0 && bytes[start + 8..end].is_ascii()).then_some(word)
}
