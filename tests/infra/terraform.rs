//! Terraform and Checkov, as far as they can be run here.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// The account that tests are about.
const ACCOUNT: &str = "123456789012";

/// Terraform with something that stands in for the AWS provider, or with the provider itself.
#[derive(Debug, Clone)]
pub struct Terraform {
    program: PathBuf,
    offline: bool,
    account: &'static str,
}

impl Terraform {
    /// What can be run here, or why nothing can.
    pub fn find() -> Result<Self, String> {
        static FOUND: OnceLock<Result<Terraform, String>> = OnceLock::new();
        FOUND.get_or_init(Self::look).clone()
    }

    fn look() -> Result<Self, String> {
        let program = program().ok_or("no terraform to check infra with")?;
        // Stand-ins for providers, where a checkout has them beside it.
        let stand_in = root().join("../shared/terraform-schema/tf");
        if stand_in.is_file() {
            return Ok(Self { program: stand_in, offline: true, account: ACCOUNT });
        }
        let terraform = Self { program, offline: false, account: ACCOUNT };
        let output = terraform.init(&infra());
        match output.status.success() {
            true => Ok(terraform),
            false => Err("terraform cannot get the AWS provider".to_owned()),
        }
    }

    /// The same, in another account, as far as something stands in for AWS.
    pub fn of_account(&self, account: &'static str) -> Self {
        Self { account, ..self.clone() }
    }

    /// Whether nothing that is run reaches AWS.
    pub fn is_offline(&self) -> bool {
        self.offline
    }

    /// Runs a command in a folder.
    pub fn run(&self, folder: &Path, arguments: &[&str]) -> Output {
        if !self.offline {
            let output = self.init(folder);
            assert!(output.status.success(), "{}: {}", folder.display(), said(&output));
        }
        self.command(folder, arguments)
    }

    fn init(&self, folder: &Path) -> Output {
        self.command(folder, &["init", "-backend=false", "-input=false", "-no-color"])
    }

    fn command(&self, folder: &Path, arguments: &[&str]) -> Output {
        let mut command = Command::new(&self.program);
        command.arg(format!("-chdir={}", folder.display())).args(arguments).stdin(Stdio::null());
        command.env("TF_SCHEMA_ACCOUNT", self.account);
        if !self.offline {
            let data =
                root().join("target/local/terraform").join(folder.file_name().unwrap_or_default());
            command.env("TF_DATA_DIR", data);
        }
        command.output().unwrap_or_else(|error| panic!("{}: {error}", self.program.display()))
    }
}

/// The `terraform` on the path.
pub fn program() -> Option<PathBuf> {
    let version = Command::new("terraform").arg("version").output().ok()?;
    version.status.success().then(|| PathBuf::from("terraform"))
}

/// The folder of everything.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The folder of what is tested.
pub fn infra() -> PathBuf {
    root().join("infra").canonicalize().unwrap()
}

/// The root module, the modules and the examples that something holds for.
pub fn folders(holds: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let infra = infra();
    let inside = ["modules", "examples"].into_iter().flat_map(|kind| {
        let entries = std::fs::read_dir(infra.join(kind)).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect::<Vec<_>>()
    });
    let mut folders: Vec<_> =
        [infra.clone()].into_iter().chain(inside).filter(|f| holds(f)).collect();
    folders.sort();
    folders
}

/// All that a command wrote.
pub fn said(output: &Output) -> String {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&text).into_owned()
}

/// Checkov, installed on first use; or why it is not.
pub fn checkov() -> Result<PathBuf, String> {
    let python = cairn_local::python::environment_with("Checkov", include_str!("requirements.txt"));
    let python = python.map_err(|error| error.to_string())?;
    Ok(python.with_file_name("checkov"))
}
