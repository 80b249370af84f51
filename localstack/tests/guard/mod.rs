//! Named emulators that go with the test that started them, also where an assertion fails.

use std::ops::Deref;

use cairn_local::emulator::Detached;

/// A name that no other test, and no other run, has; its emulator and folder go when it is dropped.
pub(crate) struct Named(String);

impl Named {
    pub(crate) fn new(test: &str) -> Self {
        Self(format!("test-{test}-{}", std::process::id()))
    }
}

impl Deref for Named {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        if let Err(error) = Detached::purge(&self.0) {
            eprintln!("{} is left: {error}", self.0);
        }
    }
}
