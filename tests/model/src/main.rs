//! Checks both models and prints what was found; exits with 1 if a property does not hold, or a broken
//! protocol is not found out.

use std::process::ExitCode;

use cairn_model::{Report, check, ingest, log};
use clap::Parser;
use serde_json::json;

/// Checks the commit protocols of ingest and of the log.
#[derive(Debug, Parser)]
struct Args {
    /// Check the models that take minutes and some gigabytes of memory.
    #[arg(long)]
    long: bool,

    /// Answer in JSON, a line for each model.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let (ingest, log) = match args.long {
        true => (ingest::Bounds::long(), log::Bounds::long()),
        false => (ingest::Bounds::short(), log::Bounds::short()),
    };
    let mut fine = true;
    for bounds in ingest {
        let report = check(ingest::Model::new(bounds.clone(), None), false);
        fine &= holds(&args, &format!("ingest: {bounds}"), &report);
    }
    for bounds in log {
        let report = check(log::Model::new(bounds.clone(), None), false);
        fine &= holds(&args, &format!("log: {bounds}"), &report);
    }
    for mutation in ingest::Mutation::ALL {
        let report = check(ingest::Model::new(mutation.bounds(), Some(mutation)), true);
        fine &= found_out(&args, &format!("ingest, {mutation:?}"), &report);
    }
    for mutation in log::Mutation::ALL {
        let report = check(log::Model::new(mutation.bounds(), Some(mutation)), true);
        fine &= found_out(&args, &format!("log, {mutation:?}"), &report);
    }
    if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn holds(args: &Args, what: &str, report: &Report) -> bool {
    print(args, what, report);
    report.broken.is_empty()
}

fn found_out(args: &Args, what: &str, report: &Report) -> bool {
    print(args, what, report);
    !report.broken.is_empty()
}

fn print(args: &Args, what: &str, report: &Report) {
    if args.json {
        println!("{}", json!({ "model": what, "report": report }));
        return;
    }
    let Report { states, unique, depth, seconds, broken } = report;
    println!("{what}\n  {states} states, {unique} of them different, {depth} deep, {seconds:.1} s");
    for (property, steps) in broken {
        println!("  does not hold: {property}");
        for step in steps.lines() {
            println!("    {step}");
        }
    }
}
