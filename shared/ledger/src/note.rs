//! Signed notes: C2SP signed-note v1. SPEC.md §8.

mod key;

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
pub use key::{KeyError, VerifierKey};

/// A note may have this many bytes. The largest signatures in use have 5 kB.
const MAX_BYTES: usize = 1 << 20;

/// A note may have this many signatures; C2SP demands that at least 16 be accepted.
const MAX_SIGNATURES: usize = 100;

/// What begins a signature line: an em dash and a space.
const DASH: &str = "\u{2014} ";

/// A signed note: a text and the signatures under it, of which nothing has been verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    name: String,
    id: u32,
    bytes: Vec<u8>,
}

/// Why bytes are not a note, or why a note is not to be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not of a note's form.
    #[error("malformed note: expected {expected}")]
    Malformed {
        /// What the note lacks.
        expected: &'static str,
    },
    /// A signature by a known key is false.
    #[error("the signature by {key} does not verify")]
    BadSignature {
        /// The key: `<name>+<id>`.
        key: String,
    },
    /// None of the signatures is by a known key.
    #[error("no signature by a known key, found signatures by [{found}]")]
    NoKnownKey {
        /// The keys that signed: `<name>+<id>`, comma separated.
        found: String,
    },
    /// Two known keys have the same name and id.
    #[error("two known keys are both called {key}")]
    AmbiguousKey {
        /// The key: `<name>+<id>`.
        key: String,
    },
}

const fn malformed(expected: &'static str) -> NoteError {
    NoteError::Malformed { expected }
}

impl Note {
    /// Puts signatures under a text. Refuses what [`parse`](Self::parse) would.
    pub fn new(text: &str, signatures: Vec<Signature>) -> Result<Self, NoteError> {
        check_text(text)?;
        if signatures.is_empty() || signatures.len() > MAX_SIGNATURES {
            return Err(malformed("1 to 100 signatures"));
        }
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// Reads a note. Believes nothing: see [`verify`](Self::verify).
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        if note.len() > MAX_BYTES {
            return Err(malformed("at most 1 MiB"));
        }
        let Some(blank) = note.rfind("\n\n") else {
            return Err(malformed("an empty line between text and signatures"));
        };
        let (text, lines) = (&note[..=blank], &note[blank + 2..]);
        let lines = lines.strip_suffix('\n').ok_or(malformed("a line feed at the end"))?;
        if lines.split('\n').count() > MAX_SIGNATURES {
            return Err(malformed("1 to 100 signatures"));
        }
        let signatures = lines.split('\n').map(Signature::parse).collect::<Result<_, _>>()?;
        Self::new(text, signatures)
    }

    /// Reads a note and verifies it: the text is believed only in what this returns.
    pub fn open(note: &str, keys: &[VerifierKey]) -> Result<Self, NoteError> {
        let note = Self::parse(note)?;
        note.verify(keys)?;
        Ok(note)
    }

    /// Verifies the signatures by known keys and returns the keys whose signatures hold: one at
    /// least. Signatures by unknown keys are ignored, as C2SP demands; a false one by a known key
    /// is an error.
    pub fn verify<'k>(&self, keys: &'k [VerifierKey]) -> Result<Vec<&'k VerifierKey>, NoteError> {
        let mut signers: Vec<&VerifierKey> = Vec::new();
        for signature in &self.signatures {
            let mut known =
                keys.iter().filter(|key| key.name() == signature.name && key.id() == signature.id);
            let Some(key) = known.next() else { continue };
            if known.any(|other| other != key) {
                return Err(NoteError::AmbiguousKey { key: key.label() });
            }
            if !key.verify(self.text.as_bytes(), &signature.bytes) {
                return Err(NoteError::BadSignature { key: key.label() });
            }
            if !signers.contains(&key) {
                signers.push(key);
            }
        }
        if signers.is_empty() {
            let found: Vec<String> = self.signatures.iter().map(Signature::label).collect();
            return Err(NoteError::NoKnownKey { found: found.join(", ") });
        }
        Ok(signers)
    }

    /// The signed text, with its final line feed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, in order.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

impl Signature {
    /// The key's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key's id.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The bytes of the signature itself.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn parse(line: &str) -> Result<Self, NoteError> {
        const FORM: NoteError = malformed("signature lines `\u{2014} <key name> <base64>`");
        let (name, encoded) =
            line.strip_prefix(DASH).and_then(|rest| rest.split_once(' ')).ok_or(FORM)?;
        if !is_key_name(name) {
            return Err(malformed("key names without spaces and plus signs"));
        }
        let decoded = STANDARD.decode(encoded).map_err(|_| FORM)?;
        let (id, bytes) = decoded.split_first_chunk::<4>().ok_or(FORM)?;
        if bytes.is_empty() {
            return Err(FORM);
        }
        Ok(Self { name: name.to_owned(), id: u32::from_be_bytes(*id), bytes: bytes.to_owned() })
    }

    fn label(&self) -> String {
        format!("{}+{:08x}", self.name, self.id)
    }
}

impl fmt::Display for Signature {
    /// The line, without its line feed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.id.to_be_bytes(), self.bytes.as_slice()].concat();
        write!(f, "{DASH}{} {}", self.name, STANDARD.encode(bytes))
    }
}

/// Whether a text may name a key: not empty, no Unicode space, no plus sign, no control character.
pub(crate) fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '+' || c < ' ')
}

/// Whether a text may be signed.
fn check_text(text: &str) -> Result<(), NoteError> {
    if !text.ends_with('\n') {
        return Err(malformed("a text that ends in a line feed"));
    }
    if text.bytes().any(|b| b < b' ' && b != b'\n') {
        return Err(malformed("no control character but line feeds"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
