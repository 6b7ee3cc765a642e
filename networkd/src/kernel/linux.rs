//! The kernel itself, over rtnetlink.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::TryStreamExt;
use netlink_packet_core::{
    NLM_F_ACK, NLM_F_CREATE, NLM_F_REPLACE, NLM_F_REQUEST, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::address::{
    AddressAttribute, AddressFlags, AddressHeaderFlags, AddressMessage, AddressScope,
};
use netlink_packet_route::link::{LinkExtentMask, LinkMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use proto::resource::network::{AddressSpecSpec, AddressStatusSpec, RouteStatusSpec, RoutingRuleStatusSpec};
use rtnetlink::{Handle, IpVersion, RouteMessageBuilder};
use tokio::task::AbortHandle;

use super::{Kernel, KernelError, Link, Result, decode, linux_link, linux_route};
use crate::address::plan::AddressStep;
use crate::link::plan::LinkStep;
use crate::net;
use crate::route::plan::RouteStep;
use crate::rule::plan::RuleStep;

/// Adds to a link what only its driver knows (speed, driver name, PCI place).
pub trait Driver: Send + Sync + 'static {
    /// Fills in what is known of `link`.
    fn describe(&self, link: &mut Link);
}

/// Knows nothing about drivers.
pub struct NoDriver;

impl Driver for NoDriver {
    fn describe(&self, _: &mut Link) {}
}

/// The kernel's network in the network namespace of the thread that made it.
#[derive(Clone)]
pub struct Netlink {
    connection: Arc<Mutex<(Handle, AbortHandle)>>,
    driver: Arc<dyn Driver>,
    ipv6: bool,
}

fn connect() -> std::io::Result<(Handle, AbortHandle)> {
    let (connection, handle, _) = rtnetlink::new_connection()?;
    Ok((handle, tokio::spawn(connection).abort_handle()))
}

impl Netlink {
    /// Opens a netlink socket in the current network namespace and serves it on the current runtime.
    pub fn open(driver: Arc<dyn Driver>) -> std::io::Result<Self> {
        let off = std::fs::read_to_string("/proc/sys/net/ipv6/conf/lo/disable_ipv6");
        let ipv6 = off.is_ok_and(|off| off.trim() == "0");
        Ok(Self { connection: Arc::new(Mutex::new(connect()?)), driver, ipv6 })
    }

    /// The connection; a new one where the old one broke.
    fn handle(&self) -> Result<Handle> {
        let mut connection = sys::sync::lock(&self.connection);
        if connection.1.is_finished() {
            tracing::warn!("the netlink connection broke; opening another");
            *connection = connect().map_err(|e| KernelError::Connection(e.to_string()))?;
        }
        Ok(connection.0.clone())
    }

    /// What was read over a connection that broke meanwhile may have lost its end.
    fn whole<T>(&self, list: T) -> Result<T> {
        if sys::sync::lock(&self.connection).1.is_finished() {
            return Err(KernelError::Connection("it broke in the middle of an answer".into()));
        }
        Ok(list)
    }

    /// Sends a request that is only acknowledged.
    pub(super) async fn send(&self, what: &str, message: RouteNetlinkMessage, flags: u16) -> Result<()> {
        use futures::StreamExt;
        let mut request = NetlinkMessage::from(message);
        request.header.flags = NLM_F_REQUEST | NLM_F_ACK | flags;
        let mut handle = self.handle()?;
        let mut answers = handle.request(request).map_err(|e| KernelError::Connection(e.to_string()))?;
        while let Some(answer) = answers.next().await {
            if let NetlinkPayload::Error(error) = answer.payload
                && error.code.is_some()
            {
                return Err(refused(what, -error.raw_code()));
            }
        }
        // An acknowledgement without an error only ends the answers.
        self.whole(())
    }

    /// One link by name.
    pub(super) async fn find(&self, name: &str) -> Result<LinkMessage> {
        let no_link = || KernelError::NoLink { name: name.to_owned() };
        let mut found = Box::pin(self.handle()?.link().get().match_name(name).execute());
        match found.try_next().await {
            Ok(Some(message)) => Ok(message),
            Ok(None) => Err(no_link()),
            Err(rtnetlink::Error::NetlinkError(e)) if -e.raw_code() == libc_errno::ENODEV => Err(no_link()),
            Err(error) => Err(told("look up link", name, error)),
        }
    }

    /// Number of the link with this name.
    pub(super) async fn index(&self, name: &str) -> Result<u32> {
        Ok(self.find(name).await?.header.index)
    }
}

/// Error numbers that the code looks at (asm-generic/errno).
pub(super) mod libc_errno {
    /// No such process: netlink's word for a route that is not there.
    pub const ESRCH: i32 = 3;
    /// No such file: netlink's word for a rule that is not there.
    pub const ENOENT: i32 = 2;
    /// No such device.
    pub const ENODEV: i32 = 19;
    /// The file exists.
    pub const EEXIST: i32 = 17;
    /// Operation not supported: also an unknown kind of link.
    pub const EOPNOTSUPP: i32 = 95;
    /// No such address.
    pub const EADDRNOTAVAIL: i32 = 99;
}

pub(super) fn refused(what: &str, errno: i32) -> KernelError {
    let reason = std::io::Error::from_raw_os_error(errno).to_string();
    KernelError::Refused { what: what.to_owned(), reason, errno }
}

fn told(what: &str, name: &str, error: rtnetlink::Error) -> KernelError {
    match error {
        rtnetlink::Error::NetlinkError(e) => refused(&format!("{what} {name}"), -e.raw_code()),
        other => KernelError::Connection(format!("{what} {name}: {other}")),
    }
}

/// Removing what is not there is no failure.
pub(super) fn gone_is_fine(result: Result<()>, gone: &[i32]) -> Result<()> {
    match result {
        Err(KernelError::Refused { errno, .. }) if gone.contains(&errno) => Ok(()),
        Err(KernelError::NoLink { .. }) => Ok(()),
        other => other,
    }
}

fn address_message(spec: &AddressSpecSpec, index: u32) -> Option<AddressMessage> {
    let prefix = net::prefix(&spec.address)?;
    let mut message = AddressMessage::default();
    message.header.index = index;
    message.header.prefix_len = prefix.prefix_len();
    message.header.scope = AddressScope::from(u8::try_from(spec.scope).unwrap_or_default());
    let settable = AddressFlags::Nodad
        | AddressFlags::Noprefixroute
        | AddressFlags::Managetempaddr
        | AddressFlags::Mcautojoin
        | AddressFlags::Homeaddress;
    let flags = AddressFlags::from_bits_retain(spec.flags) & settable;
    message.header.flags = AddressHeaderFlags::empty();
    message.attributes.push(AddressAttribute::Local(prefix.addr()));
    message.attributes.push(AddressAttribute::Address(prefix.addr()));
    message.attributes.push(AddressAttribute::Flags(flags));
    if let ipnet::IpNet::V4(v4) = prefix {
        message.header.family = AddressFamily::Inet;
        if v4.prefix_len() < 31 {
            message.attributes.push(AddressAttribute::Broadcast(v4.broadcast()));
        }
    } else {
        message.header.family = AddressFamily::Inet6;
    }
    if spec.priority != 0 {
        message.attributes.push(AddressAttribute::RoutePriority(spec.priority));
    }
    Some(message)
}

#[async_trait]
impl Kernel for Netlink {
    fn has_ipv6(&self) -> bool {
        self.ipv6
    }

    async fn links(&self) -> Result<Vec<Link>> {
        let request = self
            .handle()?
            .link()
            .get()
            .set_filter_mask(AddressFamily::Unspec, vec![LinkExtentMask::SkipStats]);
        let messages: Vec<LinkMessage> =
            request.execute().try_collect().await.map_err(|e| told("list", "links", e))?;
        let mut links: Vec<Link> = messages.iter().filter_map(decode::link).collect();
        links.iter_mut().for_each(|l| self.driver.describe(l));
        self.whole(links)
    }

    async fn addresses(&self, names: &BTreeMap<u32, String>) -> Result<Vec<AddressStatusSpec>> {
        let messages: Vec<AddressMessage> = self
            .handle()?
            .address()
            .get()
            .execute()
            .try_collect()
            .await
            .map_err(|e| told("list", "addresses", e))?;
        self.whole(messages.iter().filter_map(|m| decode::address(m, names)).collect())
    }

    async fn routes(&self, names: &BTreeMap<u32, String>) -> Result<Vec<RouteStatusSpec>> {
        let mut routes = Vec::new();
        let v4 = RouteMessageBuilder::<std::net::Ipv4Addr>::new().build();
        let v6 = RouteMessageBuilder::<std::net::Ipv6Addr>::new().build();
        for mut message in [v4, v6] {
            // All tables, not only main.
            message.header.table = 0;
            let found: Vec<_> = self
                .handle()?
                .route()
                .get(message)
                .execute()
                .try_collect()
                .await
                .map_err(|e| told("list", "routes", e))?;
            let cached = netlink_packet_route::route::RouteFlags::Cloned;
            let own = found.iter().filter(|m| !m.header.flags.contains(cached));
            routes.extend(own.map(|m| decode::route(m, names)));
        }
        self.whole(routes)
    }

    async fn rules(&self) -> Result<Vec<RoutingRuleStatusSpec>> {
        let mut rules = Vec::new();
        for family in [IpVersion::V4, IpVersion::V6] {
            let found: Vec<_> = self
                .handle()?
                .rule()
                .get(family)
                .execute()
                .try_collect()
                .await
                .map_err(|e| told("list", "routing rules", e))?;
            rules.extend(found.iter().map(decode::rule));
        }
        self.whole(rules)
    }

    async fn change_link(&self, step: &LinkStep) -> Result<()> {
        linux_link::change(self, step).await
    }

    async fn change_address(&self, step: &AddressStep) -> Result<()> {
        match step {
            AddressStep::Put(spec) => {
                let index = self.index(&spec.link_name).await?;
                let Some(message) = address_message(spec, index) else { return Ok(()) };
                let what = format!("put address {}", step.id());
                self.send(&what, RouteNetlinkMessage::NewAddress(message), NLM_F_CREATE | NLM_F_REPLACE).await
            }
            AddressStep::Delete { link_name, prefix } => {
                let spec = AddressSpecSpec { address: Some(net::net_prefix(*prefix)), ..Default::default() };
                let delete = async {
                    let index = self.index(link_name).await?;
                    let Some(mut message) = address_message(&spec, index) else { return Ok(()) };
                    // A removal that names flags or a broadcast address asks for more than the address.
                    message
                        .attributes
                        .retain(|a| matches!(a, AddressAttribute::Local(_) | AddressAttribute::Address(_)));
                    let what = format!("delete address {}", step.id());
                    self.send(&what, RouteNetlinkMessage::DelAddress(message), 0).await
                };
                gone_is_fine(delete.await, &[libc_errno::EADDRNOTAVAIL, libc_errno::ENODEV])
            }
        }
    }

    async fn change_route(&self, step: &RouteStep) -> Result<()> {
        linux_route::change_route(self, step).await
    }

    async fn change_rule(&self, step: &RuleStep) -> Result<()> {
        linux_route::change_rule(self, step).await
    }
}
