//! Manifests that are applied once, and pods that need no Kubernetes API.

use indexmap::IndexMap;

use crate::Config;
use crate::documents::k8s::{KubeExternalManifestConfig, KubeInlineManifestConfig, KubeStaticPodConfig};
use crate::yaml::Node;

/// Where a manifest comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum ManifestSource {
    /// The configuration itself.
    Inline(String),
    /// A URL, asked with headers.
    Url {
        /// The URL.
        url: String,
        /// Headers of the request.
        headers: IndexMap<String, String>,
    },
}

/// A manifest that is applied once.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// Its name.
    pub name: String,
    /// Where it comes from.
    pub source: ManifestSource,
}

/// A pod that the kubelet runs without the Kubernetes API.
#[derive(Debug, Clone, PartialEq)]
pub struct StaticPod {
    /// Its name in the configuration; empty in the v1alpha1 form.
    pub name: String,
    /// The pod.
    pub pod: Node,
}

impl Config {
    /// Manifests that are applied once: documents and sections together.
    pub fn manifests(&self) -> Vec<Manifest> {
        let mut manifests = Vec::new();
        for document in self.all::<KubeExternalManifestConfig>() {
            if let Some(url) = document.url {
                let source = ManifestSource::Url { url: url.as_str().to_owned(), headers: document.headers };
                manifests.push(Manifest { name: document.name, source });
            }
        }
        for document in self.all::<KubeInlineManifestConfig>() {
            let source = ManifestSource::Inline(document.manifest);
            manifests.push(Manifest { name: document.name, source });
        }
        if let Some(cluster) = self.cluster() {
            for url in &cluster.extra_manifests {
                let headers = cluster.extra_manifest_headers.clone();
                let source = ManifestSource::Url { url: url.clone(), headers };
                manifests.push(Manifest { name: url.clone(), source });
            }
            for manifest in &cluster.inline_manifests {
                let source = ManifestSource::Inline(manifest.contents.clone());
                manifests.push(Manifest { name: manifest.name.clone(), source });
            }
        }
        manifests
    }

    /// The manifests of the integration with a cloud, if there is one.
    pub fn external_cloud_provider(&self) -> Option<Vec<String>> {
        let section = self.cluster()?.external_cloud_provider.as_ref()?;
        section.enabled.unwrap_or(false).then(|| section.manifests.clone())
    }

    /// Pods that the kubelet runs without the Kubernetes API.
    pub fn static_pods(&self) -> Vec<StaticPod> {
        let documents = self.all::<KubeStaticPodConfig>();
        let documents = documents
            .into_iter()
            .filter_map(|document| Some(StaticPod { name: document.name, pod: document.pod? }));
        let section = self.machine().into_iter().flat_map(|machine| &machine.pods);
        let section = section.map(|pod| StaticPod { name: String::new(), pod: pod.clone() });
        documents.chain(section).collect()
    }
}
