//! How each field of each spec appears in YAML, one file a package: keys in the order in which
//! they are printed, with the numbers of the fields (contract resource-yaml.md).

pub(crate) mod block;
pub(crate) mod cluster;
pub(crate) mod cri;
pub(crate) mod etcd;
pub(crate) mod extensions;
pub(crate) mod files;
pub(crate) mod hardware;
pub(crate) mod k8s;
pub(crate) mod kubeaccess;
pub(crate) mod kubespan;
pub(crate) mod meta;
pub(crate) mod network;
pub(crate) mod network_ethernet;
pub(crate) mod network_link;
pub(crate) mod network_nftables;
pub(crate) mod own;
pub(crate) mod perf;
pub(crate) mod proto;
pub(crate) mod runtime;
pub(crate) mod secrets;
pub(crate) mod security;
pub(crate) mod siderolink;
pub(crate) mod storage;
pub(crate) mod time;
pub(crate) mod v1alpha1;
