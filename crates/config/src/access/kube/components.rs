//! The components of the control plane.

use indexmap::IndexMap;

use crate::Config;
use crate::access::{either, non_empty, says_something};
use crate::documents::k8s::{KubeAPIServerConfig, KubeControllerManagerConfig, KubeSchedulerConfig};
use crate::documents::v1alpha1::{ResourcesConfig, VolumeMountConfig};
use crate::schema::Args;
use crate::yaml::{Map, Node, Value};

/// A component of the control plane.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// Whether it runs.
    pub enabled: bool,
    /// Its image.
    pub image: Option<String>,
    /// Its command-line arguments.
    pub extra_args: Args,
    /// Paths of the node in its pod.
    pub extra_volumes: Vec<VolumeMountConfig>,
    /// Its environment.
    pub env: IndexMap<String, String>,
    /// `requests` and `limits` of its pod.
    pub resources: Option<Node>,
    /// Its own configuration file's content; only the scheduler has one.
    pub config: Option<Node>,
}

impl Default for Component {
    fn default() -> Self {
        Self {
            enabled: true,
            image: None,
            extra_args: Args::default(),
            extra_volumes: Vec::new(),
            env: IndexMap::new(),
            resources: None,
            config: None,
        }
    }
}

/// The Kubernetes API server.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ApiServer {
    /// What all components have.
    pub component: Component,
    /// Its port.
    pub port: u16,
    /// Further names and addresses of its certificate.
    pub cert_sans: Vec<String>,
    /// Whether its pod has a startup probe.
    pub startup_probes: bool,
}

/// The image of the document, or the section's.
fn image(document: &str, section: &str) -> Option<String> {
    non_empty(document).or_else(|| non_empty(section))
}

/// Requests and limits of the document, or the mapping of them that the section stands for.
fn resources(document: Option<Node>, section: Option<&ResourcesConfig>) -> Option<Node> {
    if let Some(document) = document.filter(says_something) {
        return Some(document);
    }
    let section = section?;
    let mut map = Map::new();
    for (key, value) in [("requests", &section.requests), ("limits", &section.limits)] {
        if let Some(value) = value {
            map.insert(key.to_owned(), value.clone());
        }
    }
    (!map.is_empty()).then(|| Node::new(Value::Map(Box::new(map))))
}

impl Config {
    /// The Kubernetes API server.
    pub fn api_server(&self) -> ApiServer {
        let port = self.api_server_port();
        let document = self.get::<KubeAPIServerConfig>().unwrap_or_default();
        let section = self.cluster().and_then(|cluster| cluster.api_server.clone()).unwrap_or_default();
        ApiServer {
            component: Component {
                image: image(&document.image, &section.image),
                extra_args: either(document.extra_args, section.extra_args),
                extra_volumes: section.extra_volumes,
                env: either(document.env, section.env),
                resources: resources(document.resources, section.resources.as_ref()),
                ..Component::default()
            },
            port,
            cert_sans: either(document.cert_extra_sans, section.cert_sans),
            startup_probes: document.startup_probes.unwrap_or(true),
        }
    }

    /// The controller manager.
    pub fn controller_manager(&self) -> Component {
        let document = self.get::<KubeControllerManagerConfig>().unwrap_or_default();
        let section =
            self.cluster().and_then(|cluster| cluster.controller_manager.clone()).unwrap_or_default();
        let machine = self.machine().and_then(|machine| machine.control_plane.as_ref());
        Component {
            enabled: document.enabled.unwrap_or_else(|| {
                !machine.and_then(|section| section.controller_manager.disabled).unwrap_or(false)
            }),
            image: image(&document.image, &section.image),
            extra_args: either(document.extra_args, section.extra_args),
            extra_volumes: section.extra_volumes,
            env: either(document.env, section.env),
            resources: resources(document.resources, section.resources.as_ref()),
            config: None,
        }
    }

    /// The scheduler.
    pub fn scheduler(&self) -> Component {
        let document = self.get::<KubeSchedulerConfig>().unwrap_or_default();
        let section = self.cluster().and_then(|cluster| cluster.scheduler.clone()).unwrap_or_default();
        let machine = self.machine().and_then(|machine| machine.control_plane.as_ref());
        Component {
            enabled: document
                .enabled
                .unwrap_or_else(|| !machine.and_then(|section| section.scheduler.disabled).unwrap_or(false)),
            image: image(&document.image, &section.image),
            extra_args: either(document.extra_args, section.extra_args),
            extra_volumes: section.extra_volumes,
            env: either(document.env, section.env),
            resources: resources(document.resources, section.resources.as_ref()),
            config: document.config.filter(says_something).or(section.config),
        }
    }
}
