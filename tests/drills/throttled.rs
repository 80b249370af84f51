//! KMS takes no more requests for a while.

use cairn_local::proxy::{Fault, Passing};

use crate::drill::Drill;

/// What needs a key: every object that is put, and every signature.
fn needs_kms(passing: &Passing) -> bool {
    let Passing { what, .. } = passing;
    what.starts_with("PUT") || what == "TrentService.Sign"
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn throttling_of_kms_is_waited_out() {
    let mut drill = Drill::start("throttles").await;
    drill.driven.put(0, 10, 50).await;
    drill.driven.put(1, 10, 50).await;
    drill.driven.sealed().await;
    assert!(drill.tick().await);

    drill.driven.proxy.set(|passing| needs_kms(passing).then_some(Fault::Throttle));
    drill.driven.put(0, 10, 50).await;
    drill.driven.put(1, 10, 50).await;
    drill.driven.put_bad(1).await;
    drill.struck(|hit| hit.what.contains("/batches/")).await;
    assert!(drill.tick().await, "there is nothing new to log");

    let looked = drill.run("Look", 0).await;
    assert!(looked.contains("KMS.ThrottlingException"), "{looked}");
    // Only signatures are throttled: the tick fails, and what it began is ended by a later one.
    drill
        .driven
        .proxy
        .set(|passing| (passing.what == "TrentService.Sign").then_some(Fault::Throttle));
    drill.driven.sealed().await;
    assert!(!drill.tick().await, "it was signed");
    let looked = drill.run("Look", 0).await;
    assert!(looked.contains("Sign arn:"), "{looked}");

    drill.driven.proxy.heal();
    drill.finish(&[]).await;
}
