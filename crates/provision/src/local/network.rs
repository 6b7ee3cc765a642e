//! The cluster's network on this machine: a bridge with the gateway address, a link into each
//! node's network namespace, and address translation for what leaves the cluster.

use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use futures::TryStreamExt;
use ipnet::Ipv4Net;
use netlink_packet_route::AddressFamily;
use netlink_packet_route::address::AddressAttribute;
use netlink_packet_route::link::{InfoData, InfoKind, InfoVeth, LinkAttribute, LinkMessage};
use netlink_packet_route::neighbour::NeighbourState;
use netlink_packet_route::route::{RouteAddress, RouteAttribute, RouteMessage};
use rtnetlink::{Handle, LinkBridge, LinkMessageBuilder, LinkUnspec};
use sys::namespace;
use sys::process::{Command, Exit, SpawnPort, Stdio};
use tokio::io::AsyncWriteExt;

use super::error::{Error, Result};
use super::names::{NETNS_DIR, Names};
use super::state::{ClusterInfo, NodeInfo};

/// Name of the node's end of its link, inside the node.
pub(crate) const NODE_LINK: &str = "eth0";

/// A connection to the kernel's network configuration.
pub(crate) struct Network {
    handle: Handle,
}

impl Network {
    /// Connects; needs a Tokio runtime.
    pub fn connect() -> Result<Self> {
        let (connection, handle, _) = rtnetlink::new_connection()
            .map_err(|error| Error::network("talk to the kernel about the network", error))?;
        tokio::spawn(connection);
        Ok(Self { handle })
    }

    /// Networks that this machine can reach other than by its default route.
    pub async fn taken(&self) -> Result<Vec<Ipv4Net>> {
        let action = "list the networks of this machine";
        let mut found = Vec::new();
        let mut routes = self.handle.route().get(ipv4_routes()).execute();
        while let Some(route) = routes.try_next().await.map_err(|error| Error::network(action, error))? {
            found.extend(route_network(&route));
        }
        let mut addresses = self.handle.address().get().execute();
        while let Some(message) = addresses.try_next().await.map_err(|error| Error::network(action, error))? {
            for attribute in &message.attributes {
                if let AddressAttribute::Address(IpAddr::V4(address)) = attribute {
                    found.extend(
                        Ipv4Net::new(*address, message.header.prefix_len).ok().map(|net| net.trunc()),
                    );
                }
            }
        }
        found.retain(|network| network.prefix_len() > 0);
        Ok(found)
    }

    /// Creates the bridge with the gateway address.
    pub async fn create_bridge(&self, cluster: &ClusterInfo) -> Result<()> {
        let name = cluster.names().bridge();
        let action = || format!("create the bridge {name}");
        let failed = |error| Error::network(action(), error);
        let address = cluster.names().hardware_address(0).to_vec();
        let message = LinkBridge::new(&name)
            .mtu(cluster.mtu)
            // Fixed, or the bridge would take its lowest port's and change it as nodes come and go.
            .address(address)
            .alias(format!("talos cluster {} in {}", cluster.name, cluster.root.display()))
            .up()
            .build();
        self.handle.link().add(message).execute().await.map_err(failed)?;
        let index =
            self.index(&name).await?.ok_or_else(|| Error::network(action(), "it disappeared again"))?;
        let gateway = IpAddr::V4(cluster.gateway);
        self.handle
            .address()
            .add(index, gateway, cluster.cidr.prefix_len())
            .execute()
            .await
            .map_err(|error| Error::network(format!("give {name} the address {gateway}"), error))
    }

    /// Creates a node's link: this machine's end on the bridge, the other one as `eth0` in `netns`.
    pub async fn create_link(&self, cluster: &ClusterInfo, node: &NodeInfo, netns: &OwnedFd) -> Result<()> {
        let names = cluster.names();
        let name = names.link(node.index);
        let failed = |error| Error::network(format!("create the link {name} of node {}", node.name), error);
        let bridge = self.index(&names.bridge()).await?;
        let bridge = bridge.ok_or_else(|| Error::network("find the cluster's bridge", "it is gone"))?;
        let mut peer = LinkMessage::default();
        peer.attributes = vec![
            LinkAttribute::IfName(NODE_LINK.into()),
            LinkAttribute::NetNsFd(netns.as_raw_fd()),
            LinkAttribute::Mtu(cluster.mtu),
            LinkAttribute::Address(names.hardware_address(node.index + 1).to_vec()),
        ];
        let message = LinkMessageBuilder::<LinkUnspec>::new_with_info_kind(InfoKind::Veth)
            .name(name.clone())
            .mtu(cluster.mtu)
            .alias(format!("node {} of talos cluster {}", node.name, cluster.name))
            .set_info_data(InfoData::Veth(InfoVeth::Peer(peer)))
            .controller(bridge)
            .up()
            .build();
        self.handle.link().add(message).execute().await.map_err(failed)?;
        // Known from the start: whoever calls the node before its link is up would otherwise wait
        // for the second ARP request, which the kernel sends after a second.
        self.handle
            .neighbours()
            .add(bridge, IpAddr::V4(node.address))
            .link_layer_address(&names.hardware_address(node.index + 1))
            .state(NeighbourState::Stale)
            .replace()
            .execute()
            .await
            .map_err(|error| {
                Error::network(format!("note the hardware address of node {}", node.name), error)
            })
    }

    /// Removes the node's link, if there is one.
    pub async fn remove_link(&self, names: &Names, node: &NodeInfo) -> Result<()> {
        match self.index(&names.link(node.index)).await? {
            Some(index) => self.remove(index, &names.link(node.index)).await,
            None => Ok(()),
        }
    }

    /// Removes every link whose name says that it belongs to the cluster.
    pub async fn remove_links(&self, names: &Names) -> Result<()> {
        for (index, name) in self.links().await? {
            if name.starts_with(&names.link_prefix()) {
                self.remove(index, &name).await?;
            }
        }
        Ok(())
    }

    async fn remove(&self, index: u32, name: &str) -> Result<()> {
        match self.handle.link().del(index).execute().await {
            Err(error) if self.index(name).await? == Some(index) => {
                Err(Error::network(format!("remove the link {name}"), error))
            }
            // It may have gone with its other end.
            _ => Ok(()),
        }
    }

    async fn index(&self, name: &str) -> Result<Option<u32>> {
        Ok(self.links().await?.into_iter().find(|(_, found)| found == name).map(|(index, _)| index))
    }

    async fn links(&self) -> Result<Vec<(u32, String)>> {
        let mut found = Vec::new();
        let mut links = self.handle.link().get().execute();
        let failed = |error| Error::network("list the links of this machine", error);
        while let Some(link) = links.try_next().await.map_err(failed)? {
            for attribute in link.attributes {
                if let LinkAttribute::IfName(name) = attribute {
                    found.push((link.header.index, name));
                }
            }
        }
        Ok(found)
    }
}

fn ipv4_routes() -> RouteMessage {
    let mut message = RouteMessage::default();
    message.header.address_family = AddressFamily::Inet;
    message
}

fn route_network(route: &RouteMessage) -> Option<Ipv4Net> {
    let length = route.header.destination_prefix_length;
    route.attributes.iter().find_map(|attribute| match attribute {
        RouteAttribute::Destination(RouteAddress::Inet(address)) => Ipv4Net::new(*address, length).ok(),
        _ => None,
    })
}

/// Rules that hide the nodes' addresses behind this machine's for what leaves the cluster.
fn ruleset(table: &str, network: Ipv4Net) -> String {
    format!(
        "table ip {table} {{\n\
         \tchain postrouting {{\n\
         \t\ttype nat hook postrouting priority srcnat; policy accept;\n\
         \t\tip saddr {network} ip daddr != {network} masquerade\n\
         \t}}\n\
         }}\n"
    )
}

/// Installs the address translation. Without it nodes reach each other but nothing outside.
pub(crate) async fn translate(port: &dyn SpawnPort, names: &Names, network: Ipv4Net) -> Result<()> {
    nft(port, "translate addresses of the cluster", &ruleset(&names.table(), network)).await
}

/// Removes the address translation, if there is any.
pub(crate) async fn stop_translating(port: &dyn SpawnPort, names: &Names) -> Result<()> {
    // Adding first makes the removal succeed where there is nothing.
    let table = names.table();
    let rules = format!("table ip {table}\ndelete table ip {table}\n");
    nft(port, "stop translating addresses of the cluster", &rules).await
}

async fn nft(port: &dyn SpawnPort, action: &str, rules: &str) -> Result<()> {
    let failed = |reason: String| Error::network(action, reason);
    let command = Command::new("nft").args(["-f", "-"]).stdin(Stdio::Pipe).stderr(Stdio::Pipe);
    let mut child = port.spawn(&command)?;
    if let Some(mut stdin) = child.take_stdin()? {
        stdin.write_all(rules.as_bytes()).await.map_err(|error| failed(error.to_string()))?;
    }
    let done = child.finish(4096).await?;
    match done.exit {
        Exit::Code(0) => Ok(()),
        other => Err(failed(format!("nft: {other}: {}", String::from_utf8_lossy(&done.stderr).trim()))),
    }
}

/// Lets go of every network namespace whose name says that it belongs to the cluster.
pub(crate) fn remove_namespaces(names: &Names) -> Result<()> {
    let entries = std::fs::read_dir(NETNS_DIR).into_iter().flatten().flatten();
    for entry in entries {
        if entry.file_name().to_string_lossy().starts_with(&names.netns_prefix()) {
            namespace::remove_named(&entry.path())?;
        }
    }
    Ok(())
}

/// Lets go of what the cluster has in the kernel's tables: links, rules, network namespaces.
pub(crate) async fn sweep(port: &dyn SpawnPort, names: &Names) -> Result<()> {
    let network = Network::connect()?;
    network.remove_links(names).await?;
    remove_namespaces(names)?;
    if let Err(error) = stop_translating(port, names).await {
        // Where nft is missing there are no rules either.
        tracing::debug!(%error, "rules not removed");
    }
    Ok(())
}

/// Creates the network namespace of a node anew.
pub(crate) fn fresh_namespace(path: &Path) -> Result<OwnedFd> {
    namespace::remove_named(path)?;
    namespace::create_named_net(path)?;
    Ok(namespace::open_file(path)?)
}

/// Whether an address is one of this machine's own or could be: used for DNS upstreams.
pub(crate) fn is_usable_server(address: IpAddr, gateway: Ipv4Addr) -> bool {
    !address.is_unspecified() && !address.is_multicast() && address != IpAddr::V4(gateway)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_leaves_the_cluster_is_translated() {
        let rules = ruleset("talos-12345678", "10.5.0.0/24".parse().unwrap());
        assert!(rules.contains("ip saddr 10.5.0.0/24 ip daddr != 10.5.0.0/24 masquerade"), "{rules}");
    }
}
