//! Records leave the stream before they are sealed, and come back.

use std::time::Duration;

use cairn_local::driver::Happening;
use cairn_local::proxy::Fault;

use crate::drill::Drill;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_that_expired_come_back_once() {
    let mut drill = Drill::start("expired").await;
    drill.age = Some(Duration::from_secs(20));
    drill.obey().await;
    drill.driven.put(0, 10, 50).await;
    drill.driven.sealed().await;
    assert!(drill.tick().await);

    // Ingest has no right to put to the archive, for longer than a record may wait.
    drill.driven.proxy.set(|passing| passing.what.starts_with("PUT").then_some(Fault::Refuse));
    drill.driven.put(0, 10, 50).await;
    let expired = |happening: &Happening| matches!(happening, Happening::Discarded { .. });
    drill.driven.until("expired", expired).await;
    let waits = drill.run("Look", 0).await;
    assert!(waits.contains("expired"), "{waits}");

    // Mended, and what comes after them is sealed.
    drill.driven.proxy.heal();
    drill.driven.put(0, 10, 50).await;
    drill.driven.sealed().await;
    let redriven = drill.run("Do", 0).await;
    assert!(redriven.contains("put"), "{redriven}");
    drill.sealed(30).await;
    drill.finish(&[]).await;
}
