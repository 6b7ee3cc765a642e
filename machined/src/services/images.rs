//! Images of the node's runtimes, as users manage them (contract api.md 5.10).

use std::collections::BTreeMap;
use std::sync::Arc;

use containerd::{Client, Image, LayerProgress, Pull};
use futures::Stream;
use proto::resource::cri::RegistriesConfigSpec;
use state::{State, ops};
use tokio::sync::mpsc;

use super::ServiceManager;
use super::definitions::{CONTAINERD_SOCKET, CRI_SOCKET, PODS_NAMESPACE, SYSTEM_NAMESPACE};
use crate::registry::hosts;

/// By this label the runtime for Kubernetes knows that an image is its own to manage.
const MANAGED: (&str, &str) = ("io.cri-containerd.image", "managed");

/// Where images are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// The runtime for Kubernetes, what pods use.
    Pods,
    /// The runtime for Kubernetes, what etcd and the kubelet use.
    System,
    /// The runtime for the system's own containers.
    Own,
}

/// An image with its size.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The image.
    pub image: Image,
    /// Bytes of all that it is made of, as far as known.
    pub size: i64,
}

/// The images of one store.
#[derive(Clone)]
pub struct Images {
    manager: ServiceManager,
    state: Arc<dyn State>,
    store: Store,
    client: Client,
}

impl Images {
    /// Opens a store.
    pub fn of(manager: &ServiceManager, store: Store) -> containerd::Result<Self> {
        let client = match store {
            Store::Pods => Client::new(CRI_SOCKET, PODS_NAMESPACE)?,
            Store::System => Client::new(CRI_SOCKET, SYSTEM_NAMESPACE)?,
            Store::Own => Client::new(CONTAINERD_SOCKET, SYSTEM_NAMESPACE)?,
        };
        Ok(Self { manager: manager.clone(), state: Arc::clone(manager.state()), store, client })
    }

    /// The system's own runtime starts when somebody has use for it.
    async fn wake(&self) {
        if self.store == Store::Own
            && let Err(refused) = self.manager.need("containerd").await
        {
            tracing::debug!("{refused}");
        }
    }

    /// All images. What is in them may be gone (the runtime drops what it has unpacked): their size is then
    /// what is left of it.
    pub async fn list(&self) -> containerd::Result<Vec<Listed>> {
        let mut listed = Vec::new();
        for image in self.client.images().await? {
            let size = self.client.image_info(&image).await.map_or(image.target_size, |info| info.size);
            listed.push(Listed { image, size });
        }
        Ok(listed)
    }

    /// Pulls an image; answers with its pinned reference.
    pub async fn pull(
        &self,
        reference: &str,
        progress: Option<mpsc::Sender<LayerProgress>>,
    ) -> containerd::Result<String> {
        self.wake().await;
        self.client.ensure_namespace().await?;
        let mut pull = Pull::new(reference, hosts::HOSTS_DIR);
        if let Ok(Some(registries)) =
            ops::get::<RegistriesConfigSpec>(self.state.as_ref(), "registries").await
        {
            pull.credentials = hosts::credentials(&registries.spec.registry_auths);
        }
        if self.store == Store::Pods {
            pull.labels = BTreeMap::from([(MANAGED.0.to_owned(), MANAGED.1.to_owned())]);
        }
        let image = self.client.pull(&pull, progress).await?;
        if self.store == Store::Pods {
            // Kubernetes also knows images by the digest that they were pulled under.
            self.client.tag_image(&image, &image.pinned()).await?;
        }
        Ok(image.pinned())
    }

    /// Imports an archive; answers with the names of its images.
    pub async fn import<S>(&self, archive: S) -> containerd::Result<Vec<String>>
    where
        S: Stream<Item = std::io::Result<Vec<u8>>> + Send + Unpin + 'static,
    {
        self.wake().await;
        self.client.ensure_namespace().await?;
        self.client.import(archive).await
    }

    /// Removes a name.
    pub async fn remove(&self, reference: &str) -> containerd::Result<()> {
        self.client.remove_image(reference).await
    }
}
