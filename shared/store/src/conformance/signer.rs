//! What every signer promises.

use ed25519_dalek::pkcs8::DecodePublicKey as _;
use p256::ecdsa;
use p256::ecdsa::signature::Verifier as _;

use crate::Signer;

/// The promises of [`Signer`], for a key of either algorithm.
pub async fn signer<S: Signer>(signer: &S) {
    let spki = signer.public_key().await.unwrap();
    assert_eq!(signer.public_key().await.unwrap(), spki, "the key stays the same");
    let message =
        b"audit.example.com/prod\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    for message in [&message[..], b"0", &[b'x'; 4096]] {
        let signature = signer.sign(message).await.unwrap();
        assert!(verifies(&spki, message, &signature), "the signature is the key's");
        let mut other = message.to_vec();
        other[0] ^= 1;
        assert!(!verifies(&spki, &other, &signature), "the signature is the message's");
    }
}

fn verifies(spki: &[u8], message: &[u8], signature: &[u8]) -> bool {
    if let Ok(key) = ed25519_dalek::VerifyingKey::from_public_key_der(spki) {
        let signature = signature.try_into().expect("64 bytes of RFC 8032");
        return key.verify_strict(message, &signature).is_ok();
    }
    let key = ecdsa::VerifyingKey::from_public_key_der(spki).expect("a key of Ed25519 or P-256");
    let signature = ecdsa::Signature::from_der(signature).expect("a DER signature");
    key.verify(message, &signature).is_ok()
}
