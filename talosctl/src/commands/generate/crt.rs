//! `talosctl gen crt`.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Context as _;
use pki::{Authority, SigningRequest, profile};

use crate::files::{self, Output, PUBLIC};

/// Generate the certificate that a request asks for
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl gen crt --ca talos --csr admin.csr --name admin")]
pub struct Args {
    /// The authority: its files without .crt and .key
    #[arg(long, value_name = "NAME")]
    ca: PathBuf,
    /// The request
    #[arg(long, value_name = "FILE")]
    csr: PathBuf,
    /// Name of the file, without .crt
    #[arg(long)]
    name: String,
    /// How long it is valid
    #[arg(long, default_value = "24", value_parser = clap::value_parser!(u32).range(1..))]
    hours: u32,
}

/// Runs it.
pub fn run(args: &Args, force: bool) -> anyhow::Result<()> {
    let path = super::key::file(&args.name, "crt")?;
    files::ensure_free(&path, force)?;
    let text = super::key::read(&args.csr)?;
    let request =
        SigningRequest::from_pem(&text).with_context(|| format!("cannot use {}", args.csr.display()))?;
    let leaf = profile::as_requested(&request, SystemTime::now(), super::life(args.hours));
    let certificate = authority(&args.ca)?.issue(request.public_key(), &leaf)?;
    files::write(&[Output::new(path, PUBLIC, certificate.to_pem())], force)
}

/// The authority of a name; its certificate's file means the same.
fn authority(name: &Path) -> anyhow::Result<Authority> {
    let base = match name.extension() {
        Some(extension) if extension == "crt" => name.with_extension(""),
        _ => name.to_owned(),
    };
    let file = |extension: &str| {
        let mut path = base.clone().into_os_string();
        path.push(extension);
        PathBuf::from(path)
    };
    let (crt, key) = (file(".crt"), file(".key"));
    Authority::from_pem(&super::key::read(&crt)?, &super::key::read(&key)?)
        .with_context(|| format!("cannot sign with {} and {}", crt.display(), key.display()))
}
