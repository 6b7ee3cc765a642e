//! The kernel's network as networkd sees and changes it.
//!
//! What is there is told in the words of the status resources, so that a plan compares a spec with a status and
//! publishing is a copy. [`Kernel`] is the narrow port to it; [`linux::Netlink`] is the real one.

pub mod decode;
pub mod driver;
pub mod fake;
pub mod linux;
mod linux_link;
mod linux_route;
pub mod watch;

use std::collections::BTreeMap;

use proto::resource::network::{AddressStatusSpec, LinkStatusSpec, RouteStatusSpec, RoutingRuleStatusSpec};

use crate::address::plan::AddressStep;
use crate::link::plan::LinkStep;
use crate::route::plan::RouteStep;
use crate::rule::plan::RuleStep;

/// Link flag: administratively up (kernel `IFF_UP`).
pub const IFF_UP: u32 = 1;
/// Link flag: the lower layer is up, i.e. there is carrier (kernel `IFF_LOWER_UP`).
pub const IFF_LOWER_UP: u32 = 1 << 16;
/// Link flag: loopback (kernel `IFF_LOOPBACK`).
pub const IFF_LOOPBACK: u32 = 8;
/// Link flag: multicast (kernel `IFF_MULTICAST`).
pub const IFF_MULTICAST: u32 = 1 << 12;

/// A link with its name and what its status does not hold.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Link {
    /// Kernel name.
    pub name: String,
    /// What is published.
    pub status: LinkStatusSpec,
    /// The other end (parent, veth peer) is in another network namespace, so `status.link_index` is a number
    /// of that namespace.
    pub foreign_parent: bool,
}

impl Link {
    /// Administratively up.
    pub fn is_up(&self) -> bool {
        self.status.flags & IFF_UP != 0
    }

    /// A network card: Ethernet, and not made by software.
    pub fn is_physical(&self) -> bool {
        self.status.r#type == proto::resource::enums::NethelpersLinkType::LinkEther as i32
            && self.status.kind.is_empty()
    }

    /// The loopback link.
    pub fn is_loopback(&self) -> bool {
        self.status.flags & IFF_LOOPBACK != 0
    }
}

/// Everything that a plan looks at, taken at one time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// By name.
    pub links: BTreeMap<String, Link>,
    /// All addresses.
    pub addresses: Vec<AddressStatusSpec>,
    /// All routes of all tables.
    pub routes: Vec<RouteStatusSpec>,
    /// All routing rules.
    pub rules: Vec<RoutingRuleStatusSpec>,
}

impl Snapshot {
    /// Name of the link with this number.
    pub fn link_name(&self, index: u32) -> Option<&str> {
        self.links.values().find(|l| l.status.index == index).map(|l| l.name.as_str())
    }
}

/// What the kernel refused, and what helps.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KernelError {
    /// The kernel was built without this kind of link, or without one of the wished options.
    #[error(
        "the kernel has no {kind} links with these options: load its module or boot a kernel that has it built in, or remove the link from the configuration"
    )]
    UnknownKind {
        /// The kind, e.g. `bond`.
        kind: String,
    },
    /// A link that a step needs is not there.
    #[error("there is no link {name}: it appears later, or its name in the configuration is wrong")]
    NoLink {
        /// Its name.
        name: String,
    },
    /// The kernel said no.
    #[error("{what}: {reason}")]
    Refused {
        /// What was tried.
        what: String,
        /// The kernel's error text.
        reason: String,
        /// The kernel's error number, positive; 0 where none was given.
        errno: i32,
    },
    /// The connection to the kernel is broken.
    #[error("netlink: {0}")]
    Connection(String),
}

/// Result of a kernel operation.
pub type Result<T, E = KernelError> = std::result::Result<T, E>;

/// Reads and changes the kernel's network.
#[async_trait::async_trait]
pub trait Kernel: Send + Sync + 'static {
    /// Whether the loopback link may have an address of IPv6.
    fn has_ipv6(&self) -> bool;
    /// All links.
    async fn links(&self) -> Result<Vec<Link>>;
    /// All addresses; names of links are filled in from `links`.
    async fn addresses(&self, links: &BTreeMap<u32, String>) -> Result<Vec<AddressStatusSpec>>;
    /// All routes; names of links are filled in from `links`.
    async fn routes(&self, links: &BTreeMap<u32, String>) -> Result<Vec<RouteStatusSpec>>;
    /// All routing rules.
    async fn rules(&self) -> Result<Vec<RoutingRuleStatusSpec>>;

    /// Changes a link.
    async fn change_link(&self, step: &LinkStep) -> Result<()>;
    /// Changes an address.
    async fn change_address(&self, step: &AddressStep) -> Result<()>;
    /// Changes a route.
    async fn change_route(&self, step: &RouteStep) -> Result<()>;
    /// Changes a routing rule.
    async fn change_rule(&self, step: &RuleStep) -> Result<()>;
}

/// Takes a snapshot.
pub async fn snapshot(kernel: &dyn Kernel) -> Result<Snapshot> {
    let links = kernel.links().await?;
    let names = links.iter().map(|l| (l.status.index, l.name.clone())).collect();
    Ok(Snapshot {
        addresses: kernel.addresses(&names).await?,
        routes: kernel.routes(&names).await?,
        rules: kernel.rules().await?,
        links: links.into_iter().map(|l| (l.name.clone(), l)).collect(),
    })
}
