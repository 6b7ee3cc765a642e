//! What keeps changing links by itself: DHCP and shared addresses.

use std::net::IpAddr;

use super::link::{LinkRef, vlan_name};
use crate::Config;
use crate::documents::network::{
    ClientIdentifier, DHCPv4Config, DHCPv6Config, HCloudVIPConfig, Layer2VIPConfig,
};
use crate::documents::v1alpha1::{DHCPOptions, VIPSection};
use crate::value::Secret;

/// The metric of routes from DHCP unless another is set (contract os.md 5.2).
pub const DEFAULT_ROUTE_METRIC: u32 = 1024;

/// Settings of DHCP on a link.
#[derive(Debug, Clone, PartialEq)]
pub struct Dhcp {
    /// The link.
    pub link: LinkRef,
    /// The number of a VLAN on top of the link, when DHCP is meant to run there.
    pub vlan: Option<u16>,
    /// The metric of routes that the server gives.
    pub route_metric: u32,
    /// Whether the server's host name is ignored.
    pub skip_hostname: bool,
    /// Whether the server's routes are ignored.
    pub skip_routes: bool,
    /// What the client identifies itself by.
    pub client_identifier: ClientIdentifier,
    /// The identifier when it is a DUID: hexadecimal bytes with colons.
    pub duid: Option<String>,
}

/// Who moves a shared address.
#[derive(Debug, Clone, PartialEq)]
pub enum VipProvider {
    /// Its holder, by announcing it on the link.
    Layer2,
    /// The API of Hetzner Cloud, with a token.
    HCloud(Secret),
    /// The API of Equinix Metal, with a token.
    EquinixMetal(Secret),
}

/// An address that one node of the control plane holds at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Vip {
    /// The link.
    pub link: LinkRef,
    /// The number of a VLAN on top of the link, when the address is meant to be there.
    pub vlan: Option<u16>,
    /// The address.
    pub address: IpAddr,
    /// Who moves it.
    pub provider: VipProvider,
}

/// What keeps changing links by itself.
#[derive(Debug, Clone, PartialEq)]
pub enum Operator {
    /// DHCP for IPv4.
    Dhcp4(Dhcp),
    /// DHCP for IPv6.
    Dhcp6(Dhcp),
    /// A shared address.
    Vip(Vip),
}

impl Config {
    /// DHCP and shared addresses of documents, then of the v1alpha1 section.
    pub fn operators(&self) -> Vec<Operator> {
        let mut operators = Vec::new();
        for d in self.all::<DHCPv4Config>() {
            operators.push(Operator::Dhcp4(Dhcp {
                link: LinkRef::Name(d.name),
                vlan: None,
                route_metric: d.route_metric.unwrap_or(DEFAULT_ROUTE_METRIC),
                skip_hostname: d.ignore_hostname.unwrap_or(false),
                skip_routes: d.ignore_routes.unwrap_or(false),
                client_identifier: d.client_identifier.unwrap_or(ClientIdentifier::Mac),
                duid: crate::access::non_empty(&d.duid_raw),
            }));
        }
        for d in self.all::<DHCPv6Config>() {
            operators.push(Operator::Dhcp6(Dhcp {
                link: LinkRef::Name(d.name),
                vlan: None,
                route_metric: d.route_metric.unwrap_or(DEFAULT_ROUTE_METRIC),
                skip_hostname: d.ignore_hostname.unwrap_or(false),
                skip_routes: false,
                client_identifier: d.client_identifier.unwrap_or(ClientIdentifier::Mac),
                duid: crate::access::non_empty(&d.duid_raw),
            }));
        }
        for d in self.all::<Layer2VIPConfig>() {
            if let Ok(address) = d.name.parse() {
                let link = LinkRef::Name(d.link);
                operators.push(Operator::Vip(Vip {
                    link,
                    vlan: None,
                    address,
                    provider: VipProvider::Layer2,
                }));
            }
        }
        for d in self.all::<HCloudVIPConfig>() {
            if let Ok(address) = d.name.parse() {
                let link = LinkRef::Name(d.link);
                let provider = VipProvider::HCloud(d.api_token);
                operators.push(Operator::Vip(Vip { link, vlan: None, address, provider }));
            }
        }
        self.add_section_operators(&mut operators);
        operators
    }

    fn add_section_operators(&self, operators: &mut Vec<Operator>) {
        let devices = self.network_section().into_iter().flat_map(|section| &section.interfaces);
        for device in devices.filter(|device| !device.ignore.unwrap_or(false)) {
            let Some(link) = super::legacy::link_ref(device) else { continue };
            if device.dhcp.unwrap_or(false) {
                dhcp(&link, None, device.dhcp_options.as_ref(), operators);
            }
            operators.extend(device.vip.as_ref().and_then(|section| vip(&link, None, section)));
            for section in &device.vlans {
                let id = section.vlan_id.unwrap_or_default();
                // The link of a VLAN has a name as soon as its parent has one.
                let (link, vlan) = match &link {
                    LinkRef::Name(name) => (LinkRef::Name(vlan_name(name, id)), None),
                    LinkRef::Selector(_) => (link.clone(), Some(id)),
                };
                if section.dhcp.unwrap_or(false) {
                    dhcp(&link, vlan, section.dhcp_options.as_ref(), operators);
                }
                operators.extend(section.vip.as_ref().and_then(|section| vip(&link, vlan, section)));
            }
        }
    }
}

fn dhcp(link: &LinkRef, vlan: Option<u16>, options: Option<&DHCPOptions>, operators: &mut Vec<Operator>) {
    let options = options.cloned().unwrap_or_default();
    let settings = Dhcp {
        link: link.clone(),
        vlan,
        route_metric: options.route_metric.filter(|metric| *metric != 0).unwrap_or(DEFAULT_ROUTE_METRIC),
        skip_hostname: false,
        skip_routes: false,
        client_identifier: ClientIdentifier::Mac,
        duid: None,
    };
    if options.ipv4.unwrap_or(true) {
        operators.push(Operator::Dhcp4(settings.clone()));
    }
    if options.ipv6.unwrap_or(false) {
        let duid = crate::access::non_empty(&options.duidv6);
        let client_identifier = if duid.is_some() { ClientIdentifier::Duid } else { ClientIdentifier::Mac };
        operators.push(Operator::Dhcp6(Dhcp { client_identifier, duid, ..settings }));
    }
}

fn vip(link: &LinkRef, vlan: Option<u16>, section: &VIPSection) -> Option<Operator> {
    let provider = match (&section.hcloud, &section.equinix_metal) {
        (Some(hcloud), _) => VipProvider::HCloud(hcloud.api_token.clone()),
        (None, Some(equinix)) => VipProvider::EquinixMetal(equinix.api_token.clone()),
        (None, None) => VipProvider::Layer2,
    };
    Some(Operator::Vip(Vip { link: link.clone(), vlan, address: section.ip.parse().ok()?, provider }))
}
