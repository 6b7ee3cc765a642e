//! The services of a node, one file each (contract os.md 7, api.md 9.5).

mod apid;
pub mod containerd;
pub mod cri;
pub mod etcd;
pub mod kubelet;
mod machined;
mod networkd;
mod registryd;
mod syslogd;
mod trustd;

pub use self::containerd::Containerd;
pub use apid::Apid;
pub use etcd::Etcd;
pub use kubelet::Kubelet;
pub use machined::Machined;
pub use networkd::Networkd;
pub use registryd::Registryd;
pub use syslogd::Syslogd;
pub use trustd::Trustd;

/// Socket of the runtime for Kubernetes (contract api.md 1.1).
pub const CRI_SOCKET: &str = "/run/containerd/containerd.sock";
/// Socket of the runtime for the system's own containers (contract api.md 1.1).
pub const CONTAINERD_SOCKET: &str = "/system/run/containerd/containerd.sock";
/// Namespace of the system's own containers, in either runtime.
pub const SYSTEM_NAMESPACE: &str = "system";
/// Namespace of pods.
pub const PODS_NAMESPACE: &str = "k8s.io";
/// Folder of the pipes through which containers' output reaches us.
const FIFOS: &str = "/system/run/machined/output";

/// An image and what is in it, pulled if it must be; says so when that takes a while.
async fn ensure_image(
    environment: &crate::services::Environment,
    client: &::containerd::Client,
    reference: &str,
    report: &crate::services::Reporter,
) -> anyhow::Result<(::containerd::Image, ::containerd::ImageInfo)> {
    let registries = state::ops::get::<proto::resource::cri::RegistriesConfigSpec>(
        environment.state.as_ref(),
        "registries",
    )
    .await?;
    let mut pull = ::containerd::Pull::new(reference, crate::registry::hosts::HOSTS_DIR);
    if let Some(registries) = registries {
        pull.credentials = crate::registry::hosts::credentials(&registries.spec.registry_auths);
    }
    client.ensure_namespace().await?;
    let mut ensured = std::pin::pin!(client.ensure_image(&pull));
    tokio::select! {
        done = &mut ensured => Ok(done?),
        () = tokio::time::sleep(SLOW_PULL) => {
            report.preparing(&format!("Pulling image {reference}"));
            Ok(ensured.await?)
        }
    }
}

/// Longest pull that is not worth telling.
const SLOW_PULL: std::time::Duration = std::time::Duration::from_secs(2);
