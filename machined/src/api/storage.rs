//! `storage.StorageService`: a machine in container mode has no disks of its own.

use proto::storage::storage_service_server::StorageService;
use proto::storage::*;
use tonic::{Request, Response, Status};

/// The service.
#[derive(Debug, Clone, Copy)]
pub struct StorageApi;

#[tonic::async_trait]
impl StorageService for StorageApi {
    async fn disks(&self, _: Request<()>) -> Result<Response<DisksResponse>, Status> {
        Ok(Response::new(DisksResponse { messages: vec![Disks::default()] }))
    }

    async fn block_device_wipe(
        &self,
        request: Request<BlockDeviceWipeRequest>,
    ) -> Result<Response<BlockDeviceWipeResponse>, Status> {
        match request.get_ref().devices.first() {
            Some(device) => Err(Status::not_found(format!("there is no block device {:?}", device.device))),
            None => Ok(Response::new(BlockDeviceWipeResponse { messages: vec![BlockDeviceWipe::default()] })),
        }
    }
}
