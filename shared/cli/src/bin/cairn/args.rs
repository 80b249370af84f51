//! The arguments.

mod config;

use std::path::PathBuf;

use cairn_cli::generate::LATEST;
use cairn_cli::put::{Format, Partition};
use cairn_ledger::{ChainId, Coordinates};
use clap::{Parser, Subcommand, ValueEnum};
use jiff::Timestamp;

pub(crate) use config::{Config, ConfigBuild, ConfigCheck, ConfigCommand, ConfigDiff, ConfigShow};

const AFTER_HELP: &str = "\
Exits with 0 if all is fine, 1 if something wrong was found, 2 if the job could not be done.

The deployment is named by --deployment (or CAIRN_DEPLOYMENT), a file as Terraform and `cargo local`
write it; without one, by CAIRN_BUCKET, CAIRN_TABLE, CAIRN_STREAM, CAIRN_VERIFIER_KEYS and the like.
Credentials are found as AWS tools find them.";

/// Puts events on a Cairn deployment, and shows, proves, checks and verifies what it sealed.
#[derive(Debug, Parser)]
#[command(name = "cairn", version, after_help = AFTER_HELP, max_term_width = 100)]
pub(crate) struct Args {
    /// File that names the deployment's parts.
    #[arg(long, global = true, env = variable(), value_name = "FILE")]
    pub(crate) deployment: Option<PathBuf>,

    /// Answer in JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The variable that names the deployment's file. An empty one is as good as none, as for all other
/// variables.
fn variable() -> Option<&'static str> {
    const NAME: &str = "CAIRN_DEPLOYMENT";
    let empty = std::env::var_os(NAME).is_some_and(|value| value.is_empty());
    (!empty).then_some(NAME)
}

/// When a day can begin.
fn start(text: &str) -> Result<Timestamp, String> {
    let start: Timestamp = text.parse().map_err(|error: jiff::Error| error.to_string())?;
    match start <= LATEST {
        true => Ok(start),
        false => Err(format!("expected {LATEST} or earlier")),
    }
}

/// The key of a batch.
fn batch_key(text: &str) -> Result<(ChainId, u64), String> {
    let expected = "expected batches/<stream>/<created>/<shard>/<number, 20 digits>.parquet";
    cairn_batch::keys::parse_batch(text).ok_or_else(|| expected.to_owned())
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Put events on the stream.
    ///
    /// Files may hold one event, an array, JSON lines, a CloudTrail delivery or a list of Kubernetes
    /// audit events; plain, gzip or zstd. What is no JSON is put as it is: ingest keeps it, with the
    /// reason why it was rejected.
    ///
    /// Records go in requests of up to 500. What the stream refuses is put again, after what it took
    /// meanwhile: their order is that of the input only as long as nothing is refused. After a
    /// request without answer, records may be in the stream twice; the summary says how many.
    Put(Put),
    /// Generate the traffic of several tenants on one day, with an incident in it.
    ///
    /// The same options make the same bytes. From 100 events on, somebody's account is phished at
    /// the first tenant, in the small hours.
    Generate(Generate),
    /// Show how far chains, log and checkpoint are.
    Status,
    /// Show what the log has: its config changes, or the entry at a position.
    Log(Log),
    /// Show what was rejected, or has expired before it was sealed.
    #[command(subcommand)]
    Quarantine(Quarantine),
    /// Put back on the stream what was rejected, once; or what has expired.
    ///
    /// Each item is put in an envelope that names where it appeared first, and the ledger table
    /// remembers it: whoever comes again puts nothing. What the config bundle in force would reject again
    /// stays where it is, unless --force. Where a run ended without an answer, a later one (after 15 minutes)
    /// looks for the record on the stream before it puts it again.
    Redrive(Redrive),
    /// Find an event in the archive and show it.
    Show(Show),
    /// Make the proof file of an event.
    Prove(Prove),
    /// Check a proof file, offline.
    Check(Check),
    /// Verify the whole archive.
    Verify(Verify),
    /// Make the ledger table again, from the archive.
    ///
    /// For when the table was lost, or is not what it was: it is deleted, made anew and empty, and filled by
    /// this, while both functions stand still. The archive is verified first; what is wrong with it is not made
    /// into a table. Wherever a run ends early, the next one goes on.
    ///
    /// The marks of redrives are in the table alone, and stay lost.
    Recover(Recover),
    /// Order that a stopped chain goes on, once what stopped it is explained.
    ///
    /// Shows what lies at the chain's next key, and asks. The order acknowledges just that, as no batch of the
    /// chain; it is written to the archive, under lock, and the table names it. Ingest goes on in a new chain,
    /// `<chain>.1`, from the last good batch; the stopped chain stays stopped. May be run again at any time:
    /// there is one order for a stopped chain, and whoever comes later carries that one out.
    Resume(Resume),
    /// Check, compare, build, publish and show config bundles.
    Config(Config),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Put {
    /// Files and directories; `-` is standard input, the default.
    pub(crate) paths: Vec<PathBuf>,

    /// What decides the shard that an event goes to.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) partition: By,

    /// Pack events into records of up to so many KiB (256 unless given), as compressed JSON lines.
    #[arg(long, value_name = "KIB", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "256")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1024), conflicts_with = "partition")]
    pub(crate) pack: Option<u32>,

    /// What the input is. A format that is named is checked first: if anything is not of it, nothing
    /// is put.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Is,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Is {
    /// Whatever each event shows itself to be.
    #[default]
    Auto,
    /// Events of Cairn's own form.
    Event,
    /// AWS CloudTrail records, or the files it delivers.
    Cloudtrail,
    /// CloudEvents 1.0.
    Cloudevents,
    /// Audit events of Kubernetes, or lists of them.
    Kubernetes,
    /// OCSF events.
    Ocsf,
    /// Records as they are, such as KPL aggregates: each file is one, and each line of standard input.
    Raw,
}

impl From<Is> for Format {
    fn from(is: Is) -> Self {
        match is {
            Is::Auto => Self::Auto,
            Is::Event => Self::Event,
            Is::Cloudtrail => Self::Cloudtrail,
            Is::Cloudevents => Self::Cloudevents,
            Is::Kubernetes => Self::Kubernetes,
            Is::Ocsf => Self::Ocsf,
            Is::Raw => Self::Raw,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum By {
    /// Its bytes: shards fill evenly.
    #[default]
    Content,
    /// Its tenant, whose events then stay in one chain.
    Tenant,
    /// Its tenant and actor.
    Actor,
}

impl From<By> for Partition {
    fn from(by: By) -> Self {
        match by {
            By::Content => Self::Content,
            By::Tenant => Self::Tenant,
            By::Actor => Self::Actor,
        }
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Generate {
    /// Same seed, same events.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,

    /// How many events.
    #[arg(long, default_value_t = 1_000)]
    pub(crate) events: u64,

    /// How many tenants.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) tenants: u32,

    /// When the day begins, in RFC 3339.
    #[arg(long, value_name = "TIME", default_value = "2026-03-02T00:00:00Z", value_parser = start)]
    pub(crate) start: Timestamp,

    /// Tell the story of the incident on standard error, with the ids of its events.
    #[arg(long)]
    pub(crate) story: bool,

    /// Write to a file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Quarantine {
    /// List the items, with their reasons and what became of them.
    List(Selected),
    /// Show items whole: their reason, and the bytes that were rejected.
    Show {
        /// Where they appeared, as `<stream>/<created>/<shard>#<sequence number>#<index>`.
        #[arg(required = true, value_name = "COORDINATES")]
        items: Vec<Coordinates>,

        /// Write the bytes alone, as they are.
        #[arg(long, conflicts_with = "json")]
        raw: bool,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Selected {
    /// Only those that were rejected with this code, such as `schema.unknown`.
    #[arg(long, value_name = "CODE")]
    pub(crate) reason: Option<String>,

    /// Only those of this chain.
    #[arg(long, value_name = "CHAIN")]
    pub(crate) chain: Option<ChainId>,

    /// Only those that arrived at this time or later, in RFC 3339.
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<Timestamp>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Redrive {
    /// Where the items appeared, as `<stream>/<created>/<shard>#<sequence number>#<index>`; by default
    /// all that were rejected.
    #[arg(value_name = "COORDINATES")]
    pub(crate) items: Vec<Coordinates>,

    #[command(flatten)]
    pub(crate) selected: Selected,

    /// Redrive what has expired, in place of what was rejected.
    #[arg(long, conflicts_with = "reason")]
    pub(crate) expired: bool,

    /// Only tell what would become of each item.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Also put what would be rejected again.
    #[arg(long)]
    pub(crate) force: bool,

    /// Also put what an earlier run may have put, where the stream cannot tell any more: it may then
    /// be sealed twice.
    #[arg(long)]
    pub(crate) again: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Log {
    /// Position of the entry to show, from 0.
    pub(crate) position: Option<u64>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// Id of the event; or its place, as `batches/.../<number>.parquet#<index>`.
    pub(crate) event: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Prove {
    /// Id of the event; or its place, as `batches/.../<number>.parquet#<index>`.
    pub(crate) event: String,

    /// Write the proof to a file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// The proof file; `-` is standard input.
    pub(crate) proof: PathBuf,

    /// Verifier key of the log, `<origin>+<id>+<key>`; several if any of them may have signed.
    #[arg(long = "key", value_name = "VKEY", value_delimiter = ',', required = true)]
    pub(crate) keys: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Resume {
    /// The stopped chain, as `cairn status` names it.
    pub(crate) chain: ChainId,

    /// Why it may go on: what lies at its next key, how it came there, who looked.
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: String,

    /// Do not ask.
    #[arg(long)]
    pub(crate) yes: bool,

    /// Ingest has stood still for 20 minutes. Only asked for where no object lies at the next key, which would
    /// keep out a writer of the stopped chain that was under way.
    #[arg(long)]
    pub(crate) ingest_stood_still: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// A checkpoint that was kept elsewhere and that the log must extend, or several; by default the one
    /// that the last verification on this machine trusted.
    #[arg(long, value_name = "FILE")]
    pub(crate) since: Vec<PathBuf>,

    /// Verifier key of the log; several if any of them may have signed. By default the deployment's.
    #[arg(long = "key", value_name = "VKEY", value_delimiter = ',')]
    pub(crate) keys: Vec<String>,

    /// Neither use nor replace the checkpoint that this machine remembers.
    #[arg(long)]
    pub(crate) no_remember: bool,

    /// Leave out the ledger table, for auditors who may read the archive alone.
    #[arg(long)]
    pub(crate) no_table: bool,

    /// Write the checkpoint that was verified to a file: keep it outside the account.
    #[arg(long, value_name = "FILE")]
    pub(crate) checkpoint_out: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Recover {
    /// A checkpoint that was kept outside the account and that the archive must extend, or several.
    #[arg(long, value_name = "FILE", required_unless_present = "without_checkpoint")]
    pub(crate) since: Vec<PathBuf>,

    /// None was kept: the archive is believed where it agrees with itself. A cut tail or a rewritten
    /// history cannot be told.
    #[arg(long, conflicts_with = "since")]
    pub(crate) without_checkpoint: bool,

    /// Verifier key of the log; several if any of them may have signed. By default the deployment's.
    #[arg(long = "key", value_name = "VKEY", value_delimiter = ',')]
    pub(crate) keys: Vec<String>,

    /// Neither function runs, nor has begun to within the last 15 minutes. Nothing here can know it.
    #[arg(long, required_unless_present = "dry_run")]
    pub(crate) functions_are_stopped: bool,

    /// Key of what a chain was stopped before when the table was lost, as the reason of the stop began
    /// (`batches/.../<number>.parquet`): it is left uncommitted, and the chain is stopped again. May be repeated.
    /// Chains whose next object shows that it is not theirs are stopped without this.
    #[arg(long, value_name = "KEY", value_parser = batch_key)]
    pub(crate) stopped: Vec<(ChainId, u64)>,

    /// Only tell what would be written.
    #[arg(long)]
    pub(crate) dry_run: bool,
}
