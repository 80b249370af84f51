//! The metrics of the functions: what there is, and how it is written.
//!
//! A function writes lines of JSON to its standard output; CloudWatch makes metrics
//! of them, without a request and without a right to be given
//! ([embedded metric format](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html)).
//! Each pair of a metric and its dimensions costs money, so the dimensions are two, and bounded:
//! the deployment's origin, and for rejections their reason. Tenants and actors are none.
//!
//! Written by hand: the format is one object, and the crates that write it bring a registry of
//! metrics, or a runtime, with them.

mod catalogue;
mod document;

pub use catalogue::*;
pub use document::{document, milliseconds};

/// A metric.
#[derive(Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// What its numbers count.
    pub unit: Unit,
    /// What it tells, for a person.
    pub meaning: &'static str,
}

/// A unit, of those that CloudWatch knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A number of things.
    Count,
    /// Bytes.
    Bytes,
    /// Thousandths of a second.
    Milliseconds,
}

impl Unit {
    /// Its name in CloudWatch.
    pub fn name(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Bytes => "Bytes",
            Self::Milliseconds => "Milliseconds",
        }
    }
}
