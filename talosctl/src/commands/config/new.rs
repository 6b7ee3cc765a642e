//! `talosctl config new`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use config::talosconfig::Talosconfig;
use proto::machine::GenerateClientConfigurationRequest;

use crate::credentials::File;
use crate::global::Global;
use crate::output::human;
use crate::roles;
use crate::session::Session;

/// Let the cluster issue another client configuration
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl config new --roles os:reader --crt-ttl 24h reader.talosconfig")]
pub struct Args {
    /// Where to write it
    #[arg(default_value = "talosconfig")]
    path: PathBuf,
    /// What it allows
    #[arg(long, value_delimiter = ',', default_value = "os:admin", value_name = "ROLE", value_parser = roles::parse)]
    roles: Vec<String>,
    /// How long it is valid
    #[arg(long, default_value = "8760h", value_parser = human::parse_duration, value_name = "DURATION")]
    crt_ttl: Duration,
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    anyhow::ensure!(!args.path.exists(), "{} exists already: name another file", args.path.display());
    let session = Session::open(global)?;
    let node = session.one()?;
    let request = GenerateClientConfigurationRequest {
        roles: args.roles,
        crt_ttl: Some(proto::convert::duration(args.crt_ttl)),
    };
    let answer = node.machine().generate_client_configuration(node.request(request)).await;
    let answer = answer.context("error generating the client configuration")?.into_inner();
    let text = answer.messages.into_iter().next().map(|m| m.talosconfig).unwrap_or_default();
    let mut config = Talosconfig::parse(&text)?;
    anyhow::ensure!(!config.contexts.is_empty(), "the node sent no client configuration");
    for context in config.contexts.values_mut() {
        context.endpoints = session.endpoints().to_vec();
    }
    File { config, path: args.path }.save()
}
