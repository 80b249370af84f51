//! The metadata at the end of the file, and the headers of pages.
//!
//! <https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift>

use crate::layout::{COLUMNS, CREATED_BY, Column, HEADER_KEY, Kind, LAYOUT, ROOT};
use crate::wire::{Reader, Type, Wire, WireError, Writer};

type Result = std::result::Result<(), WireError>;

/// Numbers of `enum Encoding`.
pub(crate) const PLAIN: i64 = 0;
const RLE: i64 = 3;
pub(crate) const RLE_DICTIONARY: i64 = 8;
/// Number of `ZSTD` in `enum CompressionCodec`.
const ZSTD: i64 = 6;
/// Numbers of `enum PageType`.
const DATA_PAGE: i64 = 0;
const DICTIONARY_PAGE: i64 = 2;

/// What varies in the metadata of one batch's file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Footer {
    pub(crate) rows: i64,
    /// The header's JSON.
    pub(crate) header: Vec<u8>,
    pub(crate) chunks: [Chunk; COLUMNS],
}

/// One column's pages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// Where the data pages start; a dictionary page lies before them.
    pub(crate) data: i64,
    /// Where the dictionary page starts, if there is one.
    pub(crate) dictionary: Option<i64>,
    /// Bytes with page headers, before compression.
    pub(crate) uncompressed: i64,
    /// Bytes with page headers, in the file.
    pub(crate) compressed: i64,
    pub(crate) statistics: Statistics,
}

/// What a query engine may rely on when it decides to skip the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Statistics {
    pub(crate) nulls: i64,
    /// Smallest and largest value, exact, in plain encoding.
    pub(crate) range: Option<(Vec<u8>, Vec<u8>)>,
}

/// A page's header.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct PageHeader {
    pub(crate) dictionary: bool,
    pub(crate) uncompressed: i64,
    pub(crate) compressed: i64,
    pub(crate) values: i64,
    pub(crate) encoding: i64,
}

impl Footer {
    pub(crate) fn write(mut self) -> Vec<u8> {
        let mut writer = Writer::default();
        // A writer never fails.
        let _ = visit(&mut writer, &mut self);
        writer.out
    }

    pub(crate) fn read(bytes: &[u8]) -> std::result::Result<Self, WireError> {
        let mut footer = Self::default();
        let mut reader = Reader::new(bytes);
        visit(&mut reader, &mut footer)?;
        reader.check(reader.at == bytes.len(), "the end", || "more bytes".to_owned())?;
        Ok(footer)
    }
}

/// `FileMetaData`
fn visit(wire: &mut impl Wire, footer: &mut Footer) -> Result {
    wire.begin_element();
    wire.constant(1, Type::I32, 1)?;
    schema(wire)?;
    wire.int(3, Type::I64, &mut footer.rows)?;
    wire.list_of(1, 4, Type::Struct)?;
    row_group(wire, footer)?;
    wire.list_of(1, 5, Type::Struct)?;
    wire.begin_element();
    wire.text(1, HEADER_KEY)?;
    wire.bytes(2, &mut footer.header)?;
    wire.end()?;
    wire.text(6, CREATED_BY)?;
    // Without an order for each column readers must not use the minimum and maximum of text.
    wire.list_of(COLUMNS as u8, 7, Type::Struct)?;
    for _ in 0..COLUMNS {
        wire.begin_element();
        empty(wire, 1)?;
        wire.end()?;
    }
    wire.end()
}

/// `list<SchemaElement>`: the root, then each column.
fn schema(wire: &mut impl Wire) -> Result {
    wire.list_of(1 + COLUMNS as u8, 2, Type::Struct)?;
    wire.begin_element();
    wire.text(4, ROOT)?;
    wire.constant(5, Type::I32, COLUMNS as i64)?;
    wire.end()?;
    for column in &LAYOUT {
        wire.begin_element();
        wire.constant(1, Type::I32, column.kind.physical())?;
        wire.constant(3, Type::I32, i64::from(column.optional))?;
        wire.text(4, column.name)?;
        if let Some(converted) = column.kind.converted() {
            wire.constant(6, Type::I32, converted)?;
        }
        match column.kind {
            Kind::Text => {
                wire.begin(10)?;
                empty(wire, 1)?;
                wire.end()?;
            }
            Kind::Timestamp => {
                wire.begin(10)?;
                wire.begin(8)?;
                wire.flag(1, true)?;
                wire.begin(2)?;
                empty(wire, 2)?;
                wire.end()?;
                wire.end()?;
                wire.end()?;
            }
            Kind::Integer | Kind::Binary => {}
        }
        wire.end()?;
    }
    Ok(())
}

fn empty(wire: &mut impl Wire, id: u8) -> Result {
    wire.begin(id)?;
    wire.end()
}

fn row_group(wire: &mut impl Wire, footer: &mut Footer) -> Result {
    let sum = |part: fn(&Chunk) -> i64, footer: &Footer| -> i64 {
        footer.chunks.iter().map(part).fold(0, i64::wrapping_add)
    };
    wire.begin_element();
    wire.list_of(COLUMNS as u8, 1, Type::Struct)?;
    for (column, chunk) in LAYOUT.iter().zip(&mut footer.chunks) {
        wire.begin_element();
        wire.constant(2, Type::I64, 0)?;
        wire.begin(3)?;
        column_chunk(wire, column, footer.rows, chunk)?;
        wire.end()?;
        wire.end()?;
    }
    wire.constant(2, Type::I64, sum(|chunk| chunk.uncompressed, footer))?;
    wire.constant(3, Type::I64, footer.rows)?;
    wire.constant(5, Type::I64, 4)?;
    wire.constant(6, Type::I64, sum(|chunk| chunk.compressed, footer))?;
    wire.constant(7, Type::I16, 0)?;
    wire.end()
}

/// `ColumnMetaData`
fn column_chunk(wire: &mut impl Wire, column: &Column, rows: i64, chunk: &mut Chunk) -> Result {
    wire.constant(1, Type::I32, column.kind.physical())?;
    // Plain values (or dictionary entries), levels, and places in the dictionary if there is one.
    let mut encodings = if chunk.dictionary.is_some() { 3 } else { 2 };
    wire.list(2, Type::I32, &mut encodings)?;
    wire.check((2..=3).contains(&encodings), "2 or 3 encodings", || encodings.to_string())?;
    for encoding in [PLAIN, RLE, RLE_DICTIONARY].iter().take(encodings.into()) {
        wire.int_element(*encoding)?;
    }
    wire.list_of(1, 3, Type::Binary)?;
    wire.text_element(column.name)?;
    wire.constant(4, Type::I32, ZSTD)?;
    wire.constant(5, Type::I64, rows)?;
    wire.int(6, Type::I64, &mut chunk.uncompressed)?;
    wire.int(7, Type::I64, &mut chunk.compressed)?;
    wire.int(9, Type::I64, &mut chunk.data)?;
    if encodings == 3 {
        wire.int(11, Type::I64, chunk.dictionary.get_or_insert_default())?;
    }
    statistics(wire, column, &mut chunk.statistics)
}

fn statistics(wire: &mut impl Wire, column: &Column, statistics: &mut Statistics) -> Result {
    wire.begin(12)?;
    wire.int(3, Type::I64, &mut statistics.nulls)?;
    let mut has_range = statistics.range.is_some();
    wire.optional(5, &mut has_range)?;
    wire.check(column.statistics || !has_range, "no minimum and maximum", || "some".to_owned())?;
    if has_range {
        let (min, max) = statistics.range.get_or_insert_default();
        wire.bytes(5, max)?;
        wire.bytes(6, min)?;
        wire.flag(7, true)?;
        wire.flag(8, true)?;
    }
    wire.end()
}

impl PageHeader {
    pub(crate) fn write(mut self) -> Vec<u8> {
        let mut writer = Writer::default();
        // A writer never fails.
        let _ = visit_page(&mut writer, &mut self);
        writer.out
    }

    /// Reads the header at the start of `bytes`; also how many bytes it took.
    pub(crate) fn read(
        bytes: &[u8],
        dictionary: bool,
    ) -> std::result::Result<(Self, usize), WireError> {
        let mut header = Self { dictionary, ..Self::default() };
        let mut reader = Reader::new(bytes);
        visit_page(&mut reader, &mut header)?;
        Ok((header, reader.at))
    }
}

/// `PageHeader`
fn visit_page(wire: &mut impl Wire, header: &mut PageHeader) -> Result {
    wire.begin_element();
    let kind = if header.dictionary { DICTIONARY_PAGE } else { DATA_PAGE };
    wire.constant(1, Type::I32, kind)?;
    wire.int(2, Type::I32, &mut header.uncompressed)?;
    wire.int(3, Type::I32, &mut header.compressed)?;
    wire.begin(if header.dictionary { 7 } else { 5 })?;
    wire.int(1, Type::I32, &mut header.values)?;
    wire.int(2, Type::I32, &mut header.encoding)?;
    if !header.dictionary {
        wire.constant(3, Type::I32, RLE)?;
        wire.constant(4, Type::I32, RLE)?;
    }
    wire.end()?;
    wire.end()
}
