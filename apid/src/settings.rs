//! What apid is to be, out of the resources that configure it (contract api.md 1.3). Pure, but for
//! reading certificates.

use std::net::{IpAddr, SocketAddr};

use proto::common::PemEncodedCertificateAndKey;
use proto::resource::network::{HostnameStatusSpec, NodeAddressSpec};
use proto::resource::runtime::ApiServiceConfigSpec;
use proto::resource::secrets::ApiCertsSpec;
use rpc::tls::client::Trust;
use rpc::tls::listen::parse_address;
use rpc::tls::{CaPool, ClientAuth, ClientTls, Identity, TlsError};

use crate::director::OwnNames;
use crate::listener::Admission;

/// Where and for whom apid listens. When it changes, apid listens anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The address.
    pub address: SocketAddr,
    /// Whom clients are taken for.
    pub admission: Admission,
}

/// Why apid cannot listen yet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Waiting {
    /// There is no configuration.
    #[error("waiting for the API service to be configured")]
    Config,
    /// The address makes no sense; whoever wrote it must correct it.
    #[error("the listen address {0:?} is not an address and a port")]
    Address(String),
    /// There is no certificate for this mode.
    #[error("waiting for the API certificate")]
    Certificate,
}

/// Where and for whom to listen.
///
/// # Errors
/// When the configuration is not there, or names no address.
pub fn place(config: Option<&ApiServiceConfigSpec>) -> Result<Place, Waiting> {
    let config = config.ok_or(Waiting::Config)?;
    let address = parse_address(&config.listen_address);
    let admission = if config.readonly_role_mode { Admission::Maintenance } else { Admission::Certificate };
    let address = address.ok_or_else(|| Waiting::Address(config.listen_address.clone()))?;
    Ok(Place { address, admission })
}

/// The certificates to listen with: those of this mode. While the mode changes, those of the other one
/// may still be there; a node that has a configuration must never be served with the certificates of
/// maintenance, which verify nobody.
///
/// # Errors
/// When they are not there yet.
pub fn certificates<'a>(
    config: &ApiServiceConfigSpec,
    certificates: Option<&'a ApiCertsSpec>,
) -> Result<&'a ApiCertsSpec, Waiting> {
    certificates
        .filter(|certificates| certificates.skip_verifying_client_cert == config.skip_verifying_client_cert)
        .filter(|certificates| is_filled(certificates.server.as_ref()))
        .ok_or(Waiting::Certificate)
}

fn is_filled(pair: Option<&PemEncodedCertificateAndKey>) -> bool {
    pair.is_some_and(|pair| !pair.crt.is_empty() && !pair.key.is_empty())
}

/// The server's side of TLS.
///
/// # Errors
/// When a certificate cannot be read, or no CA is accepted though clients are to be verified.
pub fn server_tls(certificates: &ApiCertsSpec) -> Result<(Identity, ClientAuth), TlsError> {
    let identity = identity(certificates.server.as_ref())?;
    if certificates.skip_verifying_client_cert {
        return Ok((identity, ClientAuth::None));
    }
    Ok((identity, ClientAuth::Required(pool(certificates)?)))
}

/// The client's side, towards other nodes; `None` on nodes that have no client certificate.
///
/// # Errors
/// When a certificate cannot be read, or no CA is accepted.
pub fn client_tls(certificates: &ApiCertsSpec) -> Result<Option<ClientTls>, TlsError> {
    if !is_filled(certificates.client.as_ref()) {
        return Ok(None);
    }
    let identity = Some(identity(certificates.client.as_ref())?);
    Ok(Some(ClientTls { identity, trust: Trust::Cas(pool(certificates)?) }))
}

fn identity(pair: Option<&PemEncodedCertificateAndKey>) -> Result<Identity, TlsError> {
    let (certificate, key) = pair.map_or((&[][..], &[][..]), |pair| (&pair.crt, &pair.key));
    Identity::from_pem(certificate, key)
}

fn pool(certificates: &ApiCertsSpec) -> Result<CaPool, TlsError> {
    CaPool::from_pem(certificates.accepted_c_as.iter().map(|ca| ca.crt.as_slice()))
}

/// What this node is called.
pub fn own_names<'a>(
    addresses: impl IntoIterator<Item = &'a NodeAddressSpec>,
    hostnames: impl IntoIterator<Item = &'a HostnameStatusSpec>,
) -> OwnNames {
    let addresses = addresses.into_iter().flat_map(|spec| &spec.addresses);
    let addresses = addresses.filter_map(|prefix| ip(&prefix.ip));
    let names = hostnames.into_iter().flat_map(|spec| {
        let fqdn = format!("{}.{}", spec.hostname, spec.domainname);
        let fqdn = (!spec.hostname.is_empty() && !spec.domainname.is_empty()).then_some(fqdn);
        std::iter::once(spec.hostname.clone()).chain(fqdn)
    });
    OwnNames::new(addresses, names)
}

fn ip(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        _ => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::common::NetIpPrefix;

    fn maintenance() -> ApiServiceConfigSpec {
        ApiServiceConfigSpec {
            listen_address: ":50000".into(),
            node_routing_disabled: true,
            readonly_role_mode: true,
            skip_verifying_client_cert: true,
        }
    }

    fn normal() -> ApiServiceConfigSpec {
        ApiServiceConfigSpec { listen_address: ":50000".into(), ..Default::default() }
    }

    fn pair() -> Option<PemEncodedCertificateAndKey> {
        Some(PemEncodedCertificateAndKey { crt: b"c".into(), key: b"k".into() })
    }

    #[test]
    fn the_mode_decides_whom_clients_are_taken_for() {
        assert_eq!(place(Some(&maintenance())).unwrap().admission, Admission::Maintenance);
        assert_eq!(place(Some(&normal())).unwrap().admission, Admission::Certificate);
        assert_eq!(place(None), Err(Waiting::Config));
        let odd = ApiServiceConfigSpec { listen_address: "nowhere".into(), ..normal() };
        assert_eq!(place(Some(&odd)), Err(Waiting::Address("nowhere".into())));
    }

    #[test]
    fn certificates_of_the_other_mode_are_not_used() {
        let verified = ApiCertsSpec { server: pair(), ..Default::default() };
        let unverified = ApiCertsSpec { skip_verifying_client_cert: true, ..verified.clone() };
        let empty = ApiCertsSpec { server: Some(Default::default()), ..Default::default() };
        assert!(certificates(&normal(), Some(&verified)).is_ok());
        assert!(certificates(&maintenance(), Some(&unverified)).is_ok());
        for (config, certs) in [
            (normal(), Some(&unverified)),
            (maintenance(), Some(&verified)),
            (normal(), Some(&empty)),
            (normal(), None),
        ] {
            assert_eq!(certificates(&config, certs), Err(Waiting::Certificate));
        }
    }

    #[test]
    fn without_accepted_cas_nobody_could_be_verified() {
        assert!(server_tls(&ApiCertsSpec { server: pair(), ..Default::default() }).is_err());
        assert!(client_tls(&ApiCertsSpec::default()).unwrap().is_none());
    }

    #[test]
    fn a_node_is_called_by_its_addresses_hostname_and_full_name() {
        let address = |ip: &[u8]| NetIpPrefix { ip: ip.to_vec(), prefix_length: 24 };
        let addresses = NodeAddressSpec {
            addresses: vec![address(&[10, 5, 0, 3]), address(&[0; 16]), address(&[1, 2])],
            ..Default::default()
        };
        let hostname = HostnameStatusSpec { hostname: "w1".into(), domainname: "local".into() };
        let bare = HostnameStatusSpec { hostname: String::new(), domainname: "x".into() };
        let expected =
            OwnNames::new(["10.5.0.3".parse().unwrap(), "::".parse().unwrap()], ["w1", "w1.local"]);
        assert_eq!(own_names([&addresses], [&hostname, &bare]), expected);
    }
}
