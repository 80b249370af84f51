//! One process of a function, as Lambda runs it: one invocation at a time, a time-out that kills.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use bytes::Bytes;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot, watch};

use super::id;
use super::runtime_api::{Job, Phase, Reply, RuntimeApi};

/// "The Init phase is limited to 10 seconds."
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>
const INIT: Duration = Duration::from_secs(10);

/// A function: what Lambda knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its `bootstrap`.
    pub binary: PathBuf,
    /// Its variables, and those that tell it where AWS is.
    pub environment: HashMap<String, String>,
    /// How long an invocation may take.
    pub timeout: Duration,
    /// Megabytes of memory that it is told it has.
    pub memory: u32,
    /// The file that its output is added to; `None`: its output is dropped.
    pub log: Option<PathBuf>,
}

/// How an invocation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The function answered.
    Answered(Bytes),
    /// The function reported an error.
    Failed {
        /// Its kind.
        kind: String,
        /// What it said.
        detail: Bytes,
    },
    /// The process ended before it answered, or could not initialise.
    Died(String),
    /// It took too long, and was killed.
    TimedOut,
}

impl Outcome {
    /// Whether the process can be used again.
    pub(super) fn leaves_it_usable(&self) -> bool {
        matches!(self, Self::Answered(_) | Self::Failed { .. })
    }
}

/// A running process. It is killed when this value is dropped.
#[derive(Debug)]
pub struct Process {
    function: Function,
    api: RuntimeApi,
    handle: Handle,
}

/// What is needed to end a process that somebody else is using.
#[derive(Debug, Clone)]
pub struct Handle {
    pid: u32,
    kill: mpsc::Sender<()>,
    exit: watch::Receiver<Option<ExitStatus>>,
}

impl Process {
    /// Starts the function's binary.
    pub async fn start(function: &Function) -> io::Result<Self> {
        let api = RuntimeApi::serve().await?;
        let mut command = Command::new(&function.binary);
        command
            .env_clear()
            .envs(&function.environment)
            .env("AWS_LAMBDA_RUNTIME_API", api.address().to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", &function.name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory.to_string())
            .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", function.name))
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "local")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        match &function.log {
            Some(path) => {
                let log = OpenOptions::new().create(true).append(true).open(path)?;
                command.stderr(log.try_clone()?).stdout(log);
            }
            None => {
                command.stdout(Stdio::null()).stderr(Stdio::null());
            }
        }
        let child = command.spawn()?;
        Ok(Self { function: function.clone(), api, handle: watch_over(child) })
    }

    /// What can end it.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Waits until it asks for its first invocation; `Err`: why it never will.
    pub async fn ready(&self) -> Result<(), Outcome> {
        let (mut phase, mut handle) = (self.api.phase(), self.handle.clone());
        let started = async {
            let phase = phase.wait_for(|phase| *phase != Phase::Starting).await;
            phase.map(|phase| phase.clone())
        };
        tokio::select! {
            biased;
            Ok(phase) = started => match phase {
                Phase::InitFailed(detail) => Err(Outcome::Died(detail)),
                Phase::Starting | Phase::Polled => Ok(()),
            },
            how = handle.ended() => Err(Outcome::Died(how)),
            () = tokio::time::sleep(INIT) => {
                self.handle.kill().await;
                Err(Outcome::TimedOut)
            }
        }
    }

    /// Hands over an event and waits for what becomes of it.
    pub async fn invoke(&mut self, request_id: &str, payload: Bytes) -> Outcome {
        if let Err(outcome) = self.ready().await {
            return outcome;
        }
        let ((begun, has_begun), (done, is_done)) = (oneshot::channel(), oneshot::channel());
        let Function { arn, timeout, .. } = &self.function;
        let (request_id, function) = (request_id.to_owned(), arn.clone());
        let (trace, timeout) = (id::trace(), *timeout);
        self.api
            .hand_over(Job { request_id, function, trace, timeout, payload, begun, done })
            .await;
        let mut handle = self.handle.clone();
        let too_late = async {
            // Between two polls a process is given no time.
            let _begun = has_begun.await;
            tokio::time::sleep(timeout).await;
        };
        tokio::select! {
            biased;
            Ok(reply) = is_done => match reply {
                Reply::Answer(answer) => Outcome::Answered(answer),
                Reply::Error { kind, detail } => Outcome::Failed { kind, detail },
            },
            how = handle.ended() => Outcome::Died(how),
            () = too_late => {
                self.handle.kill().await;
                Outcome::TimedOut
            }
        }
    }
}

impl Handle {
    /// Its process.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Kills it (SIGKILL) and waits until it is gone.
    pub async fn kill(&self) {
        // Whoever watches over it has gone only once it has ended.
        let _sent = self.kill.send(()).await;
        let mut exit = self.exit.clone();
        let _gone = exit.wait_for(Option::is_some).await;
    }

    /// Waits until it has ended; how it did.
    async fn ended(&mut self) -> String {
        let ended = self.exit.wait_for(Option::is_some).await;
        match ended.ok().and_then(|status| *status) {
            Some(status) => format!("the process ended: {status}"),
            None => "the process ended".to_owned(),
        }
    }
}

/// Owns the process, so that anybody can end it and everybody learns how it ended.
fn watch_over(mut child: Child) -> Handle {
    let pid = child.id().unwrap_or_default();
    let (kill, mut killed) = mpsc::channel(1);
    let (told, exit) = watch::channel(None);
    tokio::spawn(async move {
        let status = tokio::select! {
            status = child.wait() => status,
            // Asked to, or nobody is left who could ask.
            _ = killed.recv() => {
                let _sent = child.start_kill();
                child.wait().await
            }
        };
        told.send_replace(Some(status.unwrap_or_default()));
    });
    Handle { pid, kill, exit }
}
