//! Ctrl-C.

use std::future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use signal_hook::consts::SIGINT;
use signal_hook::flag;

/// How often it is looked for. tokio's own signals would have every AWS client compiled anew for
/// this one.
const LOOK: Duration = Duration::from_millis(100);

/// The exit code of who is interrupted, by the custom of shells: 128 and the signal's number.
const INTERRUPTED: i32 = 130;

/// Waits for Ctrl-C, for ever if it is not `wanted`: it then ends the process as ever. A second one
/// ends it at once.
pub async fn interrupted(wanted: bool) {
    let seen = Arc::new(AtomicBool::new(false));
    if !wanted || listen(&seen).is_err() {
        return future::pending().await;
    }
    while !seen.load(Ordering::Relaxed) {
        tokio::time::sleep(LOOK).await;
    }
}

fn listen(seen: &Arc<AtomicBool>) -> io::Result<()> {
    // In this order: the first signal must not find the flag set by itself.
    flag::register_conditional_shutdown(SIGINT, INTERRUPTED, Arc::clone(seen))?;
    flag::register(SIGINT, Arc::clone(seen))?;
    Ok(())
}
