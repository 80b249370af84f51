//! How a batch lies in the archive: its Parquet object, and the names of all objects.

mod columns;
mod decode;
mod derived;
mod encode;
mod error;
mod footer;
pub mod keys;
mod layout;
mod levels;
mod wire;

pub use columns::{Columns, header};
pub use decode::{Batch, Row, decode};
pub use encode::{encode, encode_rows};
pub use error::{BatchError, WireError};

/// What a Parquet file begins and ends with.
const MAGIC: &[u8; 4] = b"PAR1";
