//! Addresses: what has to change in the kernel.

use proto::resource::enums::NethelpersAddressFlag;
use proto::resource::network::{AddressSpecSpec, AddressStatusSpec};

use crate::kernel::Snapshot;
use crate::{id, net};

/// Flags that a wish can set; the others are the kernel's.
const SETTABLE: u32 = NethelpersAddressFlag::AddressNoPrefixRoute as u32;

/// One change to one address.
#[derive(Debug, Clone, PartialEq)]
pub enum AddressStep {
    /// Adds the address, or changes the one that is there.
    Put(AddressSpecSpec),
    /// Removes the address.
    Delete {
        /// Link that holds it.
        link_name: String,
        /// The address with its prefix length.
        prefix: ipnet::IpNet,
    },
}

impl AddressStep {
    /// Resource id of the address.
    pub fn id(&self) -> String {
        match self {
            Self::Put(spec) => id::address_spec(spec),
            Self::Delete { link_name, prefix } => id::address(link_name, Some(*prefix)),
        }
    }

    /// What it does, for people.
    pub fn detail(&self) -> String {
        match self {
            Self::Put(_) => "put".into(),
            Self::Delete { .. } => "delete".into(),
        }
    }
}

/// What to do, what waits, and which steps change something that exists.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddressPlan {
    /// In this order.
    pub steps: Vec<AddressStep>,
    /// Wishes that wait for something, with what.
    pub waiting: Vec<(String, String)>,
}

/// Plans `wanted`, and the end of `unwanted`, against what is there.
pub fn plan(wanted: &[AddressSpecSpec], unwanted: &[AddressSpecSpec], now: &Snapshot) -> AddressPlan {
    let mut out = AddressPlan::default();
    for spec in unwanted {
        let id = id::address_spec(spec);
        let wanted_again = wanted.iter().any(|w| id::address_spec(w) == id);
        if let (false, Some(prefix), Some(_)) = (wanted_again, net::prefix(&spec.address), actual(&id, now)) {
            out.steps.push(AddressStep::Delete { link_name: spec.link_name.clone(), prefix });
        }
    }
    for spec in wanted {
        let Some(prefix) = net::prefix(&spec.address) else { continue };
        let id = id::address_spec(spec);
        if !now.links.contains_key(&spec.link_name) {
            out.waiting.push((id, format!("there is no link {} yet", spec.link_name)));
            continue;
        }
        match actual(&id, now) {
            Some(is) if fits(spec, is) => {}
            Some(is) if !same_scope(spec, is) => {
                // The kernel does not change the scope of an address.
                out.steps.push(AddressStep::Delete { link_name: spec.link_name.clone(), prefix });
                out.steps.push(AddressStep::Put(spec.clone()));
            }
            _ => out.steps.push(AddressStep::Put(spec.clone())),
        }
    }
    out
}

fn actual<'a>(id: &str, now: &'a Snapshot) -> Option<&'a AddressStatusSpec> {
    now.addresses.iter().find(|a| id::address_status(a) == id)
}

/// IPv6 scopes follow from the address, so only IPv4 has one to wish for.
fn same_scope(want: &AddressSpecSpec, is: &AddressStatusSpec) -> bool {
    net::prefix(&want.address).is_some_and(|p| p.addr().is_ipv6()) || want.scope == is.scope
}

fn fits(want: &AddressSpecSpec, is: &AddressStatusSpec) -> bool {
    same_scope(want, is)
        && want.flags & SETTABLE == is.flags & SETTABLE
        && (want.priority == 0 || want.priority == is.priority)
}
