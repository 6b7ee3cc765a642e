//! `talosctl patch`: machine configurations of nodes.

use crate::applying::{self, CONFIGURATIONS, Offer, Options, Target};
use crate::failure::usage;
use crate::global::Global;
use crate::patches;
use crate::session::Session;

/// Patch the machine configuration of nodes
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl -n 10.5.0.2 patch machineconfig -p @labels.yaml --dry-run
  talosctl -n 10.5.0.2,10.5.0.3 patch mc -p 'machine: {sysctls: {vm.swappiness: \"1\"}}'
  talosctl -n 10.5.0.2 patch mc -p '[{\"op\": \"remove\", \"path\": \"/machine/sysctls\"}]'")]
pub struct Args {
    #[command(flatten)]
    resource: Machineconfig,
    /// A patch: @file, folder or text
    #[arg(
        short,
        long,
        value_name = "PATCH",
        required_unless_present = "patch_file",
        allow_hyphen_values = true
    )]
    patch: Vec<String>,
    /// A file with a patch
    #[arg(long, value_name = "FILE")]
    patch_file: Vec<String>,
    #[command(flatten)]
    options: Options,
}

/// Which of a node's resources is meant: only its configuration can be changed.
#[derive(Debug, clap::Args)]
pub struct Machineconfig {
    /// Type of the resource: machineconfig, or mc
    #[arg(value_name = "TYPE")]
    typ: String,
    /// Its id
    #[arg(value_name = "ID", default_value = "v1alpha1")]
    id: String,
    /// Its namespace
    #[arg(long, default_value = CONFIGURATIONS.namespace)]
    namespace: String,
}

impl Machineconfig {
    /// Fails for everything that is not the configuration that a node works by.
    pub fn check(&self) -> anyhow::Result<()> {
        let known = resources::definition(CONFIGURATIONS.typ);
        let is_meant = known.is_some_and(|definition| {
            let spec = definition.resource().spec;
            let mut names = std::iter::once(&spec.resource_type).chain(&spec.all_aliases);
            names.any(|name| name.eq_ignore_ascii_case(&self.typ))
        });
        if !is_meant {
            return Err(usage(format!(
                "resource type {:?} cannot be changed: only machineconfig can, the command for it is `talosctl patch machineconfig`",
                self.typ
            )));
        }
        if self.id != "v1alpha1" || self.namespace != CONFIGURATIONS.namespace {
            return Err(usage(format!(
                "there is no {}/{} to change: leave the argument and the flag --namespace away",
                self.namespace, self.id
            )));
        }
        Ok(())
    }
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    args.resource.check()?;
    let files = args.patch_file.iter().map(|file| format!("@{}", file.strip_prefix('@').unwrap_or(file)));
    let values: Vec<String> = args.patch.iter().cloned().chain(files).collect();
    let patches = patches::load(&values)?;
    let session = Session::open(global)?;
    let offer = |target: &Target| {
        let Some(current) = &target.current else {
            anyhow::bail!(
                "its configuration cannot be read: it needs the role os:admin, and a configured node"
            )
        };
        let patched = patches::apply(current, &patches)?;
        Ok(Offer { config: patched.config, origins: patched.origins })
    };
    applying::apply(&session, &args.options, offer).await
}
