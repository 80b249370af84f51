//! A layer that audits the requests of an HTTP service.

mod head;
mod pending;

use std::convert::identity;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderValue, Request, Response, StatusCode, header, request, response};
use tower_layer::Layer;
use tower_service::Service;

use crate::event::{Draft, Outcome};
use crate::producer::{Producer, Slot};
use pending::Pending;

/// Says what a request is, as an event. Closures that take a request's head are one.
///
/// Heads hold secrets (`authorization`, `cookie`, tokens in a query): what is put into the draft is
/// sealed for years.
pub trait Audit: Send + Sync + 'static {
    /// The event of a request that is about to be handled: tenant, action, actor and resource. What the
    /// layer adds: outcome, `data.http` and, unless they are set, source and trace. `None`: it is not
    /// audited.
    fn request(&self, head: &request::Parts) -> Option<Draft>;

    /// The last word, once the response is known and the outcome is set by its status: a handler may
    /// have put what it knows into the response's extensions.
    fn response(&self, draft: Draft, head: &response::Parts) -> Draft {
        let _not_needed = head;
        draft
    }
}

impl<F> Audit for F
where
    F: Fn(&request::Parts) -> Option<Draft> + Send + Sync + 'static,
{
    fn request(&self, head: &request::Parts) -> Option<Draft> {
        self(head)
    }
}

/// What becomes of a request that cannot be audited, as there is no room for its event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WhenFull {
    /// It is refused before anything is done: with 503, or with 500 if its event is not one that Cairn
    /// takes.
    #[default]
    FailClosed,
    /// It is handled unaudited, which is logged and counted.
    FailOpen,
}

/// Audits every request of a service, one event each.
///
/// Room for the event is reserved before the inner service is called, so that nothing is done that
/// cannot be told of. A request whose future is dropped or panics, or whose service fails without a
/// response, is audited with outcome `unknown`.
pub struct AuditLayer<A> {
    settings: Arc<Settings<A>>,
}

struct Settings<A> {
    audit: A,
    producer: Producer,
    when_full: WhenFull,
    patience: Duration,
    unaudited: Arc<AtomicU64>,
}

impl<A: Audit> AuditLayer<A> {
    /// A layer that refuses requests which it cannot audit within half a second.
    pub fn new(producer: Producer, audit: A) -> Self {
        Self::with(producer, audit, WhenFull::default(), Duration::from_millis(500))
    }

    /// A layer that waits that long for room, and then does this.
    pub fn with(producer: Producer, audit: A, when_full: WhenFull, patience: Duration) -> Self {
        let unaudited = Arc::default();
        Self { settings: Arc::new(Settings { audit, producer, when_full, patience, unaudited }) }
    }

    /// Requests that were handled and not audited: always 0 where the layer fails closed and the producer
    /// is shut down after the server.
    pub fn unaudited(&self) -> u64 {
        self.settings.unaudited.load(Ordering::Relaxed)
    }
}

impl<A> Clone for AuditLayer<A> {
    fn clone(&self) -> Self {
        Self { settings: self.settings.clone() }
    }
}

impl<A> std::fmt::Debug for AuditLayer<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditLayer")
            .field("producer", &self.settings.producer)
            .finish_non_exhaustive()
    }
}

impl<A, S> Layer<S> for AuditLayer<A> {
    type Service = AuditService<A, S>;

    fn layer(&self, inner: S) -> Self::Service {
        AuditService { settings: self.settings.clone(), inner }
    }
}

/// A service whose requests are audited.
pub struct AuditService<A, S> {
    settings: Arc<Settings<A>>,
    inner: S,
}

impl<A, S: Clone> Clone for AuditService<A, S> {
    fn clone(&self) -> Self {
        Self { settings: self.settings.clone(), inner: self.inner.clone() }
    }
}

impl<A, S> std::fmt::Debug for AuditService<A, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditService").finish_non_exhaustive()
    }
}

impl<A, S, B, R> Service<Request<B>> for AuditService<A, S>
where
    A: Audit,
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
    B: Send + 'static,
    R: Default + Send + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let settings = self.settings.clone();
        let clone = self.inner.clone();
        // The one that is ready is called.
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let (head, body) = request.into_parts();
        let draft = settings.audit.request(&head).map(|draft| head::fill(draft, &head));
        let request = Request::from_parts(head, body);
        Box::pin(async move {
            let Some(draft) = draft else { return inner.call(request).await };
            let pending = match settings.begin(draft).await {
                Ok(pending) => pending,
                Err(refused) => return Ok(refused.map(|()| R::default())),
            };
            let response = inner.call(request).await?;
            let (head, body) = response.into_parts();
            if let Some(pending) = pending {
                pending.end(&settings.audit, &head);
            }
            Ok(Response::from_parts(head, body))
        })
    }
}

impl<A: Audit> Settings<A> {
    /// Makes sure that the request can be audited, whatever becomes of it. `Ok(None)`: it is not,
    /// and is handled all the same.
    async fn begin(&self, draft: Draft) -> Result<Option<Pending>, Response<()>> {
        let fallback = match draft.clone().outcome(Outcome::Unknown).build() {
            Ok(event) => event,
            Err(error) => {
                tracing::error!(%error, "a request makes no event");
                return self.not_audited(refusal(StatusCode::INTERNAL_SERVER_ERROR));
            }
        };
        match self.slot().await {
            Some(slot) => Ok(Some(Pending::new(slot, draft, fallback, self.unaudited.clone()))),
            None => {
                tracing::error!(id = fallback.id(), "there is no room for the event of a request");
                self.not_audited(refusal(StatusCode::SERVICE_UNAVAILABLE))
            }
        }
    }

    async fn slot(&self) -> Option<Slot> {
        let reserved = tokio::time::timeout(self.patience, self.producer.reserve()).await;
        reserved.ok().and_then(identity)
    }

    fn not_audited(&self, refusal: Response<()>) -> Result<Option<Pending>, Response<()>> {
        match self.when_full {
            WhenFull::FailClosed => Err(refusal),
            WhenFull::FailOpen => {
                self.unaudited.fetch_add(1, Ordering::Relaxed);
                Ok(None)
            }
        }
    }
}

fn refusal(status: StatusCode) -> Response<()> {
    let mut response = Response::new(());
    *response.status_mut() = status;
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

#[cfg(test)]
mod tests;
