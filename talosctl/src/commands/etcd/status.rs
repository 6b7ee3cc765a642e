//! `talosctl etcd status`.

use proto::machine::EtcdMemberStatus;

use super::hex;
use crate::global::Global;
use crate::node::Node;
use crate::output::{Table, human};
use crate::session::Session;

/// Show how the members of etcd are
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  talosctl -n 10.5.0.2,10.5.0.3 etcd status")]
pub struct Args {}

/// Columns of the table.
const HEADING: [&str; 12] = [
    "NODE",
    "MEMBER",
    "DB SIZE",
    "IN USE",
    "LEADER",
    "RAFT INDEX",
    "RAFT TERM",
    "RAFT APPLIED INDEX",
    "LEARNER",
    "PROTOCOL",
    "STORAGE",
    "ERRORS",
];

/// Runs it.
pub async fn run(global: &Global) -> anyhow::Result<()> {
    let session = Session::open(global)?;
    let ask = async |node: Node| Ok(node.machine().etcd_status(node.request(())).await?.into_inner());
    let (answers, failures) = session.gather(ask).await?;
    if !answers.is_empty() {
        let mut table = Table::new(HEADING);
        for (node, answer) in &answers {
            let statuses = answer.messages.iter().filter_map(|m| m.member_status.as_ref());
            statuses.for_each(|status| table.row(row(node, status)));
        }
        table.print()?;
    }
    failures.into_result("error getting status")
}

fn row(node: &str, status: &EtcdMemberStatus) -> [String; 12] {
    let size = |size: i64| human::bytes(u64::try_from(size).unwrap_or(0));
    let share =
        if status.db_size > 0 { status.db_size_in_use as f64 / status.db_size as f64 * 100.0 } else { 0.0 };
    [
        node.to_owned(),
        hex(status.member_id),
        size(status.db_size),
        format!("{} ({share:.2}%)", size(status.db_size_in_use)),
        hex(status.leader),
        status.raft_index.to_string(),
        status.raft_term.to_string(),
        status.raft_applied_index.to_string(),
        status.is_learner.to_string(),
        status.protocol_version.clone(),
        status.storage_version.clone(),
        status.errors.join(", "),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_one_that_people_know() {
        let status = EtcdMemberStatus {
            storage_version: "3.6.0".into(),
            member_id: 0xc3d3_020c_f75b_8728,
            protocol_version: "3.6.11".into(),
            db_size: 24_576,
            db_size_in_use: 24_576,
            leader: 0xc3d3_020c_f75b_8728,
            raft_index: 25,
            raft_term: 2,
            raft_applied_index: 25,
            errors: vec![],
            is_learner: false,
        };
        let mut table = Table::new(HEADING);
        table.row(row("10.5.0.2", &status));
        insta::assert_snapshot!(table.render());
    }
}
