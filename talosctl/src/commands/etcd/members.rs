//! `talosctl etcd members` and `remove-member`.

use proto::machine::{EtcdMember, EtcdMemberListRequest, EtcdRemoveMemberByIdRequest};

use super::hex;
use crate::global::Global;
use crate::node::Node;
use crate::output::Table;
use crate::session::Session;

/// List the members of etcd
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  talosctl -n 10.5.0.2 etcd members")]
pub struct Members {}

/// Take a member out of etcd whose node is gone for good
///
/// A node that still runs leaves by itself with `talosctl etcd leave` or `talosctl reset`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  talosctl -n 10.5.0.2 etcd remove-member c3d3020cf75b8728")]
pub struct Remove {
    /// Its id, as `talosctl etcd members` shows it
    #[arg(value_parser = parse_id)]
    id: u64,
}

fn parse_id(text: &str) -> Result<u64, String> {
    u64::from_str_radix(text, 16)
        .map_err(|_| format!("{text:?} is not the id of a member: up to 16 hex digits"))
}

/// Runs `members`.
pub async fn list(global: &Global) -> anyhow::Result<()> {
    let session = Session::open(global)?;
    let ask = async |node: Node| {
        let request = node.request(EtcdMemberListRequest { query_local: false });
        Ok(node.machine().etcd_member_list(request).await?.into_inner())
    };
    let (answers, failures) = session.gather(ask).await?;
    if !answers.is_empty() {
        let mut table = Table::new(["NODE", "ID", "HOSTNAME", "PEER URLS", "CLIENT URLS", "LEARNER"]);
        for (node, answer) in &answers {
            answer.messages.iter().flat_map(|m| &m.members).for_each(|member| table.row(row(node, member)));
        }
        table.print()?;
    }
    failures.into_result("error getting members")
}

fn row(node: &str, member: &EtcdMember) -> [String; 6] {
    [
        node.to_owned(),
        hex(member.id),
        member.hostname.clone(),
        member.peer_urls.join(","),
        member.client_urls.join(","),
        member.is_learner.to_string(),
    ]
}

/// Runs `remove-member`.
pub async fn remove(global: &Global, args: &Remove) -> anyhow::Result<()> {
    let work = async |node: Node| {
        let request = node.request(EtcdRemoveMemberByIdRequest { member_id: args.id });
        node.machine().etcd_remove_member_by_id(request).await?;
        Ok(())
    };
    Session::open(global)?.each("error removing member", work).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_sixteen_hex_digits_both_ways() {
        assert_eq!(hex(parse_id("c3d3020cf75b8728").unwrap()), "c3d3020cf75b8728");
        assert_eq!(parse_id("00a"), Ok(10));
        for wrong in ["", "xyz", "c3d3020cf75b87281", "-1"] {
            assert!(parse_id(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_member_is_shown_with_all_of_its_urls() {
        let member = EtcdMember {
            id: 1,
            hostname: "cp".into(),
            peer_urls: vec!["https://10.5.0.2:2380".into(), "https://[fd00::2]:2380".into()],
            client_urls: vec!["https://10.5.0.2:2379".into()],
            is_learner: true,
        };
        let [_, id, _, peers, _, learner] = row("n", &member);
        assert_eq!(id, "0000000000000001");
        assert_eq!(peers, "https://10.5.0.2:2380,https://[fd00::2]:2380");
        assert_eq!(learner, "true");
    }
}
