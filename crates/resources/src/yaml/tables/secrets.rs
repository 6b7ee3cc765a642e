//! Keys and certificates.

use crate::yaml::field::{Field, Kind::*, Message};

pub(crate) static API_CERTS_SPEC: Message = Message(&[
    Field::new(4, "acceptedCAs", PemCertificate).list(),
    Field::new(2, "client", PemPair),
    Field::new(3, "server", PemPair),
    Field::new(5, "skipVerifyingClientCert", Bool),
]);

pub(crate) static CERT_SAN_SPEC: Message = Message(&[
    Field::new(1, "ips", Ip).list(),
    Field::new(2, "dnsNames", Text).list(),
    Field::new(3, "fqdn", Text),
]);

pub(crate) static ENCRYPTION_SALT_SPEC: Message = Message(&[Field::new(1, "diskSalt", Bytes)]);

pub(crate) static ETCD_CERTS_SPEC: Message = Message(&[
    Field::new(1, "etcd", PemPair),
    Field::new(2, "etcdPeer", PemPair),
    Field::new(3, "etcdAdmin", PemPair),
    Field::new(4, "etcdAPIServer", PemPair),
]);

pub(crate) static ETCD_ROOT_SPEC: Message = Message(&[Field::new(1, "etcdCA", PemPair)]);

pub(crate) static KUBELET_SPEC: Message = Message(&[
    Field::new(1, "endpoint", Url),
    Field::new(6, "endpointTLSServerName", Text).optional(),
    Field::new(5, "acceptedCAs", PemCertificate).list(),
    Field::new(3, "bootstrapTokenID", Text),
    Field::new(4, "bootstrapTokenSecret", Text),
]);

pub(crate) static KUBERNETES_CERTS_SPEC: Message = Message(&[
    Field::new(4, "schedulerKubeconfig", Text),
    Field::new(5, "controllerManagerKubeconfig", Text),
    Field::new(6, "localhostAdminKubeconfig", Text),
    Field::new(7, "adminKubeconfig", Text),
]);

pub(crate) static KUBERNETES_DYNAMIC_CERTS_SPEC: Message = Message(&[
    Field::new(1, "apiServer", PemPair),
    Field::new(2, "apiServerKubeletClient", PemPair),
    Field::new(3, "frontProxy", PemPair),
]);

pub(crate) static KUBERNETES_ROOT_SPEC: Message = Message(&[
    Field::new(1, "name", Text),
    Field::new(2, "endpoint", Url),
    Field::new(3, "local_endpoint", Url),
    Field::new(4, "certSANs", Text).list(),
    Field::new(14, "apiServerIPs", Ip).list(),
    Field::new(6, "dnsDomain", Text),
    Field::new(7, "issuingCA", PemPair),
    Field::new(15, "acceptedCAs", PemCertificate).list(),
    Field::new(9, "aggregatorCA", PemPair),
    Field::new(17, "acceptedAggregatorCAs", PemCertificate).list(),
    Field::new(8, "serviceAccount", PemKey),
    Field::new(18, "serviceAccountAcceptedKeys", PemKey).list(),
    Field::new(19, "issuerURL", Text),
    Field::new(20, "acceptedIssuers", Text).list(),
    Field::new(21, "apiAudiences", Text).list(),
    Field::new(10, "aesCBCEncryptionSecret", Text),
    Field::new(11, "bootstrapTokenID", Text),
    Field::new(12, "bootstrapTokenSecret", Text),
    Field::new(13, "secretboxEncryptionSecret", Text),
    Field::new(16, "etcdEncryptionConfig", Struct),
]);

pub(crate) static MAINTENANCE_ROOT_SPEC: Message = Message(&[Field::new(1, "ca", PemPair)]);

pub(crate) static OS_ROOT_SPEC: Message = Message(&[
    Field::new(1, "issuingCA", PemPair),
    Field::new(5, "acceptedCAs", PemCertificate).list(),
    Field::new(2, "certSANIPs", Ip).list(),
    Field::new(3, "certSANDNSNames", Text).list(),
    Field::new(4, "token", Text),
]);

pub(crate) static TRUSTD_CERTS_SPEC: Message =
    Message(&[Field::new(3, "acceptedCAs", PemCertificate).list(), Field::new(2, "server", PemPair)]);
