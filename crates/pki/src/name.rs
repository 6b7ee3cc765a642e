//! Subject names and subject alternative names.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use x509_parser::extensions::GeneralName;
use x509_parser::x509::X509Name;

use crate::der::{self, tag};
use crate::{Error, Result, oid};

/// The part of a distinguished name that carries meaning here: a common name and organizations (for client
/// certificates of the Talos API, the roles).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Name {
    /// CN, if any.
    pub common_name: Option<String>,
    /// O, all of them, in the order of the certificate.
    pub organizations: Vec<String>,
}

impl Name {
    /// A name of a common name only.
    pub fn common(common_name: impl Into<String>) -> Self {
        Self { common_name: Some(common_name.into()), organizations: Vec::new() }
    }

    /// A name of one organization only.
    pub fn organization(organization: impl Into<String>) -> Self {
        Self { common_name: None, organizations: vec![organization.into()] }
    }

    /// The same name with these organizations.
    pub fn with_organizations<S: Into<String>>(mut self, organizations: impl IntoIterator<Item = S>) -> Self {
        self.organizations = organizations.into_iter().map(Into::into).collect();
        self
    }

    /// Encodes O (all in one relative name, as Go does), then CN.
    pub(crate) fn to_der(&self) -> Vec<u8> {
        let attribute = |id: &[u8], value: &str| der::sequence(&[der::oid(id), der::string(value)]);
        let mut relative = Vec::new();
        if !self.organizations.is_empty() {
            relative.push(der::set_of(
                self.organizations.iter().map(|o| attribute(oid::ORGANIZATION, o)).collect(),
            ));
        }
        if let Some(common_name) = &self.common_name {
            relative.push(der::set_of(vec![attribute(oid::COMMON_NAME, common_name)]));
        }
        der::sequence(&relative)
    }

    /// Reads CN (the last one, as Go does) and O; other attributes are not looked at.
    pub(crate) fn from_x509(name: &X509Name<'_>) -> Self {
        let text = |a: &x509_parser::x509::AttributeTypeAndValue<'_>| a.as_str().ok().map(str::to_owned);
        Self {
            common_name: name.iter_common_name().filter_map(text).last(),
            organizations: name.iter_organization().filter_map(text).collect(),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = self.common_name.iter().map(|cn| format!("CN={cn}")).collect();
        parts.extend(self.organizations.iter().map(|o| format!("O={o}")));
        match parts.is_empty() {
            true => f.write_str("(empty subject)"),
            false => f.write_str(&parts.join(",")),
        }
    }
}

/// Subject alternative names: sorted, without duplicates, trailing dots removed (contract api.md 2.2).
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Sans {
    dns_names: BTreeSet<String>,
    ip_addresses: BTreeSet<IpAddr>,
}

impl Sans {
    /// No names at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds each name: as an IP address if it is one (in brackets or not), else as a DNS name.
    pub fn with_names<S: AsRef<str>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        for name in names {
            self.insert(name.as_ref());
        }
        self
    }

    /// Adds IP addresses.
    pub fn with_addresses(mut self, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        self.ip_addresses.extend(addresses);
        self
    }

    /// Adds one name: as an IP address if it is one, else as a DNS name. Empty names are dropped.
    pub fn insert(&mut self, name: &str) {
        let name = name.trim();
        let bare = name.strip_prefix('[').and_then(|n| n.strip_suffix(']')).unwrap_or(name);
        if let Ok(address) = bare.parse() {
            self.ip_addresses.insert(address);
            return;
        }
        let name = name.trim_end_matches('.');
        if !name.is_empty() {
            self.dns_names.insert(name.to_owned());
        }
    }

    /// The DNS names, sorted.
    pub fn dns_names(&self) -> impl Iterator<Item = &str> {
        self.dns_names.iter().map(String::as_str)
    }

    /// The IP addresses, sorted.
    pub fn ip_addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.ip_addresses.iter().copied()
    }

    /// Whether there is no name.
    pub fn is_empty(&self) -> bool {
        self.dns_names.is_empty() && self.ip_addresses.is_empty()
    }

    /// Encodes the value of the extension.
    pub(crate) fn to_der(&self) -> Result<Vec<u8>> {
        let mut names = Vec::new();
        for name in &self.dns_names {
            if !name.bytes().all(|b| b.is_ascii_graphic()) {
                return Err(Error::BadDnsName(name.clone()));
            }
            names.push(der::tlv(tag::context_primitive(2), name.as_bytes()));
        }
        for address in &self.ip_addresses {
            let octets = match address {
                IpAddr::V4(v4) => v4.octets().to_vec(),
                IpAddr::V6(v6) => v6.octets().to_vec(),
            };
            names.push(der::tlv(tag::context_primitive(7), &octets));
        }
        Ok(der::sequence(&names))
    }

    /// Reads DNS names and IP addresses; other kinds of names are skipped.
    pub(crate) fn from_x509(names: &[GeneralName<'_>]) -> Self {
        let mut sans = Self::default();
        for name in names {
            match name {
                GeneralName::DNSName(dns) => {
                    sans.dns_names.insert((*dns).to_owned());
                }
                GeneralName::IPAddress(octets) => {
                    let v4 = <[u8; 4]>::try_from(*octets).map(IpAddr::from);
                    if let Ok(address) = v4.or_else(|_| <[u8; 16]>::try_from(*octets).map(IpAddr::from)) {
                        sans.ip_addresses.insert(address);
                    }
                }
                _ => {}
            }
        }
        sans
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_deduplicated_and_lose_trailing_dots() {
        let sans = Sans::new().with_names(["b.", "a", "b", "10.0.0.1", "[fd00::1]", "", "."]);
        assert_eq!(sans.dns_names().collect::<Vec<_>>(), ["a", "b"]);
        let ips: Vec<String> = sans.ip_addresses().map(|ip| ip.to_string()).collect();
        assert_eq!(ips, ["10.0.0.1", "fd00::1"]);
    }

    #[test]
    fn a_name_that_is_not_ascii_is_refused() {
        assert_eq!(
            Sans::new().with_names(["knoten-ä"]).to_der().unwrap_err(),
            Error::BadDnsName("knoten-ä".into())
        );
    }
}
