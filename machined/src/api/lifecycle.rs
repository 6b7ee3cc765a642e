//! `machine.LifecycleService`, `machine.LVMService`, `machine.MDService`: disks and boot loaders are the host's
//! business in container mode, and the answers say so (contract api.md 5.11, 5.12).

use futures::stream::BoxStream;
use proto::machine::lifecycle_service_server::LifecycleService;
use proto::machine::lvm_service_server::LvmService;
use proto::machine::md_service_server::MdService;
use proto::machine::*;
use tonic::{Request, Response, Status};

use super::not_in_container;

/// The services.
#[derive(Debug, Clone, Copy)]
pub struct LifecycleApi;

#[tonic::async_trait]
impl LifecycleService for LifecycleApi {
    type InstallStream = BoxStream<'static, Result<LifecycleServiceInstallResponse, Status>>;
    type UpgradeStream = BoxStream<'static, Result<LifecycleServiceUpgradeResponse, Status>>;

    async fn install(
        &self,
        _: Request<LifecycleServiceInstallRequest>,
    ) -> Result<Response<Self::InstallStream>, Status> {
        Err(not_in_container("Install"))
    }

    async fn upgrade(
        &self,
        _: Request<LifecycleServiceUpgradeRequest>,
    ) -> Result<Response<Self::UpgradeStream>, Status> {
        Err(not_in_container("Upgrade"))
    }
}

fn absent(what: &str, name: &str) -> Result<Response<()>, Status> {
    match name {
        "" => Err(Status::invalid_argument(format!("the name of the {what} is missing"))),
        name => Err(Status::not_found(format!(
            "there is no {what} {name:?}: a machine in container mode has no disks"
        ))),
    }
}

#[tonic::async_trait]
impl LvmService for LifecycleApi {
    async fn logical_volume_remove(
        &self,
        request: Request<LvmServiceLogicalVolumeRemoveRequest>,
    ) -> Result<Response<()>, Status> {
        absent("logical volume", &request.get_ref().logical_volume)
    }

    async fn volume_group_remove(
        &self,
        request: Request<LvmServiceVolumeGroupRemoveRequest>,
    ) -> Result<Response<()>, Status> {
        absent("volume group", &request.get_ref().volume_group)
    }

    async fn physical_volume_remove(
        &self,
        request: Request<LvmServicePhysicalVolumeRemoveRequest>,
    ) -> Result<Response<()>, Status> {
        absent("physical volume", &request.get_ref().device)
    }
}

#[tonic::async_trait]
impl MdService for LifecycleApi {
    async fn destroy(&self, request: Request<MdDestroyRequest>) -> Result<Response<()>, Status> {
        let device = &request.get_ref().device;
        if !device.starts_with("/dev/") {
            return Err(Status::invalid_argument(format!(
                "{device:?} is not a device: it has to begin with /dev/"
            )));
        }
        absent("array", device)
    }
}
