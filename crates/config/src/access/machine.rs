//! The machine: its role, the nodes' API, features.

use crate::Config;
use crate::documents::runtime::{ImageCacheConfig, SecurityProfileConfig};
use crate::documents::v1alpha1::{AddressSort, EncodedCertificateAndKey, MachineType};
use crate::value::{Pem, Secret};

/// An authority that can issue.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Authority {
    /// The certificate.
    pub cert: Pem,
    /// The private key, as PEM; empty where the machine must not have it.
    pub key: Secret,
}

/// An authority and the others that are accepted beside it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Authorities {
    /// The authority that issues; present only together with its key.
    pub issuing: Option<Authority>,
    /// Every certificate that is accepted, the issuing one's first.
    pub accepted: Vec<Pem>,
}

impl Authorities {
    /// All accepted certificates in one text.
    pub fn bundle(&self) -> String {
        let mut text = String::new();
        for pem in &self.accepted {
            text.push_str(&pem.0);
            if !text.ends_with('\n') {
                text.push('\n');
            }
        }
        text
    }

    /// From an authority that may lack its key, and further certificates.
    pub(crate) fn new(authority: Option<Authority>, further: impl IntoIterator<Item = Pem>) -> Self {
        let cert = authority.iter().map(|authority| authority.cert.clone());
        let accepted = cert.chain(further).filter(|pem| !pem.is_empty()).collect();
        Self { issuing: authority.filter(|authority| !authority.key.is_empty()), accepted }
    }
}

/// The authority of a section that carries base64.
pub(crate) fn decode_authority(section: &EncodedCertificateAndKey) -> Option<Authority> {
    let cert = section.crt.decode()?;
    let key = Pem::from_base64(section.key.expose()).map(|pem| Secret::new(pem.0)).unwrap_or_default();
    Some(Authority { cert, key })
}

/// What the nodes' API needs: who signs, who is accepted, what names the certificate has.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodeApi {
    /// The token that a node shows to get its certificate.
    pub token: Secret,
    /// The authority; issuing only on control planes.
    pub authorities: Authorities,
    /// Further names and addresses of the certificate.
    pub cert_sans: Vec<String>,
}

/// How addresses of the node are sorted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AddressSortAlgorithm {
    /// By the address.
    #[default]
    V1,
    /// By the network first.
    V2,
}

impl Config {
    /// What the machine is in the cluster; nothing while there is no v1alpha1 document.
    pub fn machine_type(&self) -> Option<MachineType> {
        self.v1alpha1()?;
        // An empty type has always meant a worker (contract os.md 1.3).
        Some(self.machine().and_then(|machine| machine.machine_type).unwrap_or(MachineType::Worker))
    }

    /// Whether the machine is a control plane.
    pub fn is_control_plane(&self) -> bool {
        matches!(self.machine_type(), Some(MachineType::ControlPlane | MachineType::Init))
    }

    /// Whether services log to the console.
    pub fn debug(&self) -> bool {
        self.v1alpha1().and_then(|config| config.debug).unwrap_or(false)
    }

    /// The nodes' API; nothing while there is no v1alpha1 document.
    pub fn node_api(&self) -> Option<NodeApi> {
        let machine = self.machine()?;
        let authority = machine.ca.as_ref().and_then(decode_authority);
        let further = machine.accepted_cas.iter().filter_map(|ca| ca.crt.decode());
        Some(NodeApi {
            token: machine.token.clone(),
            authorities: Authorities::new(authority, further),
            cert_sans: machine.cert_sans.clone(),
        })
    }

    /// Whether the kubelet measures disk use by quotas.
    pub fn disk_quota_support(&self) -> bool {
        self.features().and_then(|features| features.disk_quota_support).unwrap_or(false)
    }

    /// How addresses of the node are sorted.
    pub fn address_sort(&self) -> AddressSortAlgorithm {
        match self.features().map(|features| features.node_address_sort_algorithm.as_str()) {
            Some(text) if AddressSort::parse(text) == Some(AddressSort::V2) => AddressSortAlgorithm::V2,
            _ => AddressSortAlgorithm::V1,
        }
    }

    /// Whether images stored on the node's disk are used.
    pub fn image_cache(&self) -> bool {
        let document = self.get::<ImageCacheConfig>().and_then(|document| document.local.enabled);
        let section = self.features().and_then(|features| features.image_cache.as_ref());
        document.or(section.and_then(|cache| cache.local_enabled)).unwrap_or(false)
    }

    /// Whether workloads run in namespaces apart from the system's.
    pub fn workload_isolation(&self) -> bool {
        self.get::<SecurityProfileConfig>().and_then(|profile| profile.workload_isolation).unwrap_or(false)
    }
}
