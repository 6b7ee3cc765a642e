//! `talosctl gen config`, and `talosctl machineconfig gen`, which is the same.

use std::net::Ipv6Addr;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use ::config::Config;
use ::config::documents::v1alpha1::MachineType;
use ::config::generate::{self, Comments, DEFAULT_INSTALL_DISK, DEFAULT_INSTALLER, Input, VersionContract};
use ::config::patch::Patch;
use ::config::secrets::Secrets;
use ::config::validate::{Mode, ValidateOptions};
use ::config::value::Url;
use clap::{ArgAction, ValueEnum};

use super::secrets;
use crate::commands::cluster::create::configuration::System;
use crate::failure::usage;
use crate::files::{self, Output, PUBLIC};
use crate::output::note;
use crate::patches;

/// A file that is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum OutputType {
    /// The configuration of control planes
    #[value(name = "controlplane")]
    ControlPlane,
    /// The configuration of workers
    Worker,
    /// The client configuration of an administrator
    Talosconfig,
}

impl OutputType {
    fn file(self) -> &'static str {
        match self {
            Self::ControlPlane => "controlplane.yaml",
            Self::Worker => "worker.yaml",
            Self::Talosconfig => "talosconfig",
        }
    }
}

/// Generate the configurations of a cluster
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Writes controlplane.yaml, worker.yaml and talosconfig. With the same secrets and flags \
    the first two are the same, byte for byte.

Examples:
  talosctl gen secrets
  talosctl gen config --with-secrets secrets.yaml demo https://10.5.0.1:6443
  talosctl gen config --with-secrets secrets.yaml demo https://10.5.0.1:6443 -t worker -o - \\
    --config-patch @workers.yaml"
)]
pub struct Args {
    /// Name of the cluster
    cluster_name: String,
    /// URL of the Kubernetes API, such as https://10.5.0.1:6443
    #[arg(value_parser = parse_endpoint)]
    endpoint: String,
    /// Folder for the files; of a single one its file, or - for standard output
    #[arg(short, long, value_name = "PATH", conflicts_with = "output_dir")]
    output: Option<PathBuf>,
    /// Folder for the files
    #[arg(long, value_name = "PATH", hide = true)]
    output_dir: Option<PathBuf>,
    /// What to write
    #[arg(short = 't', long, value_enum, value_delimiter = ',', value_name = "TYPE",
        default_values = ["controlplane", "worker", "talosconfig"])]
    output_types: Vec<OutputType>,
    /// Make them of this bundle instead of new secrets
    #[arg(long, value_name = "FILE")]
    with_secrets: Option<PathBuf>,
    /// Patch of all configurations: @file, folder or text
    #[arg(long, value_name = "PATCH", action = ArgAction::Append, allow_hyphen_values = true)]
    config_patch: Vec<String>,
    /// Patch of the configuration of control planes
    #[arg(long, value_name = "PATCH", action = ArgAction::Append, allow_hyphen_values = true)]
    config_patch_control_plane: Vec<String>,
    /// Patch of the configuration of workers
    #[arg(long, value_name = "PATCH", action = ArgAction::Append, allow_hyphen_values = true)]
    config_patch_worker: Vec<String>,
    /// Version of the system that the machines run
    #[arg(long, value_name = "VERSION", value_parser = VersionContract::parse)]
    talos_version: Option<VersionContract>,
    /// Version of Kubernetes
    #[arg(long, value_name = "VERSION", default_value = components::KUBERNETES, value_parser = parse_version)]
    kubernetes_version: String,
    /// Disk to install to; an empty one leaves it to patches
    #[arg(long, value_name = "DISK", default_value = DEFAULT_INSTALL_DISK)]
    install_disk: String,
    /// Image to install
    #[arg(long, value_name = "IMAGE", default_value = DEFAULT_INSTALLER)]
    install_image: String,
    /// Further names and addresses in certificates of the machines' and the Kubernetes API
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    additional_sans: Vec<String>,
    /// Domain of the cluster
    #[arg(long, value_name = "DOMAIN", default_value = "cluster.local")]
    dns_domain: String,
    /// Mirror of a registry: <host>=<URL>; several of one registry are asked in their order
    #[arg(long, value_name = "HOST=URL", value_delimiter = ',', value_parser = parse_mirror)]
    registry_mirror: Vec<(String, String)>,
    /// Explain fields in comments
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, action = ArgAction::Set,
        default_missing_value = "true", default_value = "true")]
    with_docs: bool,
    /// Add examples in comments
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, action = ArgAction::Set,
        default_missing_value = "true", default_value = "true")]
    with_examples: bool,
    /// Let members of the cluster find each other
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, action = ArgAction::Set,
        default_missing_value = "true", default_value = "true")]
    with_cluster_discovery: bool,
    /// Encrypt the traffic between nodes
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, action = ArgAction::Set,
        default_missing_value = "true", default_value = "false")]
    with_kubespan: bool,
    /// Make machines that run neither Kubernetes nor etcd
    #[arg(long, hide = true)]
    skip_k8s_etcd: bool,
    /// Version of the configuration language
    #[arg(long, value_name = "VERSION", default_value = "v1alpha1", value_parser = ["v1alpha1"])]
    version: String,
}

/// Runs it.
pub fn run(args: Args, force: bool) -> anyhow::Result<()> {
    let mut types = args.output_types.clone();
    types.sort();
    types.dedup();
    let paths = args.paths(&types)?;
    for path in &paths {
        files::ensure_free(path, force)?;
    }
    let common = patches::load(&args.config_patch)?;
    let control_plane = patches::load(&args.config_patch_control_plane)?;
    let worker = patches::load(&args.config_patch_worker)?;
    let contract = args.talos_version.unwrap_or(VersionContract::CURRENT);
    if args.skip_k8s_etcd && !contract.after(1, 13) {
        return Err(usage(format!(
            "machines of {contract} always run Kubernetes: --skip-k8s-etcd needs --talos-version v1.14"
        )));
    }
    let secrets = match &args.with_secrets {
        Some(path) => secrets::load(path)?,
        None => secrets::generate(contract)?,
    };
    let input = args.input(contract);
    let comments = Comments { docs: args.with_docs, examples: args.with_examples };
    let machine = |role, own: &[Patch]| {
        let all: Vec<Patch> = common.iter().chain(own).cloned().collect();
        machine(&input, &secrets, role, comments, &all)
    };
    let content = |output_type| match output_type {
        OutputType::ControlPlane => machine(MachineType::ControlPlane, &control_plane),
        OutputType::Worker => machine(MachineType::Worker, &worker),
        OutputType::Talosconfig => {
            let (name, now) = (&input.cluster_name, SystemTime::now());
            let made = generate::talosconfig(name, &secrets, Vec::new(), now, &mut System)?;
            Ok(made.to_text().into_bytes())
        }
    };
    let mut outputs = Vec::with_capacity(types.len());
    for (output_type, path) in types.into_iter().zip(paths) {
        let content = content(output_type)?;
        if output_type != OutputType::Talosconfig {
            review(&path, &content)?;
        }
        outputs.push(Output::new(path, PUBLIC, content));
    }
    files::write(&outputs, force)
}

/// Tells what is wrong with a configuration that is about to be written, at its place in the file. It may be
/// meant to be patched further, so it is written nevertheless.
fn review(path: &Path, text: &[u8]) -> anyhow::Result<()> {
    let config =
        Config::decode(&path.to_string_lossy(), text).map_err(|report| anyhow::anyhow!("{report}"))?;
    // As for a machine without disks to install to: where it will run is not known here.
    let report = config.validate(&ValidateOptions::local(Mode::Cloud));
    if !report.is_empty() {
        note(&report.to_string());
    }
    Ok(())
}

/// A configuration of a role with its patches.
fn machine(
    input: &Input,
    secrets: &Secrets,
    role: MachineType,
    comments: Comments,
    all: &[Patch],
) -> anyhow::Result<Vec<u8>> {
    let name = format!("{role} configuration");
    let base = patches::decode(&name, generate::machine_config(input, secrets, role).as_bytes())?;
    let config = patches::apply(&base, all)?.config;
    // After the patches, so that what they bring is explained and nothing that they change is shown as absent.
    Ok(match comments == Comments::NONE {
        true => config.bytes().to_vec(),
        false => generate::comment(&config, input.contract, comments).into_bytes(),
    })
}

impl Args {
    /// Where each file goes.
    fn paths(&self, types: &[OutputType]) -> anyhow::Result<Vec<PathBuf>> {
        let folder = |folder: PathBuf| types.iter().map(|t| folder.join(t.file())).collect();
        match (&self.output, types) {
            (None, _) => Ok(folder(self.output_dir.clone().unwrap_or_default())),
            (Some(path), [_]) if files::is_standard(path) => Ok(vec![path.clone()]),
            (Some(path), _) if files::is_standard(path) => Err(usage(
                "only one configuration can go to standard output: choose it with the flag --output-types",
            )),
            (Some(path), [one]) => {
                let is_folder = path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/");
                Ok(vec![if is_folder { path.join(one.file()) } else { path.clone() }])
            }
            (Some(path), _) => Ok(folder(path.clone())),
        }
    }

    fn input(&self, contract: VersionContract) -> Input {
        Input {
            kubernetes_version: self.kubernetes_version.clone(),
            contract,
            install_disk: self.install_disk.trim().to_owned(),
            install_image: self.install_image.clone(),
            additional_sans: self.additional_sans.iter().map(|name| name.trim().to_owned()).collect(),
            dns_domain: self.dns_domain.clone(),
            registry_mirrors: self.registry_mirror.clone(),
            discovery: self.with_cluster_discovery,
            kubespan: self.with_kubespan,
            kubernetes: !self.skip_k8s_etcd,
            ..Input::new(&self.cluster_name, &self.endpoint)
        }
    }
}

/// The endpoint of the Kubernetes API: an https URL with a host.
fn parse_endpoint(text: &str) -> Result<String, String> {
    let meant = || format!("it has to be a URL such as https://{}:6443", host_of(text));
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(format!("there is a blank in it, which no URL has: {}", meant()));
    }
    match text.parse::<Url>() {
        Ok(url) if url.scheme() == "https" && url.host().is_some() => Ok(text.to_owned()),
        Ok(url) if url.host().is_some() => {
            Err(format!("the Kubernetes API is served over https, not {}", url.scheme()))
        }
        _ => Err(meant()),
    }
}

/// What looks like the host in a text that is no URL, as URLs write it.
fn host_of(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    let scheme = text.find("//").map_or(0, |at| at + 2);
    let rest = text.get(scheme..).unwrap_or_default();
    // `https:/10.5.0.1` lacks only a slash.
    let rest = rest.strip_prefix("https:/").or(rest.strip_prefix("https:")).unwrap_or(rest);
    let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let bracketed = rest.strip_prefix('[').and_then(|rest| rest.split(']').next());
    let bare = bracketed.unwrap_or(rest);
    if bare.parse::<Ipv6Addr>().is_ok() && (bracketed.is_some() || !ends_with_port(bare)) {
        return format!("[{bare}]");
    }
    // Without brackets it cannot be told where an IPv6 address ends and its port begins, but 6443 is a port.
    if let Some((address, _)) = bare.rsplit_once(':')
        && address.contains(':')
        && address.parse::<Ipv6Addr>().is_ok()
    {
        return format!("[{address}]");
    }
    let host = bare.split(':').next().unwrap_or_default();
    if host.is_empty() { "10.5.0.1".to_owned() } else { host.to_owned() }
}

/// Whether an IPv6 address looks as if its port were a part of it.
fn ends_with_port(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(address, port)| {
        address.parse::<Ipv6Addr>().is_ok() && matches!(port, "6443" | "443" | "8443")
    })
}

fn parse_version(text: &str) -> Result<String, String> {
    let version = text.strip_prefix('v').unwrap_or(text);
    match semver::Version::parse(version) {
        Ok(_) => Ok(version.to_owned()),
        Err(_) => Err(format!("it has to be a full version such as {}", components::KUBERNETES)),
    }
}

/// A mirror of a registry: host and URL.
pub(crate) fn parse_mirror(text: &str) -> Result<(String, String), String> {
    let Some((host, url)) = text.split_once('=') else {
        return Err("it has to be <host>=<URL>, such as docker.io=https://mirror.example.org".to_owned());
    };
    match url.parse::<Url>() {
        Ok(parsed) if parsed.host().is_some() && !host.is_empty() => Ok((host.to_owned(), url.to_owned())),
        _ => Err(format!("{url:?} is not a URL such as https://mirror.example.org")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_https_urls_and_others_are_told_what_was_meant() {
        for text in ["https://10.5.0.1:6443", "https://[fd00::1]:6443", "https://k8s.example.org"] {
            assert_eq!(parse_endpoint(text).as_deref(), Ok(text));
        }
        for (text, expected) in [
            ("10.5.0.1", "https://10.5.0.1:6443"),
            ("10.5.0.1:6443", "https://10.5.0.1:6443"),
            ("http://10.5.0.1:6443", "over https, not http"),
            ("", "https://10.5.0.1:6443"),
            ("https://", "URL"),
            (
                "https://10.5.0.1:6443 ",
                "a blank in it, which no URL has: it has to be a URL such as https://10.5.0.1:6443",
            ),
            (" https://10.5.0.1:6443", "https://10.5.0.1:6443"),
            ("https://10.5.0.1:6443\n", "https://10.5.0.1:6443"),
            ("https://10.5.0.1 :6443", "https://10.5.0.1:6443"),
            ("fd00::1", "https://[fd00::1]:6443"),
            ("[fd00::1]", "https://[fd00::1]:6443"),
            ("[fd00::1]:6443", "https://[fd00::1]:6443"),
            ("fd00::1:6443", "https://[fd00::1]:6443"),
            ("https://fd00::1:6443", "https://[fd00::1]:6443"),
            ("https://2001:db8::10", "https://[2001:db8::10]:6443"),
            ("https://2001:db8:0:1:2:3:4:5:6443", "https://[2001:db8:0:1:2:3:4:5]:6443"),
            ("https:/10.5.0.1:6443", "https://10.5.0.1:6443"),
            ("https:10.5.0.1:6443", "https://10.5.0.1:6443"),
            ("k8s.example.org/path", "https://k8s.example.org:6443"),
        ] {
            let error = parse_endpoint(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn versions_and_mirrors_are_checked() {
        assert_eq!(parse_version("v1.36.3").as_deref(), Ok("1.36.3"));
        assert!(parse_version("1.36").is_err() && parse_version("latest").is_err());
        let mirror = ("docker.io".to_owned(), "http://10.5.0.1:5000".to_owned());
        assert_eq!(parse_mirror("docker.io=http://10.5.0.1:5000"), Ok(mirror));
        assert!(parse_mirror("docker.io").is_err() && parse_mirror("docker.io=mirror").is_err());
    }
}
