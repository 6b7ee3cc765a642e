//! Calls about etcd (contract api.md 5.9): on control planes only.

mod bootstrap;
mod leave;
mod maintenance;
mod members;
mod snapshot;

use proto::resource::etcd::SpecSpec;
use state::ops;
use tonic::Status;

pub use bootstrap::bootstrap;
pub use leave::{forfeit_leadership, leave};
pub use maintenance::{alarm_disarm, alarm_list, defragment, downgrade, status};
pub use members::{member_list, remove_member};
pub use snapshot::{recover, snapshot};

use super::plain;
use crate::controllers::etcd::access;
use crate::machine::Machine;

/// Where uploaded snapshots are put (contract os.md 6.1).
pub const SNAPSHOT: &str = "/var/lib/etcd.snapshot";

/// A client of this node's own member; refuses on nodes that are no control planes.
async fn local(machine: &Machine, call: &str) -> Result<etcd::Client, Status> {
    super::kubeconfig::control_plane_only(machine, call).await?;
    access::local(&*machine.state).await.map_err(|error| plain(format!("{error:#}")))
}

/// This node's name in the cluster.
async fn own_name(machine: &Machine) -> Result<String, Status> {
    let spec = ops::get::<SpecSpec>(&*machine.state, "etcd").await.map_err(Status::from)?;
    Ok(spec.ok_or_else(|| plain("etcd is not set up yet: the node has no address"))?.spec.name)
}

/// An error of the cluster with its code.
fn refused(error: etcd::Error) -> Status {
    Status::new(error.code(), error.to_string())
}
