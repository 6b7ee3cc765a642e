//! Images of the node's runtimes (contract api.md 5.5, 5.10).

use futures::stream::{self, BoxStream, StreamExt};
use proto::common::{ContainerDriver, ContainerdInstance, ContainerdNamespace};
use proto::machine::image_service_import_request::Request as Part;
use proto::machine::image_service_pull_layer_progress::Status as LayerState;
use proto::machine::image_service_pull_response::Response as Told;
use proto::machine::image_service_server::ImageService;
use proto::machine::*;
use tokio::sync::mpsc;
use tonic::{Request, Response, Status, Streaming};

use super::plain;
use crate::machine::Machine;
use crate::services::images::{Images, Listed, Store};

/// `machine.ImageService`.
pub struct ImageApi {
    machine: Machine,
}

impl ImageApi {
    /// The images of `machine`.
    pub fn new(machine: Machine) -> Self {
        Self { machine }
    }

    fn open(&self, instance: Option<ContainerdInstance>) -> Result<Images, Status> {
        open(&self.machine, store(&instance.unwrap_or_default())?)
    }
}

/// Handles the older `ImageList`.
pub async fn list(
    machine: &Machine,
    request: &ImageListRequest,
) -> Result<BoxStream<'static, Result<ImageListResponse, Status>>, Status> {
    let listed = open(machine, cri_store(request.namespace())?)?.list().await.map_err(refuse)?;
    let answers = listed.into_iter().map(|Listed { image, size }| {
        Ok(ImageListResponse {
            metadata: None,
            name: image.name,
            digest: image.digest,
            size,
            created_at: image.created_at.map(prost_types::Timestamp::from),
        })
    });
    Ok(stream::iter(answers).boxed())
}

/// Handles the older `ImagePull`.
pub async fn pull(machine: &Machine, request: &ImagePullRequest) -> Result<(), Status> {
    let images = open(machine, cri_store(request.namespace())?)?;
    images.pull(&request.reference, None).await.map(drop).map_err(refuse)
}

#[tonic::async_trait]
impl ImageService for ImageApi {
    type ListStream = BoxStream<'static, Result<ImageServiceListResponse, Status>>;
    type PullStream = BoxStream<'static, Result<ImageServicePullResponse, Status>>;

    async fn list(
        &self,
        request: Request<ImageServiceListRequest>,
    ) -> Result<Response<Self::ListStream>, Status> {
        let listed = self.open(request.into_inner().containerd)?.list().await.map_err(refuse)?;
        let answers = listed.into_iter().map(|Listed { image, size }| {
            Ok(ImageServiceListResponse {
                name: image.name,
                digest: image.digest,
                size,
                created_at: image.created_at.map(prost_types::Timestamp::from),
                labels: image.labels,
            })
        });
        Ok(Response::new(stream::iter(answers).boxed()))
    }

    async fn pull(
        &self,
        request: Request<ImageServicePullRequest>,
    ) -> Result<Response<Self::PullStream>, Status> {
        let request = request.into_inner();
        let images = self.open(request.containerd)?;
        let (answers, told) = mpsc::channel(8);
        super::spawn(answers.clone(), async move {
            // A client that has gone away takes its pull along.
            tokio::select! {
                () = answers.closed() => {}
                () = tell_pull(&images, &request.image_ref, &answers) => {}
            }
        });
        Ok(Response::new(tokio_stream::wrappers::ReceiverStream::new(told).boxed()))
    }

    async fn import(
        &self,
        request: Request<Streaming<ImageServiceImportRequest>>,
    ) -> Result<Response<ImageServiceImportResponse>, Status> {
        let mut parts = request.into_inner();
        let first = parts.message().await?.and_then(|m| m.request);
        let Some(Part::Containerd(instance)) = first else {
            return Err(Status::invalid_argument("the first message must say which containerd is meant"));
        };
        let images = self.open(Some(instance))?;
        let archive = parts.map(|part| match part.map(|p| p.request) {
            Ok(Some(Part::ImageChunk(data))) => Ok(data.bytes.to_vec()),
            Ok(_) => Err(std::io::Error::other("a message without a piece of the archive")),
            Err(status) => Err(std::io::Error::other(status.message().to_owned())),
        });
        let names = images.import(archive.boxed()).await.map_err(refuse)?;
        Ok(Response::new(ImageServiceImportResponse { name: names.into_iter().next().unwrap_or_default() }))
    }

    async fn remove(&self, request: Request<ImageServiceRemoveRequest>) -> Result<Response<()>, Status> {
        let request = request.into_inner();
        self.open(request.containerd)?.remove(&request.image_ref).await.map(Response::new).map_err(refuse)
    }

    async fn verify(
        &self,
        request: Request<ImageServiceVerifyRequest>,
    ) -> Result<Response<ImageServiceVerifyResponse>, Status> {
        let reference = request.into_inner().image_ref;
        if reference.is_empty() || reference.contains(char::is_whitespace) {
            return Err(Status::invalid_argument(format!("{reference:?} is not an image reference")));
        }
        let message = "no verification rule matches the image".to_owned();
        Ok(Response::new(ImageServiceVerifyResponse {
            verified: false,
            message,
            digested_image_ref: String::new(),
        }))
    }
}

async fn tell_pull(
    images: &Images,
    reference: &str,
    answers: &mpsc::Sender<Result<ImageServicePullResponse, Status>>,
) {
    let (progress, mut layers) = mpsc::channel::<containerd::LayerProgress>(8);
    let tell = |told| Ok(ImageServicePullResponse { response: Some(told) });
    let forward = async {
        let begun = tokio::time::Instant::now();
        while let Some(layer) = layers.recv().await {
            let progress = ImageServicePullLayerProgress {
                status: layer_state(layer.status) as i32,
                elapsed: prost_types::Duration::try_from(begun.elapsed()).ok(),
                offset: layer.offset,
                total: layer.total,
            };
            let told = ImageServicePullProgress { layer_id: layer.layer, progress: Some(progress) };
            if answers.send(tell(Told::PullProgress(told))).await.is_err() {
                return;
            }
        }
    };
    let (result, ()) = tokio::join!(images.pull(reference, Some(progress)), forward);
    let last = match result {
        Ok(name) => tell(Told::Name(name)),
        Err(error) => Err(refuse(error)),
    };
    let _ = answers.send(last).await;
}

fn layer_state(status: containerd::LayerStatus) -> LayerState {
    match status {
        containerd::LayerStatus::Downloading => LayerState::Downloading,
        containerd::LayerStatus::DownloadComplete => LayerState::DownloadComplete,
        containerd::LayerStatus::Extracting => LayerState::Extracting,
        containerd::LayerStatus::ExtractComplete => LayerState::ExtractComplete,
        containerd::LayerStatus::AlreadyExists => LayerState::AlreadyExists,
    }
}

fn open(machine: &Machine, store: Store) -> Result<Images, Status> {
    Images::of(&machine.services, store).map_err(|e| plain(e.to_string()))
}

fn store(instance: &ContainerdInstance) -> Result<Store, Status> {
    match (instance.driver(), instance.namespace()) {
        (ContainerDriver::Containerd, ContainerdNamespace::NsSystem) => Ok(Store::Own),
        (ContainerDriver::Containerd, _) => {
            Err(Status::invalid_argument("the system's containerd has the namespace SYSTEM only"))
        }
        (ContainerDriver::Cri, namespace) => cri_store(namespace),
    }
}

fn cri_store(namespace: ContainerdNamespace) -> Result<Store, Status> {
    match namespace {
        ContainerdNamespace::NsSystem => Ok(Store::System),
        ContainerdNamespace::NsCri => Ok(Store::Pods),
        ContainerdNamespace::NsUnknown => {
            Err(Status::invalid_argument("the namespace must be SYSTEM or CRI"))
        }
    }
}

/// Codes that clients branch on; all else is a plain error.
fn refuse(error: containerd::Error) -> Status {
    match error.code() {
        code @ (tonic::Code::NotFound | tonic::Code::Unavailable | tonic::Code::InvalidArgument) => {
            Status::new(code, error.to_string())
        }
        _ => plain(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_are_chosen_as_the_contract_says() {
        let of = |driver: ContainerDriver, namespace: ContainerdNamespace| {
            store(&ContainerdInstance { driver: driver as i32, namespace: namespace as i32 })
        };
        assert_eq!(of(ContainerDriver::Cri, ContainerdNamespace::NsCri).unwrap(), Store::Pods);
        assert_eq!(of(ContainerDriver::Cri, ContainerdNamespace::NsSystem).unwrap(), Store::System);
        assert_eq!(of(ContainerDriver::Containerd, ContainerdNamespace::NsSystem).unwrap(), Store::Own);
        for (driver, namespace) in [
            (ContainerDriver::Containerd, ContainerdNamespace::NsCri),
            (ContainerDriver::Cri, ContainerdNamespace::NsUnknown),
        ] {
            assert_eq!(of(driver, namespace).unwrap_err().code(), tonic::Code::InvalidArgument);
        }
    }
}
