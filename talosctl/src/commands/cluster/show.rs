//! `talosctl cluster show`.

use provision::local;

use crate::output::Table;

/// Show a cluster
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Name of the cluster
    #[arg(long, default_value = "talos-default")]
    name: String,
}

/// Runs it.
pub fn run(args: Args) -> anyhow::Result<()> {
    let summary = local::show(&local::clusters_dir()?, &args.name)?;
    let cluster = &summary.cluster;
    let mut table = Table::plain();
    table.row(["PROVISIONER".to_owned(), "local".to_owned()]);
    table.row(["NAME".to_owned(), cluster.name.clone()]);
    table.row(["NETWORK NAME".to_owned(), cluster.names().bridge()]);
    table.row(["NETWORK CIDR".to_owned(), cluster.cidr.to_string()]);
    table.row(["NETWORK GATEWAY".to_owned(), cluster.gateway.to_string()]);
    table.row(["NETWORK MTU".to_owned(), cluster.mtu.to_string()]);
    table.row(["KUBERNETES ENDPOINT".to_owned(), format!("https://{}:6443", cluster.gateway)]);
    table.print()?;
    println!("\nNODES:\n");
    let mut nodes = Table::new(["NAME", "TYPE", "IP", "CPU", "RAM", "DISK"]);
    for node in &cluster.nodes {
        nodes.row([
            node.name.clone(),
            node.role.to_string(),
            node.address.to_string(),
            "-".into(),
            "-".into(),
            "-".into(),
        ]);
    }
    nodes.print()
}
