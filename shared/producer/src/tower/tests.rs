#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::convert::Infallible;
use std::future::{pending, ready};
use std::sync::atomic::AtomicUsize;
use std::task::Waker;

use http::request::Parts;
use serde_json::Value;

use super::*;
use crate::config::{Compression, Config};
use crate::event::{Actor, Resource};
use crate::sink::{Answer, Parcel, PutError, Sink};

/// Takes nothing: what was audited stays in the queue, until shutdown hands it back.
struct Nowhere;

impl Sink for Nowhere {
    async fn put(&self, _: Vec<Parcel>, _: Compression) -> Result<Vec<Answer>, PutError> {
        Err(PutError { why: "nowhere".to_owned(), doubtful: false })
    }
}

fn producer(queue_events: usize) -> Producer {
    let config = Config { queue_events, ..Config::new("stream", "test") };
    Producer::with_sink(config, Nowhere).unwrap()
}

/// What was audited.
async fn audited(producer: &Producer) -> Vec<Value> {
    let ended = producer.shutdown(Duration::ZERO).await;
    let events = ended.undelivered.iter().map(|one| one.event.as_json());
    events.map(|json| serde_json::from_slice(json).unwrap()).collect()
}

fn describe(head: &Parts) -> Option<Draft> {
    let (actor, resource) = (Actor::new("user", "u-17"), Resource::new("path", head.uri.path()));
    (head.uri.path() != "/health")
        .then(|| Draft::new("acme", "http.request", actor, resource, Outcome::Success))
}

/// A service, and how often it was called.
#[derive(Clone)]
struct Inner<F> {
    work: F,
    calls: Arc<AtomicUsize>,
}

impl<F, W> Service<Request<()>> for Inner<F>
where
    F: Fn() -> W,
    W: Future<Output = Result<Response<()>, Infallible>>,
{
    type Response = Response<()>;
    type Error = Infallible;
    type Future = W;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> W {
        self.calls.fetch_add(1, Ordering::Relaxed);
        (self.work)()
    }
}

fn inner<F>(work: F) -> Inner<F> {
    Inner { work, calls: Arc::default() }
}

fn answers(
    status: u16,
) -> impl Fn() -> std::future::Ready<Result<Response<()>, Infallible>> + Clone {
    move || {
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        ready(Ok(response))
    }
}

fn request(path: &str) -> Request<()> {
    Request::get(path).body(()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_status_tells_the_outcome() {
    let producer = producer(100);
    let layer = AuditLayer::new(producer.clone(), describe);
    let cases = [
        (200, "success"),
        (204, "success"),
        (303, "success"),
        (400, "failure"),
        (401, "denied"),
        (403, "denied"),
        (404, "failure"),
        (500, "failure"),
    ];
    for (status, _) in cases {
        let response = layer.layer(inner(answers(status))).call(request("/a")).await.unwrap();
        assert_eq!(response.status(), status);
    }
    layer.layer(inner(answers(200))).call(request("/health")).await.unwrap();
    let mut events = audited(&producer).await;
    events.sort_by_key(|event| event["data"]["http"]["status"].as_u64());
    let found: Vec<_> = events.iter().map(|event| &event["outcome"]).collect();
    assert_eq!(found, cases.map(|(_, outcome)| outcome).iter().collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_done_that_cannot_be_audited() {
    let producer = producer(1);
    let layer = AuditLayer::new(producer.clone(), describe);
    let service = inner(answers(200));
    let response = layer.layer(service.clone()).call(request("/first")).await.unwrap();
    assert_eq!(response.status(), 200);
    let response = layer.layer(service.clone()).call(request("/second")).await.unwrap();
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()[header::RETRY_AFTER], "1");
    assert_eq!(service.calls.load(Ordering::Relaxed), 1, "it was called");
    assert_eq!((layer.unaudited(), audited(&producer).await.len()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_request_without_an_event_that_can_be_built_is_refused() {
    let producer = producer(100);
    let nameless = |_: &Parts| {
        let (actor, resource) = (Actor::new("user", ""), Resource::new("a", "b"));
        Some(Draft::new("acme", "http.request", actor, resource, Outcome::Success))
    };
    let service = inner(answers(200));
    let closed = AuditLayer::new(producer.clone(), nameless);
    let response = closed.layer(service.clone()).call(request("/")).await.unwrap();
    assert_eq!((response.status().as_u16(), service.calls.load(Ordering::Relaxed)), (500, 0));
    let open = AuditLayer::with(producer.clone(), nameless, WhenFull::FailOpen, Duration::ZERO);
    let response = open.layer(service.clone()).call(request("/")).await.unwrap();
    assert_eq!((response.status().as_u16(), service.calls.load(Ordering::Relaxed)), (200, 1));
    assert_eq!((closed.unaudited(), open.unaudited()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn where_it_fails_open_what_is_not_audited_is_counted() {
    let producer = producer(1);
    let layer = AuditLayer::with(producer.clone(), describe, WhenFull::FailOpen, Duration::ZERO);
    for _ in 0..3 {
        let response = layer.layer(inner(answers(200))).call(request("/")).await.unwrap();
        assert_eq!(response.status(), 200);
    }
    assert_eq!((layer.unaudited(), audited(&producer).await.len()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_dropped_or_panics_is_audited_as_unknown() {
    let producer = producer(100);
    let layer = AuditLayer::new(producer.clone(), describe);
    let mut dropped = layer.layer(inner(pending::<Result<_, _>>)).call(request("/dropped"));
    assert!(dropped.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(dropped);
    let panics = || async { panic!("as it should") };
    let panicked = tokio::spawn(layer.layer(inner(panics)).call(request("/panics")));
    assert!(panicked.await.is_err());
    let never_begun = layer.layer(inner(answers(200))).call(request("/never"));
    drop(never_begun);
    let mut events = audited(&producer).await;
    events.sort_by_key(|event| event["resource"]["id"].to_string());
    let found: Vec<_> =
        events.iter().map(|event| (&event["resource"]["id"], &event["outcome"])).collect();
    assert_eq!(
        found,
        [(&"/dropped".into(), &"unknown".into()), (&"/panics".into(), &"unknown".into())]
    );
}

struct Better;

impl Audit for Better {
    fn request(&self, head: &Parts) -> Option<Draft> {
        describe(head)
    }

    fn response(&self, draft: Draft, head: &response::Parts) -> Draft {
        match head.extensions.get::<String>() {
            Some(user) => draft.actor(Actor::new("user", user)).outcome(Outcome::Denied),
            None => draft.actor(Actor::new("user", "")),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_response_has_the_last_word_unless_it_makes_no_event() {
    let producer = producer(100);
    let layer = AuditLayer::new(producer.clone(), Better);
    let knows = || {
        let mut response = Response::new(());
        response.extensions_mut().insert("u-9".to_owned());
        ready(Ok(response))
    };
    layer.layer(inner(knows)).call(request("/a")).await.unwrap();
    layer.layer(inner(answers(200))).call(request("/b")).await.unwrap();
    let mut events = audited(&producer).await;
    events.sort_by_key(|event| event["resource"]["id"].to_string());
    let found: Vec<_> =
        events.iter().map(|event| (&event["actor"]["id"], &event["outcome"])).collect();
    assert_eq!(found, [(&"u-9".into(), &"denied".into()), (&"u-17".into(), &"unknown".into())]);
}

#[tokio::test(start_paused = true)]
async fn a_head_tells_where_it_comes_from_and_no_secret() {
    let producer = producer(100);
    let layer = AuditLayer::new(producer.clone(), describe);
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let request = Request::get("/a?token=Sekret")
        .header("authorization", "Bearer Sekret")
        .header("cookie", "session=Sekret")
        .header("user-agent", "é".repeat(600))
        .header("x-request-id", "r-1")
        .header("traceparent", trace)
        .extension("[2001:db8::1]:443".parse::<std::net::SocketAddr>().unwrap());
    layer.layer(inner(answers(200))).call(request.body(()).unwrap()).await.unwrap();
    let events = audited(&producer).await;
    let event = &events[0];
    assert_eq!(event["source"]["ip"], "2001:db8::1");
    assert_eq!(event["source"]["user_agent"], "é".repeat(256));
    assert_eq!(event["trace"]["trace_id"], trace[3..35]);
    assert_eq!(event["trace"]["span_id"], trace[36..52]);
    assert_eq!(event["trace"]["request_id"], "r-1");
    assert_eq!(event["data"]["http"], serde_json::json!({"method": "GET", "status": 200}));
    assert!(!event.to_string().contains("Sekret"), "{event}");
}

#[tokio::test(start_paused = true)]
async fn a_trace_parent_that_is_none_is_left_out() {
    let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let cases = [
        (good.to_owned(), true),
        (good.replacen("00", "cc", 1) + "-more", true),
        (good.to_owned() + "-more", false),
        (good.replacen("00", "ff", 1), false),
        (good.to_uppercase(), false),
        (good.replace("b7ad6b7169203331", "0000000000000000"), false),
        (good[..50].to_owned(), false),
        (String::new(), false),
    ];
    for (value, valid) in cases {
        let producer = producer(1);
        let layer = AuditLayer::new(producer.clone(), describe);
        let request = Request::get("/").header("traceparent", &value).body(()).unwrap();
        layer.layer(inner(answers(200))).call(request).await.unwrap();
        assert_eq!(audited(&producer).await[0].get("trace").is_some(), valid, "{value}");
    }
}
