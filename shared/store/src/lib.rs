//! What Cairn asks of storage. The doc comments of the traits are contracts: every
//! implementation passes the one suite in [`conformance`].

pub mod aws;
pub mod conformance;
mod deployment;
pub mod environment;
mod error;
pub mod faults;
pub mod memory;
mod objects;
mod signer;
mod stream;
mod table;

pub use deployment::{Deployment, DeploymentError};
pub use error::{StoreError, StoreResult};
pub use objects::{
    ETag, Encryption, LockMode, LockModeError, ObjectVersion, Objects, Retention, StoredObject,
    VersionId,
};
pub use signer::Signer;
pub use stream::{Placed, StoredRecord, Stream};
pub use table::{
    BatchItem, ChainHead, ChainState, LogHead, LogPoint, ObjectVersionRef, Redrive, Table,
};
