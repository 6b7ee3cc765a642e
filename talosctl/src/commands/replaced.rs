//! Commands of the past: they say what took their place.

/// A command that is gone
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    rest: Vec<String>,
}

/// Says what to use instead.
pub fn run(name: &str, replacement: &str) -> anyhow::Result<()> {
    anyhow::bail!("`talosctl {name}` is gone: use `talosctl {replacement}` instead")
}
