//! Verifier keys of notes: Ed25519 (type 0x01) and ECDSA P-256 with SHA-256 (type 0x02).

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::pkcs8::{DecodePublicKey, EncodePublicKey};
use p256::ecdsa::signature::Verifier;

use crate::Hash;
use crate::note::{Note, NoteError, Signature, check_text, is_key_name};

const ED25519: u8 = 0x01;
const ECDSA: u8 = 0x02;

/// A public key that verifies notes, with its name. For a log, the name is its origin.
///
/// Written `<name>+<id, 8 lowercase hexadecimal digits>+<base64 of type and key>`; the key is the
/// 32 bytes of RFC 8032 for Ed25519, the DER `SubjectPublicKeyInfo` for ECDSA.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: u32,
    key: Key,
}

#[derive(Clone, PartialEq, Eq)]
enum Key {
    Ed25519(ed25519_dalek::VerifyingKey),
    Ecdsa(p256::ecdsa::VerifyingKey),
}

/// Why something is not a verifier key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not of the form of a verifier key.
    #[error("expected a verifier key `<name>+<8 hexadecimal digits>+<base64>`, found {found:?}")]
    Form {
        /// The text.
        found: String,
    },
    /// A key cannot be called that.
    #[error("expected a key name without spaces and plus signs, found {found:?}")]
    Name {
        /// The name.
        found: String,
    },
    /// Neither an Ed25519 key nor an ECDSA key on P-256, or not encoded as one.
    #[error("expected an Ed25519 or ECDSA P-256 public key, found {found}")]
    Key {
        /// What it is.
        found: String,
    },
    /// The id does not belong to the name and the key.
    #[error("expected the key id {expected:08x}, found {found:08x}")]
    Id {
        /// The id of this name and key.
        expected: u32,
        /// The id that was given.
        found: u32,
    },
}

impl VerifierKey {
    /// Makes the key of `name` from a DER `SubjectPublicKeyInfo` (RFC 5280 §4.1, RFC 8410), which
    /// is what KMS's `GetPublicKey` answers.
    pub fn from_spki(name: &str, der: &[u8]) -> Result<Self, KeyError> {
        let key = if let Ok(key) = ed25519_dalek::VerifyingKey::from_public_key_der(der) {
            Key::Ed25519(key)
        } else {
            Key::Ecdsa(ecdsa_from_spki(der)?)
        };
        Self::new(name, key)
    }

    fn new(name: &str, key: Key) -> Result<Self, KeyError> {
        if !is_key_name(name) {
            return Err(KeyError::Name { found: name.chars().take(200).collect() });
        }
        let id = key.id(name);
        Ok(Self { name: name.to_owned(), id, key })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The id: the first four bytes, big-endian, of a SHA-256.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The key as DER `SubjectPublicKeyInfo`.
    pub fn to_spki(&self) -> Vec<u8> {
        match &self.key {
            Key::Ed25519(key) => spki(key),
            Key::Ecdsa(key) => spki(key),
        }
    }

    /// Makes this key's signature line for `text` of a raw signature, as KMS's `Sign` answers it:
    /// 64 bytes for Ed25519, ASN.1 DER for ECDSA. Refuses one that does not verify, so that no
    /// bad signature is ever published.
    pub fn signature(&self, text: &str, raw: &[u8]) -> Result<Signature, NoteError> {
        check_text(text)?;
        if !self.verify(text.as_bytes(), raw) {
            return Err(NoteError::BadSignature { key: self.label() });
        }
        Ok(Signature { name: self.name.clone(), id: self.id, bytes: raw.to_owned() })
    }

    /// Makes the note of `text` with one raw signature of this key.
    pub fn note(&self, text: &str, raw: &[u8]) -> Result<Note, NoteError> {
        Note::new(text, vec![self.signature(text, raw)?])
    }

    /// Whether `signature` is this key's over `text`.
    pub(crate) fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
        match &self.key {
            Key::Ed25519(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(text, &signature).is_ok()),
            Key::Ecdsa(key) => p256::ecdsa::DerSignature::from_bytes(signature)
                .is_ok_and(|signature| key.verify(text, &signature).is_ok()),
        }
    }

    /// `<name>+<id>`
    pub(crate) fn label(&self) -> String {
        format!("{}+{:08x}", self.name, self.id)
    }
}

impl Key {
    /// C2SP signed-note, "Signatures" and "Signature types": an ECDSA key's id is of its SPKI
    /// alone.
    fn id(&self, name: &str) -> u32 {
        let hash = match self {
            Self::Ed25519(key) => {
                Hash::of(&[name.as_bytes(), b"\n", &[ED25519], key.as_bytes()].concat())
            }
            Self::Ecdsa(key) => Hash::of(&spki(key)),
        };
        let [a, b, c, d, ..] = *hash.as_bytes();
        u32::from_be_bytes([a, b, c, d])
    }

    fn encode(&self) -> Vec<u8> {
        match self {
            Self::Ed25519(key) => [&[ED25519], key.as_bytes().as_slice()].concat(),
            Self::Ecdsa(key) => [&[ECDSA], spki(key).as_slice()].concat(),
        }
    }

    fn decode(bytes: &[u8]) -> Result<Self, KeyError> {
        let key = |found: String| KeyError::Key { found };
        match bytes {
            [ED25519, rest @ ..] => {
                let bytes: &[u8; 32] = rest
                    .try_into()
                    .map_err(|_| key(format!("an Ed25519 key of {} bytes", rest.len())))?;
                ed25519_dalek::VerifyingKey::from_bytes(bytes)
                    .map(Self::Ed25519)
                    .map_err(|_| key("32 bytes that are no point of the curve".to_owned()))
            }
            [ECDSA, der @ ..] => ecdsa_from_spki(der).map(Self::Ecdsa),
            [kind, ..] => Err(key(format!("a key of type {kind:#04x}"))),
            [] => Err(key("nothing".to_owned())),
        }
    }
}

/// The id is a hash of the DER, so only one DER of a key is accepted: the usual one, with a named
/// curve and the point uncompressed.
fn ecdsa_from_spki(der: &[u8]) -> Result<p256::ecdsa::VerifyingKey, KeyError> {
    p256::ecdsa::VerifyingKey::from_public_key_der(der)
        .ok()
        .filter(|key| spki(key) == der)
        .ok_or_else(|| KeyError::Key { found: format!("{} other bytes", der.len()) })
}

fn spki(key: &impl EncodePublicKey) -> Vec<u8> {
    #[expect(clippy::expect_used, reason = "both kinds of key have an encoding of fixed size")]
    key.to_public_key_der().expect("a public key encodes").into_vec()
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let form = || KeyError::Form { found: text.chars().take(400).collect() };
        let (name, rest) = text.split_once('+').ok_or_else(form)?;
        let (id, encoded) = rest.split_once('+').ok_or_else(form)?;
        let is_id = id.len() == 8 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !is_id {
            return Err(form());
        }
        let found = u32::from_str_radix(id, 16).map_err(|_| form())?;
        let bytes = STANDARD.decode(encoded).map_err(|_| form())?;
        let key = Self::new(name, Key::decode(&bytes)?)?;
        if key.id != found {
            return Err(KeyError::Id { expected: key.id, found });
        }
        Ok(key)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{:08x}+{}", self.name, self.id, STANDARD.encode(self.key.encode()))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
