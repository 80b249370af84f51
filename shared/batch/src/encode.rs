//! The writer.
//!
//! Written for this one layout rather than with a general Parquet library: ingest pays for every
//! copy, and the bytes of an object must not change with a library's version. The tests read
//! what it writes with other people's engines.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;

use cairn_event::{EventColumns, Leaf};
use cairn_ledger::BatchHeader;
use zstd::bulk::Compressor;

use crate::footer::{Chunk, Footer, PLAIN, PageHeader, RLE_DICTIONARY, Statistics};
use crate::layout::{Column, Kind, LAYOUT, at};
use crate::{BatchError, MAGIC, Row, levels};

/// Bytes of a page before compression, about: as much as zstd looks back over at the level used.
const PAGE_BYTES: usize = 2 << 20;

/// Bytes of a dictionary beyond which a column does without.
const DICTIONARY_BYTES: usize = 1 << 20;

/// Bytes of a value beyond which a column has no minimum and maximum.
const STATISTICS_BYTES: usize = 256;

/// Level of zstd: on real records level 3 makes objects of the same size and takes a fifth longer, and
/// higher ones cost more than the rest of ingest together, for a few per cent.
const ZSTD_LEVEL: i32 = 1;

/// Writes the object of a batch: one row a leaf, the header (without the object's own hash) in
/// the file's metadata under `cairn.header`. The same input makes the same bytes.
pub fn encode(header: &BatchHeader, leaves: &[Leaf]) -> Result<Vec<u8>, BatchError> {
    let row = |(index, leaf)| Source {
        leaf,
        chain: header.chain.as_str(),
        number: header.number.cast_signed(),
        index: index as i64,
        private: None,
        key_id: None,
    };
    write(header, &leaves.iter().enumerate().map(row).collect::<Vec<_>>())
}

/// Writes rows and header as they are given, whether they agree or not: the inverse of
/// [`decode`](crate::decode).
pub fn encode_rows(header: &BatchHeader, rows: &[Row]) -> Result<Vec<u8>, BatchError> {
    fn source(row: &Row) -> Source<'_> {
        Source {
            leaf: &row.leaf,
            chain: &row.chain,
            number: row.number,
            index: row.index,
            private: row.private.as_deref(),
            key_id: row.key_id.as_deref(),
        }
    }
    write(header, &rows.iter().map(source).collect::<Vec<_>>())
}

/// What a row is written from.
struct Source<'a> {
    leaf: &'a Leaf,
    chain: &'a str,
    number: i64,
    index: i64,
    private: Option<&'a [u8]>,
    key_id: Option<&'a str>,
}

/// What writing needs besides the result. Kept by each thread: taking these megabytes from the
/// system anew, page by page, for each batch would cost as much as a third of compressing.
struct Scratch {
    compressor: Compressor<'static>,
    page: Vec<u8>,
    compressed: Vec<u8>,
}

thread_local! {
    static SCRATCH: RefCell<Option<Scratch>> = const { RefCell::new(None) };
}

fn write(header: &BatchHeader, rows: &[Source<'_>]) -> Result<Vec<u8>, BatchError> {
    let scratch = match SCRATCH.take() {
        Some(scratch) => scratch,
        None => Scratch {
            compressor: Compressor::new(ZSTD_LEVEL)?,
            page: Vec::new(),
            compressed: Vec::new(),
        },
    };
    let leaves: usize = rows.iter().map(|row| row.leaf.bytes.len()).sum();
    let mut object = Object { bytes: Vec::with_capacity(leaves / 8 + (16 << 10)), scratch };
    object.write(header, rows)?;
    SCRATCH.set(Some(object.scratch));
    Ok(object.bytes)
}

/// The file as it grows.
struct Object {
    bytes: Vec<u8>,
    scratch: Scratch,
}

impl Object {
    fn write(&mut self, header: &BatchHeader, rows: &[Source<'_>]) -> Result<(), BatchError> {
        self.bytes.extend_from_slice(MAGIC);
        let mut footer = Footer {
            rows: size(rows.len())?,
            header: header.to_json().into_bytes(),
            ..Footer::default()
        };
        let mut texts = Vec::with_capacity(rows.len());
        for (place, (column, chunk)) in LAYOUT.iter().zip(&mut footer.chunks).enumerate() {
            match column.kind {
                Kind::Timestamp | Kind::Integer => {
                    let values: Vec<_> = rows.iter().map(integer(place)).collect();
                    self.integers(column, &values, chunk)?;
                }
                Kind::Text | Kind::Binary => {
                    texts.clear();
                    texts.extend(rows.iter().map(bytes(place)));
                    self.texts(column, &texts, chunk)?;
                }
            }
        }
        let footer = footer.write();
        self.bytes.extend_from_slice(&footer);
        self.bytes.extend_from_slice(&(size(footer.len())? as u32).to_le_bytes());
        self.bytes.extend_from_slice(MAGIC);
        Ok(())
    }

    fn integers(
        &mut self,
        column: &Column,
        values: &[Option<i64>],
        chunk: &mut Chunk,
    ) -> Result<(), BatchError> {
        let range = values.iter().flatten().fold(None, |range: Option<(i64, i64)>, value| {
            let (min, max) = range.unwrap_or((*value, *value));
            Some((min.min(*value), max.max(*value)))
        });
        chunk.statistics = Statistics {
            nulls: values.iter().filter(|value| value.is_none()).count() as i64,
            range: range.map(|(min, max)| (min.to_le_bytes().into(), max.to_le_bytes().into())),
        };
        chunk.data = self.bytes.len() as i64;
        for values in pages(values, |_| 8) {
            self.scratch.page.clear();
            levels::write(column.optional, values, &mut self.scratch.page);
            self.scratch.page.extend(values.iter().flatten().flat_map(|value| value.to_le_bytes()));
            self.flush(chunk, false, values.len(), PLAIN)?;
        }
        Ok(())
    }

    fn texts(
        &mut self,
        column: &Column,
        values: &[Option<&[u8]>],
        chunk: &mut Chunk,
    ) -> Result<(), BatchError> {
        let dictionary = if column.dictionary { Dictionary::build(values) } else { None };
        let distinct: &mut dyn Iterator<Item = &[u8]> = match &dictionary {
            Some(dictionary) => &mut dictionary.entries.iter().copied(),
            None => &mut values.iter().copied().flatten(),
        };
        chunk.statistics = Statistics {
            nulls: values.iter().filter(|value| value.is_none()).count() as i64,
            range: if column.statistics { range(distinct) } else { None },
        };
        chunk.data = self.bytes.len() as i64;
        let Some(dictionary) = dictionary else {
            for values in pages(values, |value| value.map_or(0, |value| 4 + value.len())) {
                self.scratch.page.clear();
                levels::write(column.optional, values, &mut self.scratch.page);
                self.plain(values.iter().copied().flatten())?;
                self.flush(chunk, false, values.len(), PLAIN)?;
            }
            return Ok(());
        };
        chunk.dictionary = Some(chunk.data);
        self.scratch.page.clear();
        self.plain(dictionary.entries.iter().copied())?;
        self.flush(chunk, true, dictionary.entries.len(), PLAIN)?;
        chunk.data = self.bytes.len() as i64;
        self.scratch.page.clear();
        levels::write(column.optional, values, &mut self.scratch.page);
        levels::write_indices(
            &dictionary.indices,
            dictionary.entries.len(),
            &mut self.scratch.page,
        );
        self.flush(chunk, false, values.len(), RLE_DICTIONARY)
    }

    fn plain<'a>(&mut self, values: impl Iterator<Item = &'a [u8]>) -> Result<(), BatchError> {
        for value in values {
            self.scratch.page.extend_from_slice(&(size(value.len())? as u32).to_le_bytes());
            self.scratch.page.extend_from_slice(value);
        }
        Ok(())
    }

    /// Compresses the page and appends it with its header.
    fn flush(
        &mut self,
        chunk: &mut Chunk,
        dictionary: bool,
        values: usize,
        encoding: i64,
    ) -> Result<(), BatchError> {
        self.scratch.compressed.clear();
        self.scratch.compressed.reserve(zstd::zstd_safe::compress_bound(self.scratch.page.len()));
        let Scratch { compressor, page, compressed } = &mut self.scratch;
        compressor.compress_to_buffer(page.as_slice(), compressed)?;
        let header = PageHeader {
            dictionary,
            uncompressed: size(self.scratch.page.len())?,
            compressed: size(self.scratch.compressed.len())?,
            values: size(values)?,
            encoding,
        };
        let bytes = header.write();
        chunk.uncompressed += bytes.len() as i64 + header.uncompressed;
        chunk.compressed += bytes.len() as i64 + header.compressed;
        self.bytes.extend_from_slice(&bytes);
        self.bytes.extend_from_slice(&self.scratch.compressed);
        Ok(())
    }
}

/// Distinct values in order of appearance, and for each value that is there its place among them.
struct Dictionary<'a> {
    entries: Vec<&'a [u8]>,
    indices: Vec<u32>,
}

impl<'a> Dictionary<'a> {
    /// `None` where a dictionary does not pay: fewer than two values for each entry, or too large.
    fn build(values: &[Option<&'a [u8]>]) -> Option<Self> {
        let mut places = HashMap::new();
        let mut entries: Vec<&[u8]> = Vec::new();
        let mut indices = Vec::with_capacity(values.len());
        let mut bytes = 0;
        let mut last: Option<(&[u8], u32)> = None;
        for value in values.iter().copied().flatten() {
            let place = match last {
                Some((same, place)) if same == value => place,
                _ => *places.entry(value).or_insert_with(|| {
                    entries.push(value);
                    bytes += 4 + value.len();
                    entries.len() as u32 - 1
                }),
            };
            if bytes > DICTIONARY_BYTES || entries.len() > values.len() / 2 {
                return None;
            }
            last = Some((value, place));
            indices.push(place);
        }
        (!entries.is_empty()).then_some(Self { entries, indices })
    }
}

/// Smallest and largest value; none where there are no values or one of these two is long.
pub(crate) fn range<'a>(values: impl Iterator<Item = &'a [u8]>) -> Option<(Vec<u8>, Vec<u8>)> {
    let (min, max) = values.fold(None, |range: Option<(&[u8], &[u8])>, value| {
        let (min, max) = range.unwrap_or((value, value));
        Some((min.min(value), max.max(value)))
    })?;
    let short = min.len().max(max.len()) <= STATISTICS_BYTES;
    short.then(|| (min.to_vec(), max.to_vec()))
}

/// Cuts values into pages of about [`PAGE_BYTES`]; at least one page.
fn pages<T>(values: &[T], bytes: impl Fn(&T) -> usize) -> impl Iterator<Item = &[T]> {
    let mut cuts: Vec<Range<usize>> = Vec::new();
    let (mut from, mut filled) = (0, 0);
    for (place, value) in values.iter().enumerate() {
        filled += bytes(value);
        if filled >= PAGE_BYTES {
            cuts.push(from..place + 1);
            (from, filled) = (place + 1, 0);
        }
    }
    if from < values.len() || cuts.is_empty() {
        cuts.push(from..values.len());
    }
    cuts.into_iter().filter_map(|cut| values.get(cut))
}

/// A number that Parquet holds in 31 bits.
fn size(value: usize) -> Result<i64, BatchError> {
    i32::try_from(value).map(i64::from).map_err(|_| BatchError::TooLarge { found: value })
}

fn integer(place: usize) -> fn(&Source<'_>) -> Option<i64> {
    match place {
        at::TIME => |row| Some(event(row)?.time),
        at::ARRIVED => |row| Some(row.leaf.arrived.as_microsecond()),
        at::NUMBER => |row| Some(row.number),
        _ => |row| Some(row.index),
    }
}

fn bytes<'a>(place: usize) -> fn(&Source<'a>) -> Option<&'a [u8]> {
    match place {
        at::TENANT => |row| Some(event(row)?.tenant.as_bytes()),
        at::ACTOR_TYPE => |row| Some(event(row)?.actor_type.as_bytes()),
        at::ACTOR_ID => |row| Some(event(row)?.actor_id.as_bytes()),
        at::ACTION => |row| Some(event(row)?.action.as_bytes()),
        at::RESOURCE_TYPE => |row| Some(event(row)?.resource_type.as_bytes()),
        at::RESOURCE_ID => |row| Some(event(row)?.resource_id.as_bytes()),
        at::OUTCOME => |row| Some(event(row)?.outcome.as_bytes()),
        at::SOURCE_IP => |row| Some(event(row)?.source_ip.as_ref()?.as_bytes()),
        at::SESSION => |row| Some(event(row)?.session.as_ref()?.as_bytes()),
        at::TRACE_ID => |row| Some(event(row)?.trace_id.as_ref()?.as_bytes()),
        at::ID => |row| Some(event(row)?.id.as_bytes()),
        at::CHAIN => |row| Some(row.chain.as_bytes()),
        at::SEQUENCE_NUMBER => |row| Some(row.leaf.sequence.as_str().as_bytes()),
        at::EVENT => |row| Some(&row.leaf.bytes),
        at::PRIVATE => |row| row.private,
        _ => |row| row.key_id.map(str::as_bytes),
    }
}

fn event<'a>(row: &Source<'a>) -> Option<&'a EventColumns> {
    row.leaf.event.as_ref()
}
