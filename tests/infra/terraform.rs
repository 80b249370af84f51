//! Terraform and Checkov, as far as they can be run here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// The account that tests are about.
const ACCOUNT: &str = "123456789012";

/// The account of every local cloud.
pub(crate) const LOCAL_ACCOUNT: &str = "000000000000";

/// Terraform with something that stands in for the AWS provider, or with the provider itself.
#[derive(Debug, Clone)]
pub(crate) struct Terraform {
    program: PathBuf,
    offline: bool,
    account: &'static str,
}

impl Terraform {
    /// What can be run here, or why nothing can.
    pub(crate) fn find() -> Result<Self, String> {
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

    /// Whether nothing that is run reaches AWS.
    pub(crate) fn is_offline(&self) -> bool {
        self.offline
    }

    /// Runs a command in a folder.
    pub(crate) fn run(&self, folder: &Path, arguments: &[&str]) -> Output {
        if !self.offline {
            let output = self.init(folder);
            assert!(output.status.success(), "{}: {}", folder.display(), said(&output));
        }
        self.command(folder, arguments)
    }

    /// Forgets what an earlier run applied: it may have been of another configuration.
    fn forget(&self, folder: &Path) {
        let listed = self.run(folder, &["state", "list"]);
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        let applied: Vec<&str> = listed.lines().collect();
        if !applied.is_empty() {
            let remove: Vec<&str> = ["state", "rm"].into_iter().chain(applied).collect();
            let output = self.run(folder, &remove);
            assert!(output.status.success(), "{}: {}", folder.display(), said(&output));
        }
    }

    fn init(&self, folder: &Path) -> Output {
        self.command(folder, &["init", "-backend=false", "-input=false", "-no-color"])
    }

    fn command(&self, folder: &Path, arguments: &[&str]) -> Output {
        let mut command = Command::new(&self.program);
        command.arg(format!("-chdir={}", folder.display())).args(arguments).stdin(Stdio::null());
        command.env("TF_SCHEMA_ACCOUNT", self.account);
        if !self.offline {
            // The provider is large: once for all folders, and none of it beside the sources.
            let local = root().join("target/local/terraform");
            let plugins = local.join("plugins");
            std::fs::create_dir_all(&plugins).unwrap();
            command.env("TF_PLUGIN_CACHE_DIR", plugins);
            command.env("TF_DATA_DIR", local.join(folder.file_name().unwrap_or_default()));
        }
        command.output().unwrap_or_else(|error| panic!("{}: {error}", self.program.display()))
    }
}

/// What an example comes to: attributes of resources by address, and outputs.
#[derive(Debug)]
pub(crate) struct Applied {
    resources: BTreeMap<String, (String, Value)>,
    outputs: Value,
}

impl Applied {
    /// Applies an example where something stands in for AWS, as the account of the local cloud if it is about that.
    pub(crate) fn of(example: &str, variables: &[(&str, Value)]) -> Result<Self, String> {
        let mut terraform = Terraform::find()?;
        if !terraform.offline {
            return Err("nothing stands in for AWS".to_owned());
        }
        if example == "localstack" {
            terraform.account = LOCAL_ACCOUNT;
        }
        let folder = infra().join("examples").join(example);
        let package = infra().join("tests/fixtures/bootstrap.zip");
        let packages = serde_json::json!({ "ingest": package, "checkpoint": package });
        let text = std::fs::read_to_string(folder.join("variables.tf")).unwrap();
        let packages = text.contains("variable \"packages\"").then_some(("packages", packages));
        let variables = packages.into_iter().chain(variables.iter().cloned());
        let variables: Vec<String> =
            variables.map(|(name, value)| format!("-var={name}={}", hcl(&value))).collect();
        terraform.forget(&folder);
        let mut apply = vec!["apply", "-auto-approve", "-no-color"];
        apply.extend(variables.iter().map(String::as_str));
        let output = terraform.run(&folder, &apply);
        assert!(output.status.success(), "{example}: {}", said(&output));
        let output = terraform.run(&folder, &["show", "-json"]);
        assert!(output.status.success(), "{example}: {}", said(&output));
        let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
        let mut resources = BTreeMap::new();
        collect(&shown["values"]["root_module"], &mut resources);
        Ok(Self { resources, outputs: shown["values"]["outputs"]["cairn"]["value"].clone() })
    }

    /// This example's resources and another's.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.resources.extend(other.resources);
        self
    }

    /// A resource of the module that the example calls, by its address in it.
    pub(crate) fn resource(&self, address: &str) -> &Value {
        let found = self.resources.get(&format!("module.cairn.{address}"));
        &found.unwrap_or_else(|| panic!("{address}: not among {:#?}", self.resources.keys())).1
    }

    /// All resources of a type.
    pub(crate) fn all(&self, kind: &str) -> impl Iterator<Item = &Value> {
        self.resources.values().filter(move |(found, _)| found == kind).map(|(_, value)| value)
    }

    /// All that the module puts out.
    pub(crate) fn outputs(&self) -> &Value {
        &self.outputs
    }

    /// What the module puts out.
    pub(crate) fn output(&self, name: &str) -> &Value {
        &self.outputs[name]
    }
}

/// Types and attributes of all resources of a module and those that it calls.
fn collect(module: &Value, resources: &mut BTreeMap<String, (String, Value)>) {
    let managed =
        module["resources"].as_array().into_iter().flatten().filter(|r| r["mode"] == "managed");
    for resource in managed {
        let kind = text(resource, "type").to_owned();
        resources.insert(text(resource, "address").to_owned(), (kind, resource["values"].clone()));
    }
    for module in module["child_modules"].as_array().into_iter().flatten() {
        collect(module, resources);
    }
}

/// A value as the command line takes it: strings as they are, the rest as JSON, which HCL contains.
fn hcl(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A member that is text.
pub(crate) fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value[member].as_str().unwrap_or_else(|| panic!("{member} of {value}"))
}

/// The `terraform` on the path.
pub(crate) fn program() -> Option<PathBuf> {
    let version = Command::new("terraform").arg("version").output().ok()?;
    version.status.success().then(|| PathBuf::from("terraform"))
}

/// The folder of everything.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The folder of what is tested.
pub(crate) fn infra() -> PathBuf {
    root().join("infra").canonicalize().unwrap()
}

/// The root module, the modules and the examples that something holds for.
pub(crate) fn folders(holds: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let infra = infra();
    let inside = ["modules", "examples", "examples/production"].into_iter().flat_map(|kind| {
        let entries = std::fs::read_dir(infra.join(kind)).unwrap();
        let entries = entries.map(|entry| entry.unwrap().path());
        entries.filter(|path| path.is_dir()).collect::<Vec<_>>()
    });
    let mut folders: Vec<_> =
        [infra.clone()].into_iter().chain(inside).filter(|f| holds(f)).collect();
    folders.sort();
    folders
}

/// All that a command wrote.
pub(crate) fn said(output: &Output) -> String {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&text).into_owned()
}

/// Checkov, installed on first use; or why it is not.
pub(crate) fn checkov() -> Result<PathBuf, String> {
    let python = cairn_local::python::environment_with("Checkov", include_str!("requirements.txt"));
    let python = python.map_err(|error| error.to_string())?;
    Ok(python.with_file_name("checkov"))
}
