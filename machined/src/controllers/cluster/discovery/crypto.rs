//! Affiliates as a discovery service sees them: opaque (contract os.md 5.8).

use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use prost::Message;
use proto::discovery::client;
use proto::resource::cluster::{AffiliateSpec, ControlPlane};
use proto::resource::enums::MachineType;

/// Bytes of the nonce in front of the ciphertext.
const NONCE: usize = 12;

/// Seals and opens affiliates with the cluster's secret.
pub struct Sealer(Aes256Gcm);

impl Sealer {
    /// A sealer with a key of 32 bytes; `None` for any other length.
    pub fn new(key: &[u8]) -> Option<Self> {
        let key: [u8; 32] = key.try_into().ok()?;
        Some(Self(Aes256Gcm::new(&Key::<Aes256Gcm>::from(key))))
    }

    /// Random nonce, then the encrypted message.
    pub fn seal(&self, affiliate: &AffiliateSpec) -> anyhow::Result<Vec<u8>> {
        let mut nonce = [0u8; NONCE];
        getrandom::fill(&mut nonce).map_err(|e| anyhow::anyhow!("no entropy for a nonce: {e}"))?;
        let plain = to_wire(affiliate).encode_to_vec();
        let sealed = self.0.encrypt(&Nonce::from(nonce), plain.as_slice());
        let sealed =
            sealed.map_err(|_| anyhow::anyhow!("an affiliate of {} bytes cannot be sealed", plain.len()))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// What was sealed with the same key; `None` for anything else.
    pub fn open(&self, data: &[u8]) -> Option<AffiliateSpec> {
        let (nonce, sealed) = data.split_at_checked(NONCE)?;
        let nonce: [u8; NONCE] = nonce.try_into().ok()?;
        let plain = self.0.decrypt(&Nonce::from(nonce), sealed).ok()?;
        client::Affiliate::decode(plain.as_slice()).ok().map(from_wire)
    }
}

fn to_wire(affiliate: &AffiliateSpec) -> client::Affiliate {
    let port = |c: &ControlPlane| u32::try_from(c.api_server_port).unwrap_or(0);
    client::Affiliate {
        node_id: affiliate.node_id.clone(),
        addresses: affiliate.addresses.iter().map(|a| a.ip.clone()).collect(),
        hostname: affiliate.hostname.clone(),
        nodename: affiliate.nodename.clone(),
        machine_type: type_text(affiliate.machine_type).to_owned(),
        operating_system: affiliate.operating_system.clone(),
        kubespan: None,
        control_plane: affiliate
            .control_plane
            .as_ref()
            .map(|c| client::ControlPlane { api_server_port: port(c) }),
    }
}

fn from_wire(affiliate: client::Affiliate) -> AffiliateSpec {
    AffiliateSpec {
        node_id: affiliate.node_id,
        addresses: affiliate.addresses.into_iter().map(|ip| proto::common::NetIp { ip }).collect(),
        hostname: affiliate.hostname,
        nodename: affiliate.nodename,
        operating_system: affiliate.operating_system,
        machine_type: type_value(&affiliate.machine_type) as i32,
        kube_span: None,
        control_plane: affiliate
            .control_plane
            .map(|c| ControlPlane { api_server_port: i64::from(c.api_server_port) }),
    }
}

fn type_text(wire: i32) -> &'static str {
    match MachineType::try_from(wire) {
        Ok(MachineType::TypeInit) => "init",
        Ok(MachineType::TypeControlPlane) => "controlplane",
        Ok(MachineType::TypeWorker) => "worker",
        _ => "unknown",
    }
}

fn type_value(text: &str) -> MachineType {
    match text {
        "init" => MachineType::TypeInit,
        "controlplane" => MachineType::TypeControlPlane,
        "worker" => MachineType::TypeWorker,
        _ => MachineType::TypeUnknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn affiliate() -> AffiliateSpec {
        AffiliateSpec {
            node_id: "n1".into(),
            addresses: vec![std::net::IpAddr::from([10, 5, 0, 2]).into()],
            hostname: "cp-1".into(),
            nodename: "cp-1".into(),
            machine_type: MachineType::TypeControlPlane as i32,
            control_plane: Some(ControlPlane { api_server_port: 6443 }),
            ..AffiliateSpec::default()
        }
    }

    #[test]
    fn what_was_sealed_opens_with_the_same_key_only() {
        let sealed = Sealer::new(&[7; 32]).unwrap().seal(&affiliate()).unwrap();
        assert_eq!(Sealer::new(&[7; 32]).unwrap().open(&sealed), Some(affiliate()));
        assert_eq!(Sealer::new(&[8; 32]).unwrap().open(&sealed), None);
        let mut damaged = sealed;
        *damaged.last_mut().unwrap() ^= 1;
        assert_eq!(Sealer::new(&[7; 32]).unwrap().open(&damaged), None);
        assert_eq!(Sealer::new(&[7; 32]).unwrap().open(&[1, 2]), None);
        assert!(Sealer::new(&[7; 16]).is_none());
    }
}
