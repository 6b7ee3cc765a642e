//! One function for each purpose a certificate is issued for: subject, names, usages and life of
//! contract api.md 2.2, 2.3, 1.5 and os.md 6.1, 6.6.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, SystemTime};

use crate::{ExtKeyUsage, KeyUsage, Leaf, Name, Sans, SigningRequest, Validity};

/// Life of the CAs: 87600 hours (contract api.md 2.1).
pub const CA_LIFE: Duration = Duration::from_secs(87_600 * 3600);
/// Life of the maintenance CA and its leaf: 24 hours (contract api.md 1.5).
pub const MAINTENANCE_LIFE: Duration = Duration::from_secs(24 * 3600);
/// Life of the certificates of apid and trustd: 24 hours (contract api.md 2.2).
pub const API_LIFE: Duration = Duration::from_secs(24 * 3600);
/// Default life of a user's client certificate: 8760 hours (contract api.md 2.3).
pub const CLIENT_LIFE: Duration = Duration::from_secs(8760 * 3600);
/// Life of Kubernetes certificates: 8760 hours (contract os.md 6.6).
pub const KUBERNETES_LIFE: Duration = Duration::from_secs(8760 * 3600);
/// Life of etcd's leaf certificates: 87600 hours (contract os.md 6.6).
pub const ETCD_LIFE: Duration = CA_LIFE;
/// Leaves start five minutes early, for peers whose clock is a little behind.
pub const BACKDATE: Duration = Duration::from_secs(300);
/// An administrator's kubeconfig starts ten seconds early (contract os.md 6.6).
pub const ADMIN_BACKDATE: Duration = Duration::from_secs(10);

/// The role by which apid of one node speaks for the caller at another (contract api.md 2.3).
pub const ROLE_IMPERSONATOR: &str = "os:impersonator";
/// The group of Kubernetes' own administrators.
pub const SYSTEM_MASTERS: &str = "system:masters";
/// The common name of the maintenance server (contract api.md 1.5).
pub const MAINTENANCE_NAME: &str = "maintenance-service.talos.dev";

const SIGN: &[KeyUsage] = &[KeyUsage::DigitalSignature];
const SIGN_AND_ENCIPHER: &[KeyUsage] = &[KeyUsage::DigitalSignature, KeyUsage::KeyEncipherment];
const SERVER: &[ExtKeyUsage] = &[ExtKeyUsage::ServerAuth];
const CLIENT: &[ExtKeyUsage] = &[ExtKeyUsage::ClientAuth];
const BOTH: &[ExtKeyUsage] = &[ExtKeyUsage::ServerAuth, ExtKeyUsage::ClientAuth];

fn leaf(subject: Name, sans: Sans, key: &[KeyUsage], ext: &[ExtKeyUsage], validity: Validity) -> Leaf {
    Leaf { subject, sans, key_usages: key.to_vec(), ext_key_usages: ext.to_vec(), validity }
}

fn lasting(now: SystemTime, life: Duration) -> Validity {
    Validity::starting(now, life).backdated(BACKDATE)
}

/// The server certificate of apid. `fqdn` is the common name; `sans` as api.md 2.2 lists them (127.0.0.1 is
/// added here).
pub fn apid_server(fqdn: &str, sans: Sans, now: SystemTime) -> Leaf {
    let sans = sans.with_addresses([IpAddr::V4(Ipv4Addr::LOCALHOST)]);
    leaf(Name::common(fqdn), sans, SIGN, SERVER, lasting(now, API_LIFE))
}

/// The client certificate with which apid of a control plane calls other nodes.
pub fn apid_client(fqdn: &str, now: SystemTime) -> Leaf {
    let subject = Name::common(fqdn).with_organizations([ROLE_IMPERSONATOR]);
    leaf(subject, Sans::new(), SIGN, CLIENT, lasting(now, API_LIFE))
}

/// The server certificate of trustd; the names are those of apid.
pub fn trustd_server(fqdn: &str, sans: Sans, now: SystemTime) -> Leaf {
    let sans = sans.with_addresses([IpAddr::V4(Ipv4Addr::LOCALHOST)]);
    leaf(Name::common(fqdn), sans, SIGN_AND_ENCIPHER, SERVER, lasting(now, API_LIFE))
}

/// What trustd grants to a worker's request: the names asked for, no organization (so no role), and usages
/// and life that the request cannot influence.
pub fn trustd_issued(request: &SigningRequest, now: SystemTime) -> Leaf {
    let subject = Name { common_name: request.subject().common_name.clone(), organizations: Vec::new() };
    leaf(subject, request.sans().clone(), SIGN, SERVER, lasting(now, API_LIFE))
}

/// The self-issued server certificate of maintenance mode (127.0.0.1 and ::1 are added here).
pub fn maintenance_server(sans: Sans, now: SystemTime) -> Leaf {
    let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    let sans = sans.with_addresses(loopback);
    leaf(Name::common(MAINTENANCE_NAME), sans, SIGN, SERVER, lasting(now, MAINTENANCE_LIFE))
}

/// A user's client certificate: the roles, sorted, as organizations, and no common name.
pub fn client<S: Into<String>>(roles: impl IntoIterator<Item = S>, now: SystemTime, life: Duration) -> Leaf {
    let mut roles: Vec<String> = roles.into_iter().map(Into::into).collect();
    roles.sort();
    roles.dedup();
    let subject = Name::default().with_organizations(roles);
    leaf(subject, Sans::new(), SIGN, CLIENT, Validity::starting(now, life))
}

/// The certificate of a request as it is (`gen crt`): its subject and names; usable on both sides.
pub fn as_requested(request: &SigningRequest, now: SystemTime, life: Duration) -> Leaf {
    let ext = match request.sans().is_empty() {
        true => CLIENT,
        false => BOTH,
    };
    leaf(request.subject().clone(), request.sans().clone(), SIGN, ext, Validity::starting(now, life))
}

/// etcd's server certificate. `sans`: hostname, FQDN and node addresses; the loopback names are added here.
pub fn etcd_server(hostname: &str, sans: Sans, now: SystemTime) -> Leaf {
    let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    let sans = sans.with_names([hostname, "localhost"]).with_addresses(loopback);
    leaf(Name::common(hostname), sans, SIGN_AND_ENCIPHER, BOTH, lasting(now, ETCD_LIFE))
}

/// etcd's peer certificate. `sans`: hostname, FQDN and node addresses.
pub fn etcd_peer(hostname: &str, sans: Sans, now: SystemTime) -> Leaf {
    let sans = sans.with_names([hostname]);
    leaf(Name::common(hostname), sans, SIGN_AND_ENCIPHER, BOTH, lasting(now, ETCD_LIFE))
}

/// The etcd client certificate of the node itself (`admin.crt`).
pub fn etcd_admin(now: SystemTime) -> Leaf {
    leaf(Name::common("talos"), Sans::new(), SIGN_AND_ENCIPHER, CLIENT, lasting(now, ETCD_LIFE))
}

/// The etcd client certificate of kube-apiserver.
pub fn etcd_apiserver_client(now: SystemTime) -> Leaf {
    leaf(Name::common("kube-apiserver"), Sans::new(), SIGN_AND_ENCIPHER, CLIENT, lasting(now, ETCD_LIFE))
}

/// The serving certificate of kube-apiserver. `sans`: endpoint host, extra names, hostname, FQDN, first
/// service addresses and node addresses; the names inside of the cluster and 127.0.0.1 are added here.
pub fn kube_apiserver(dns_domain: &str, sans: Sans, now: SystemTime) -> Leaf {
    let service = format!("kubernetes.default.svc.{dns_domain}");
    let names = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", &service, "localhost"];
    let sans = sans.with_names(names).with_addresses([IpAddr::V4(Ipv4Addr::LOCALHOST)]);
    let subject = Name::common("kube-apiserver").with_organizations(["kube-master"]);
    leaf(subject, sans, SIGN_AND_ENCIPHER, SERVER, lasting(now, KUBERNETES_LIFE))
}

fn kubernetes_client(common_name: &str, organization: Option<&str>, now: SystemTime) -> Leaf {
    let subject = Name::common(common_name).with_organizations(organization);
    leaf(subject, Sans::new(), SIGN_AND_ENCIPHER, CLIENT, lasting(now, KUBERNETES_LIFE))
}

/// The certificate with which kube-apiserver calls kubelets.
pub fn apiserver_kubelet_client(now: SystemTime) -> Leaf {
    kubernetes_client("apiserver-kubelet-client", Some(SYSTEM_MASTERS), now)
}

/// The certificate with which kube-apiserver calls aggregated API servers; issued by the aggregator CA.
pub fn front_proxy_client(now: SystemTime) -> Leaf {
    kubernetes_client("front-proxy-client", None, now)
}

/// The certificate in the kubeconfig of kube-controller-manager.
pub fn controller_manager(now: SystemTime) -> Leaf {
    kubernetes_client("system:kube-controller-manager", Some("system:kube-controller-manager"), now)
}

/// The certificate in the kubeconfig of kube-scheduler.
pub fn scheduler(now: SystemTime) -> Leaf {
    kubernetes_client("system:kube-scheduler", Some("system:kube-scheduler"), now)
}

/// The certificate in the node's own administrative kubeconfig.
pub fn localhost_admin(now: SystemTime) -> Leaf {
    kubernetes_client("talos:admin", Some(SYSTEM_MASTERS), now)
}

/// The certificate in a user's administrative kubeconfig, living `cluster.adminKubeconfig.certLifetime`.
pub fn kubeconfig_admin(now: SystemTime, life: Duration) -> Leaf {
    let validity = Validity::starting(now, life).backdated(ADMIN_BACKDATE);
    Leaf { validity, ..kubernetes_client("admin", Some(SYSTEM_MASTERS), now) }
}

/// Life of the certificates of Talos service accounts: 6 hours, renewed when less than one is left
/// (contract os.md 6.6).
pub const SERVICE_ACCOUNT_LIFE: Duration = Duration::from_secs(6 * 3600);
