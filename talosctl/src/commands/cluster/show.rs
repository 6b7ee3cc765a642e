//! `talosctl cluster show`.

use provision::local::{self, Summary};

use crate::output::{Table, print};

/// Show a cluster
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl cluster show
  talosctl cluster show --name demo")]
pub struct Args {
    #[command(flatten)]
    place: super::Place,
}

/// Runs it.
pub fn run(args: Args) -> anyhow::Result<()> {
    print(&text(&local::show(&args.place.root()?, &args.place.name)?))
}

fn text(summary: &Summary) -> String {
    let cluster = &summary.cluster;
    let mut table = Table::plain();
    table.row(["PROVISIONER".to_owned(), "local".to_owned()]);
    table.row(["NAME".to_owned(), cluster.name.clone()]);
    table.row(["NETWORK NAME".to_owned(), cluster.names().bridge()]);
    table.row(["NETWORK CIDR".to_owned(), cluster.cidr.to_string()]);
    table.row(["NETWORK GATEWAY".to_owned(), cluster.gateway.to_string()]);
    table.row(["NETWORK MTU".to_owned(), cluster.mtu.to_string()]);
    table.row(["KUBERNETES ENDPOINT".to_owned(), format!("https://{}:6443", cluster.gateway)]);
    // Nodes are namespaces: they share what this machine has. What they do is said instead.
    let mut nodes = Table::new(["NAME", "TYPE", "IP", "CPU", "RAM", "DISK", "STATE"]);
    for node in &summary.nodes {
        let (name, address) = (node.info.name.clone(), node.info.address.to_string());
        let state = match (node.state.as_str(), node.configured) {
            ("running", false) => "maintenance".to_owned(),
            (state, _) => state.to_owned(),
        };
        nodes.row([name, node.info.role.to_string(), address, "-".into(), "-".into(), "-".into(), state]);
    }
    format!("{}\nNODES:\n\n{}", table.render(), nodes.render())
}
