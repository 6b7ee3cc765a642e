//! etcd on the control planes.

use std::collections::BTreeSet;

use proto::machine::{EtcdMember, EtcdMemberListRequest};

use crate::cluster::{Cluster, on_each};
use crate::node::{Kind, Node};
use crate::run::Verdict;

/// What etcd's certificates come from; without it there is no etcd.
const ROOT: (Kind, &str) = (Kind { namespace: "secrets", typ: "EtcdRootSecrets.secrets.talos.dev" }, "etcd");

/// Whether the cluster has no etcd of its own. A caller that may not look is told of etcd as it is.
async fn is_absent(cluster: &Cluster) -> anyhow::Result<bool> {
    match cluster.first()?.find(ROOT.0, ROOT.1).await {
        Ok(found) => Ok(found.is_none()),
        Err(status) if status.code() == tonic::Code::PermissionDenied => Ok(false),
        Err(status) => Err(status.into()),
    }
}

pub(super) async fn healthy(cluster: &Cluster) -> anyhow::Result<Verdict> {
    if is_absent(cluster).await? {
        return Ok(Verdict::Skipped);
    }
    match on_each(cluster.control_planes.iter(), |node| node.service_is_healthy("etcd")).await {
        Ok(_) => Ok(Verdict::Passed),
        Err(error) => Err(super::node::with_trouble(cluster, error).await),
    }
}

async fn members(node: &Node) -> anyhow::Result<Vec<EtcdMember>> {
    let request = node.request(EtcdMemberListRequest { query_local: true });
    let answer = node.machine().etcd_member_list(request).await?.into_inner();
    Ok(answer.messages.into_iter().flat_map(|m| m.members).collect())
}

pub(super) async fn consistent(cluster: &Cluster) -> anyhow::Result<Verdict> {
    if is_absent(cluster).await? {
        return Ok(Verdict::Skipped);
    }
    let views = on_each(cluster.control_planes.iter(), |node| async move {
        Ok((node.name.clone(), members(node).await?))
    })
    .await?;
    agree(&views)?;
    Ok(Verdict::Passed)
}

fn agree(views: &[(String, Vec<EtcdMember>)]) -> anyhow::Result<()> {
    let key =
        |members: &[EtcdMember]| members.iter().map(|m| (m.id, m.hostname.clone())).collect::<BTreeSet<_>>();
    let Some((first, members)) = views.first() else { return Ok(()) };
    for (node, others) in views {
        anyhow::ensure!(
            key(others) == key(members),
            "nodes {first} and {node} know different members of etcd"
        );
        if let Some(learner) = others.iter().find(|m| m.is_learner) {
            anyhow::bail!("etcd member {} is a learner still", learner.hostname);
        }
    }
    Ok(())
}

pub(super) async fn control_planes(cluster: &Cluster) -> anyhow::Result<Verdict> {
    if is_absent(cluster).await? {
        return Ok(Verdict::Skipped);
    }
    let nodes: Vec<&str> = cluster.control_planes.iter().map(|node| node.name.as_str()).collect();
    same_machines(&members(cluster.first()?).await?, &nodes)?;
    Ok(Verdict::Passed)
}

/// A member is reached at an address of its node.
fn same_machines(members: &[EtcdMember], nodes: &[&str]) -> anyhow::Result<()> {
    let hosts = |member: &EtcdMember| -> Vec<String> {
        let host = |url: &String| {
            let place = url.split_once("://").map_or(url.as_str(), |(_, place)| place);
            let host = place.rsplit_once(':').map_or(place, |(host, _)| host);
            host.trim_matches(['[', ']']).to_owned()
        };
        member.peer_urls.iter().map(host).collect()
    };
    for node in nodes {
        let found = members.iter().any(|member| hosts(member).iter().any(|host| host == node));
        anyhow::ensure!(found, "control plane node {node} is no member of etcd");
    }
    for member in members {
        let found = hosts(member).iter().any(|host| nodes.contains(&host.as_str()));
        anyhow::ensure!(found, "etcd member {} is no control plane node of the cluster", member.hostname);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(id: u64, address: &str) -> EtcdMember {
        EtcdMember {
            id,
            hostname: format!("cp-{id}"),
            peer_urls: vec![format!("https://{address}:2380")],
            ..EtcdMember::default()
        }
    }

    #[test]
    fn nodes_that_know_different_members_are_named() {
        let view = |name: &str, members: &[EtcdMember]| (name.to_owned(), members.to_vec());
        let (one, two) = (member(1, "10.5.0.2"), member(2, "10.5.0.3"));
        let both = [one.clone(), two.clone()];
        assert!(agree(&[view("a", &both), view("b", &[two.clone(), one.clone()])]).is_ok());
        let error = agree(&[view("a", &both), view("b", &[two])]).unwrap_err().to_string();
        assert!(error.contains("a and b"), "{error}");
        let learner = EtcdMember { is_learner: true, ..one };
        assert!(agree(&[view("a", &[learner])]).unwrap_err().to_string().contains("cp-1"));
    }

    #[test]
    fn members_and_control_planes_are_the_same_machines() {
        let members = [member(1, "10.5.0.2"), member(2, "[fd00::3]")];
        assert!(same_machines(&members, &["10.5.0.2", "fd00::3"]).is_ok());
        let missing = same_machines(&members, &["10.5.0.2", "fd00::3", "10.5.0.4"]).unwrap_err().to_string();
        assert!(missing.contains("10.5.0.4 is no member"), "{missing}");
        let foreign = same_machines(&members, &["10.5.0.2"]).unwrap_err().to_string();
        assert!(foreign.contains("cp-2"), "{foreign}");
    }
}
