//! Waiting for a part to become ready.

use std::time::{Duration, Instant};

use super::error::CloudError;

const PATIENCE: Duration = Duration::from_secs(60);

/// Asks for the state of `what` until it is `expected`.
pub(super) async fn until(
    what: &str,
    expected: &'static str,
    state: impl AsyncFn() -> Result<String, CloudError>,
) -> Result<(), CloudError> {
    let begun = Instant::now();
    loop {
        let found = state().await?;
        if found == expected {
            return Ok(());
        }
        if begun.elapsed() > PATIENCE {
            let (what, seconds) = (what.to_owned(), PATIENCE.as_secs());
            return Err(CloudError::Late { what, found, expected, seconds });
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
