//! The client that an application embeds to say what happened: typed events, checked before they are
//! queued; a bounded queue; few, full requests to Kinesis; retries without end, in order.
//!
//! ```no_run
//! use cairn_producer::{Actor, Config, Draft, Outcome, Producer, Resource};
//! # async fn example(sdk: aws_config::SdkConfig) -> Result<(), Box<dyn std::error::Error>> {
//! let kinesis = aws_sdk_kinesis::Client::new(&sdk);
//! let producer = Producer::start(Config::new("audit-events", "billing"), kinesis)?;
//! let event = Draft::new(
//!     "acme",
//!     "invoice.approve",
//!     Actor::new("user", "u-17"),
//!     Resource::new("invoice", "2026-0042"),
//!     Outcome::Success,
//! );
//! producer.send(event.build()?).await?; // waits while the queue is full
//! let ended = producer.shutdown(std::time::Duration::from_secs(30)).await;
//! assert!(ended.undelivered.is_empty());
//! # Ok(()) }
//! ```
//!
//! `README.md` beside this crate says what is promised: what of order, duplicates, memory and loss.

mod config;
mod counters;
mod dispatch;
mod event;
mod pause;
mod producer;
mod queue;
mod record;
mod shared;
mod sink;
mod spill;
#[cfg(feature = "tower")]
mod tower;

pub use config::{Compression, Config, ConfigError, Order, SpillConfig};
pub use counters::Counters;
pub use event::{Actor, Change, Draft, Event, EventError, Outcome, Resource, Source, Trace};
pub use producer::{
    Closed, Place, Producer, Receipt, Shutdown, Slot, StartError, TrySendError, Undelivered,
};
pub use spill::SpillError;
#[cfg(feature = "tower")]
pub use tower::{Audit, AuditLayer, AuditService, WhenFull};
