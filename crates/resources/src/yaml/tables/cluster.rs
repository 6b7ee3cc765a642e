//! Who belongs to the cluster.

use crate::enums;
use crate::yaml::field::{Field, Kind::*, Message};

pub(crate) static AFFILIATE_SPEC: Message = Message(&[
    Field::new(1, "nodeId", Text),
    Field::new(2, "addresses", Ip).list(),
    Field::new(3, "hostname", Text),
    Field::new(4, "nodename", Text).optional(),
    Field::new(5, "operatingSystem", Text),
    Field::new(6, "machineType", Enum(&enums::MACHINE_TYPE)),
    Field::new(7, "kubespan", Nested(&KUBE_SPAN_AFFILIATE_SPEC)).optional(),
    Field::new(8, "controlPlane", Nested(&CONTROL_PLANE)).optional(),
]);

pub(crate) static CONFIG_SPEC: Message = Message(&[
    Field::new(1, "discoveryEnabled", Bool),
    Field::new(2, "registryKubernetesEnabled", Bool),
    Field::new(3, "registryServiceEnabled", Bool),
    Field::new(4, "serviceEndpoint", Text),
    Field::new(5, "serviceEndpointInsecure", Bool).optional(),
    Field::new(6, "serviceEncryptionKey", Bytes),
    Field::new(7, "serviceClusterID", Text),
    Field::new(8, "serviceEndpoints", Nested(&SERVICE_ENDPOINT)).list(),
]);

pub(crate) static CONTROL_PLANE: Message = Message(&[Field::new(1, "port", Int)]);

pub(crate) static IDENTITY_SPEC: Message = Message(&[Field::new(1, "nodeId", Text)]);

pub(crate) static INFO_SPEC: Message =
    Message(&[Field::new(1, "clusterId", Text), Field::new(2, "clusterName", Text)]);

pub(crate) static KUBE_SPAN_AFFILIATE_SPEC: Message = Message(&[
    Field::new(1, "publicKey", Text),
    Field::new(2, "address", Ip),
    Field::new(3, "additionalAddresses", Prefix).list(),
    Field::new(4, "endpoints", IpPort).list(),
    Field::new(5, "excludeAdvertisedNetworks", Prefix).list(),
]);

pub(crate) static MEMBER_SPEC: Message = Message(&[
    Field::new(1, "nodeId", Text),
    Field::new(2, "addresses", Ip).list(),
    Field::new(3, "hostname", Text),
    Field::new(4, "machineType", Enum(&enums::MACHINE_TYPE)),
    Field::new(5, "operatingSystem", Text),
    Field::new(6, "controlPlane", Nested(&CONTROL_PLANE)).optional(),
]);

pub(crate) static SERVICE_ENDPOINT: Message =
    Message(&[Field::new(1, "name", Text), Field::new(2, "endpoint", Text), Field::new(3, "insecure", Bool)]);
