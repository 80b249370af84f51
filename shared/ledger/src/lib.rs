//! The ledger of Cairn, free of storage and transport: what is hashed, how batches are chained,
//! how chains are logged, and how any of it is proven. `SPEC.md` beside this crate is the
//! normative text; the code cites its sections.

mod canonical;
mod chain;
mod checkpoint;
mod coordinates;
mod cursors;
mod document;
mod entry;
mod hash;
mod header;
pub mod note;
mod order;
mod plan;
mod proof;
pub mod tenants;
pub mod tile;
pub mod tree;

pub use chain::{ChainId, ChainIdError, SequenceNumber, SequenceNumberError};
pub use checkpoint::{Checkpoint, CheckpointError, OpenCheckpoint};
pub use coordinates::{Coordinates, CoordinatesError};
pub use cursors::{Cursor, CursorError, Cursors, MAX_BUNDLES};
pub use document::DocumentError;
pub use entry::{ConfigChange, Entry, EntryError};
pub use hash::{Hash, HashError};
pub use header::{BatchHeader, Counts, HeaderError, Lineage, Parent, SealedHeader};
pub use note::{KeyError, Note, NoteError, Signature, VerifierKey};
pub use order::{Found, LastGood, Order};
pub use plan::{Plan, PlanEntry};
pub use proof::{Checked, EventProof, LogProof, ProofFileError};
pub use tenants::TenantTree;
pub use tile::{Growth, LogTree, TileError, TileKind, TilePath, TileSet, Tiles};
pub use tree::{Frontier, ProofError};
