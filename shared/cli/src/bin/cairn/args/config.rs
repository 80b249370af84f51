//! The arguments of `cairn config`.

use std::path::PathBuf;

use cairn_cli::config::{Allowed, Source};
use clap::Subcommand;

#[derive(Debug, clap::Args)]
pub(crate) struct Config {
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Check a folder or bundle, and that it breaks nothing an earlier one promised.
    ///
    /// Whatever the earlier bundle took must still be taken, and be kept for as long. What cannot
    /// be told is refused. Schemas' examples are judged as ingest judges events.
    Check(ConfigCheck),
    /// Tell what differs between two bundles; exits with 1 if anything does.
    Diff(ConfigDiff),
    /// Make a bundle from a folder, and publish it.
    Build(ConfigBuild),
    /// Show a bundle, without its tenant key.
    Show(ConfigShow),
}

impl ConfigCommand {
    /// Whether a deployment is needed.
    pub(crate) fn is_remote(&self) -> bool {
        let remote = |source: &Option<Source>| source.as_ref().is_some_and(Source::is_remote);
        match self {
            Self::Check(args) => args.bundle.is_remote() || remote(&args.against),
            Self::Diff(args) => args.old.is_remote() || args.new.is_remote(),
            Self::Build(args) => args.publish || remote(&args.from),
            Self::Show(args) => args.bundle.is_remote(),
        }
    }
}

const FOLDER: &str = "infra/config";

#[derive(Debug, clap::Args)]
pub(crate) struct ConfigCheck {
    /// Folder or bundle: a path, a hash in the archive, or `current`.
    #[arg(default_value = FOLDER)]
    pub(crate) bundle: Source,

    /// The earlier bundle: a path, a hash in the archive, or `current`.
    #[arg(long, value_name = "BUNDLE")]
    pub(crate) against: Option<Source>,

    /// A break that is meant: a rule, everywhere or (after a colon) below a JSON pointer.
    #[arg(long = "allow", value_name = "RULE[:POINTER]")]
    pub(crate) allowed: Vec<Allowed>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ConfigDiff {
    /// The earlier one: a path, a hash in the archive, or `current`.
    pub(crate) old: Source,

    /// The later one.
    pub(crate) new: Source,
}

#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("key").required(true)))]
pub(crate) struct ConfigBuild {
    /// The folder.
    #[arg(default_value = FOLDER)]
    pub(crate) folder: PathBuf,

    /// Where the bundle is written; it holds the tenant key, so that its owner alone may read it.
    #[arg(long, value_name = "FILE", required_unless_present = "publish")]
    pub(crate) out: Option<PathBuf>,

    /// Take the tenant key of this bundle, and break nothing it promised.
    #[arg(long, group = "key", value_name = "BUNDLE")]
    pub(crate) from: Option<Source>,

    /// Take the tenant key from a file of 64 hexadecimal digits.
    #[arg(long, group = "key", value_name = "FILE", env = "CAIRN_TENANT_KEY_FILE")]
    pub(crate) tenant_key_file: Option<PathBuf>,

    /// Make a tenant key: for a deployment's first bundle, never again.
    #[arg(long, group = "key")]
    pub(crate) new_tenant_key: bool,

    /// A break with the bundle of --from that is meant.
    #[arg(long = "allow", value_name = "RULE[:POINTER]", requires = "from")]
    pub(crate) allowed: Vec<Allowed>,

    /// Put it into the archive of the deployment, locked.
    #[arg(long)]
    pub(crate) publish: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ConfigShow {
    /// A path, a hash in the archive, or `current`.
    #[arg(default_value = "current")]
    pub(crate) bundle: Source,
}
