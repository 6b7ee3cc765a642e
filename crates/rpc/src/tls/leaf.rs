//! What the certificate of a peer says about it.

use pki::Certificate;
use rustls_pki_types::CertificateDer;

use crate::role::RoleSet;

/// The roles that a certificate grants: those among the Organizations of its subject. A certificate
/// that cannot be read grants none.
#[must_use]
pub fn roles(certificate: &CertificateDer<'_>) -> RoleSet {
    let Ok(parsed) = Certificate::from_der(certificate) else { return RoleSet::EMPTY };
    RoleSet::parse(parsed.subject().organizations.iter().map(String::as_str))
}

/// Whether the extended key usage is client authentication and nothing else (contract api.md 2.3).
#[must_use]
pub(crate) fn is_client_only(certificate: &CertificateDer<'_>) -> bool {
    Certificate::from_der(certificate).is_ok_and(|parsed| parsed.is_client_only())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::role::Role;
    use pki::{Authority, AuthorityKind, profile};
    use std::time::{Duration, SystemTime};

    #[test]
    fn roles_are_the_organizations_that_are_known() {
        let now = SystemTime::now();
        let ca = Authority::generate(AuthorityKind::Os, now).unwrap();
        let table: [(&[&str], &[Role]); 3] = [
            (&["os:reader", "os:etcd:backup", "system:masters"], &[Role::Reader, Role::EtcdBackup]),
            (&["system:masters"], &[]),
            (&[], &[]),
        ];
        for (organizations, expected) in table {
            let leaf = profile::client(organizations.iter().copied(), now, Duration::from_secs(60));
            let certificate = ca.issue_pair(&leaf).unwrap().certificate.to_rustls();
            assert_eq!(roles(&certificate), RoleSet::of(expected), "{organizations:?}");
            assert!(is_client_only(&certificate));
        }
        let garbage = CertificateDer::from(vec![1, 2, 3]);
        assert_eq!(roles(&garbage), RoleSet::EMPTY);
        assert!(!is_client_only(&garbage));
        assert!(!is_client_only(&ca.certificate().to_rustls()));
    }
}
