//! The WireGuard mesh between nodes.

use proto::resource::kubespan;

define! {
    kubespan::ConfigSpec => "KubeSpanConfigs.kubespan.talos.dev" in "config" {
        sensitive: true,
    }
    kubespan::EndpointSpec => "KubeSpanEndpoints.kubespan.talos.dev" in "kubespan" {
        columns: &[("Endpoint", "{.endpoint}"), ("Affiliate ID", "{.affiliateID}")],
    }
    kubespan::IdentitySpec => "KubeSpanIdentities.kubespan.talos.dev" in "kubespan" {
        columns: &[("Address", "{.address}"), ("PublicKey", "{.publicKey}")],
        sensitive: true,
    }
    kubespan::PeerSpecSpec => "KubeSpanPeerSpecs.kubespan.talos.dev" in "kubespan" {
        columns: &[("Label", "{.label}"), ("Endpoints", "{.endpoints}")],
    }
    kubespan::PeerStatusSpec => "KubeSpanPeerStatuses.kubespan.talos.dev" in "kubespan" {
        columns: &[
            ("Label", "{.label}"),
            ("Endpoint", "{.endpoint}"),
            ("State", "{.state}"),
            ("Rx", "{.receiveBytes}"),
            ("Tx", "{.transmitBytes}"),
        ],
    }
}
