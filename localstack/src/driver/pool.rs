//! The processes of a function: kept warm, used again, replaced when they die.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::id;
use super::process::{Function, Handle, Outcome, Process};

/// A function and its processes.
#[derive(Debug)]
pub struct Pool {
    function: Function,
    idle: Mutex<Vec<Process>>,
    live: Mutex<Vec<Handle>>,
}

/// An invocation that took place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// Its request id.
    pub request_id: String,
    /// How it ended.
    pub outcome: Outcome,
}

impl Pool {
    /// No process yet.
    pub fn new(function: Function) -> Self {
        Self { function, idle: Mutex::default(), live: Mutex::default() }
    }

    /// The function.
    pub fn function(&self) -> &Function {
        &self.function
    }

    /// Invokes the function in a warm process, or in a new one if all are in use. `Err`: no process
    /// could be started.
    pub async fn invoke(&self, payload: Bytes) -> io::Result<Invocation> {
        let mut process = match self.warm() {
            Some(process) => process,
            None => self.start().await?,
        };
        let request_id = id::uuid();
        let outcome = process.invoke(&request_id, payload).await;
        if outcome.leaves_it_usable() {
            lock(&self.idle).push(process);
        } else {
            let pid = process.handle().pid();
            process.handle().kill().await;
            lock(&self.live).retain(|handle| handle.pid() != pid);
        }
        Ok(Invocation { request_id, outcome })
    }

    /// Kills every process, whatever it does, and waits until they are gone; how many there were. The
    /// next invocation starts a new one.
    pub async fn kill_all(&self) -> usize {
        let handles: Vec<_> = lock(&self.live).drain(..).collect();
        lock(&self.idle).clear();
        for handle in &handles {
            handle.kill().await;
        }
        handles.len()
    }

    fn warm(&self) -> Option<Process> {
        lock(&self.idle).pop()
    }

    async fn start(&self) -> io::Result<Process> {
        let process = Process::start(&self.function).await?;
        lock(&self.live).push(process.handle().clone());
        Ok(process)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
