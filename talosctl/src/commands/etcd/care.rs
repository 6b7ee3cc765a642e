//! `talosctl etcd defrag`, `leave` and `forfeit-leadership`.

use proto::machine::{EtcdForfeitLeadershipRequest, EtcdLeaveClusterRequest};

use crate::global::Global;
use crate::node::Node;
use crate::session::Session;

/// Give space back that deleted data left in the database of one node
///
/// The member does not answer meanwhile: do one node after the other.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  talosctl -n 10.5.0.2 etcd defrag")]
pub struct Defrag {}

/// Hand the leadership of etcd to another member
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  talosctl -n 10.5.0.2 etcd forfeit-leadership")]
pub struct Forfeit {}

/// Take a node out of etcd and remove its data
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  talosctl -n 10.5.0.2 etcd leave")]
pub struct Leave {}

/// Runs `defrag`.
pub async fn defrag(global: &Global) -> anyhow::Result<()> {
    one(global, "error defragmenting etcd", async |node| {
        node.machine().etcd_defragment(node.request(())).await?;
        Ok(())
    })
    .await
}

/// Runs `leave`.
pub async fn leave(global: &Global) -> anyhow::Result<()> {
    one(global, "error leaving etcd", async |node| {
        node.machine().etcd_leave_cluster(node.request(EtcdLeaveClusterRequest {})).await?;
        Ok(())
    })
    .await
}

/// Runs `forfeit-leadership`.
pub async fn forfeit(global: &Global) -> anyhow::Result<()> {
    let work = async |node: Node| {
        let request = node.request(EtcdForfeitLeadershipRequest {});
        node.machine().etcd_forfeit_leadership(request).await?;
        Ok(())
    };
    Session::open(global)?.each("error forfeiting leadership", work).await
}

async fn one(
    global: &Global,
    what: &str,
    work: impl AsyncFn(Node) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let session = Session::open(global)?;
    session.one()?;
    session.each(what, work).await
}
