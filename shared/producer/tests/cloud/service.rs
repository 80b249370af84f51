use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use cairn_local::Cloud;

use crate::support::{cloud, sealed};

/// The example, run as a person runs it.
struct Service {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
    address: String,
}

impl Service {
    fn start(cloud: &Cloud, spill: &Path) -> Self {
        let example = example();
        let mut command = Command::new(&example);
        command.envs(cloud.function("service", &example).environment);
        command.env("CAIRN_STREAM", &cloud.deployment().stream);
        command.env("ADDRESS", "127.0.0.1:0").env("SPILL_FOLDER", spill);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").expect(&line).to_owned();
        Self { child, output, address }
    }

    /// The status of the answer to a request.
    fn ask(&self, method: &str, path: &str, headers: &str) -> u16 {
        let mut connection = TcpStream::connect(&self.address).unwrap();
        let head =
            format!("{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}\r\n");
        connection.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// Interrupts it; what it says at the end.
    fn stop(mut self) -> String {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        rest
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ended = self.child.kill();
    }
}

/// Cargo builds examples with the tests, two folders below.
fn example() -> std::path::PathBuf {
    let tests = std::env::current_exe().unwrap();
    tests.parent().unwrap().parent().unwrap().join("examples/service")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_of_the_example_is_sealed_and_no_secret_of_it() {
    let cloud = cloud().await;
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(&cloud, &folder.path().join("spill"));
    let user = "X-User: u-17\r\nUser-Agent: curl/8\r\nAuthorization: Bearer Sekret!\r\n";
    let trace = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n";
    assert_eq!(service.ask("GET", "/documents/d-9?token=Sekret!", &format!("{user}{trace}")), 200);
    assert_eq!(service.ask("POST", "/documents/d-9/share", user), 200);
    assert_eq!(service.ask("POST", "/documents/broken/share", user), 500);
    assert_eq!(service.ask("DELETE", "/documents/d-9", ""), 403);
    assert_eq!(service.ask("GET", "/health", ""), 200);
    assert_eq!(service.stop(), "4 events accepted, 4 delivered\n");

    let sealed = sealed(&cloud, 4).await;
    let mut events = sealed.events.clone();
    events.sort_by_key(|event| event["producer"]["seq"].as_u64());
    let told: Vec<_> = events
        .iter()
        .map(|event| ["action", "outcome"].map(|field| event[field].as_str().unwrap()))
        .collect();
    let expected = [
        ["document.read", "success"],
        ["document.share", "success"],
        ["document.share", "failure"],
        ["document.delete", "denied"],
    ];
    assert_eq!(told, expected);
    let first = &events[0];
    assert_eq!(first["trace"]["trace_id"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(first["source"]["ip"], "127.0.0.1");
    assert_eq!(first["source"]["user_agent"], "curl/8");
    assert_eq!(first["data"]["http"]["status"], 200);
    assert_eq!(events[3]["actor"]["id"], "anonymous");
    let all = serde_json::to_string(&events).unwrap();
    assert!(!all.contains("Sekret"), "{all}");
}
