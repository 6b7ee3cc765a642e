//! The components of the control plane.

use indexmap::IndexMap;

use crate::schema::{Args, Effect, Redaction};
use crate::yaml::Node;

record! {
    /// The Kubernetes API server.
    KubeAPIServerConfig {
        /// Its image.
        "image" image: String => required;
        /// Its command-line arguments.
        "extraArgs" extra_args: Args
            => example("feature-gates: WatchList=true");
        /// Its environment.
        "env" env: IndexMap<String, String>
            => example("HTTPS_PROXY: http://proxy.example.org:3128") redaction(Redaction::Whole);
        /// Requests and limits of its pod.
        "resources" resources: Option<Node>
            => example("requests:\n    cpu: 200m\n    memory: 512Mi");
        /// Its port; 6443 when left out.
        "apiPort" api_port: Option<u32>;
        /// Further names and addresses in its certificate.
        "certExtraSANs" cert_extra_sans: Vec<String> => effect(Effect::Live)
            example("- cluster.example.org");
        /// Whether its pod is probed; it is when left out, if strangers may ask for /livez and /readyz.
        "startupProbes" startup_probes: Option<bool>;
    }

    /// The controller manager.
    KubeControllerManagerConfig {
        /// Whether it runs; it does when left out.
        "enabled" enabled: Option<bool>;
        /// Its image.
        "image" image: String => required;
        /// Its command-line arguments.
        "extraArgs" extra_args: Args
            => example("node-monitor-grace-period: 30s");
        /// Its environment.
        "env" env: IndexMap<String, String> => redaction(Redaction::Whole);
        /// Requests and limits of its pod.
        "resources" resources: Option<Node>;
    }

    /// The scheduler.
    KubeSchedulerConfig {
        /// Whether it runs; it does when left out.
        "enabled" enabled: Option<bool>;
        /// Its image.
        "image" image: String => required;
        /// Its own configuration file's content.
        "config" config: Option<Node>
            => example("profiles:\n    - schedulerName: default-scheduler");
        /// Its command-line arguments.
        "extraArgs" extra_args: Args;
        /// Its environment.
        "env" env: IndexMap<String, String> => redaction(Redaction::Whole);
        /// Requests and limits of its pod.
        "resources" resources: Option<Node>;
    }
}
