//! Where the demonstration is played: an emulator that goes with this process, or one that stays.

use std::path::Path;

use aws_config::SdkConfig;
use cairn_cli::{Cloud, Settings};
use cairn_local::aws;
use cairn_local::cloud::{self, Options};
use cairn_local::emulator::{Detached, Emulator, REGION};
use cairn_local::progress::Step;
use cairn_store::Deployment;

use super::super::option;
use super::{DemoError, Words};

/// The emulator, the deployment in it, and clients of both kinds.
pub(crate) struct Stage {
    emulator: Kind,
    pub(crate) name: String,
    pub(crate) deployment: Deployment,
    pub(crate) config: SdkConfig,
    pub(crate) cloud: Cloud,
}

enum Kind {
    Owned(Emulator),
    Kept(Kept),
}

/// An emulator that is to stay up once the demonstration has been played. Until then it goes with
/// this value, as nobody would know of what a failure left behind.
struct Kept {
    name: String,
    emulator: Detached,
    stays: bool,
}

impl Drop for Kept {
    fn drop(&mut self) {
        if self.stays {
            return;
        }
        match Detached::stop(&self.name) {
            Ok(_) => eprintln!(
                "the cloud was taken down; the log of its emulator is {}",
                self.emulator.log().display()
            ),
            Err(error) => {
                eprintln!("error: {error}; stop it: cargo local down{}", option(&self.name));
            }
        }
    }
}

impl Stage {
    /// Starts an emulator, called `keep` if it is to stay, and deploys everything to it.
    pub(crate) async fn set(
        keep: Option<&str>,
        options: &Options,
        words: &Words,
    ) -> Result<Self, DemoError> {
        words.title("1. A cloud of its own");
        let emulator = {
            let _step = Step::begin("starting an emulator of AWS");
            start(keep)?
        };
        let endpoint = emulator.endpoint();
        let deployment = {
            let _step = Step::begin("deploying");
            cloud::deploy(&endpoint, options).await?
        };
        cloud::save(&deployment, emulator.folder())?;
        words.say(format!(
            "An emulator of AWS runs at {endpoint}; nothing leaves this machine. In it are now a Kinesis\n\
             stream ({}), two Lambda functions that run our real binaries, a DynamoDB table\n\
             ({}), an S3 bucket whose objects are encrypted and locked against deletion\n\
             ({}), and a KMS key that signs: all that Cairn has in production.",
            deployment.stream, deployment.table, deployment.bucket
        ));
        let clients = aws::clients(REGION, &endpoint).await;
        let config = aws::config(&endpoint).await;
        let cloud = Cloud::new(Settings::from(&deployment), clients);
        Ok(Self { emulator, name: options.name.clone(), deployment, config, cloud })
    }

    /// The folder of the emulator.
    pub(crate) fn folder(&self) -> &Path {
        self.emulator.folder()
    }

    /// Whether the emulator stays up.
    pub(crate) fn stays(&self) -> bool {
        matches!(self.emulator, Kind::Kept(..))
    }

    pub(crate) fn log_tail(&self) -> String {
        match &self.emulator {
            Kind::Owned(emulator) => emulator.log_tail(),
            Kind::Kept(kept) => kept.emulator.log_tail(),
        }
    }

    /// Takes everything down, or says how to use and stop it.
    pub(crate) fn strike(self, words: &Words) {
        match self.emulator {
            Kind::Owned(emulator) => {
                drop(emulator);
                words.say("The cloud is gone, and has left nothing behind.");
            }
            Kind::Kept(mut kept) => {
                kept.stays = true;
                let option = option(&kept.name);
                words.say(format!(
                    "The cloud stays up at {}. To use it: eval \"$(cargo local env{option})\"\n\
                     To stop it: cargo local down{option}",
                    kept.emulator.endpoint()
                ));
            }
        }
    }
}

fn start(keep: Option<&str>) -> Result<Kind, DemoError> {
    let Some(name) = keep else { return Ok(Kind::Owned(Emulator::start(false)?)) };
    if Detached::find(name)?.is_some() {
        return Err(DemoError::Taken { name: name.to_owned() });
    }
    let emulator = Detached::start(name, None, false)?;
    Ok(Kind::Kept(Kept { name: name.to_owned(), emulator, stays: false }))
}

impl Kind {
    fn endpoint(&self) -> String {
        match self {
            Self::Owned(emulator) => emulator.endpoint().to_owned(),
            Self::Kept(kept) => kept.emulator.endpoint(),
        }
    }

    fn folder(&self) -> &Path {
        match self {
            Self::Owned(emulator) => emulator.folder(),
            Self::Kept(kept) => kept.emulator.folder(),
        }
    }
}
