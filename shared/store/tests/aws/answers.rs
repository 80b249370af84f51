//! Answers that the emulator never gives, from a server that says what it is told to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use cairn_ledger::{BatchHeader, ChainId, Counts, Hash, Lineage};
use cairn_store::aws::Clients;
use cairn_store::{
    BatchItem, ChainHead, ETag, LockMode, ObjectVersionRef, Objects, Retention, StoreError,
    StoreResult, Stream, Table, VersionId,
};

/// One answer: status and body; 0 to hang up without one.
type Answer = (u16, &'static str);

/// A server that gives its answers in turn, the last one for good, and keeps what it was asked.
struct Server {
    clients: Clients,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// A request.
struct Asked {
    /// Its headers, in lower case.
    head: String,
    body: String,
}

impl Server {
    async fn start(answers: &'static [Answer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let kept = asked.clone();
        // Ends with the test's process.
        std::thread::spawn(move || {
            for (place, connection) in listener.incoming().enumerate() {
                let answer = answers[place.min(answers.len() - 1)];
                serve(connection.unwrap(), answer, &kept);
            }
        });
        let clients = Clients::connect("us-east-1", Some(&endpoint)).await;
        Self { clients: clients.with_access_key("test", "test"), asked }
    }

    async fn create(answers: &'static [Answer]) -> (StoreResult<VersionId>, usize) {
        let server = Self::start(answers).await;
        let answer = server.clients.objects("bucket", "key").create("a", "1".into(), None).await;
        let calls = server.asked.lock().unwrap().len();
        (answer, calls)
    }

    async fn replace(answers: &'static [Answer]) -> StoreResult<ETag> {
        let server = Self::start(answers).await;
        let objects = server.clients.objects("bucket", "key");
        objects.replace("a", "1".into(), Some(&ETag::new("\"tag\""))).await
    }

    async fn commit(&self) -> StoreResult<()> {
        let (chain, head, item) = batch();
        self.clients.table("ledger").commit(&chain, None, &head, &item).await
    }
}

/// Reads one request and answers it; a connection for each.
fn serve(mut connection: TcpStream, (status, body): Answer, asked: &Mutex<Vec<Asked>>) {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    let mut length = 0;
    let mut head = String::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let line = line.to_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
        head.push_str(&line);
    }
    let mut sent = vec![0; length];
    reader.read_exact(&mut sent).unwrap();
    asked.lock().unwrap().push(Asked { head, body: String::from_utf8(sent).unwrap() });
    if status != 0 {
        let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\nx-amz-version-id: v1\r\n");
        let head = format!("{head}etag: \"e\"\r\ncontent-length: {}\r\n\r\n", body.len());
        connection.write_all((head + body).as_bytes()).unwrap();
    }
}

fn batch() -> (ChainId, ChainHead, BatchItem) {
    let chain: ChainId = "events/20260131T235959Z/shardId-000000000000".parse().unwrap();
    let hash = Hash::of(b"1");
    let header = BatchHeader {
        origin: "audit.example.com/prod".to_owned(),
        chain: chain.clone(),
        number: 0,
        lineage: Lineage::Genesis(Vec::new()),
        root: hash,
        counts: Counts::default(),
        tenants: hash,
        first: "1".parse().unwrap(),
        last: "1".parse().unwrap(),
        arrived: ["2026-01-31T23:59:59.000Z".to_owned(), "2026-01-31T23:59:59.000Z".to_owned()],
        bundle: hash,
        transform: "1".to_owned(),
        key: "a".to_owned(),
    };
    let item = BatchItem { header: header.seal(hash), version: VersionId::new("v") };
    let head = ChainHead {
        number: 0,
        link: item.header.link(),
        last: "1".parse().unwrap(),
        object: ObjectVersionRef { key: "a".to_owned(), version: VersionId::new("v") },
    };
    (chain, head, item)
}

const DONE: Answer = (200, "");
const BUSY: Answer = (409, "<Error><Code>ConditionalRequestConflict</Code></Error>");

/// The emulator says nothing of bucket keys, so what is asked for is looked at here.
#[tokio::test]
async fn a_put_asks_for_all_that_protects_an_object() {
    let server = Server::start(&[DONE]).await;
    let retention =
        Retention { mode: LockMode::Compliance, until: "2999-12-31T00:00:00.5Z".parse().unwrap() };
    let objects = server.clients.objects("bucket", "the-key");
    objects.create("a", "1".into(), Some(retention)).await.unwrap();
    let asked = server.asked.lock().unwrap();
    for header in [
        "if-none-match: *",
        "x-amz-checksum-sha256: ",
        "x-amz-object-lock-mode: compliance",
        "x-amz-object-lock-retain-until-date: 2999-12-31t00:00:01z",
        "x-amz-server-side-encryption: aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id: the-key",
        "x-amz-server-side-encryption-bucket-key-enabled: true",
    ] {
        let is_there = asked[0].head.lines().any(|line| line.starts_with(header));
        assert!(is_there, "no `{header}` in {}", asked[0].head);
    }
}

/// Kinesis writes a time as seconds with a fraction, which no double holds to the millisecond:
/// 1545084650.987 reads as …986999988. Lambda hands over the same digits, and both must make the same leaf.
#[tokio::test]
async fn records_arrived_at_the_millisecond_that_kinesis_wrote() {
    for (written, milliseconds) in [
        ("1545084650.987", 1_545_084_650_987),
        ("1545084650.986", 1_545_084_650_986),
        ("1767225600.001", 1_767_225_600_001),
        ("1767225600", 1_767_225_600_000),
    ] {
        let records = format!(
            r#"{{"MillisBehindLatest":0,"Records":[{{"ApproximateArrivalTimestamp":{written},
                "Data":"MQ==","PartitionKey":"1","SequenceNumber":"7"}}]}}"#
        );
        let answers = vec![(200, r#"{"ShardIterator":"i"}"#), (200, records.leak() as &str)];
        let stream = Server::start(answers.leak()).await.clients.stream();
        let number = "7".parse().unwrap();
        let found = stream.records("events", "shard", &number, &number).await.unwrap();
        assert_eq!(found[0].arrived.as_nanosecond(), milliseconds * 1_000_000, "{written}");
    }
}

#[tokio::test]
async fn a_put_that_meets_a_concurrent_one_is_made_again() {
    let (answer, calls) = Server::create(&[BUSY, BUSY, DONE]).await;
    assert_eq!((answer.unwrap().as_str(), calls), ("v1", 3));
}

#[tokio::test]
async fn a_put_that_keeps_meeting_others_is_unknown() {
    let (answer, calls) = Server::create(&[BUSY]).await;
    assert!(matches!(answer, Err(StoreError::Unknown { .. })), "{answer:?}");
    assert_eq!(calls, 5);
}

#[tokio::test]
async fn failed_conditions_of_puts_are_conflicts() {
    let failed = &[(412, "<Error><Code>PreconditionFailed</Code></Error>")];
    let (answer, calls) = Server::create(failed).await;
    assert!(matches!(answer, Err(StoreError::Conflict { .. })), "{answer:?}");
    assert_eq!(calls, 1);
    for answers in [failed, &[(404, "<Error><Code>NoSuchKey</Code></Error>")]] {
        let answer = Server::replace(answers).await;
        assert!(matches!(answer, Err(StoreError::Conflict { .. })), "{answer:?}");
    }
}

#[tokio::test]
async fn a_put_whose_answer_was_lost_may_meet_itself() {
    let (answer, calls) =
        Server::create(&[(0, ""), (412, "<Error><Code>PreconditionFailed</Code></Error>")]).await;
    assert!(matches!(answer, Err(StoreError::Conflict { .. })), "{answer:?}");
    assert_eq!(calls, 2, "the client tried again by itself");
}

#[tokio::test]
async fn a_store_without_capacity_throttles() {
    let (answer, calls) = Server::create(&[(503, "<Error><Code>SlowDown</Code></Error>")]).await;
    assert!(matches!(answer, Err(StoreError::Throttled { .. })), "{answer:?}");
    assert_eq!(calls, 4);
}

#[tokio::test]
async fn a_store_that_fails_leaves_the_outcome_unknown() {
    let (answer, _) = Server::create(&[(500, "<Error><Code>InternalError</Code></Error>")]).await;
    assert!(matches!(answer, Err(StoreError::Unknown { .. })), "{answer:?}");
}

#[tokio::test]
async fn a_store_that_hangs_up_leaves_the_outcome_unknown() {
    let (answer, _) = Server::create(&[(0, "")]).await;
    assert!(matches!(answer, Err(StoreError::Unknown { .. })), "{answer:?}");
}

#[tokio::test]
async fn a_role_without_the_right_is_refused_at_once() {
    let (answer, calls) =
        Server::create(&[(403, "<Error><Code>AccessDenied</Code></Error>")]).await;
    assert!(matches!(answer, Err(StoreError::Refused { .. })), "{answer:?}");
    assert_eq!(calls, 1);
}

const CONFLICT: Answer = (
    400,
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "CancellationReasons":[{"Code":"None"},{"Code":"TransactionConflict"},{"Code":"None"}]}"#,
);

const CONDITION: Answer = (
    400,
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "CancellationReasons":[{"Code":"ConditionalCheckFailed"},{"Code":"None"},{"Code":"None"}]}"#,
);

#[tokio::test]
async fn a_cancelled_transaction_tells_why() {
    let answer = Server::start(&[CONDITION]).await.commit().await;
    assert!(matches!(answer, Err(StoreError::Conflict { .. })), "{answer:?}");
    let answer = Server::start(&[CONFLICT]).await.commit().await;
    assert!(matches!(answer, Err(StoreError::Unknown { .. })), "{answer:?}");
}

#[tokio::test]
async fn a_transaction_keeps_its_token_over_retries_and_loses_it_after() {
    let server = Server::start(&[(0, ""), (200, "{}")]).await;
    server.commit().await.unwrap();
    server.commit().await.unwrap();
    let asked = server.asked.lock().unwrap();
    let token = |request: &Asked| {
        let request: serde_json::Value = serde_json::from_str(&request.body).unwrap();
        request["ClientRequestToken"].as_str().unwrap().to_owned()
    };
    let tokens: Vec<String> = asked.iter().map(token).collect();
    let [lost, again, next] = &tokens[..] else { panic!("{tokens:?}") };
    assert_eq!(lost, again, "the same transaction");
    assert_ne!(again, next, "another decision");
}
