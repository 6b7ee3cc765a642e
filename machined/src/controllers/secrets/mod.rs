//! Keys and certificates, from the authorities in the configuration to the leaves that daemons use.

mod api;
mod cert_sans;
pub mod claims;
mod etcd;
pub mod issue;
mod kubeconfig;
mod kubelet;
mod kubernetes;
mod kubernetes_dynamic;
mod maintenance;
mod material;
mod renew;
mod root_etcd;
mod root_kubernetes;
mod root_os;
mod trustd;
mod worker;

pub use material::bundle;

use state::Runtime;

use super::Deps;

/// Registers the controllers of this package.
pub fn register(runtime: &mut Runtime, deps: &Deps) {
    runtime.register(maintenance::MaintenanceRoot { deps: deps.clone() });
    runtime.register(root_os::RootOs { deps: deps.clone() });
    runtime.register(root_etcd::RootEtcd { deps: deps.clone() });
    runtime.register(root_kubernetes::RootKubernetes { deps: deps.clone() });
    runtime.register(cert_sans::ApiCertSans { deps: deps.clone() });
    runtime.register(cert_sans::MaintenanceCertSans);
    runtime.register(cert_sans::KubernetesCertSans);
    runtime.register(api::Api::new(deps.clone()));
    runtime.register(trustd::Trustd::new(deps.clone()));
    runtime.register(etcd::Etcd::new(deps.clone()));
    runtime.register(kubernetes::Kubernetes::new(deps.clone()));
    runtime.register(kubernetes_dynamic::KubernetesDynamic::new(deps.clone()));
    runtime.register(kubelet::Kubelet { deps: deps.clone() });
}
