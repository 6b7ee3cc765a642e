//! Containers of the node's runtimes (contract api.md 5.5).

use futures::stream::{self, StreamExt};
use proto::common::{ContainerDriver, Data};
use proto::machine::{Container, ContainersRequest, LogsRequest, RestartRequest, Stats, StatsRequest};
use tonic::{Code, Status};

use super::logs::Chunks;
use super::plain;
use crate::blocking::ANSWER;
use crate::logs::Tail;
use crate::machine::Machine;
use crate::services::inventory::{Driver, Inventory, InventoryError, LogFile};

/// Handles `Containers`.
pub async fn containers(machine: &Machine, request: &ContainersRequest) -> Result<Container, Status> {
    let driver = driver(request.driver)?;
    let containers = inventory(machine)?.containers(&request.namespace, driver).await.map_err(refuse)?;
    Ok(Container { metadata: None, containers })
}

/// Handles `Stats`.
pub async fn stats(machine: &Machine, request: &StatsRequest) -> Result<Stats, Status> {
    let driver = driver(request.driver)?;
    let stats = inventory(machine)?.stats(&request.namespace, driver).await.map_err(refuse)?;
    Ok(Stats { metadata: None, stats })
}

/// Handles `Restart`.
pub async fn restart(machine: &Machine, request: &RestartRequest) -> Result<(), Status> {
    let driver = driver(request.driver)?;
    inventory(machine)?.restart(&request.namespace, driver, &request.id).await.map_err(refuse)
}

/// Handles `Logs` of a pod's container.
pub async fn log(machine: &Machine, request: &LogsRequest) -> Result<Chunks, Status> {
    let driver = driver(request.driver)?;
    let found = inventory(machine)?.log(&request.namespace, driver, &request.id).await;
    let path = found.map_err(refuse)?;
    let (tail, pool) = (Tail::from_request(request.tail_lines), machine.pools.logs.clone());
    let open = move || {
        let mut file = LogFile::open(&path)?;
        file.seek(tail).map(|()| file)
    };
    let opened = pool.run(ANSWER, open).await?;
    let file = opened.map_err(|e| plain(format!("container {:?} has no log: {e}", request.id)))?;
    let follow = request.follow;
    let chunks = stream::unfold((file, pool), move |(file, pool)| async move {
        match file.next(&pool, follow).await {
            Ok((bytes, _)) if bytes.is_empty() => None,
            Ok((bytes, file)) => Some((Ok(Data { metadata: None, bytes }), (file, pool))),
            Err(error) => {
                tracing::debug!("the log of a container ended: {error}");
                None
            }
        }
    });
    Ok(chunks.boxed())
}

fn driver(number: i32) -> Result<Driver, Status> {
    match ContainerDriver::try_from(number) {
        Ok(ContainerDriver::Containerd) => Ok(Driver::Containerd),
        Ok(ContainerDriver::Cri) => Ok(Driver::Cri),
        Err(_) => Err(Status::invalid_argument(format!("there is no container driver {number}"))),
    }
}

fn inventory(machine: &Machine) -> Result<Inventory, Status> {
    Inventory::new(machine.services.clone()).map_err(|e| plain(e.to_string()))
}

fn refuse(error: InventoryError) -> Status {
    match &error {
        InventoryError::Namespace(_) => Status::invalid_argument(error.to_string()),
        InventoryError::Runtime(cause) if cause.is_unavailable() => {
            Status::new(Code::Unavailable, error.to_string())
        }
        _ => plain(error.to_string()),
    }
}
