//! `cairn resume`.

use std::io::{self, BufRead, IsTerminal, Write};

use cairn_cli::Cloud;
use cairn_cli::resume::{self, ResumeError};

use crate::args::Resume;
use crate::output::{Output, note};
use crate::{Failure, Verdict, render, unable};

pub(crate) async fn resume(
    cloud: &Cloud,
    args: &Resume,
    output: &mut Output,
) -> Result<Verdict, Failure> {
    let failed = |error: ResumeError| match error.is_finding() {
        true => Failure::Wrong(error.into()),
        false => unable(error),
    };
    let context = resume::context(cloud, &args.why, args.ingest_stood_still).await;
    let context = context.map_err(failed)?;
    let objects = cloud.objects_for_writing().map_err(unable)?;
    let table = cloud.table().map_err(unable)?;
    let examined = resume::examine(&objects, &table, &context, &args.chain).await;
    let examined = examined.map_err(failed)?;
    if !output.json {
        render::examined(output, &examined)?;
        output.flush()?;
    }
    // An order that stands may be another's, and about something else than what lies there now.
    let needs_nobody = examined.named || (args.yes && examined.agrees());
    if !needs_nobody && (output.json || !is_confirmed()?) {
        return Err(unable("nothing was ordered"));
    }
    let resumed = resume::resume(&objects, &table, &context, examined).await.map_err(failed)?;
    match output.json {
        true => output.json(&resumed)?,
        false => render::resumed(output, &resumed)?,
    }
    Ok(Verdict::Fine)
}

/// Asks whoever sits at the terminal.
fn is_confirmed() -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        return Err(unable("expected somebody to ask, found no terminal: look, then say --yes"));
    }
    note(
        "This acknowledges, for good, that what lies there is no batch of the chain. Type `go on`:",
    );
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim() == "go on")
}
