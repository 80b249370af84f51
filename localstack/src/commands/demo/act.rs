//! The demonstration itself.

use std::fs;

use cairn_batch::keys;
use cairn_cli::prove::Proven;
use cairn_cli::status::Status;
use cairn_cli::verify::{self, verify};
use cairn_cli::{Query, check, prove};
use cairn_local::progress;
use cairn_store::Objects;
use cairn_verify::Report;

use super::input::{self, Put};
use super::stage::Stage;
use super::{Arguments, Checkpoint, DemoError, Outcome, Proof, Verification, Words};
use super::{tamper, wait};

pub(crate) async fn play(
    stage: &Stage,
    arguments: &Arguments,
    words: &Words,
) -> Result<Outcome, DemoError> {
    let put = input::put(stage, arguments, words).await?;
    seal(stage, &put, words).await?;
    let status = log(stage, words).await?;
    let (proof, key) = prove_one(stage, &put, &status, words).await?;
    let report = verify_all(stage, words).await?;
    let mut disappointments = Vec::new();
    account(&put, &report, &mut disappointments);
    words.title("7. Somebody tampers");
    let tampering = tamper::tamper(stage, &key, &report, words, &mut disappointments).await?;
    words.title("8. The end");
    let surplus = report.records.saturating_sub(put.summary.sent.records);
    if surplus > 0 {
        words
            .say(format!("{surplus} records are there twice: the request for them got no answer."));
    }
    words.say(ending(&report, &disappointments));
    Ok(outcome(report, proof, tampering, disappointments))
}

async fn seal(stage: &Stage, put: &Put, words: &Words) -> Result<(), DemoError> {
    words.title("3. Sealed");
    let status = wait::sealed(stage, &put.summary).await?;
    words.say(format!(
        "The ingest function read the stream, checked every record, and sealed what it found in\n\
         {} batches: Parquet files in S3, encrypted, and locked for {} days. Each names the one\n\
         before it by its hash, so the batches of a shard are a chain:",
        wait::batches(&status),
        stage.deployment.batch_retention_days
    ));
    for chain in &status.chains {
        let number = chain.number.map_or(0, |number| number + 1);
        words.say(format!("  {} has {number}", chain.chain));
    }
    Ok(())
}

async fn log(stage: &Stage, words: &Words) -> Result<Status, DemoError> {
    words.title("4. Logged and signed");
    let status = wait::logged(stage).await?;
    let checkpoint = status.checkpoint.as_ref().ok_or(DemoError::Nothing)?;
    words.say(format!(
        "The checkpoint function took every batch, and before the first the change to its config\n\
         bundle, into a transparency log, a Merkle tree of {} entries, and had KMS sign its root. This note stands for everything that was sealed; kept\n\
         outside the account, it shows any later change:",
        checkpoint.size
    ));
    let note = stage.cloud.objects()?.read(keys::CHECKPOINT).await?;
    let note = note.ok_or(DemoError::Nothing)?;
    for line in String::from_utf8_lossy(&note.body).lines() {
        words.say(format!("  {line}"));
    }
    Ok(status)
}

/// Proves one event and checks the proof offline; also gives the key of the event's batch.
async fn prove_one(
    stage: &Stage,
    put: &Put,
    status: &Status,
    words: &Words,
) -> Result<(Proof, String), DemoError> {
    words.title("5. One event, proven");
    let chain = status.chains.iter().find(|chain| chain.number.is_some());
    let chain = chain.ok_or(DemoError::Nothing)?;
    let query = match &put.notable {
        Some((id, _)) => Query::Id(id.clone()),
        None => {
            let key = format!("batches/{}/{:020}.parquet", chain.chain, 0);
            Query::Place { key, index: 0 }
        }
    };
    let subject = query.to_string();
    let bar = progress::bar("looking for it");
    let proven = prove(&stage.cloud, &query, &bar).await;
    bar.finish_and_clear();
    let Proven { text, checked } = proven?;
    let again = check(&text, &stage.deployment.verifier_keys)?;
    let which = match &put.notable {
        Some((_, story)) => {
            format!("There was an incident that day. In one event somebody {story}:")
        }
        None => "The first one of a chain:".to_owned(),
    };
    words.say(format!(
        "{which}\n  {subject}\n\
         Its proof has {} bytes: the event, the hashes on its way up to the signed root, and the\n\
         checkpoint. Checked offline, with nothing but the public key, it holds.",
        text.len()
    ));
    if stage.stays() {
        let path = stage.folder().join("event.tlog-proof");
        match fs::write(&path, &text) {
            Ok(()) => words.say(format!("It lies in {}", path.display())),
            Err(source) => return Err(DemoError::Io { path, source }),
        }
    }
    let ok = again.leaf == checked.leaf;
    Ok((Proof { subject, bytes: text.len(), ok }, checked.header.header.key))
}

async fn verify_all(stage: &Stage, words: &Words) -> Result<Report, DemoError> {
    words.title("6. Everything, verified");
    let report = verified(stage, None).await?;
    words.say(format!(
        "Every object was read again and every hash, root, link, lock and signature recomputed\n\
         from its bytes: {} records in {} batches hold {} events and {} rejections.",
        report.records, report.batches, report.events, report.rejections
    ));
    words.say(if report.ok { "All is as it was sealed." } else { "Something is wrong:" });
    say_findings(&report, words);
    Ok(report)
}

/// Verifies the whole archive, against an earlier checkpoint if there is one.
pub(crate) async fn verified(stage: &Stage, since: Option<String>) -> Result<Report, DemoError> {
    let bar = progress::bar("verifying");
    let options = verify::Options { since: since.into_iter().collect(), ..Default::default() };
    let verified = verify(&stage.cloud, &options, &bar).await;
    bar.finish_and_clear();
    Ok(verified?.report)
}

/// Lists findings, the first few of them.
pub(crate) fn say_findings(report: &Report, words: &Words) {
    for finding in report.findings.iter().take(10) {
        words.say(format!("  {}: {}\n    {}", finding.code, finding.subject, finding.detail));
    }
    if report.findings.len() > 10 {
        words.say(format!("  and {} more", report.findings.len() - 10));
    }
}

/// Compares what was put with what is verified to be there.
fn account(put: &Put, report: &Report, disappointments: &mut Vec<String>) {
    if !report.ok {
        disappointments.push(format!(
            "the archive is not as it was sealed: {} findings",
            report.findings.len()
        ));
    }
    let sent = &put.summary.sent;
    if report.records < sent.records {
        let lost = sent.records - report.records;
        disappointments.push(format!("{lost} of {} records that were put are lost", sent.records));
    }
    // After a request without answer, records are put again that may have been taken.
    let surplus = report.records.saturating_sub(sent.records);
    if surplus > sent.possibly_twice {
        disappointments.push(format!(
            "{surplus} more records are sealed than the {} that were put, expected at most {}",
            sent.records, sent.possibly_twice
        ));
    }
    if report.unlogged > 0 {
        disappointments.push(format!("{} batches are under no checkpoint", report.unlogged));
    }
    // What is put one by one is one event or one rejection each; a piece may hold more, never less.
    let items = report.events + report.rejections;
    if items < sent.pieces {
        disappointments.push(format!(
            "{} pieces were put, {items} events and rejections are sealed",
            sent.pieces
        ));
    }
    if put.notable.is_some() && report.rejections > 0 {
        disappointments.push(format!("{} generated events were rejected", report.rejections));
    }
}

fn ending(report: &Report, disappointments: &[String]) -> String {
    if disappointments.is_empty() {
        format!(
            "All {} records are accounted for, and nobody can change one without being seen by whoever\n\
             keeps this checkpoint.",
            report.records
        )
    } else {
        "Not everything went as it should: see below.".to_owned()
    }
}

fn outcome(
    report: Report,
    proof: Proof,
    tampering: tamper::Tampering,
    disappointments: Vec<String>,
) -> Outcome {
    Outcome {
        records: report.records,
        events: report.events,
        rejections: report.rejections,
        batches: report.batches,
        checkpoint: Checkpoint {
            origin: report.origin,
            size: report.size,
            root: report.root.to_string(),
        },
        verify: Verification { ok: report.ok, events: report.events, findings: report.findings },
        proof,
        tampering,
        disappointments,
    }
}
