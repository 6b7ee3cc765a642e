//! Versions and image references of the parts that this build ships. Generated from
//! deploy/components.toml by `cargo xtask image --defaults`: change that file, not this one.

/// Version of cni-plugins, without a leading v.
pub const CNI_PLUGINS: &str = "1.9.1";
/// Version of containerd, without a leading v.
pub const CONTAINERD: &str = "2.3.7";
/// Version of coredns, without a leading v.
pub const COREDNS: &str = "1.14.6";
/// Version of echo, without a leading v.
pub const ECHO: &str = "1";
/// Version of etcd, without a leading v.
pub const ETCD: &str = "3.7.1";
/// Version of flannel, without a leading v.
pub const FLANNEL: &str = "0.28.9";
/// Version of flannel-cni, without a leading v.
pub const FLANNEL_CNI: &str = "0.1.0";
/// Version of kube-network-policies, without a leading v.
pub const KUBE_NETWORK_POLICIES: &str = "1.1.1";
/// Version of kubernetes, without a leading v.
pub const KUBERNETES: &str = "1.36.3";
/// Version of pause, without a leading v.
pub const PAUSE: &str = "3.10.2";
/// Version of runc, without a leading v.
pub const RUNC: &str = "1.5.1";

/// Full references of the images that the image cache holds.
pub mod image {
    /// The image coredns.
    pub const COREDNS: &str = "registry.k8s.io/coredns/coredns:v1.14.6";
    /// The image echo.
    pub const ECHO: &str = "registry.local/echo:1";
    /// The image etcd.
    pub const ETCD: &str = "registry.k8s.io/etcd:3.7.1";
    /// The image flannel.
    pub const FLANNEL: &str = "ghcr.io/siderolabs/flannel:0.28.9";
    /// The image kube-apiserver.
    pub const KUBE_APISERVER: &str = "registry.k8s.io/kube-apiserver:v1.36.3";
    /// The image kube-controller-manager.
    pub const KUBE_CONTROLLER_MANAGER: &str = "registry.k8s.io/kube-controller-manager:v1.36.3";
    /// The image kube-network-policies.
    pub const KUBE_NETWORK_POLICIES: &str = "registry.k8s.io/networking/kube-network-policies:v1.1.1";
    /// The image kube-proxy.
    pub const KUBE_PROXY: &str = "registry.k8s.io/kube-proxy:v1.36.3";
    /// The image kube-scheduler.
    pub const KUBE_SCHEDULER: &str = "registry.k8s.io/kube-scheduler:v1.36.3";
    /// The image kubelet.
    pub const KUBELET: &str = "ghcr.io/siderolabs/kubelet:v1.36.3";
    /// The image pause.
    pub const PAUSE: &str = "registry.k8s.io/pause:3.10.2";
    /// Every one of them.
    pub const ALL: &[&str] = &[
        COREDNS,
        ECHO,
        ETCD,
        FLANNEL,
        KUBE_APISERVER,
        KUBE_CONTROLLER_MANAGER,
        KUBE_NETWORK_POLICIES,
        KUBE_PROXY,
        KUBE_SCHEDULER,
        KUBELET,
        PAUSE,
    ];
}

/// The same without tags.
pub mod repository {
    /// The repository of coredns.
    pub const COREDNS: &str = "registry.k8s.io/coredns/coredns";
    /// The repository of echo.
    pub const ECHO: &str = "registry.local/echo";
    /// The repository of etcd.
    pub const ETCD: &str = "registry.k8s.io/etcd";
    /// The repository of flannel.
    pub const FLANNEL: &str = "ghcr.io/siderolabs/flannel";
    /// The repository of kube-apiserver.
    pub const KUBE_APISERVER: &str = "registry.k8s.io/kube-apiserver";
    /// The repository of kube-controller-manager.
    pub const KUBE_CONTROLLER_MANAGER: &str = "registry.k8s.io/kube-controller-manager";
    /// The repository of kube-network-policies.
    pub const KUBE_NETWORK_POLICIES: &str = "registry.k8s.io/networking/kube-network-policies";
    /// The repository of kube-proxy.
    pub const KUBE_PROXY: &str = "registry.k8s.io/kube-proxy";
    /// The repository of kube-scheduler.
    pub const KUBE_SCHEDULER: &str = "registry.k8s.io/kube-scheduler";
    /// The repository of kubelet.
    pub const KUBELET: &str = "ghcr.io/siderolabs/kubelet";
    /// The repository of pause.
    pub const PAUSE: &str = "registry.k8s.io/pause";
}
