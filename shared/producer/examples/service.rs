//! A small HTTP service whose requests are audited. `README.md` beside this crate shows how it is run.

use std::net::SocketAddr;
use std::time::Duration;

use aws_config::BehaviorVersion;
use axum::Router;
use axum::extract::{ConnectInfo, Path, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{get, post};
use cairn_producer::{Actor, AuditLayer, Config, Draft, Outcome, Producer, Resource, SpillConfig};

type Error = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let stream = std::env::var("CAIRN_STREAM")
        .map_err(|_| "expected the name of the stream in CAIRN_STREAM, found nothing")?;
    let sdk =
        aws_config::defaults(BehaviorVersion::latest()).http_client(http_client()).load().await;
    let mut config = Config::new(stream, "service");
    config.spill = std::env::var_os("SPILL_FOLDER").map(SpillConfig::new);
    let producer = Producer::start(config, aws_sdk_kinesis::Client::new(&sdk))?;

    let address = std::env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    let service = router(&producer).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(interrupted()).await?;

    // After the server: no request is left that could still have something to say.
    let ended = producer.shutdown(Duration::from_secs(30)).await;
    let counters = producer.counters();
    println!("{} events accepted, {} delivered", counters.accepted, counters.delivered);
    match ended.undelivered.len() {
        0 => Ok(()),
        left => Err(format!("{left} events could not be delivered").into()),
    }
}

fn router(producer: &Producer) -> Router {
    Router::new()
        .route("/documents/{id}", get(read).delete(forbidden))
        .route("/documents/{id}/share", post(share))
        .layer(AuditLayer::new(producer.clone(), describe))
        .layer(from_fn(peer))
        .route("/health", get(async || "fine"))
}

/// What a request is. A real service takes the actor from what its authentication has found out.
fn describe(head: &Parts) -> Option<Draft> {
    let mut path = head.uri.path().trim_start_matches('/').split('/').skip(1);
    let document = Resource::new("document", path.next()?);
    let action = match (head.method.as_str(), path.next()) {
        ("POST", Some("share")) => "document.share",
        ("DELETE", None) => "document.delete",
        _ => "document.read",
    };
    let user = head.headers.get("x-user").and_then(|user| user.to_str().ok());
    let actor = Actor::new("user", user.unwrap_or("anonymous"));
    Some(Draft::new("acme", action, actor, document, Outcome::Unknown))
}

/// Tells the layer where a request comes from.
async fn peer(mut request: Request, next: Next) -> Response {
    if let Some(ConnectInfo(address)) = request.extensions().get::<ConnectInfo<SocketAddr>>() {
        let address = *address;
        request.extensions_mut().insert(address);
    }
    next.run(request).await
}

async fn read(Path(id): Path<String>) -> String {
    format!("document {id}\n")
}

async fn share(Path(id): Path<String>) -> Result<String, StatusCode> {
    if id == "broken" {
        Err(StatusCode::INTERNAL_SERVER_ERROR)
    } else {
        Ok(format!("shared {id}\n"))
    }
}

async fn forbidden() -> StatusCode {
    StatusCode::FORBIDDEN
}

/// One TLS stack, rustls over ring, as in the rest of Cairn.
fn http_client() -> aws_sdk_kinesis::config::SharedHttpClient {
    use aws_smithy_http_client::{Builder, tls};

    let ring = tls::rustls_provider::CryptoMode::Ring;
    Builder::new().tls_provider(tls::Provider::Rustls(ring)).build_https()
}

async fn interrupted() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        eprintln!("error: expected to hear of interrupts, found: {error}");
    }
}
