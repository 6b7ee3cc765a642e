//! etcd on this node.

use proto::resource::etcd;

define! {
    etcd::ConfigSpec => "EtcdConfigs.etcd.talos.dev" in "etcd" {
        columns: &[("Image", "{.image}")],
    }
    etcd::MemberSpec => "EtcdMembers.etcd.talos.dev" in "etcd" {
        columns: &[("Member ID", "{.memberID}")],
    }
    etcd::PkiStatusSpec => "PKIStatuses.etcd.talos.dev" in "etcd" {
        columns: &[("Ready", "{.ready}"), ("Secrets Version", "{.version}")],
    }
    etcd::SpecSpec => "EtcdSpecs.etcd.talos.dev" in "etcd" {
        columns: &[
            ("Name", "{.name}"),
            ("AdvertisedAddresses", "{.advertisedAddresses}"),
            ("ListenPeerAddresses", "{.listenPeerAddresses}"),
            ("ListenClientAddresses", "{.listenClientAddresses}"),
        ],
    }
}
