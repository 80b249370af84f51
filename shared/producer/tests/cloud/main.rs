//! Producers against the local cloud: from an application to what is sealed and verified.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod bounds;
mod outage;
mod proxy;
mod service;
mod snippets;
mod stream;
mod support;
