//! Flags that every command towards nodes has (contract api.md 8.1).

use std::path::PathBuf;

use clap::Args;

/// Who is spoken to, and with which credentials.
#[derive(Debug, Clone, Default, Args)]
pub struct Global {
    /// Client configuration; usually $TALOSCONFIG, ~/.talos/config or /var/run/secrets/talos.dev/config
    #[arg(long, global = true, help_heading = "Connection", value_name = "PATH")]
    pub talosconfig: Option<PathBuf>,
    /// Nodes that the command is about, instead of the context's
    #[arg(
        short,
        long,
        global = true,
        help_heading = "Connection",
        value_delimiter = ',',
        value_name = "NODE"
    )]
    pub nodes: Vec<String>,
    /// Where the API is, instead of the context's endpoints
    #[arg(
        short,
        long,
        global = true,
        help_heading = "Connection",
        value_delimiter = ',',
        value_name = "ENDPOINT"
    )]
    pub endpoints: Vec<String>,
    /// Cluster to connect to through a proxy of several clusters
    #[arg(short, long, global = true, help_heading = "Connection", value_name = "NAME")]
    pub cluster: Option<String>,
    /// Context of the client configuration to use instead of the current one
    #[arg(long, global = true, help_heading = "Connection", value_name = "NAME")]
    pub context: Option<String>,
    /// Folder of SideroV1 keys
    #[arg(long, global = true, help_heading = "Connection", value_name = "PATH", hide = true)]
    pub siderov1_keys_dir: Option<PathBuf>,
}

/// Flags of [`Global`] that take a value; they may also stand before the command.
pub const VALUE_FLAGS: [&str; 9] = [
    "--talosconfig",
    "-n",
    "--nodes",
    "-e",
    "--endpoints",
    "-c",
    "--cluster",
    "--context",
    "--siderov1-keys-dir",
];

/// Speaking to a node in maintenance mode, whose certificate nobody can know before.
#[derive(Debug, Clone, Default, Args)]
pub struct Insecure {
    /// Speak to a node in maintenance mode, without credentials
    #[arg(short, long)]
    pub insecure: bool,
    /// With --insecure: accept only a server with this fingerprint (base64 of SHA-256 of its public key)
    #[arg(long, value_name = "FINGERPRINT", value_delimiter = ',', requires = "insecure")]
    pub cert_fingerprint: Vec<String>,
}

/// [`Insecure`] for a command that has commands of its own: the flags may stand before or behind those.
#[derive(Debug, Clone, Default, Args)]
pub struct InsecureAnywhere {
    /// Speak to a node in maintenance mode, without credentials
    #[arg(short, long, global = true)]
    insecure: bool,
    /// With --insecure: accept only a server with this fingerprint (base64 of SHA-256 of its public key)
    #[arg(long, global = true, value_name = "FINGERPRINT", value_delimiter = ',')]
    cert_fingerprint: Vec<String>,
}

impl From<InsecureAnywhere> for Insecure {
    fn from(flags: InsecureAnywhere) -> Self {
        Self { insecure: flags.insecure, cert_fingerprint: flags.cert_fingerprint }
    }
}
