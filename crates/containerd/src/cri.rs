//! The Kubernetes runtime interface of the same daemon.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tonic::transport::Channel;
use tonic::{Response, Status};

use crate::Result;
use crate::client::{CALL, MESSAGE_LIMIT, bounded, channel};
use crate::error::optional;
use crate::generated::runtime::v1::{
    self as api, image_service_client::ImageServiceClient, runtime_service_client::RuntimeServiceClient,
};

/// Stopping a sandbox stops its containers, each with its own grace period.
const STOP: Duration = Duration::from_secs(180);

/// A client of the runtime interface at a Unix socket; cloning shares the connection.
#[derive(Clone, Debug)]
pub struct Cri {
    channel: Channel,
    socket: PathBuf,
}

impl Cri {
    /// A client of the runtime at `socket`. Does not connect yet.
    pub fn new(socket: impl AsRef<Path>) -> Self {
        Self { channel: channel(socket.as_ref()), socket: socket.as_ref().to_path_buf() }
    }

    fn runtime(&self) -> RuntimeServiceClient<Channel> {
        RuntimeServiceClient::new(self.channel.clone()).max_decoding_message_size(MESSAGE_LIMIT)
    }

    fn image_service(&self) -> ImageServiceClient<Channel> {
        ImageServiceClient::new(self.channel.clone()).max_decoding_message_size(MESSAGE_LIMIT)
    }

    async fn call<T>(
        &self,
        what: impl Into<String>,
        limit: Duration,
        answer: impl Future<Output = Result<Response<T>, Status>>,
    ) -> Result<T> {
        bounded(what.into(), &self.socket, limit, answer).await
    }

    /// Name and versions of the runtime.
    pub async fn version(&self) -> Result<api::VersionResponse> {
        let mut client = self.runtime();
        self.call("asking the runtime for its version", CALL, client.version(api::VersionRequest::default()))
            .await
    }

    /// Conditions of the runtime: RuntimeReady, NetworkReady.
    pub async fn conditions(&self) -> Result<Vec<api::RuntimeCondition>> {
        let mut client = self.runtime();
        let request = api::StatusRequest { verbose: false };
        let answer = self.call("asking the runtime for its status", CALL, client.status(request)).await?;
        Ok(answer.status.unwrap_or_default().conditions)
    }

    /// All pod sandboxes.
    pub async fn pods(&self) -> Result<Vec<api::PodSandbox>> {
        let mut client = self.runtime();
        let request = api::ListPodSandboxRequest::default();
        Ok(self.call("listing pods", CALL, client.list_pod_sandbox(request)).await?.items)
    }

    /// Status of one sandbox, with `info` when `verbose`; `None` when it is gone.
    pub async fn pod(&self, id: &str, verbose: bool) -> Result<Option<api::PodSandboxStatusResponse>> {
        let mut client = self.runtime();
        let request = api::PodSandboxStatusRequest { pod_sandbox_id: id.to_owned(), verbose };
        optional(self.call(format!("looking up pod {id}"), CALL, client.pod_sandbox_status(request)).await)
    }

    /// Stops the containers of a sandbox and takes its network down. Fine when it is gone.
    pub async fn stop_pod(&self, id: &str) -> Result<()> {
        let mut client = self.runtime();
        let request = api::StopPodSandboxRequest { pod_sandbox_id: id.to_owned() };
        optional(self.call(format!("stopping pod {id}"), STOP, client.stop_pod_sandbox(request)).await)
            .map(drop)
    }

    /// Removes a sandbox and its containers, stopping them first. Fine when it is gone.
    pub async fn remove_pod(&self, id: &str) -> Result<()> {
        let mut client = self.runtime();
        let request = api::RemovePodSandboxRequest { pod_sandbox_id: id.to_owned() };
        optional(self.call(format!("removing pod {id}"), STOP, client.remove_pod_sandbox(request)).await)
            .map(drop)
    }

    /// All containers of all pods.
    pub async fn containers(&self) -> Result<Vec<api::Container>> {
        let mut client = self.runtime();
        let request = api::ListContainersRequest::default();
        Ok(self.call("listing containers of pods", CALL, client.list_containers(request)).await?.containers)
    }

    /// Status of one container, with `info` when `verbose`; `None` when it is gone.
    pub async fn container(&self, id: &str, verbose: bool) -> Result<Option<api::ContainerStatusResponse>> {
        let mut client = self.runtime();
        let request = api::ContainerStatusRequest { container_id: id.to_owned(), verbose };
        optional(
            self.call(format!("looking up container {id}"), CALL, client.container_status(request)).await,
        )
    }

    /// Stops a container: its stop signal, and the kill after `grace`. Fine when it is gone.
    pub async fn stop_container(&self, id: &str, grace: Duration) -> Result<()> {
        let mut client = self.runtime();
        let timeout = i64::try_from(grace.as_secs()).unwrap_or(i64::MAX);
        let request = api::StopContainerRequest { container_id: id.to_owned(), timeout };
        let limit = grace.saturating_add(CALL);
        optional(self.call(format!("stopping container {id}"), limit, client.stop_container(request)).await)
            .map(drop)
    }

    /// Figures of all containers.
    pub async fn container_stats(&self) -> Result<Vec<api::ContainerStats>> {
        let mut client = self.runtime();
        let request = api::ListContainerStatsRequest::default();
        Ok(self
            .call("reading figures of containers", CALL, client.list_container_stats(request))
            .await?
            .stats)
    }

    /// Figures of all pods.
    pub async fn pod_stats(&self) -> Result<Vec<api::PodSandboxStats>> {
        let mut client = self.runtime();
        let request = api::ListPodSandboxStatsRequest::default();
        Ok(self.call("reading figures of pods", CALL, client.list_pod_sandbox_stats(request)).await?.stats)
    }

    /// All images that the runtime knows.
    pub async fn images(&self) -> Result<Vec<api::Image>> {
        let mut client = self.image_service();
        Ok(self
            .call("listing images", CALL, client.list_images(api::ListImagesRequest::default()))
            .await?
            .images)
    }

    /// Pulls an image as the kubelet would; answers with its id.
    pub async fn pull_image(&self, reference: &str) -> Result<String> {
        let mut client = self.image_service();
        let image = Some(api::ImageSpec { image: reference.to_owned(), ..Default::default() });
        let request = api::PullImageRequest { image, auth: None };
        let limit = Duration::from_secs(30 * 60);
        Ok(self.call(format!("pulling {reference}"), limit, client.pull_image(request)).await?.image_ref)
    }

    /// Removes an image under all of its names. Fine when it is gone.
    pub async fn remove_image(&self, reference: &str) -> Result<()> {
        let mut client = self.image_service();
        let image = Some(api::ImageSpec { image: reference.to_owned(), ..Default::default() });
        let request = api::RemoveImageRequest { image };
        optional(self.call(format!("removing image {reference}"), CALL, client.remove_image(request)).await)
            .map(drop)
    }
}
