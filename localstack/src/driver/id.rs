//! Identifiers, as Lambda makes them.

use jiff::Timestamp;
use uuid::Builder;

/// A random UUID.
pub(super) fn uuid() -> String {
    Builder::from_random_bytes(random()).into_uuid().to_string()
}

/// A trace header. Not sampled: nobody here collects traces.
/// <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>
pub(super) fn trace() -> String {
    let now = Timestamp::now().as_second();
    let random = u128::from_be_bytes(random());
    let (root, parent) = (random >> 32, random & 0xffff_ffff_ffff);
    format!("Root=1-{now:08x}-{root:024x};Parent={parent:016x};Sampled=0")
}

/// Where the system has no random numbers the process ends: an identifier that is not one would be
/// found out much later.
fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    #[expect(clippy::expect_used, reason = "see above")]
    getrandom::fill(&mut bytes).expect("the operating system gives randomness");
    bytes
}
