//! Logs of services, containers and the kernel (contract api.md 5.6).

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use proto::common::{ContainerDriver, Data};
use proto::machine::LogsRequest;
use tonic::Status;

use super::plain;
use crate::logs::{KernelLog, Log, Tail, shared_kernel};
use crate::machine::Machine;
use crate::platform::{Mode, Platform};

/// A stream of bytes.
pub type Chunks = BoxStream<'static, Result<Data, Status>>;

fn data(bytes: Bytes) -> Data {
    Data { metadata: None, bytes }
}

/// Handles `Logs`.
pub async fn logs(machine: &Machine, request: LogsRequest) -> Result<Chunks, Status> {
    let tail = Tail::from_request(request.tail_lines);
    if request.namespace == "system" && request.id == crate::logs::KERNEL {
        return dmesg(&machine.platform, request.follow, tail == Tail::Lines(0));
    }
    if request.namespace == "system" || request.id == "kubelet" {
        let log = machine.logs.get(&request.id);
        let log = log.ok_or_else(|| plain(format!("log {:?} was not registered", request.id)))?;
        return Ok(of_log(&log, tail, request.follow));
    }
    if request.namespace.is_empty() {
        return Err(Status::invalid_argument("the namespace of the container is missing: system or k8s.io"));
    }
    match ContainerDriver::try_from(request.driver) {
        Ok(ContainerDriver::Cri) if request.namespace != "k8s.io" => {
            Err(Status::invalid_argument("the CRI driver knows the namespace k8s.io only"))
        }
        Ok(_) => super::containers::log(machine, &request).await,
        Err(_) => Err(Status::invalid_argument(format!("there is no container driver {}", request.driver))),
    }
}

fn of_log(log: &Log, tail: Tail, follow: bool) -> Chunks {
    let reader = log.reader(tail);
    let chunks = stream::unfold(reader, move |mut reader| async move {
        let bytes = match (reader.ready(), follow) {
            (Some(bytes), _) => bytes,
            (None, true) => reader.next().await,
            (None, false) => return None,
        };
        Some((Ok(data(bytes)), reader))
    });
    chunks.boxed()
}

/// Handles `Dmesg`: one record a message, with the newline that clients who print it as it is rely on. A
/// container has no kernel of its own; whose messages it shows is said first.
pub fn dmesg(platform: &Platform, follow: bool, tail: bool) -> Result<Chunks, Status> {
    let log = KernelLog::open(follow, tail).map_err(|e| plain(format!("cannot read the kernel log: {e}")))?;
    let records = stream::unfold(log, |mut log| async move {
        match log.next().await {
            Ok(Some(line)) => Some((Ok(data((line + "\n").into())), log)),
            Ok(None) => None,
            Err(error) => {
                tracing::debug!("the kernel log ended: {error}");
                None
            }
        }
    });
    let shared = (platform.mode == Mode::Container).then(|| Ok(data((shared_kernel() + "\n").into())));
    Ok(stream::iter(shared).chain(records).boxed())
}
