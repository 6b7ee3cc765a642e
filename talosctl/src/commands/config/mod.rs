//! `talosctl config`: the client configuration (contract api.md 8.4).

mod add;
mod context;
mod contexts;
mod endpoint;
mod info;
mod merge;
mod new;
mod node;
mod proxy_url;
mod remove;

use config::talosconfig::Context;

use crate::credentials::File;
use crate::global::Global;

/// Manage the client configuration: contexts, endpoints, nodes
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    Add(add::Args),
    #[command(visible_alias = "use-context")]
    Context(context::Args),
    #[command(visible_alias = "get-contexts")]
    Contexts(contexts::Args),
    #[command(visible_alias = "endpoints")]
    Endpoint(endpoint::Args),
    Info(info::Args),
    Merge(merge::Args),
    New(new::Args),
    #[command(visible_alias = "nodes")]
    Node(node::Args),
    ProxyUrl(proxy_url::Args),
    Remove(remove::Args),
}

/// Runs it.
pub async fn run(global: &Global, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Add(args) => add::run(global, args),
        Command::Context(args) => context::run(global, args),
        Command::Contexts(args) => contexts::run(global, args),
        Command::Endpoint(args) => endpoint::run(global, args),
        Command::Info(args) => info::run(global, args),
        Command::Merge(args) => merge::run(global, args),
        Command::New(args) => new::run(global, args).await,
        Command::Node(args) => node::run(global, args),
        Command::ProxyUrl(args) => proxy_url::run(global, args),
        Command::Remove(args) => remove::run(global, args).await,
    }
}

/// The context to change.
fn selected_mut<'a>(file: &'a mut File, global: &Global) -> anyhow::Result<&'a mut Context> {
    file.selected(global)?;
    let name = file.selected_name(global).to_owned();
    file.config.contexts.get_mut(&name).ok_or_else(|| anyhow::anyhow!("context {name:?} is not defined"))
}
