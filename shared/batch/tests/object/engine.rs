//! Another engine, the Parquet crate, reads what is written.

use bytes::Bytes;
use cairn_batch::encode;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use parquet::schema::printer::print_schema;

use crate::sample::{header, leaves, real_leaves};

const SCHEMA: &str = "message cairn {
  OPTIONAL INT64 time (TIMESTAMP(MICROS,true));
  REQUIRED INT64 arrived (TIMESTAMP(MICROS,true));
  OPTIONAL BYTE_ARRAY tenant (STRING);
  OPTIONAL BYTE_ARRAY actor_type (STRING);
  OPTIONAL BYTE_ARRAY actor_id (STRING);
  OPTIONAL BYTE_ARRAY action (STRING);
  OPTIONAL BYTE_ARRAY resource_type (STRING);
  OPTIONAL BYTE_ARRAY resource_id (STRING);
  OPTIONAL BYTE_ARRAY outcome (STRING);
  OPTIONAL BYTE_ARRAY source_ip (STRING);
  OPTIONAL BYTE_ARRAY session (STRING);
  OPTIONAL BYTE_ARRAY trace_id (STRING);
  OPTIONAL BYTE_ARRAY id (STRING);
  REQUIRED BYTE_ARRAY chain (STRING);
  REQUIRED INT64 number;
  REQUIRED INT64 index;
  REQUIRED BYTE_ARRAY sequence_number (STRING);
  REQUIRED BYTE_ARRAY event (STRING);
  OPTIONAL BYTE_ARRAY private;
  OPTIONAL BYTE_ARRAY key_id (STRING);
}
";

fn open(leaves: &[cairn_event::Leaf]) -> SerializedFileReader<Bytes> {
    let object = encode(&header(), leaves).unwrap();
    SerializedFileReader::new(Bytes::from(object)).unwrap()
}

#[test]
fn the_schema_is_pinned() {
    let mut schema = Vec::new();
    print_schema(&mut schema, open(&real_leaves()).metadata().file_metadata().schema());
    assert_eq!(String::from_utf8(schema).unwrap(), SCHEMA);
}

#[test]
fn the_header_is_in_the_files_metadata() {
    let file = open(&real_leaves());
    let metadata = file.metadata().file_metadata();
    assert_eq!(metadata.created_by(), Some("cairn-batch 1"));
    let pairs = metadata.key_value_metadata().unwrap();
    assert_eq!(pairs.len(), 1);
    assert_eq!(pairs[0].key, "cairn.header");
    assert_eq!(pairs[0].value, Some(header().to_json()));
}

#[test]
fn every_value_of_every_column_is_read() {
    let leaves = real_leaves();
    let file = open(&leaves);
    let mut rows = 0;
    for ((place, row), leaf) in file.get_row_iter(None).unwrap().enumerate().zip(&leaves) {
        let row = row.unwrap();
        let text =
            |text: Option<&str>| text.map_or(Field::Null, |text| Field::Str(text.to_owned()));
        let event = leaf.event.as_ref();
        let expected = [
            event.map_or(Field::Null, |event| Field::TimestampMicros(event.time)),
            Field::TimestampMicros(leaf.arrived.as_microsecond()),
            text(event.map(|event| &*event.tenant)),
            text(event.map(|event| &*event.actor_type)),
            text(event.map(|event| &*event.actor_id)),
            text(event.map(|event| &*event.action)),
            text(event.map(|event| &*event.resource_type)),
            text(event.map(|event| &*event.resource_id)),
            text(event.map(|event| &*event.outcome)),
            text(event.and_then(|event| event.source_ip.as_deref())),
            text(event.and_then(|event| event.session.as_deref())),
            text(event.and_then(|event| event.trace_id.as_deref())),
            text(event.map(|event| &*event.id)),
            text(Some(header().chain.as_str())),
            Field::Long(42),
            Field::Long(place as i64),
            text(Some(leaf.sequence.as_str())),
            text(Some(str::from_utf8(&leaf.bytes).unwrap())),
            Field::Null,
            Field::Null,
        ];
        let found: Vec<Field> = row.get_column_iter().map(|(_, field)| field.clone()).collect();
        assert_eq!(found, expected);
        rows += 1;
    }
    assert_eq!(rows, leaves.len());
}

#[test]
fn large_columns_are_read() {
    let leaves = leaves(70_000, |n| (format!("actor-{}", n % 33_000), format!("r-{}", n % 300)));
    let file = open(&leaves);
    let field = |row: &parquet::record::Row, place: usize| {
        row.get_column_iter().nth(place).map(|(_, field)| field.clone()).unwrap()
    };
    let mut rows = 0;
    for (row, leaf) in file.get_row_iter(None).unwrap().zip(&leaves) {
        let row = row.unwrap();
        let event = leaf.event.as_ref().unwrap();
        assert_eq!(field(&row, 4), Field::Str(event.actor_id.to_string()));
        assert_eq!(field(&row, 7), Field::Str(event.resource_id.to_string()));
        assert_eq!(field(&row, 17), Field::Str(String::from_utf8(leaf.bytes.clone()).unwrap()));
        rows += 1;
    }
    assert_eq!(rows, leaves.len());
}

#[test]
fn statistics_let_queries_skip_the_object() {
    let file = open(&real_leaves());
    let group = file.metadata().row_group(0);
    let of = |name: &str| {
        let column = group.columns().iter().find(|column| column.column_path().string() == name);
        column.unwrap().statistics().unwrap().clone()
    };
    let tenant = of("tenant");
    assert_eq!(tenant.min_bytes_opt(), Some(b"tenant-0".as_slice()));
    assert_eq!(tenant.max_bytes_opt(), Some(b"tenant-1".as_slice()));
    assert!(tenant.min_is_exact() && tenant.max_is_exact());
    assert_eq!(tenant.null_count_opt(), Some(1));
    assert_eq!(of("number").min_bytes_opt(), Some(42i64.to_le_bytes().as_slice()));
    assert_eq!(of("event").min_bytes_opt(), None);
    assert_eq!(of("key_id").null_count_opt(), Some(6));
}
