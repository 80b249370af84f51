//! Lambda's Runtime API for one process of a function.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{AbortHandle, JoinSet};

use super::gather::PAYLOAD;

const VERSION: &str = "/2018-06-01/runtime";

/// Names the kind of an error that a function reports.
const ERROR_TYPE: &str = "lambda-runtime-function-error-type";

/// An invocation for the process.
pub(super) struct Job {
    pub(super) request_id: String,
    pub(super) function: String,
    pub(super) trace: String,
    pub(super) timeout: Duration,
    pub(super) payload: Bytes,
    /// Told once the process has taken it: from then on its time runs.
    pub(super) begun: oneshot::Sender<()>,
    pub(super) done: oneshot::Sender<Reply>,
}

/// What the process says of an invocation.
#[derive(Debug)]
pub(super) enum Reply {
    Answer(Bytes),
    Error { kind: String, detail: Bytes },
}

/// How far the process has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Phase {
    Starting,
    Polled,
    InitFailed(String),
}

/// A server for one process. It ends with this value.
#[derive(Debug)]
pub(super) struct RuntimeApi {
    address: SocketAddr,
    jobs: mpsc::Sender<Job>,
    phase: watch::Receiver<Phase>,
    server: AbortHandle,
}

struct Shared {
    jobs: tokio::sync::Mutex<mpsc::Receiver<Job>>,
    current: Mutex<Option<(String, oneshot::Sender<Reply>)>>,
    phase: watch::Sender<Phase>,
}

impl RuntimeApi {
    /// Listens on a free loopback port.
    pub(super) async fn serve() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (jobs, taken) = mpsc::channel(1);
        let (told, phase) = watch::channel(Phase::Starting);
        let jobs_taken = tokio::sync::Mutex::new(taken);
        let shared = Shared { jobs: jobs_taken, current: Mutex::new(None), phase: told };
        let server = tokio::spawn(accept(listener, Arc::new(shared))).abort_handle();
        Ok(Self { address, jobs, phase, server })
    }

    /// `AWS_LAMBDA_RUNTIME_API`.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the process stands.
    pub(super) fn phase(&self) -> watch::Receiver<Phase> {
        self.phase.clone()
    }

    /// Hands over an invocation; the process takes it with its next poll.
    pub(super) async fn hand_over(&self, job: Job) {
        // The receiver lives as long as the server, which lives as long as this.
        let _taken = self.jobs.send(job).await;
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // Dropped with this task: the connections end with it.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Ok((stream, _)) = listener.accept() => {
                connections.spawn(serve(stream, Arc::clone(&shared)));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let answer = service_fn(|request| {
        let shared = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(shared.answer(request).await) }
    });
    // A process that is killed leaves its connection in any state.
    let _ended = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
}

impl Shared {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path().to_owned();
        let Some(rest) = path.strip_prefix(VERSION) else {
            return plain(StatusCode::NOT_FOUND);
        };
        let invocation = rest.strip_prefix("/invocation/").and_then(|rest| rest.split_once('/'));
        match (request.method(), rest, invocation) {
            (&Method::GET, "/invocation/next", _) => self.next().await,
            (&Method::POST, "/init/error", _) => {
                let kind = kind(&request);
                let detail = body(request).await.unwrap_or_default();
                let detail = format!("{kind}: {}", String::from_utf8_lossy(&detail));
                self.phase.send_replace(Phase::InitFailed(detail));
                plain(StatusCode::ACCEPTED)
            }
            (&Method::POST, _, Some((id, "response"))) => {
                // Half an answer is none, and an empty one would mean success.
                let Some(answer) = body(request).await else {
                    return plain(StatusCode::BAD_REQUEST);
                };
                if answer.len() > PAYLOAD {
                    let detail = format!("an answer of {} bytes", answer.len()).into();
                    let kind = "Function.ResponseSizeTooLarge".to_owned();
                    self.done(id, Reply::Error { kind, detail });
                    return plain(StatusCode::PAYLOAD_TOO_LARGE);
                }
                self.done(id, Reply::Answer(answer))
            }
            (&Method::POST, _, Some((id, "error"))) => {
                let kind = kind(&request);
                self.done(
                    id,
                    Reply::Error { kind, detail: body(request).await.unwrap_or_default() },
                )
            }
            _ => plain(StatusCode::NOT_FOUND),
        }
    }

    /// "The runtime sends this request to Lambda to request an invocation event": it waits for one.
    async fn next(&self) -> Response<Full<Bytes>> {
        self.phase.send_replace(Phase::Polled);
        let Some(job) = self.jobs.lock().await.recv().await else {
            return plain(StatusCode::GONE);
        };
        let deadline = Timestamp::now() + SignedDuration::try_from(job.timeout).unwrap_or_default();
        let response = Response::builder()
            .header("content-type", "application/json")
            .header("lambda-runtime-aws-request-id", &job.request_id)
            .header("lambda-runtime-deadline-ms", deadline.as_millisecond())
            .header("lambda-runtime-invoked-function-arn", &job.function)
            .header("lambda-runtime-trace-id", &job.trace)
            .body(Full::new(job.payload));
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((job.request_id, job.done));
        // Nobody may be waiting any more; the invocation is then over already.
        let _told = job.begun.send(());
        response.unwrap_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR))
    }

    /// Ends the invocation in hand, if it is this one.
    fn done(&self, id: &str, reply: Reply) -> Response<Full<Bytes>> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        match current.take_if(|(current, _)| current == id) {
            Some((_, done)) => {
                let _heard = done.send(reply);
                plain(StatusCode::ACCEPTED)
            }
            None => plain(StatusCode::BAD_REQUEST),
        }
    }
}

fn kind(request: &Request<Incoming>) -> String {
    let kind = request.headers().get(ERROR_TYPE).and_then(|kind| kind.to_str().ok());
    kind.unwrap_or("Unhandled").to_owned()
}

/// What was sent; `None`, where the process died while sending it.
async fn body(request: Request<Incoming>) -> Option<Bytes> {
    request.into_body().collect().await.map(|body| body.to_bytes()).ok()
}

fn plain(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
