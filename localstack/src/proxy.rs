//! A proxy between a function and the emulator that makes faults, as its requests pass.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::EXPECT;
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::driver::{Function, Pool};

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The function's processes are killed before it reaches the cloud.
    KillBefore,
    /// They are killed once the cloud has done it, before they are told.
    KillAfter,
    /// The connection breaks before it reaches the cloud.
    BreakBefore,
    /// It breaks once the cloud has done it.
    BreakAfter,
    /// The cloud does it at once, and its answer comes so much later.
    Hold(Duration),
    /// It reaches the cloud so much later, whoever is still waiting then.
    Late(Duration),
    /// It is refused, and does not reach the cloud.
    Refuse,
    /// It is refused because KMS is asked too often, and does not reach the cloud.
    Throttle,
    /// It reaches the cloud twice, and the second answer is told: as if something on the way had lost
    /// the first, and tried again.
    Twice,
}

/// A request that passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passing {
    /// How many passed since the rule was set, with this one.
    pub number: usize,
    /// Method and path, or the name of the operation where that is in a header.
    pub what: String,
    /// Bytes of its body.
    pub size: usize,
}

/// Decides what happens to a request.
pub type Rule = Box<dyn FnMut(&Passing) -> Option<Fault> + Send>;

/// The proxy. It ends with its runtime.
#[derive(Clone)]
pub struct Proxy {
    address: String,
    state: Arc<State>,
}

struct State {
    cloud: String,
    inner: Mutex<Inner>,
}

struct Inner {
    rule: Rule,
    passed: usize,
    hit: Vec<Passing>,
    victims: Option<Arc<Pool>>,
}

type Answer = Result<Response<Full<Bytes>>, Broken>;

/// The connection breaks.
#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection breaks here")
    }
}

impl std::error::Error for Broken {}

impl Proxy {
    /// Starts one before the cloud at `endpoint`. It makes no faults until it is told to.
    pub async fn start(endpoint: &str) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}", listener.local_addr()?);
        let cloud = endpoint.trim_start_matches("http://").to_owned();
        let inner = Inner { rule: Box::new(|_| None), passed: 0, hit: Vec::new(), victims: None };
        let state = Arc::new(State { cloud, inner: Mutex::new(inner) });
        let accepting = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&accepting);
                tokio::spawn(async move {
                    let pass = service_fn(|request| Arc::clone(&state).pass(request));
                    let serve = hyper::server::conn::http1::Builder::new();
                    // It breaks where that is the fault.
                    let _ended = serve.serve_connection(TokioIo::new(stream), pass).await;
                });
            }
        });
        Ok(Self { address, state })
    }

    /// Puts itself between a function and the cloud.
    pub fn before(&self, function: &mut Function) {
        function.environment.insert("AWS_ENDPOINT_URL".to_owned(), self.address.clone());
    }

    /// Whose processes are killed.
    pub fn kills(&self, pool: &Arc<Pool>) {
        self.state.inner().victims = Some(Arc::clone(pool));
    }

    /// From here on this rule decides; requests are counted anew.
    pub fn set(&self, rule: impl FnMut(&Passing) -> Option<Fault> + Send + 'static) {
        let mut inner = self.state.inner();
        inner.rule = Box::new(rule);
        inner.passed = 0;
        inner.hit.clear();
    }

    /// From here on a batch is created and never committed: after it every request is a process's last.
    pub fn strand_a_batch(&self) {
        let mut created = false;
        self.set(move |passing| {
            let creates = passing.what.starts_with("PUT") && passing.what.contains("/batches/");
            let fault = match (created, creates) {
                (true, _) => Some(Fault::KillBefore),
                (false, true) => Some(Fault::KillAfter),
                (false, false) => None,
            };
            created |= creates;
            fault
        });
    }

    /// Ends all faults.
    pub fn heal(&self) {
        self.set(|_| None);
    }

    /// The requests that faults happened to, since the rule was set.
    pub fn hit(&self) -> Vec<Passing> {
        self.state.inner().hit.clone()
    }
}

impl State {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn pass(self: Arc<Self>, request: Request<Incoming>) -> Answer {
        let (mut parts, body) = request.into_parts();
        let body = body.collect().await.map_err(|_| Broken)?.to_bytes();
        // It has come; nobody need be asked to send it.
        parts.headers.remove(EXPECT);
        match self.judge(&parts, body.len()) {
            None => forward(&self.cloud, parts, body).await,
            Some(Fault::Refuse) => Ok(refusal(&parts, StatusCode::FORBIDDEN, "AccessDenied")),
            Some(Fault::Throttle) => {
                let s3 = !parts.headers.contains_key("x-amz-target");
                let code = if s3 { "KMS.ThrottlingException" } else { "ThrottlingException" };
                Ok(refusal(&parts, StatusCode::BAD_REQUEST, code))
            }
            Some(Fault::KillBefore) => {
                self.kill().await;
                Err(Broken)
            }
            Some(Fault::KillAfter) => {
                forward(&self.cloud, parts, body).await?;
                self.kill().await;
                Err(Broken)
            }
            Some(Fault::BreakBefore) => Err(Broken),
            Some(Fault::BreakAfter) => {
                forward(&self.cloud, parts, body).await?;
                Err(Broken)
            }
            Some(Fault::Twice) => {
                forward(&self.cloud, parts.clone(), body.clone()).await?;
                forward(&self.cloud, parts, body).await
            }
            Some(Fault::Hold(time)) => {
                let answer = forward(&self.cloud, parts, body).await;
                tokio::time::sleep(time).await;
                answer
            }
            Some(Fault::Late(time)) => {
                // A task of its own: it goes on where whoever asked is gone.
                let late = tokio::spawn(async move {
                    tokio::time::sleep(time).await;
                    forward(&self.cloud, parts, body).await
                });
                late.await.map_err(|_| Broken)?
            }
        }
    }

    fn judge(&self, parts: &Parts, size: usize) -> Option<Fault> {
        let mut inner = self.inner();
        inner.passed += 1;
        let what = match parts.headers.get("x-amz-target") {
            Some(target) => String::from_utf8_lossy(target.as_bytes()).into_owned(),
            None => format!("{} {}", parts.method, parts.uri),
        };
        let passing = Passing { number: inner.passed, what, size };
        let fault = (inner.rule)(&passing);
        if fault.is_some() {
            inner.hit.push(passing);
        }
        fault
    }

    async fn kill(&self) {
        let victims = self.inner().victims.clone();
        if let Some(victims) = victims {
            victims.kill_all().await;
        }
    }
}

async fn forward(cloud: &str, parts: Parts, body: Bytes) -> Answer {
    let stream = TcpStream::connect(cloud).await.map_err(|_| Broken)?;
    let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|_| Broken)?;
    tokio::spawn(connection);
    let request = Request::from_parts(parts, Full::new(body));
    let (parts, body) = sender.send_request(request).await.map_err(|_| Broken)?.into_parts();
    let body = body.collect().await.map_err(|_| Broken)?.to_bytes();
    Ok(Response::from_parts(parts, Full::new(body)))
}

/// What is answered instead of the cloud: as S3 says it, or as the services do that speak JSON.
fn refusal(parts: &Parts, status: StatusCode, code: &str) -> Response<Full<Bytes>> {
    let json = parts.headers.contains_key("x-amz-target");
    let body = match json {
        true => format!(r#"{{"__type":"{code}","message":"the proxy refuses"}}"#),
        false => format!("<Error><Code>{code}</Code><Message>the proxy refuses</Message></Error>"),
    };
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = if json { StatusCode::BAD_REQUEST } else { status };
    response
}
