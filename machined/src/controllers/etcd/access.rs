//! Clients of etcd with the node's own administrator's certificate.

use std::collections::BTreeSet;
use std::net::IpAddr;

use anyhow::Context;
use etcd::{Client, Credentials};
use proto::resource::k8s::EndpointSpec;
use proto::resource::network::NodeAddressSpec;
use proto::resource::secrets::{EtcdCertsSpec, EtcdRootSpec};
use state::{State, ops};

async fn credentials(state: &dyn State) -> anyhow::Result<Credentials> {
    let root = ops::get::<EtcdRootSpec>(state, "etcd").await?.and_then(|r| r.spec.etcd_ca);
    let admin = ops::get::<EtcdCertsSpec>(state, "etcd").await?.and_then(|c| c.spec.etcd_admin);
    let ca = root.context("the authority of etcd is not known yet")?.crt;
    let pair = admin.context("the certificates of etcd are not ready yet")?;
    Ok(Credentials { ca, certificate: pair.crt, key: pair.key })
}

/// A client of this node's own member.
pub async fn local(state: &dyn State) -> anyhow::Result<Client> {
    Ok(Client::new(["127.0.0.1"], &credentials(state).await?)?)
}

/// A client of the other control planes' members; `None` while none is known.
pub async fn others(state: &dyn State) -> anyhow::Result<Option<Client>> {
    let hosts = others_hosts(state).await?;
    if hosts.is_empty() {
        return Ok(None);
    }
    Ok(Some(Client::new(hosts, &credentials(state).await?)?))
}

/// A client of any member: this node's own first, then the others'.
pub async fn any(state: &dyn State) -> anyhow::Result<Client> {
    let mut hosts = vec!["127.0.0.1".to_owned()];
    hosts.extend(others_hosts(state).await?);
    Ok(Client::new(hosts, &credentials(state).await?)?)
}

/// Where other control planes are, from all sources, this node's own addresses left out.
async fn others_hosts(state: &dyn State) -> anyhow::Result<Vec<String>> {
    let own: BTreeSet<IpAddr> = match ops::get::<NodeAddressSpec>(state, "accumulative").await? {
        Some(found) => {
            let prefixes = found.spec.addresses.iter();
            prefixes.filter_map(|p| ipnet::IpNet::try_from(p).ok()).map(|p| p.addr()).collect()
        }
        None => BTreeSet::new(),
    };
    let mut hosts = BTreeSet::new();
    for endpoint in ops::list::<EndpointSpec>(state).await? {
        let addresses = endpoint.spec.addresses.iter().filter_map(|a| IpAddr::try_from(a).ok());
        hosts.extend(addresses.filter(|a| !own.contains(a)).map(|a| a.to_string()));
    }
    Ok(hosts.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use state::{Context, MemoryState};
    use std::sync::Arc;

    #[tokio::test]
    async fn own_addresses_are_no_way_to_others() {
        let state = Arc::new(MemoryState::default());
        let ctx = Context::new(state.clone(), "test");
        let addresses = ["10.5.0.2", "10.5.0.3"].map(|a| a.parse().unwrap()).to_vec();
        ctx.put("discovery", EndpointSpec { addresses, hosts: vec![] }).await.unwrap();
        assert_eq!(others_hosts(&*state).await.unwrap(), ["10.5.0.2", "10.5.0.3"]);
        let addresses = vec!["10.5.0.2/24".parse().unwrap()];
        ctx.put("accumulative", NodeAddressSpec { addresses, sort_algorithm: 0 }).await.unwrap();
        assert_eq!(others_hosts(&*state).await.unwrap(), ["10.5.0.3"]);
    }
}
