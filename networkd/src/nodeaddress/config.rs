//! Which of the node's addresses belong to Kubernetes: the filters of the address sets.

use std::collections::BTreeMap;

use ipnet::IpNet;
use proto::resource::network::NodeAddressFilterSpec;

use crate::net;

/// Filters for these pod and service networks; none without networks.
pub fn filters(kubernetes: &[IpNet]) -> BTreeMap<String, NodeAddressFilterSpec> {
    if kubernetes.is_empty() {
        return BTreeMap::new();
    }
    let nets: Vec<_> = kubernetes.iter().map(|n| net::net_prefix(*n)).collect();
    let no = NodeAddressFilterSpec { include_subnets: Vec::new(), exclude_subnets: nets.clone() };
    let only = NodeAddressFilterSpec { include_subnets: nets, exclude_subnets: Vec::new() };
    BTreeMap::from([(super::NO_K8S.to_owned(), no), (super::ONLY_K8S.to_owned(), only)])
}
