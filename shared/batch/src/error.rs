//! Why a batch could not be written or read.

use cairn_ledger::HeaderError;

pub use crate::wire::WireError;

/// Why a batch could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// zstd refused, or there is no memory for its state.
    #[error("zstd: {0}")]
    Zstd(#[from] std::io::Error),
    /// A value, page or count does not fit the 31 bits that Parquet has for it.
    #[error("expected at most 2147483647 bytes or rows, found {found}")]
    TooLarge {
        /// Bytes or rows.
        found: usize,
    },
    /// The rows take more memory than the caller allows.
    #[error("expected at most {limit} bytes of rows, found at least {found}")]
    Limit {
        /// What the caller allows.
        limit: u64,
        /// What the object says of itself.
        found: u64,
    },
    /// The bytes do not begin and end as a Parquet file does.
    #[error("not a batch object: expected {expected}, found something else")]
    File {
        /// What a batch object has at this place.
        expected: &'static str,
    },
    /// The metadata at the end is not as the writer writes it.
    #[error("metadata of the object: {0}")]
    Footer(WireError),
    /// A page's header is not as the writer writes it.
    #[error("column {column}: page header: {error}")]
    PageHeader {
        /// The column.
        column: &'static str,
        /// Where and what.
        error: WireError,
    },
    /// A column's pages are not as the writer writes them.
    #[error("column {column}: expected {expected}, found something else")]
    Column {
        /// The column.
        column: &'static str,
        /// What the column has in a batch object.
        expected: &'static str,
    },
    /// A row cannot be one of a batch.
    #[error("row {row}: expected {expected}, found something else")]
    Row {
        /// Its place, from 0.
        row: usize,
        /// What a row of a batch has.
        expected: &'static str,
    },
    /// The metadata holds no batch header.
    #[error("metadata of the object: {0}")]
    Header(#[from] HeaderError),
}
