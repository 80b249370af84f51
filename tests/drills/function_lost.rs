//! Ingest is deleted, with what feeds it, and made again.

use crate::drill::Drill;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_that_was_deleted_goes_on_where_it_was() {
    let mut drill = Drill::start("function-lost").await;
    drill.driven.put(0, 10, 50).await;
    drill.driven.put(1, 10, 50).await;
    drill.driven.put_bad(0).await;
    drill.driven.sealed().await;
    assert!(drill.tick().await);

    drill.does("aws lambda delete-event-source-mapping --uuid $(aws lambda list-event-source-mappings --function-name $name-ingest --query 'EventSourceMappings[0].UUID' --output text) > deleted.json; aws lambda delete-function --function-name $name-ingest").await;
    drill.obey().await;
    assert!(!drill.ingests());
    drill.driven.put(0, 10, 50).await;
    drill.driven.put(1, 10, 50).await;

    let gone = "aws lambda get-function-configuration --function-name $name-ingest";
    let looked = drill.run_with("Look", 0, &[], &[gone]).await;
    assert!(looked.contains("ResourceNotFoundException"), "{looked}");
    drill.command("aws kinesis increase-stream-retention-period").await;
    drill.say("stream", "retention_hours = 720");
    drill.apply().await;
    assert_eq!(drill.retention().await, 720);
    let looked = drill.run("Look", 0).await;
    assert!(looked.contains("TRIM_HORIZON"), "{looked}");
    drill.driven.sealed().await;
    drill.run("Do", 0).await;
    drill.take_out("stream");
    drill.apply().await;
    drill.finish(&[]).await;
}
