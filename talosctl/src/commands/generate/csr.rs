//! `talosctl gen csr`.

use std::net::IpAddr;
use std::path::PathBuf;

use pki::{Name, Sans, SigningRequest};

use crate::files::{self, Output, PUBLIC};
use crate::roles;

/// Generate a request for a certificate
#[derive(Debug, clap::Args)]
#[command(after_help = "Writes <key>.csr beside the key.

Examples:
  talosctl gen csr --key admin.key --roles os:reader")]
pub struct Args {
    /// The key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Address to be certified; without one the certificate is a client's
    #[arg(long, value_name = "ADDRESS")]
    ip: Option<IpAddr>,
    /// Roles to be certified
    #[arg(long, value_delimiter = ',', default_value = "os:admin", value_name = "ROLE", value_parser = roles::parse)]
    roles: Vec<String>,
}

/// Runs it.
pub fn run(args: &Args, force: bool) -> anyhow::Result<()> {
    let path = args.key.with_extension("csr");
    files::ensure_free(&path, force)?;
    let key = super::key::load(&args.key)?;
    let mut roles = args.roles.clone();
    roles.sort();
    roles.dedup();
    let subject = Name::default().with_organizations(roles);
    let request = SigningRequest::create(&key, &subject, &Sans::new().with_addresses(args.ip))?;
    files::write(&[Output::new(path, PUBLIC, request.to_pem())], force)
}
