//! What becomes of records: bytes in, leaves and rejections out.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod bundles;
mod cloudevents;
mod cloudtrail;
mod delivery_files;
mod enrichment;
mod fields;
mod footprint;
mod formats;
mod hostile;
mod kpl;
mod kubernetes;
mod leaves;
mod ocsf;
mod readme;
mod redaction;
mod redrive;
mod resources;
mod schemas;
mod support;
mod vectors;
mod zstandard;
