//! The ledger table is not what it was, and is made again from the archive.

use crate::drill::Drill;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_was_altered_is_made_again() {
    let mut drill = Drill::start("table-lost").await;
    drill.driven.put(0, 20, 50).await;
    drill.driven.put(1, 20, 50).await;
    drill.driven.put_bad(1).await;
    drill.driven.sealed().await;
    assert!(drill.tick().await);
    drill.does("cairn verify --checkpoint-out kept.checkpoint").await;
    drill.driven.put(1, 5, 50).await;
    drill.driven.sealed().await;
    // Somebody takes a chain back by a batch, by hand.
    let item = drill.does("aws dynamodb scan --table-name $table --filter-expression 'sk = :head and begins_with(pk, :chain)' --expression-attribute-values '{\":head\":{\"S\":\"head\"},\":chain\":{\"S\":\"chain#\"}}' --query 'Items[0].{pk:pk,sk:sk}' --output json | tee key.json").await;
    assert!(item.contains("shardId-"), "{item}");
    drill.does("aws dynamodb delete-item --table-name $table --key file://key.json").await;

    drill.run("Hold still", 0).await;
    assert_eq!(drill.retention().await, 720);
    assert!(!drill.ingests());
    drill.say("", "paused = { ingest = true, checkpoint = true }");
    drill.say("stream", "retention_hours = 720");
    // What arrives meanwhile waits.
    drill.driven.put(0, 5, 50).await;

    drill.run("Make it again", 0).await;
    drill.run("Make it again", 1).await;
    drill.apply().await;
    let stopped = drill.run("Make it again", 2).await;
    assert_eq!(stopped.matches("chain.stopped").count(), 0, "{stopped}");
    let recovered = drill.run("Make it again", 3).await;
    assert!(recovered.contains("to be recovered:"), "{recovered}");
    assert!(recovered.contains("\nrecovered:"), "{recovered}");
    drill.take_out("paused");
    drill.say("", "paused = { ingest = true }");
    drill.apply().await;
    assert!(!drill.ingests());
    assert!(drill.tick().await && drill.tick().await);
    drill.run("Make it again", 4).await;
    drill.take_out("paused");
    drill.apply().await;
    drill.driven.sealed().await;

    // The marks of redrives were in the table that was, of which there is a backup.
    let backup = drill.does("aws dynamodb list-backups --table-name $table --query 'BackupSummaries[0].BackupArn' --output text").await;
    let example = "arn:aws:dynamodb:eu-central-1:111122223333:table/cairn-ledger/backup/01234567890123-abcdef";
    drill.run_with("Redrives", 0, &[(example, backup.trim())], &[]).await;

    drill.take_out("stream");
    drill.apply().await;
    assert_eq!(drill.retention().await, 168);
    drill.driven.put(0, 5, 50).await;
    drill.driven.put(1, 5, 50).await;
    drill.driven.sealed().await;
    drill.finish(&[]).await;
}
