//! The object that was written from SPEC.md §11 alone, by another program.

use bytes::Bytes;
use cairn_batch::Columns;
use cairn_event::LeafParts;
use cairn_ledger::{Hash, tree};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;

use crate::LIMIT;

fn object() -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/batch.parquet");
    std::fs::read(path).unwrap()
}

#[test]
fn an_object_that_was_written_from_the_specification_is_accepted() {
    let columns = Columns::read(&object(), LIMIT).unwrap();
    let header = columns.header();
    assert_eq!(columns.rows() as u64, header.counts.events + header.counts.rejections);
    let mut hashes = Vec::new();
    for row in 0..columns.rows() {
        let parts = LeafParts::parse(columns.event(row)).unwrap();
        assert_eq!(columns.disagreement(row, &parts), None, "row {row}");
        hashes.push(Hash::leaf(columns.event(row)));
    }
    assert_eq!(tree::root(&hashes), header.root);
}

#[test]
fn another_engine_finds_the_same_in_it() {
    let columns = Columns::read(&object(), LIMIT).unwrap();
    let file = SerializedFileReader::new(Bytes::from(object())).unwrap();
    let rows: Vec<_> = file.get_row_iter(None).unwrap().map(Result::unwrap).collect();
    assert_eq!(rows.len(), columns.rows());
    for (place, row) in rows.iter().enumerate() {
        let found = row.get_column_iter().map(|(name, field)| (name.as_str(), field.clone()));
        let found: std::collections::HashMap<_, _> = found.collect();
        let event = String::from_utf8(columns.event(place).to_vec()).unwrap();
        assert_eq!(found["event"], Field::Str(event));
        let leaf = columns.row(place).unwrap().leaf;
        let tenant = leaf.event.map_or(Field::Null, |event| Field::Str(event.tenant.into()));
        assert_eq!(found["tenant"], tenant);
    }
}
