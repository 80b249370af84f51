//! The reader.
//!
//! It accepts the dialect of SPEC.md §11 and nothing else: one row group, this schema, these
//! encodings, no byte outside of magic, pages and metadata, one zstd frame a page, statistics that
//! are those of the values. So an object cannot show one thing to a query engine and another to
//! the verifier. How a frame is compressed within is zstd's: another level or version is accepted.
//! Every size is checked before memory is taken.

use std::ops::Range;

use cairn_ledger::BatchHeader;
use zstd::bulk::Decompressor;
use zstd::zstd_safe::find_frame_compressed_size;

use crate::encode::range;
use crate::footer::{Chunk, Footer, PLAIN, PageHeader, RLE_DICTIONARY, Statistics};
use crate::layout::{COLUMNS, Column, Kind, LAYOUT};
use crate::levels::{Indices, Levels};
use crate::{BatchError, MAGIC, levels};

/// Bytes that a row takes at least: no canonical leaf is shorter.
const ROW_BYTES: u64 = 64;

/// What a zstd frame starts with (RFC 8878 §3.1.1); skippable frames start otherwise.
const FRAME: [u8; 4] = 0xfd2f_b528_u32.to_le_bytes();

/// The object of a batch, decompressed, column by column.
#[derive(Debug)]
pub struct Columns {
    header: BatchHeader,
    rows: usize,
    columns: [Values; COLUMNS],
}

/// The values of one column.
#[derive(Debug)]
enum Values {
    Integers(Vec<Option<i64>>),
    Texts { bytes: Vec<u8>, spans: Vec<Span> },
}

/// Where a value lies in its column's bytes.
#[derive(Debug, Clone, Copy)]
struct Span {
    from: u32,
    to: u32,
}

impl Span {
    const NULL: Self = Self { from: u32::MAX, to: 0 };

    fn of(self, bytes: &[u8]) -> Option<&[u8]> {
        bytes.get(self.from as usize..self.to as usize)
    }
}

/// The header that the object of a batch carries, without a look at its rows: it says which limits
/// they were made under.
pub fn header(bytes: &[u8]) -> Result<BatchHeader, BatchError> {
    metadata(bytes).map(|(_, _, header)| header)
}

/// The pages, the metadata, and the header in it.
fn metadata(bytes: &[u8]) -> Result<(&[u8], Footer, BatchHeader), BatchError> {
    let (pages, footer) = split(bytes)?;
    let footer = Footer::read(footer).map_err(BatchError::Footer)?;
    let file = |expected| BatchError::File { expected };
    let header = str::from_utf8(&footer.header).map_err(|_| file("a header in UTF-8"))?;
    let header = BatchHeader::parse(header)?;
    Ok((pages, footer, header))
}

impl Columns {
    /// Reads the object of a batch. Never panics and never takes memory out of proportion to
    /// `bytes.len()` and `limit` (bytes of all columns together, decompressed).
    pub fn read(bytes: &[u8], limit: u64) -> Result<Self, BatchError> {
        let (pages, footer, header) = metadata(bytes)?;
        let file = |expected| BatchError::File { expected };
        let rows = usize::try_from(footer.rows).map_err(|_| file("a number of rows"))?;
        let least = (rows as u64).saturating_mul(ROW_BYTES);
        if least > limit {
            return Err(BatchError::Limit { limit, found: least });
        }
        let mut reader = PageReader {
            decompressor: Decompressor::new()?,
            left: limit,
            limit,
            scratch: Vec::new(),
        };
        let mut next = MAGIC.len();
        let mut columns = Vec::with_capacity(COLUMNS);
        for (column, chunk) in LAYOUT.iter().zip(&footer.chunks) {
            let range = extent(column, chunk, next, pages.len())?;
            next = range.end;
            columns.push(reader.column(
                column,
                chunk,
                rows,
                pages.get(range).unwrap_or_default(),
            )?);
        }
        if next != pages.len() {
            return Err(file("the last column to end where the metadata begins"));
        }
        let columns = columns.try_into().map_err(|_| file("all columns"))?;
        Ok(Self { header, rows, columns })
    }

    /// The header in the file's metadata.
    pub fn header(&self) -> &BatchHeader {
        &self.header
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn integer(&self, column: usize, row: usize) -> Option<i64> {
        match self.columns.get(column)? {
            Values::Integers(values) => *values.get(row)?,
            Values::Texts { .. } => None,
        }
    }

    pub(crate) fn text(&self, column: usize, row: usize) -> Option<&[u8]> {
        match self.columns.get(column)? {
            Values::Texts { bytes, spans } => spans.get(row)?.of(bytes),
            Values::Integers(_) => None,
        }
    }
}

/// Parts the file: magic and pages, metadata.
fn split(bytes: &[u8]) -> Result<(&[u8], &[u8]), BatchError> {
    let file = |expected| BatchError::File { expected };
    let inner = bytes.strip_suffix(MAGIC).ok_or(file("PAR1 at the end"))?;
    let (inner, length) = inner.split_last_chunk::<4>().ok_or(file("a length of metadata"))?;
    let length = u32::from_le_bytes(*length) as usize;
    let at = inner.len().checked_sub(length).ok_or(file("metadata within the file"))?;
    let (pages, footer) = inner.split_at(at);
    if !pages.starts_with(MAGIC) {
        return Err(file("PAR1 at the start"));
    }
    Ok((pages, footer))
}

/// Where a column's pages lie: right after those of the column before.
fn extent(
    column: &Column,
    chunk: &Chunk,
    next: usize,
    end: usize,
) -> Result<Range<usize>, BatchError> {
    let start = chunk.dictionary.unwrap_or(chunk.data);
    let length = usize::try_from(chunk.compressed).ok();
    let stop = length.and_then(|length| next.checked_add(length)).filter(|stop| *stop <= end);
    match stop {
        Some(stop) if usize::try_from(start) == Ok(next) => Ok(next..stop),
        _ => Err(BatchError::Column {
            column: column.name,
            expected: "pages right after those of the column before",
        }),
    }
}

struct PageReader {
    decompressor: Decompressor<'static>,
    limit: u64,
    /// What may still be decompressed.
    left: u64,
    scratch: Vec<u8>,
}

/// A column chunk while it is read.
struct Chunks<'a> {
    column: &'static Column,
    pages: &'a [u8],
    at: usize,
    uncompressed: i64,
}

impl PageReader {
    fn column(
        &mut self,
        column: &'static Column,
        chunk: &Chunk,
        rows: usize,
        pages: &[u8],
    ) -> Result<Values, BatchError> {
        let mut chunks = Chunks { column, pages, at: 0, uncompressed: 0 };
        let may = column.dictionary || chunk.dictionary.is_none();
        chunks.expect(may, "no dictionary in this column")?;
        let (values, statistics) = match column.kind {
            Kind::Integer | Kind::Timestamp => self.integers(&mut chunks, rows)?,
            Kind::Text | Kind::Binary => self.texts(&mut chunks, chunk, rows)?,
        };
        chunks.expect(chunks.at == pages.len(), "no page after the last row")?;
        chunks.expect(chunks.uncompressed == chunk.uncompressed, "the uncompressed size stated")?;
        chunks.expect(statistics == chunk.statistics, "statistics of the values that are there")?;
        Ok(values)
    }

    fn integers(
        &mut self,
        chunks: &mut Chunks<'_>,
        rows: usize,
    ) -> Result<(Values, Statistics), BatchError> {
        let column = chunks.column;
        let mut values: Vec<Option<i64>> = Vec::with_capacity(rows);
        let mut page = std::mem::take(&mut self.scratch);
        while values.len() < rows || chunks.at == 0 {
            page.clear();
            let header = self.page(chunks, false, &mut page)?;
            chunks.expect(header.encoding == PLAIN, "plain integers")?;
            let count = chunks.count(&header, rows - values.len())?;
            let (levels, mut plain) = chunks.levels(&page, count)?;
            for row in 0..count {
                let Some((value, rest)) = plain.split_first_chunk::<8>() else {
                    chunks.expect(!levels.has(row), "eight bytes an integer")?;
                    values.push(None);
                    continue;
                };
                let value = levels.has(row).then(|| i64::from_le_bytes(*value));
                plain = if value.is_some() { rest } else { plain };
                values.push(value);
            }
            chunks.expect(plain.is_empty(), "no bytes after the last integer")?;
        }
        self.scratch = page;
        let present = || values.iter().copied().flatten();
        let bytes = |value: i64| value.to_le_bytes().to_vec();
        let range = present().min().zip(present().max());
        let statistics = Statistics {
            nulls: (values.len() - present().count()) as i64,
            range: range.filter(|_| column.statistics).map(|(min, max)| (bytes(min), bytes(max))),
        };
        Ok((Values::Integers(values), statistics))
    }

    fn texts(
        &mut self,
        chunks: &mut Chunks<'_>,
        chunk: &Chunk,
        rows: usize,
    ) -> Result<(Values, Statistics), BatchError> {
        let column = chunks.column;
        let mut bytes = Vec::new();
        let mut spans = Vec::with_capacity(rows);
        let mut distinct = Vec::new();
        if let Some(start) = chunk.dictionary {
            let header = self.page(chunks, true, &mut bytes)?;
            let expected = "a dictionary right before the data";
            chunks.expect(chunk.data.wrapping_sub(start) == chunks.at as i64, expected)?;
            chunks.expect(header.encoding == PLAIN, "a plain dictionary")?;
            let count = chunks.count(&header, rows)?;
            chunks.plain(&bytes, 0, Levels::Same(true), count, &mut distinct)?;
        }
        let has_dictionary = chunk.dictionary.is_some();
        let mut page = std::mem::take(&mut self.scratch);
        while spans.len() < rows || chunks.at == 0 {
            if has_dictionary {
                page.clear();
                let header = self.page(chunks, false, &mut page)?;
                chunks.expect(header.encoding == RLE_DICTIONARY, "places in the dictionary")?;
                let count = chunks.count(&header, rows - spans.len())?;
                chunks.indices(&page, count, &distinct, &mut spans)?;
            } else {
                let start = bytes.len();
                let header = self.page(chunks, false, &mut bytes)?;
                chunks.expect(header.encoding == PLAIN, "plain values")?;
                let count = chunks.count(&header, rows - spans.len())?;
                let page = bytes.get(start..).unwrap_or_default();
                let (levels, plain) = chunks.levels(page, count)?;
                chunks.plain(&bytes, bytes.len() - plain.len(), levels, count, &mut spans)?;
            }
        }
        self.scratch = page;
        let listed = if has_dictionary { &distinct } else { &spans };
        let present = || listed.iter().filter_map(|span| span.of(&bytes));
        let utf8 = column.kind != Kind::Text || present().all(|text| str::from_utf8(text).is_ok());
        chunks.expect(utf8, "UTF-8")?;
        let statistics = Statistics {
            nulls: spans.iter().filter(|span| span.of(&bytes).is_none()).count() as i64,
            range: if column.statistics { range(present()) } else { None },
        };
        Ok((Values::Texts { bytes, spans }, statistics))
    }

    /// Decompresses the next page to the end of `out`.
    fn page(
        &mut self,
        chunks: &mut Chunks<'_>,
        dictionary: bool,
        out: &mut Vec<u8>,
    ) -> Result<PageHeader, BatchError> {
        let rest = chunks.pages.get(chunks.at..).unwrap_or_default();
        let (header, length) = PageHeader::read(rest, dictionary)
            .map_err(|error| BatchError::PageHeader { column: chunks.column.name, error })?;
        let size = |size: i64| usize::try_from(size).ok();
        let packed = size(header.compressed)
            .and_then(|packed| rest.get(length..)?.get(..packed))
            .ok_or(chunks.error("pages within the column"))?;
        // Decoders pass over skippable frames and join what several frames hold.
        let one = packed.starts_with(&FRAME)
            && find_frame_compressed_size(packed).is_ok_and(|length| length == packed.len());
        chunks.expect(one, "one zstd frame a page")?;
        let unpacked = size(header.uncompressed).ok_or(chunks.error("a size of a page"))?;
        let start = out.len();
        let end = start as u64 + unpacked as u64;
        if unpacked as u64 > self.left || end >= u64::from(u32::MAX) {
            let found = (self.limit - self.left).saturating_add(unpacked as u64);
            return Err(BatchError::Limit { limit: self.limit, found });
        }
        self.left -= unpacked as u64;
        out.reserve_exact(unpacked);
        let mut cursor = std::io::Cursor::new(&mut *out);
        cursor.set_position(start as u64);
        self.decompressor.decompress_to_buffer(packed, &mut cursor)?;
        chunks.expect(out.len() as u64 == end, "a page of the size stated")?;
        chunks.at += length + packed.len();
        chunks.uncompressed = chunks.uncompressed.wrapping_add(length as i64 + header.uncompressed);
        Ok(header)
    }
}

impl Chunks<'_> {
    fn error(&self, expected: &'static str) -> BatchError {
        BatchError::Column { column: self.column.name, expected }
    }

    fn expect(&self, good: bool, expected: &'static str) -> Result<(), BatchError> {
        if good { Ok(()) } else { Err(self.error(expected)) }
    }

    /// How many values a page has: at least one where rows are missing, and not too many.
    fn count(&self, header: &PageHeader, missing: usize) -> Result<usize, BatchError> {
        usize::try_from(header.values)
            .ok()
            .filter(|count| *count <= missing && (*count > 0 || missing == 0))
            .ok_or(self.error("as many values as rows"))
    }

    fn levels<'a>(
        &self,
        page: &'a [u8],
        count: usize,
    ) -> Result<(Levels<'a>, &'a [u8]), BatchError> {
        if !self.column.optional {
            return Ok((Levels::Same(true), page));
        }
        levels::read(page, count).ok_or(self.error("a level for each row"))
    }

    /// Finds `count` plain values from `at` to the end of `bytes`.
    fn plain(
        &self,
        bytes: &[u8],
        mut at: usize,
        levels: Levels<'_>,
        count: usize,
        spans: &mut Vec<Span>,
    ) -> Result<(), BatchError> {
        for row in 0..count {
            if !levels.has(row) {
                spans.push(Span::NULL);
                continue;
            }
            let prefix = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>());
            let length = u32::from_le_bytes(*prefix.ok_or(self.error("a length for each value"))?);
            let from = at + 4;
            at = from + length as usize;
            self.expect(at <= bytes.len(), "values within the page")?;
            // Both lie within `bytes`, which is shorter than 4 GiB.
            spans.push(Span { from: from as u32, to: at as u32 });
        }
        self.expect(at == bytes.len(), "no bytes after the last value")
    }

    fn indices(
        &self,
        page: &[u8],
        count: usize,
        dictionary: &[Span],
        spans: &mut Vec<Span>,
    ) -> Result<(), BatchError> {
        let (levels, places) = self.levels(page, count)?;
        let present = (0..count).filter(|row| levels.has(*row)).count();
        let expected = "a place in the dictionary for each value";
        let indices =
            Indices::read(places, present, dictionary.len()).ok_or(self.error(expected))?;
        let mut value = 0;
        for row in 0..count {
            if !levels.has(row) {
                spans.push(Span::NULL);
                continue;
            }
            spans.push(*dictionary.get(indices.place(value)).ok_or(self.error(expected))?);
            value += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
