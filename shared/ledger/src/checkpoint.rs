//! Checkpoints: C2SP tlog-checkpoint. SPEC.md §8.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::Hash;
use crate::note::{Note, NoteError, VerifierKey, is_key_name};

/// What a log says of itself: at this size, it has this root.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Checkpoint {
    /// Name of the log.
    pub origin: String,
    /// Number of entries.
    pub size: u64,
    /// RFC 6962 root over the entries.
    pub root: Hash,
}

/// A checkpoint whose signature was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCheckpoint {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// Lines after the third, without meaning here.
    pub extensions: Vec<String>,
    /// The keys whose signatures held.
    pub signers: Vec<VerifierKey>,
    /// The note it came in.
    pub note: Note,
}

/// Why a text is not a checkpoint, or not to be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note around it.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// A line is not as it must be.
    #[error("checkpoint: line {line}: expected {expected}, found {found:?}")]
    Line {
        /// Which, from 1.
        line: usize,
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// Signed, but by nobody who may speak for that log.
    #[error(
        "checkpoint of {origin:?}: expected a signature by a key of that name, found {signers}"
    )]
    Origin {
        /// The origin it claims.
        origin: String,
        /// The keys whose signatures held.
        signers: String,
    },
}

impl Checkpoint {
    /// Reads the text of a checkpoint's note, with its extension lines.
    pub fn parse(text: &str) -> Result<(Self, Vec<String>), CheckpointError> {
        let fail = |line: usize, expected, found: &str| CheckpointError::Line {
            line,
            expected,
            found: found.chars().take(200).collect(),
        };
        let mut lines = text.split_inclusive('\n').map(|line| line.strip_suffix('\n'));
        let mut next = |line, expected| match lines.next() {
            Some(Some(found)) if !found.is_empty() => Ok(found),
            found => Err(fail(line, expected, found.flatten().unwrap_or_default())),
        };
        let origin = next(1, "an origin")?;
        if !is_key_name(origin) {
            return Err(fail(1, "an origin without spaces and plus signs", origin));
        }
        let digits = next(2, "a decimal size")?;
        let size = parse_decimal(digits).ok_or_else(|| fail(2, "a decimal size", digits))?;
        let expected = "the base64 of 32 bytes";
        let encoded = next(3, expected)?;
        let root = decode_hash(encoded).ok_or_else(|| fail(3, expected, encoded))?;
        let mut extensions = Vec::new();
        for (i, line) in lines.enumerate() {
            match line {
                Some(line) if !line.is_empty() => extensions.push(line.to_owned()),
                _ => return Err(fail(i + 4, "a line that is not empty", line.unwrap_or_default())),
            }
        }
        Ok((Self { origin: origin.to_owned(), size, root }, extensions))
    }

    /// Opens a checkpoint's note: at least one of `keys` has signed it, none has a false
    /// signature under it, and one of those that signed bears the name of the origin.
    pub fn open(note: &str, keys: &[VerifierKey]) -> Result<OpenCheckpoint, CheckpointError> {
        let note = Note::parse(note)?;
        let signers = note.verify(keys)?;
        let (checkpoint, extensions) = Self::parse(note.text())?;
        if !signers.iter().any(|key| key.name() == checkpoint.origin) {
            let labels: Vec<String> = signers.iter().map(|key| key.label()).collect();
            let (origin, signers) = (checkpoint.origin, labels.join(", "));
            return Err(CheckpointError::Origin { origin, signers });
        }
        let signers = signers.into_iter().cloned().collect();
        Ok(OpenCheckpoint { checkpoint, extensions, signers, note })
    }
}

impl fmt::Display for Checkpoint {
    /// The text to be signed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, encode_hash(&self.root))
    }
}

/// A decimal without sign and leading zeros.
pub(crate) fn parse_decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| plain)
}

/// A hash as C2SP writes it: base64.
pub(crate) fn encode_hash(hash: &Hash) -> String {
    STANDARD.encode(hash.as_bytes())
}

pub(crate) fn decode_hash(text: &str) -> Option<Hash> {
    // Longer texts cannot be it: refuse before allocating.
    let bytes = (text.len() == 44).then(|| STANDARD.decode(text).ok()).flatten()?;
    Some(Hash::from_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use ed25519_dalek::Signer;
    use ed25519_dalek::pkcs8::EncodePublicKey;
    use proptest::prelude::*;

    use super::*;

    fn sign(text: &str, name: &str, seed: u8) -> (VerifierKey, String) {
        let secret = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]);
        let der = secret.verifying_key().to_public_key_der().unwrap();
        let key = VerifierKey::from_spki(name, der.as_bytes()).unwrap();
        let note = key.note(text, &secret.sign(text.as_bytes()).to_bytes()).unwrap();
        (key, note.to_string())
    }

    fn checkpoint() -> Checkpoint {
        Checkpoint { origin: "example.com/log".into(), size: 42, root: Hash::leaf(b"x") }
    }

    #[test]
    fn the_example_of_the_specification_reads_and_writes() {
        let text =
            "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        let (checkpoint, extensions) = Checkpoint::parse(text).unwrap();
        assert_eq!(checkpoint.origin, "example.com/behind-the-sofa");
        assert_eq!(checkpoint.size, 20_852_163);
        assert_eq!(extensions, Vec::<String>::new());
        assert_eq!(checkpoint.to_string(), text);
    }

    #[test]
    fn a_signed_checkpoint_opens() {
        let (key, note) = sign(&checkpoint().to_string(), "example.com/log", 1);
        let open = Checkpoint::open(&note, std::slice::from_ref(&key)).unwrap();
        assert_eq!(open.checkpoint, checkpoint());
        assert_eq!(open.signers, [key]);
        assert_eq!(open.note.to_string(), note);
    }

    #[test]
    fn a_checkpoint_signed_only_by_a_key_of_another_name_is_refused() {
        let (key, note) = sign(&checkpoint().to_string(), "example.com/witness", 1);
        let found = Checkpoint::open(&note, &[key]);
        assert!(matches!(found, Err(CheckpointError::Origin { .. })), "{found:?}");
    }

    #[test]
    fn extension_lines_are_kept_apart() {
        let text = format!("{}one\ntwo\n", checkpoint());
        let (key, note) = sign(&text, "example.com/log", 1);
        assert_eq!(Checkpoint::open(&note, &[key]).unwrap().extensions, ["one", "two"]);
    }

    #[test]
    fn what_is_not_a_checkpoint_is_refused_with_its_line() {
        let root = encode_hash(&Hash::leaf(b"x"));
        let cases = [
            (1, String::new()),
            (1, "\n".into()),
            (1, format!("a b\n0\n{root}\n")),
            (2, "o\n".into()),
            (2, format!("o\n\n{root}\n")),
            (2, format!("o\n01\n{root}\n")),
            (2, format!("o\n+1\n{root}\n")),
            (2, format!("o\n-1\n{root}\n")),
            (2, format!("o\n18446744073709551616\n{root}\n")),
            (3, "o\n1\n".into()),
            (3, format!("o\n1\n{root}")),
            (3, format!("o\n1\n{}\n", &root[..43])),
            (3, format!("o\n1\n{root}=\n")),
            (3, "o\n1\nAAAA\n".into()),
            (4, format!("o\n1\n{root}\n\n")),
            (4, format!("o\n1\n{root}\nx")),
            (5, format!("o\n1\n{root}\nx\n\ny\n")),
        ];
        for (expected, text) in cases {
            match Checkpoint::parse(&text) {
                Err(CheckpointError::Line { line, .. }) => assert_eq!(line, expected, "{text:?}"),
                other => panic!("{text:?}: {other:?}"),
            }
        }
    }

    proptest! {
        #[test]
        fn a_checkpoint_is_written_as_it_was_read(
            origin in "[a-z./-]{1,20}", size: u64, root: [u8; 32],
        ) {
            let checkpoint = Checkpoint { origin, size, root: Hash::from_bytes(root) };
            let read = Checkpoint::parse(&checkpoint.to_string()).unwrap();
            prop_assert_eq!(read, (checkpoint, Vec::new()));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "(.|\n){0,120}", size in "[0-9+-]{0,22}") {
            let _ = Checkpoint::parse(&text);
            let _ = Checkpoint::parse(&format!("o\n{size}\n{text}"));
        }
    }
}
