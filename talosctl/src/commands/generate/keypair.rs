//! `talosctl gen keypair`.

use std::net::IpAddr;
use std::time::SystemTime;

use pki::{Algorithm, Authority, Name, PrivateKey, Sans, Validity, profile};

use crate::files::{self, Output, PUBLIC, SECRET};

/// Generate an Ed25519 key with a self-signed certificate
#[derive(Debug, clap::Args)]
#[command(after_help = "Writes <organization>.crt and <organization>.key.

Examples:
  talosctl gen keypair --organization gateway --ip 10.5.0.1")]
pub struct Args {
    /// Address to be certified
    #[arg(long, value_name = "ADDRESS")]
    ip: Option<IpAddr>,
    /// Organization of the certificate, and the files' name
    #[arg(long, value_name = "NAME")]
    organization: String,
}

/// Runs it.
pub fn run(args: &Args, force: bool) -> anyhow::Result<()> {
    let file = |extension: &str| super::key::file(&args.organization, extension);
    let (crt, key) = (file("crt")?, file("key")?);
    let subject = Name::organization(&args.organization);
    let sans = Sans::new().with_addresses(args.ip);
    let validity = Validity::starting(SystemTime::now(), profile::CA_LIFE);
    let pair = PrivateKey::generate(Algorithm::Ed25519)?;
    let authority = Authority::self_signed_for(pair, &subject, &sans, validity)?;
    files::write(
        &[
            Output::new(crt, PUBLIC, authority.certificate().to_pem()),
            Output::new(key, SECRET, authority.key().to_pem()?.as_bytes()),
        ],
        force,
    )
}
