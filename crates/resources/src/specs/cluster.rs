//! Who belongs to the cluster.

use proto::resource::cluster;

define! {
    cluster::AffiliateSpec => "Affiliates.cluster.talos.dev" in "cluster" {
        columns: &[
            ("Hostname", "{.hostname}"),
            ("Machine Type", "{.machineType}"),
            ("Addresses", "{.addresses}"),
        ],
    }
    cluster::ConfigSpec => "DiscoveryConfigs.cluster.talos.dev" in "config" {
        sensitive: true,
    }
    cluster::IdentitySpec => "Identities.cluster.talos.dev" in "cluster" {
        columns: &[("ID", "{.nodeId}")],
    }
    cluster::InfoSpec => "Infos.cluster.talos.dev" in "cluster" {
        columns: &[("Cluster ID", "{.clusterId}"), ("Cluster Name", "{.clusterName}")],
    }
    cluster::MemberSpec => "Members.cluster.talos.dev" in "cluster" {
        columns: &[
            ("Hostname", "{.hostname}"),
            ("Machine Type", "{.machineType}"),
            ("OS", "{.operatingSystem}"),
            ("Addresses", "{.addresses}"),
        ],
    }
}
