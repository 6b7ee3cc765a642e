//! Nodes in maintenance mode that are given configurations which the test made, as users and their programs do it.

use std::path::{Path, PathBuf};

use super::{Cluster, text};

impl Cluster {
    /// Makes configurations for these nodes with `gen config`, and takes the client configuration that comes with
    /// them into use. The Kubernetes API is at the first node. Returns the folder with `controlplane.yaml` and
    /// `worker.yaml`.
    pub fn generate(&self, flags: &[&str]) -> PathBuf {
        let folder = self.user_folder("generated");
        let endpoint = format!("https://{}:6443", self.nodes[0]);
        let output = folder.to_str().unwrap();
        let args = ["gen", "config", "generated", &endpoint, "--output-dir", output, "--force"];
        self.ok(&[&args[..], flags].concat());
        std::fs::copy(folder.join("talosconfig"), self.talosconfig()).unwrap();
        self.ok(&["config", "endpoint", &self.nodes[0]]);
        self.ok(&["config", "node", &self.nodes[0]]);
        folder
    }

    /// Gives a node in maintenance mode its configuration.
    pub fn give(&self, node: &str, file: &Path) {
        let insecure = |args: &[&str]| self.run(&[&["--nodes", node], args, &["--insecure"]].concat());
        self.until("the API answers", |_| insecure(&["version"]).status.success());
        let given = insecure(&["apply-config", "--file", file.to_str().unwrap()]);
        assert!(given.status.success(), "{}: {}", file.display(), text(&given));
    }

    /// Bootstraps the first node, waits until the cluster is healthy, and takes its kubeconfig into use.
    pub fn come_up(&self) {
        self.until("etcd is bootstrapped", |c| {
            let asked = c.run(&["bootstrap"]);
            asked.status.success() || text(&asked).contains("AlreadyExists")
        });
        self.healthy();
        self.ok(&["kubeconfig", self.kubeconfig().to_str().unwrap(), "--force"]);
    }

    /// No client may wait for these to go away.
    pub fn has_no_diagnostics(&self) {
        for node in &self.nodes {
            let shown = self.ok(&["--nodes", node, "get", "diagnostics"]);
            assert!(!shown.contains("runtime"), "{shown}");
        }
    }

    /// Something listens at the address of a Service, asked from a node.
    pub fn service_answers(&self, node: &str, address: &str) {
        let (host, port) = address.rsplit_once(':').unwrap();
        let connect = format!("exec 3<>/dev/tcp/{host}/{port}");
        self.until("the service answers", |c| {
            c.in_network(node, &["timeout", "2", "bash", "-c", &connect]).status.success()
        });
    }
}
