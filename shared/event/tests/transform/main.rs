//! What becomes of records: bytes in, leaves and rejections out.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod bundles;
mod cloudtrail;
mod delivery_files;
mod enrichment;
mod fields;
mod footprint;
mod formats;
mod hostile;
mod leaves;
mod readme;
mod redaction;
mod redrive;
mod resources;
mod schemas;
mod support;
mod vectors;
