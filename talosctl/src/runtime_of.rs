//! Which of a node's containers a command is about.

use proto::common::ContainerDriver;

/// Those of Kubernetes or of the system.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct Containers {
    /// Containers of Kubernetes instead of the system's
    #[arg(short, long)]
    pub kubernetes: bool,
}

impl Containers {
    /// Namespace and driver on the wire.
    pub fn wire(self) -> (String, i32) {
        if self.kubernetes {
            ("k8s.io".to_owned(), ContainerDriver::Cri as i32)
        } else {
            ("system".to_owned(), ContainerDriver::Containerd as i32)
        }
    }
}

/// The id as shown: what belongs to a pod stands below it.
pub fn indented(id: &str, pod: &str) -> String {
    if pod.is_empty() || id == pod { id.to_owned() } else { format!("└─ {id}") }
}

/// Order of rows: a pod, then its containers.
pub fn order<'a>(id: &'a str, pod: &'a str) -> (&'a str, bool, &'a str) {
    let pod = if pod.is_empty() { id } else { pod };
    (pod, id != pod, id)
}
