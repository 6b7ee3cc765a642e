//! `talosctl gen secrets`.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use ::config::Config;
use ::config::generate::VersionContract;
use ::config::secrets::{Pair, Secrets};
use anyhow::Context as _;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pki::{Authority, PrivateKey};

use super::key::read;
use crate::commands::cluster::create::configuration::System;
use crate::files::{self, Output, SECRET};
use crate::output::note;

/// Generate a bundle of secrets for a cluster
#[derive(Debug, clap::Args)]
#[command(after_help = "The bundle is everything about a cluster that cannot be derived: keep it safe. \
    `talosctl gen config --with-secrets` makes the same configurations of it again.

Examples:
  talosctl gen secrets
  talosctl gen secrets --from-controlplane-config controlplane.yaml -o -")]
pub struct Args {
    /// Where to write it; - is standard output
    #[arg(short, long, default_value = "secrets.yaml", value_name = "FILE")]
    output: PathBuf,
    /// Version of the system that the cluster begins with
    #[arg(long, value_name = "VERSION", value_parser = VersionContract::parse)]
    talos_version: Option<VersionContract>,
    /// Take the secrets of an existing cluster, from the configuration of one of its control planes
    #[arg(long, value_name = "FILE", conflicts_with = "from_kubernetes_pki")]
    from_controlplane_config: Option<PathBuf>,
    /// Take over the authorities of a cluster that kubeadm made: its folder /etc/kubernetes/pki
    #[arg(short = 'p', long, value_name = "FOLDER")]
    from_kubernetes_pki: Option<PathBuf>,
    /// Use this token for joining kubelets
    #[arg(short = 't', long, value_name = "TOKEN", value_parser = parse_token)]
    kubernetes_bootstrap_token: Option<String>,
}

/// Runs it.
pub fn run(args: &Args, force: bool) -> anyhow::Result<()> {
    files::ensure_free(&args.output, force)?;
    let contract = args.talos_version.unwrap_or(VersionContract::CURRENT);
    let mut secrets = match (&args.from_controlplane_config, &args.from_kubernetes_pki) {
        (Some(path), _) => from_control_plane(path)?,
        (None, Some(folder)) => from_kubernetes(folder, contract)?,
        (None, None) => generate(contract)?,
    };
    if let Some(token) = &args.kubernetes_bootstrap_token {
        secrets.bootstrap_token.clone_from(token);
    }
    files::write(&[Output::new(&args.output, SECRET, secrets.to_text())], force)
}

/// New secrets.
///
/// # Errors
/// If the system has no randomness to give.
pub(super) fn generate(contract: VersionContract) -> anyhow::Result<Secrets> {
    note("generating PKI and tokens");
    Ok(Secrets::generate(contract, SystemTime::now(), &mut System)?)
}

/// The secrets of a file.
///
/// # Errors
/// If it is no bundle.
pub fn load(path: &Path) -> anyhow::Result<Secrets> {
    let (name, text) = files::read(path)?;
    Secrets::parse(&text).with_context(|| format!("cannot use {name}"))
}

fn from_control_plane(path: &Path) -> anyhow::Result<Secrets> {
    let (name, text) = files::read(path)?;
    // Leniently: the cluster may be of a newer version than this program.
    let config = Config::decode_lenient(&name, &text).map_err(|report| anyhow::anyhow!("{report}"))?;
    anyhow::ensure!(
        config.is_control_plane(),
        "{name} is not the configuration of a control plane: workers do not have all secrets"
    );
    Secrets::from_control_plane(&config).with_context(|| format!("{name} does not hold all secrets"))
}

/// What kubeadm has made stays; the rest is new.
fn from_kubernetes(folder: &Path, contract: VersionContract) -> anyhow::Result<Secrets> {
    let authority = |name: &str| {
        let (crt, key) = (folder.join(format!("{name}.crt")), folder.join(format!("{name}.key")));
        let (crt_text, key_text) = (read(&crt)?, read(&key)?);
        Authority::from_pem(&crt_text, &key_text)
            .with_context(|| format!("{} and {} are no authority", crt.display(), key.display()))?;
        anyhow::Ok(Pair { crt: STANDARD.encode(crt_text), key: STANDARD.encode(key_text) })
    };
    let service_account = folder.join("sa.key");
    let service_account_key = read(&service_account)?;
    PrivateKey::from_pem(&service_account_key)
        .with_context(|| format!("cannot use {}", service_account.display()))?;
    let (k8s, k8s_aggregator, etcd) = (authority("ca")?, authority("front-proxy-ca")?, authority("etcd/ca")?);
    Ok(Secrets {
        k8s,
        k8s_aggregator,
        etcd,
        k8s_service_account_key: STANDARD.encode(service_account_key),
        ..generate(contract)?
    })
}

/// `[a-z0-9]{6}.[a-z0-9]{16}`, as kubelets and the API server want it.
fn parse_token(text: &str) -> Result<String, String> {
    let is_part = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    match text.split_once('.') {
        Some((id, secret)) if is_part(id, 6) && is_part(secret, 16) => Ok(text.to_owned()),
        _ => Err("a token is 6 letters or digits, a dot and 16 letters or digits, all lower case".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_have_the_form_that_kubernetes_wants() {
        assert!(parse_token("abcdef.0123456789abcdef").is_ok());
        for text in ["", "abcdef", "abcdef.0123", "ABCDEF.0123456789abcdef", "abcdef.0123456789abcde-"] {
            assert!(parse_token(text).is_err(), "{text}");
        }
    }
}
