//! `talosctl gen ca`.

use std::time::SystemTime;

use pki::{Algorithm, Authority, Name, PrivateKey, Validity};

use crate::files::{self, Output, PUBLIC, SECRET};

/// Generate a self-signed authority
#[derive(Debug, clap::Args)]
#[command(after_help = "Writes <organization>.crt, <organization>.key and <organization>.sha256, the \
    fingerprint of its public key.

Examples:
  talosctl gen ca --organization talos")]
pub struct Args {
    /// Organization of the authority, and the files' name
    #[arg(long, value_name = "NAME")]
    organization: String,
    /// How long it is valid
    #[arg(long, default_value = "87600", value_parser = clap::value_parser!(u32).range(1..))]
    hours: u32,
    /// Use RSA-4096 instead of Ed25519
    #[arg(long)]
    rsa: bool,
}

/// Runs it.
pub fn run(args: &Args, force: bool) -> anyhow::Result<()> {
    let name = &args.organization;
    let file = |extension: &str| super::key::file(name, extension);
    let paths = [file("crt")?, file("sha256")?, file("key")?];
    for path in &paths {
        files::ensure_free(path, force)?;
    }
    let algorithm = if args.rsa { Algorithm::Rsa } else { Algorithm::Ed25519 };
    let validity = Validity::starting(SystemTime::now(), super::life(args.hours));
    let subject = Name::organization(name);
    let authority = Authority::self_signed(PrivateKey::generate(algorithm)?, &subject, validity)?;
    let certificate = authority.certificate();
    // The form in which kubeadm and others take fingerprints of authorities.
    let digits: String = certificate.fingerprint().iter().map(|byte| format!("{byte:02x}")).collect();
    let [crt, sha256, key] = paths;
    files::write(
        &[
            Output::new(crt, PUBLIC, certificate.to_pem()),
            Output::new(sha256, PUBLIC, format!("sha256:{digits}\n")),
            Output::new(key, SECRET, authority.key().to_pem()?.as_bytes()),
        ],
        force,
    )
}
