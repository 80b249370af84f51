//! The Lambda Runtime API, as far as one invocation needs it, and a request for the ingest function.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::path::Path;
use std::process::{Command, Stdio};

use cairn_local::cloud::Cloud;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Id of the request that an invocation gets.
pub const REQUEST_ID: &str = "00000000-0000-4000-8000-000000000001";

/// Waits for a function to poll.
#[derive(Debug)]
pub struct RuntimeApi {
    listener: TcpListener,
}

/// A function that waits for work.
#[derive(Debug)]
pub struct Poll<'a> {
    api: &'a RuntimeApi,
    connection: BufReader<TcpStream>,
}

impl RuntimeApi {
    /// Listens on a free loopback port.
    pub async fn bind() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").await.unwrap() }
    }

    /// `AWS_LAMBDA_RUNTIME_API`.
    pub fn address(&self) -> String {
        self.listener.local_addr().unwrap().to_string()
    }

    /// The next `GET /2018-06-01/runtime/invocation/next`.
    pub async fn next_poll(&self) -> Poll<'_> {
        let (stream, _) = self.listener.accept().await.unwrap();
        let mut connection = BufReader::new(stream);
        let (line, _) = read_request(&mut connection).await;
        assert!(line.starts_with("GET") && line.contains("/invocation/next"), "{line}");
        Poll { api: self, connection }
    }
}

impl Poll<'_> {
    /// Hands over an event and returns the function's answer; the function may poll again.
    pub async fn invoke(mut self, event: Vec<u8>) -> String {
        let head = format!(
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\
             lambda-runtime-aws-request-id: {REQUEST_ID}\r\n\
             lambda-runtime-deadline-ms: 4102444800000\r\n\
             lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-central-1:123456789012:function:test\r\n\
             lambda-runtime-trace-id: Root=1-5759e988-bd862e3fe1be46a994272793\r\n\r\n",
            event.len()
        );
        self.connection.write_all(head.as_bytes()).await.unwrap();
        self.connection.write_all(&event).await.unwrap();
        self.connection.shutdown().await.unwrap();
        drop(event);
        // Connections are closed after each answer, so this is another one.
        let (stream, _) = self.api.listener.accept().await.unwrap();
        let mut connection = BufReader::new(stream);
        let (line, body) = read_request(&mut connection).await;
        assert!(line.starts_with("POST") && line.contains("/response"), "{line}: {body}");
        let done = b"HTTP/1.1 202 Accepted\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        connection.write_all(done).await.unwrap();
        connection.shutdown().await.unwrap();
        body
    }
}

/// The command that starts a function's binary as Lambda does, in this cloud.
pub fn function(binary: &Path, api: &RuntimeApi, cloud: &Cloud) -> Command {
    let mut command = Command::new(binary);
    command
        .env_clear()
        .envs(cloud.function_environment())
        .env("AWS_LAMBDA_RUNTIME_API", api.address())
        .env("AWS_LAMBDA_FUNCTION_NAME", "test")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "test")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "test")
        .stdout(Stdio::null());
    command
}

async fn read_request(connection: &mut BufReader<TcpStream>) -> (String, String) {
    let mut line = String::new();
    connection.read_line(&mut line).await.unwrap();
    let mut length = 0;
    let mut chunked = false;
    loop {
        let mut header = String::new();
        connection.read_line(&mut header).await.unwrap();
        let header = header.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        chunked |= header == "transfer-encoding: chunked";
    }
    if chunked {
        return (line, read_chunks(connection).await);
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).await.unwrap();
    (line, String::from_utf8(body).unwrap())
}

async fn read_chunks(connection: &mut BufReader<TcpStream>) -> String {
    let mut body = String::new();
    loop {
        let mut size = String::new();
        connection.read_line(&mut size).await.unwrap();
        let size = usize::from_str_radix(size.trim(), 16).unwrap();
        let mut chunk = vec![0; size + 2];
        connection.read_exact(&mut chunk).await.unwrap();
        if size == 0 {
            return body;
        }
        body.push_str(std::str::from_utf8(&chunk[..size]).unwrap());
    }
}
