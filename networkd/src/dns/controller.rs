//! Runs host DNS as its configuration says, and tells how its listeners and servers are.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use proto::internal::specs::DnsUpstreamSpec;
use proto::resource::cluster::MemberSpec;
use proto::resource::enums::NethelpersDnsProtocol;
use proto::resource::network::{DnsResolveCacheSpec, HostDnsConfigSpec, ResolverStatusSpec, StaticHostSpec};
use resources::Phase;
use state::{Context, Controller, Input, Next, Output};
use tokio::task::AbortHandle;

use super::resolve::Resolver;
use super::server;
use super::zone::Zone;
use crate::publish::Publisher;
use crate::{id, net};

/// Identifier of the only host DNS configuration.
pub const CONFIG: &str = "config";

/// Port of DNS.
const PORT: u16 = 53;

/// Packets of answers on an address for pods cross the pod network's bridge; others stay on the node.
const HOPS_FOR_PODS: u32 = 2;
const HOPS_FOR_NODE: u32 = 1;

/// Pause before a listener that could not be opened is tried again.
const REBIND: std::time::Duration = std::time::Duration::from_secs(1);

/// Runs host DNS.
#[derive(Default)]
pub struct HostDnsController {
    resolver: Arc<Resolver>,
    listeners: BTreeMap<String, Listener>,
    caches: Publisher<DnsResolveCacheSpec>,
    upstreams: Publisher<DnsUpstreamSpec>,
    watching_health: bool,
}

/// A running listener; stops when dropped.
struct Listener(AbortHandle);

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The plain servers of a resolver status, in order. Our own listeners are left out: they would ask themselves.
pub fn plain_servers(status: &ResolverStatusSpec, own: &[SocketAddr]) -> Vec<SocketAddr> {
    status
        .dns_servers
        .iter()
        .filter_map(|ip| net::ip_from_bytes(&ip.ip))
        .map(|ip| SocketAddr::new(ip, PORT))
        .filter(|addr| !own.contains(addr))
        .collect()
}

/// Names of members: as Kubernetes and as the machine call them.
pub fn zone(members: &[(String, MemberSpec)], hosts: &[(String, StaticHostSpec)]) -> Zone {
    let mut zone = Zone::default();
    let ips = |list: &[proto::common::NetIp]| -> Vec<IpAddr> {
        list.iter().filter_map(|ip| net::ip_from_bytes(&ip.ip)).collect()
    };
    for (id, host) in hosts {
        zone.add(id, ips(&host.addresses));
    }
    for (id, member) in members {
        zone.add(id, ips(&member.addresses));
        zone.add(&member.hostname, ips(&member.addresses));
    }
    zone
}

impl HostDnsController {
    /// Opens the listeners that are missing and closes those that are not wanted. False when one failed.
    fn listen(&mut self, config: &HostDnsConfigSpec) -> bool {
        let mut wanted = BTreeMap::new();
        if config.enabled {
            for addr in config.listen_addresses.iter().filter_map(net::ip_port) {
                wanted.insert(format!("udp-{addr}"), addr);
                wanted.insert(format!("tcp-{addr}"), addr);
            }
        }
        self.listeners.retain(|name, _| wanted.contains_key(name));
        let mut all = true;
        for (name, addr) in wanted {
            if self.listeners.contains_key(&name) {
                continue;
            }
            let hops = if addr.ip().is_loopback() { HOPS_FOR_NODE } else { HOPS_FOR_PODS };
            let opened = if name.starts_with("udp") {
                server::bind_udp(addr, hops)
                    .map(|s| tokio::spawn(server::serve_udp(s, self.resolver.clone())))
            } else {
                server::bind_tcp(addr, hops)
                    .map(|l| tokio::spawn(server::serve_tcp(l, self.resolver.clone())))
            };
            match opened {
                Ok(task) => {
                    self.listeners.insert(name, Listener(task.abort_handle()));
                }
                Err(error) => {
                    tracing::warn!("host DNS cannot listen on {name}: {error}; trying again");
                    all = false;
                }
            }
        }
        all
    }

    async fn publish(&mut self, ctx: &Context) -> state::Result<()> {
        let running = DnsResolveCacheSpec { status: "running".into() };
        let caches = self.listeners.keys().map(|name| (name.clone(), running.clone())).collect();
        self.caches.publish(ctx, caches).await?;
        let list = self.resolver.upstreams.list();
        let upstreams = list.iter().enumerate().map(|(n, u)| {
            let spec = DnsUpstreamSpec { healthy: u.is_healthy(), addr: u.addr.to_string() };
            (format!("#{n:03} Do53 {}", u.addr), spec)
        });
        self.upstreams.publish(ctx, upstreams.collect()).await?;
        Ok(())
    }

    /// Protocols that host DNS does not speak are said once per change of the resolvers.
    fn warn_encrypted(status: &ResolverStatusSpec) {
        let plain = NethelpersDnsProtocol::DnsProtocolDefault as i32;
        for server in status.name_servers.iter().filter(|s| s.protocol != plain) {
            if let Some(ip) = net::ip(&server.addr) {
                tracing::warn!(server = %ip, "host DNS speaks plain DNS only and does not ask this encrypted server");
            }
        }
    }
}

#[async_trait]
impl Controller for HostDnsController {
    fn name(&self) -> &'static str {
        "network.DNSResolveCacheController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![
            Input::weak::<HostDnsConfigSpec>().id(CONFIG),
            Input::weak::<ResolverStatusSpec>().id(id::RESOLVERS),
            Input::weak::<MemberSpec>(),
            Input::weak::<StaticHostSpec>(),
        ]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<DnsResolveCacheSpec>(), Output::exclusive::<DnsUpstreamSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        if !std::mem::replace(&mut self.watching_health, true) {
            let (changed, waker) = (self.resolver.upstreams.changed.clone(), ctx.waker());
            tokio::spawn(async move {
                loop {
                    changed.notified().await;
                    waker.notify_one();
                }
            });
        }
        let config = ctx.get::<HostDnsConfigSpec>(CONFIG).await?;
        let config =
            config.filter(|c| c.metadata.phase == Phase::Running).map(|c| c.spec).unwrap_or_default();
        let resolvers =
            ctx.get::<ResolverStatusSpec>(id::RESOLVERS).await?.map(|r| r.spec).unwrap_or_default();
        let hosts = ctx.list::<StaticHostSpec>().await?;
        let members = if config.resolve_member_names { ctx.list::<MemberSpec>().await? } else { Vec::new() };
        let members: Vec<_> = members.into_iter().map(|m| (m.metadata.id, m.spec)).collect();
        let hosts: Vec<_> = hosts.into_iter().map(|h| (h.metadata.id, h.spec)).collect();
        self.resolver.set_zone(zone(&members, &hosts));

        let own: Vec<_> = config.listen_addresses.iter().filter_map(net::ip_port).collect();
        if self.resolver.upstreams.set(&plain_servers(&resolvers, &own)) {
            self.resolver.forget();
            Self::warn_encrypted(&resolvers);
        }
        let listening = self.listen(&config);
        self.publish(ctx).await?;
        Ok(if listening { Next::Wait } else { Next::After(REBIND) })
    }
}
