//! `talosctl etcd downgrade`.

use proto::machine::{EtcdClusterDowngrade, EtcdDowngradeEnableRequest, EtcdDowngradeValidateRequest};

use crate::global::Global;
use crate::node::Node;
use crate::output::Table;
use crate::session::Session;

/// Prepare etcd's data for an older version
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Ask whether the data can go back to a version
    #[command(after_help = "Examples:\n  talosctl -n 10.5.0.2 etcd downgrade validate 3.5")]
    Validate {
        /// MAJOR.MINOR
        version: String,
    },
    /// Bring the data into the form of a version
    #[command(after_help = "Examples:\n  talosctl -n 10.5.0.2 etcd downgrade enable 3.5")]
    Enable {
        /// MAJOR.MINOR
        version: String,
    },
    /// Stay with the present version
    #[command(after_help = "Examples:\n  talosctl -n 10.5.0.2 etcd downgrade cancel")]
    Cancel,
}

impl Command {
    fn name(&self) -> &'static str {
        match self {
            Command::Validate { .. } => "validate",
            Command::Enable { .. } => "enable",
            Command::Cancel => "cancel",
        }
    }
}

/// Runs it.
pub async fn run(global: &Global, command: Command) -> anyhow::Result<()> {
    let session = Session::open(global)?;
    session.one()?;
    let ask = async |node: Node| -> anyhow::Result<Vec<EtcdClusterDowngrade>> {
        let mut client = node.machine();
        Ok(match &command {
            Command::Validate { version } => {
                let request = EtcdDowngradeValidateRequest { version: version.clone() };
                let answer = client.etcd_downgrade_validate(node.request(request)).await?.into_inner();
                answer.messages.into_iter().filter_map(|m| m.cluster_downgrade).collect()
            }
            Command::Enable { version } => {
                let request = EtcdDowngradeEnableRequest { version: version.clone() };
                let answer = client.etcd_downgrade_enable(node.request(request)).await?.into_inner();
                answer.messages.into_iter().filter_map(|m| m.cluster_downgrade).collect()
            }
            Command::Cancel => {
                let answer = client.etcd_downgrade_cancel(node.request(())).await?.into_inner();
                answer.messages.into_iter().filter_map(|m| m.cluster_downgrade).collect()
            }
        })
    };
    let (answers, failures) = session.gather(ask).await?;
    if !answers.is_empty() {
        let mut table = Table::new(["NODE", "MESSAGE"]);
        for (node, found) in answers {
            for downgrade in found {
                table.row([node.clone(), message(command.name(), &downgrade.cluster_version)]);
            }
        }
        table.print()?;
    }
    failures.into_result(&format!("error in downgrade {}", command.name()))
}

fn message(action: &str, version: &str) -> String {
    format!("downgrade {action} success, cluster version {version}")
}
