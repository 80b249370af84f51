//! What a request's head tells without telling secrets.

use std::net::SocketAddr;

use http::{HeaderMap, header, request};
use serde_json::json;

use crate::event::{Draft, Source, Trace};

/// Bytes of a header's value that are kept.
const KEPT: usize = 512;

/// Adds what the head tells: the method, the address if the server put a [`SocketAddr`] into the extensions,
/// the user agent, and the trace. Neither path nor query: tokens travel in both.
pub(super) fn fill(mut draft: Draft, head: &request::Parts) -> Draft {
    let address = head.extensions.get::<SocketAddr>().map(SocketAddr::ip);
    let agent = text(&head.headers, header::USER_AGENT.as_str());
    let source = address.into_iter().fold(Source::new(), Source::ip);
    let source = agent.into_iter().fold(source, Source::user_agent);
    let trace =
        text(&head.headers, "x-request-id").into_iter().fold(Trace::new(), Trace::request_id);
    let trace = match trace_parent(&head.headers) {
        Some((trace_id, span_id)) => trace.trace_id(trace_id).span_id(span_id),
        None => trace,
    };
    draft.fill(
        Some(source).filter(|source| *source != Source::new()),
        Some(trace).filter(|trace| *trace != Trace::new()),
    );
    draft.data_in("http", "method", json!(head.method.as_str()))
}

/// The beginning of a header's value.
fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.as_bytes();
    let value = value.get(..KEPT).unwrap_or(value);
    Some(String::from_utf8_lossy(value).into_owned())
}

/// Trace and parent of `traceparent` (<https://www.w3.org/TR/trace-context/#traceparent-header>), if there is
/// one and it is valid.
fn trace_parent(headers: &HeaderMap) -> Option<(String, String)> {
    let mut values = headers.get_all("traceparent").iter();
    let (value, None) = (values.next()?.to_str().ok()?, values.next()) else { return None };
    let mut parts = value.split('-');
    let [version, trace, parent, flags] = [(); 4].map(|()| parts.next().unwrap_or_default());
    let hex = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let some = |text: &str| text.bytes().any(|byte| byte != b'0');
    let known = hex(version, 2) && version != "ff" && (version != "00" || parts.next().is_none());
    let valid =
        known && hex(trace, 32) && some(trace) && hex(parent, 16) && some(parent) && hex(flags, 2);
    valid.then(|| (trace.to_owned(), parent.to_owned()))
}
