//! Tells the traces of sealed events where they were sealed: who looks at the trace of a request in
//! X-Ray sees the place of its evidence. One segment an event, sent to X-Ray's daemon beside the
//! function, once the batch is committed.
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html>
//!
//! Nothing rests on it: a datagram may be lost, and of an adopted batch nothing is told.

use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::str::FromStr;

use cairn_event::Leaf;
use cairn_ledger::Hash;
use cairn_store::environment::{EnvironmentError, optional, required};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

/// Events of a batch that are told of, at most: each is a datagram, and a segment that X-Ray bills.
pub(crate) const MOST: usize = 100;

/// What the daemon expects before each document.
/// <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-daemon>
const HEADER: &str = "{\"format\": \"json\", \"version\": 1}\n";

/// A sealed event that belongs to a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traced {
    /// Its row in the batch.
    row: usize,
    /// 32 hex digits (W3C Trace Context).
    trace_id: String,
    /// 16 hex digits: the span that the event belongs to.
    span_id: Option<String>,
    arrived: Timestamp,
    /// Names the segment: what is sent twice replaces itself.
    hash: Hash,
}

/// The member of a leaf that is no column.
#[derive(Deserialize)]
struct Sealed<'l> {
    #[serde(borrow)]
    trace: Option<Trace<'l>>,
}

#[derive(Deserialize)]
struct Trace<'l> {
    span_id: Option<&'l str>,
}

impl Traced {
    /// The event at a row of a batch, if it belongs to a trace.
    pub(crate) fn of(row: usize, leaf: &Leaf, hash: Hash) -> Option<Self> {
        let trace_id = leaf.event.as_ref()?.trace_id.as_ref()?.to_string();
        let sealed: Sealed<'_> = serde_json::from_slice(&leaf.bytes).ok()?;
        let span_id = sealed.trace.and_then(|trace| trace.span_id).map(str::to_owned);
        Some(Self { row, trace_id, span_id, arrived: leaf.arrived, hash })
    }

    /// The segment document: from the arrival of the event to the commit of its batch.
    pub(crate) fn segment(&self, key: &str, committed: Timestamp) -> String {
        let seconds = |at: Timestamp| at.as_millisecond() as f64 / 1e3;
        let (epoch, unique) = self.trace_id.split_at(8);
        let mut segment = json!({
            "name": "cairn",
            "id": &self.hash.to_string()[..16],
            "trace_id": format!("1-{epoch}-{unique}"),
            "start_time": seconds(self.arrived),
            "end_time": seconds(committed.max(self.arrived)),
            "annotations": { "place": format!("{key}#{}", self.row) },
        });
        if let Some(span) = &self.span_id {
            segment["parent_id"] = span.as_str().into();
        }
        segment.to_string()
    }
}

/// Which service is told (`CAIRN_TRACES`).
#[derive(Debug)]
struct XRay;

impl FromStr for XRay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "xray" => Ok(Self),
            _ => Err(format!("expected `xray` or nothing, found `{text}`")),
        }
    }
}

/// X-Ray's daemon, which Lambda runs beside a function that has active tracing.
#[derive(Debug)]
pub struct Daemon {
    socket: UdpSocket,
    address: Address,
}

/// Where the daemon listens: `host:port`, or `tcp:host:port udp:host:port`.
#[derive(Debug)]
struct Address(String);

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let udp = text.split(' ').find_map(|part| part.strip_prefix("udp:")).unwrap_or(text);
        match udp.rsplit_once(':') {
            Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => {
                Ok(Self(udp.to_owned()))
            }
            _ => Err(format!("expected `host:port`, found `{text}`")),
        }
    }
}

impl Daemon {
    /// The daemon that the environment names, if traces are to be told (`CAIRN_TRACES`,
    /// `AWS_XRAY_DAEMON_ADDRESS`).
    pub fn from_env() -> Result<Option<Self>, EnvironmentError> {
        if optional::<XRay>("CAIRN_TRACES")?.is_none() {
            return Ok(None);
        }
        let name = "AWS_XRAY_DAEMON_ADDRESS";
        let address = required(name)?;
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).and_then(|socket| {
            socket.set_nonblocking(true)?;
            Ok(socket)
        });
        let invalid = |error: io::Error| EnvironmentError::Invalid {
            name: "CAIRN_TRACES",
            detail: format!("expected a socket, found: {error}"),
        };
        Ok(Some(Self { socket: socket.map_err(invalid)?, address }))
    }

    /// Sends segments, as far as that can be done without waiting.
    pub fn send(&self, segments: &[String]) {
        for (sent, segment) in segments.iter().enumerate() {
            let datagram = format!("{HEADER}{segment}");
            if let Err(error) = self.socket.send_to(datagram.as_bytes(), &self.address.0) {
                let left = segments.len() - sent;
                tracing::warn!(%error, left, "traces were not told");
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_address_is_that_of_datagrams() {
        let address = |text: &str| text.parse::<Address>().map(|address| address.0);
        assert_eq!(address("127.0.0.1:2000").unwrap(), "127.0.0.1:2000");
        assert_eq!(address("tcp:10.0.0.1:1 udp:10.0.0.2:2").unwrap(), "10.0.0.2:2");
        for wrong in ["", "2000", "host", ":2000", "host:port"] {
            assert!(address(wrong).unwrap_err().contains("expected `host:port`"), "{wrong}");
        }
        assert!("zipkin".parse::<XRay>().unwrap_err().contains("expected `xray`"));
    }
}
