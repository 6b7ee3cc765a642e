//! The components of the control plane.

use indexmap::IndexMap;

use crate::Config;
use crate::access::non_empty;
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

/// The mapping of requests and limits that the section stands for.
fn resources(section: Option<&ResourcesConfig>) -> Option<Node> {
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
        if let Some(document) = self.get::<KubeAPIServerConfig>() {
            return ApiServer {
                component: Component {
                    image: non_empty(&document.image),
                    extra_args: document.extra_args,
                    env: document.env,
                    resources: document.resources,
                    ..Component::default()
                },
                port,
                cert_sans: document.cert_extra_sans,
                startup_probes: document.startup_probes.unwrap_or(true),
            };
        }
        let section = self.cluster().and_then(|cluster| cluster.api_server.clone()).unwrap_or_default();
        ApiServer {
            component: Component {
                image: non_empty(&section.image),
                extra_args: section.extra_args,
                extra_volumes: section.extra_volumes,
                env: section.env,
                resources: resources(section.resources.as_ref()),
                ..Component::default()
            },
            port,
            cert_sans: section.cert_sans,
            startup_probes: true,
        }
    }

    /// The controller manager.
    pub fn controller_manager(&self) -> Component {
        if let Some(document) = self.get::<KubeControllerManagerConfig>() {
            return Component {
                enabled: document.enabled.unwrap_or(true),
                image: non_empty(&document.image),
                extra_args: document.extra_args,
                env: document.env,
                resources: document.resources,
                ..Component::default()
            };
        }
        let section =
            self.cluster().and_then(|cluster| cluster.controller_manager.clone()).unwrap_or_default();
        let machine = self.machine().and_then(|machine| machine.control_plane.as_ref());
        Component {
            enabled: !machine.and_then(|section| section.controller_manager.disabled).unwrap_or(false),
            image: non_empty(&section.image),
            extra_args: section.extra_args,
            extra_volumes: section.extra_volumes,
            env: section.env,
            resources: resources(section.resources.as_ref()),
            config: None,
        }
    }

    /// The scheduler.
    pub fn scheduler(&self) -> Component {
        if let Some(document) = self.get::<KubeSchedulerConfig>() {
            return Component {
                enabled: document.enabled.unwrap_or(true),
                image: non_empty(&document.image),
                extra_args: document.extra_args,
                env: document.env,
                resources: document.resources,
                config: document.config,
                ..Component::default()
            };
        }
        let section = self.cluster().and_then(|cluster| cluster.scheduler.clone()).unwrap_or_default();
        let machine = self.machine().and_then(|machine| machine.control_plane.as_ref());
        Component {
            enabled: !machine.and_then(|section| section.scheduler.disabled).unwrap_or(false),
            image: non_empty(&section.image),
            extra_args: section.extra_args,
            extra_volumes: section.extra_volumes,
            env: section.env,
            resources: resources(section.resources.as_ref()),
            config: section.config,
        }
    }
}
