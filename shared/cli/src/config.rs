//! `cairn config`: the config bundle as operators see it.
//!
//! Its source is a folder that people review; a bundle is made from it and from the tenant key,
//! which is a secret and lies elsewhere. [`compat`], [`diff`] and what a folder's files say are
//! pure; reading and publishing are not.

pub mod compat;
mod diff;
mod examples;
mod folder;
pub mod key;
mod publish;
mod source;

pub use compat::{Allowed, Break, Compatibility, Rule, compare};
pub use diff::{Difference, diff, document};
pub use folder::{Folder, FolderError, Places};
pub use publish::{PublishError, Published, publish};
pub use source::{Read, Source, SourceError};
