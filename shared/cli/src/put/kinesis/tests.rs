#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;

use cairn_store::aws::Clients;
use cairn_store::{Deployment, LockMode};

use super::*;
use crate::Settings;
use crate::put::record::Place;

/// Answers every request with this status and an error of this kind; says so each time.
fn endpoint(status: u16, kind: &'static str) -> (String, mpsc::Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (said, asked) = mpsc::channel();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"}") {
                let mut part = [0; 4096];
                let n = connection.read(&mut part).unwrap();
                request.extend_from_slice(&part[..n]);
            }
            if said.send(()).is_err() {
                return;
            }
            let body = format!("{{\"__type\":\"{kind}\",\"message\":\"no\"}}");
            let length = body.len();
            let head = format!("HTTP/1.1 {status} No\r\nConnection: close\r\n");
            write!(connection, "{head}Content-Length: {length}\r\n\r\n{body}").unwrap();
        }
    });
    (address, asked)
}

async fn put(endpoint: String) -> SinkError {
    let deployment = Deployment {
        origin: "test".into(),
        verifier_keys: Vec::new(),
        region: "us-east-1".into(),
        endpoint: Some(endpoint.clone()),
        stream: "events".into(),
        bucket: String::new(),
        table: String::new(),
        bundle: None,
        data_key: String::new(),
        signing_keys: Vec::new(),
        lock_mode: LockMode::Compliance,
        batch_retention_days: 1,
        log_retention_days: 1,
        expired: None,
    };
    let clients = Clients::connect("us-east-1", Some(&endpoint)).await;
    let cloud = Cloud::new(Settings::from(&deployment), clients.with_access_key("test", "test"));
    let from = Place { path: "file".into(), number: 1, line: 1 };
    let record = Record { data: "{}".into(), key: "key".into(), pieces: 1, from };
    KinesisSink::new(&cloud).unwrap().put(&[&record]).await.unwrap_err()
}

#[tokio::test]
async fn one_call_is_one_request_and_its_failure_is_told_apart() {
    for (status, kind, lost) in [
        (500, "InternalFailure", true),
        (503, "ServiceUnavailable", true),
        (400, "ProvisionedThroughputExceededException", false),
        (429, "TooManyRequests", false),
    ] {
        let (address, asked) = endpoint(status, kind);
        let error = put(address).await;
        assert_eq!(asked.try_iter().count(), 1, "{kind}");
        match error {
            SinkError::Lost { why } => assert!(lost && why.contains(kind), "{why}"),
            SinkError::Again { why } => assert!(!lost && why.contains(kind), "{why}"),
            SinkError::Final { why } => panic!("{why}"),
        }
    }
}

#[tokio::test]
async fn what_cannot_be_reached_may_have_been_reached() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = put(format!("http://127.0.0.1:{port}")).await;
    assert!(matches!(error, SinkError::Lost { .. }), "{error:?}");
}

#[tokio::test]
async fn a_stream_that_is_not_there_is_not_asked_again() {
    let (address, _asked) = endpoint(400, "ResourceNotFoundException");
    assert!(matches!(put(address).await, SinkError::Final { .. }));
}
