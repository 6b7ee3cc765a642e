//! Containers as records, with the snapshot that is their root.

use std::collections::BTreeMap;

use oci_spec::runtime::Spec;
use prost_types::Any;

use crate::client::{CALL, Client, MESSAGE_LIMIT, TASK_CALL};
use crate::error::optional;
use crate::generated::containerd::runc::v1::Options;
use crate::generated::containerd::services::containers::v1::{
    self as api, containers_client::ContainersClient,
};
use crate::generated::containerd::services::snapshots::v1::{
    PrepareSnapshotRequest, RemoveSnapshotRequest, snapshots_client::SnapshotsClient,
};
use crate::stream::pack;
use crate::{Error, RUNTIME, Result, SNAPSHOTTER};

/// Type under which containerd and its shims know an OCI runtime configuration.
const SPEC_TYPE: &str = "types.containerd.io/opencontainers/runtime-spec/1/Spec";

/// A container that is to be made.
#[derive(Debug, Clone)]
pub struct NewContainer {
    /// Id, unique in the namespace; also the name of its writable snapshot.
    pub id: String,
    /// Name of its image.
    pub image: String,
    /// Snapshot of the image's layers ([`crate::ImageInfo::chain_id`]).
    pub chain_id: String,
    /// OCI runtime configuration.
    pub spec: Spec,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Cgroup that the shim is put into, if not containerd's own.
    pub shim_cgroup: Option<String>,
}

/// A container that exists.
#[derive(Debug, Clone, PartialEq)]
pub struct Container {
    /// Id.
    pub id: String,
    /// Name of its image; empty for none.
    pub image: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
}

impl Client {
    /// All containers of the namespace.
    pub async fn containers(&self) -> Result<Vec<Container>> {
        let mut client = ContainersClient::new(self.pipe()).max_decoding_message_size(MESSAGE_LIMIT);
        let request = api::ListContainersRequest::default();
        let answer = self.call("listing containers", CALL, client.list(request)).await?;
        Ok(answer.containers.into_iter().map(from_wire).collect())
    }

    /// One container, if it is there.
    pub async fn container(&self, id: &str) -> Result<Option<Container>> {
        let mut client = ContainersClient::new(self.pipe());
        let request = api::GetContainerRequest { id: id.to_owned() };
        let answer =
            optional(self.call(format!("looking up container {id}"), CALL, client.get(request)).await)?;
        Ok(answer.and_then(|a| a.container).map(from_wire))
    }

    /// Makes a container with a fresh writable root. [`Error::AlreadyExists`] when there is one of that id.
    pub async fn create_container(&self, new: &NewContainer) -> Result<()> {
        let what = format!("creating container {}", new.id);
        let spec = serde_json::to_vec(&new.spec).map_err(|e| Error::InvalidArgument {
            what: what.clone(),
            message: format!("its configuration cannot be encoded: {e}"),
        })?;
        let prepare = PrepareSnapshotRequest {
            snapshotter: SNAPSHOTTER.to_owned(),
            key: new.id.clone(),
            parent: new.chain_id.clone(),
            labels: BTreeMap::new(),
        };
        let mut snapshots = SnapshotsClient::new(self.pipe());
        let prepared = self
            .call(format!("preparing the root of container {}", new.id), CALL, snapshots.prepare(prepare))
            .await;
        match prepared {
            Ok(_) | Err(Error::AlreadyExists { .. }) => {}
            Err(error) => return Err(error),
        }
        let options =
            Options { shim_cgroup: new.shim_cgroup.clone().unwrap_or_default(), ..Default::default() };
        let runtime = api::container::Runtime {
            name: RUNTIME.to_owned(),
            options: Some(pack("containerd.runc.v1.Options", &options)),
        };
        let container = api::Container {
            id: new.id.clone(),
            labels: new.labels.clone(),
            image: new.image.clone(),
            runtime: Some(runtime),
            spec: Some(Any { type_url: SPEC_TYPE.to_owned(), value: spec }),
            snapshotter: SNAPSHOTTER.to_owned(),
            snapshot_key: new.id.clone(),
            ..Default::default()
        };
        let mut client = ContainersClient::new(self.pipe());
        let request = api::CreateContainerRequest { container: Some(container) };
        self.call(what, CALL, client.create(request)).await.map(drop)
    }

    /// Removes a container without a task, and its writable root. Fine when either is gone already.
    pub async fn delete_container(&self, id: &str) -> Result<()> {
        let mut client = ContainersClient::new(self.pipe());
        let request = api::DeleteContainerRequest { id: id.to_owned() };
        optional(self.call(format!("deleting container {id}"), TASK_CALL, client.delete(request)).await)?;
        let mut snapshots = SnapshotsClient::new(self.pipe());
        let remove = RemoveSnapshotRequest { snapshotter: SNAPSHOTTER.to_owned(), key: id.to_owned() };
        let what = format!("removing the root of container {id}");
        optional(self.call(what, TASK_CALL, snapshots.remove(remove)).await).map(drop)
    }
}

fn from_wire(container: api::Container) -> Container {
    Container { id: container.id, image: container.image, labels: container.labels }
}
