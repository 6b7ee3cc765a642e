//! `talosctl config proxy-url`.

use crate::connect::Proxy;
use crate::credentials;
use crate::global::Global;
use crate::output::print;

/// Show or set the proxy on the way to the API
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl config proxy-url
  talosctl config proxy-url socks5://127.0.0.1:1080")]
pub struct Args {
    /// http://host:port, socks5://host:port, `direct` for none; empty follows the environment again
    url: Option<String>,
}

/// Runs it.
pub fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let mut file = credentials::open(global)?;
    let context = super::selected_mut(&mut file, global)?;
    let Some(url) = args.url else {
        return print(&format!("{}\n", context.extra("proxy-url").unwrap_or_default()));
    };
    if !url.is_empty() && url != "direct" {
        Proxy::parse(&url)?;
    }
    context.set_extra("proxy-url", &url);
    file.save()
}
