//! What would change, in words: pure.

use std::collections::BTreeMap;

use proto::internal::{PlanAction, PlanStep};
use proto::resource::network::{
    AddressSpecSpec, HostnameSpecSpec, LinkSpecSpec, ResolverSpecSpec, RouteSpecSpec, RoutingRuleSpecSpec,
    TimeServerSpecSpec,
};

use crate::address::plan::AddressStep;
use crate::kernel::Snapshot;
use crate::layer::{Layered, merge_all};
use crate::link::plan::LinkStep;
use crate::route::plan::RouteStep;
use crate::rule::plan::RuleStep;
use crate::wishes::{Wishes, identified};
use crate::{address, id, link, net, route, rule};

/// What shall be, noun by noun.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wanted {
    /// Links.
    pub links: Vec<LinkSpecSpec>,
    /// Addresses.
    pub addresses: Vec<AddressSpecSpec>,
    /// Routes.
    pub routes: Vec<RouteSpecSpec>,
    /// Routing rules.
    pub rules: Vec<RoutingRuleSpecSpec>,
    /// Host name.
    pub hostname: Option<HostnameSpecSpec>,
    /// Resolvers.
    pub resolvers: Option<ResolverSpecSpec>,
    /// Time servers.
    pub time_servers: Option<TimeServerSpecSpec>,
}

impl Wanted {
    /// What several sources wish for, merged; each with the prefix of its ids.
    pub fn merged(sources: Vec<(String, Wishes)>) -> Self {
        fn all<S: Layered>(
            sources: &[(String, Wishes)],
            of: impl Fn(&Wishes) -> Vec<S>,
        ) -> BTreeMap<String, S> {
            merge_all(sources.iter().flat_map(|(prefix, w)| identified(of(w), prefix)))
        }
        Self {
            links: all(&sources, |w| w.links.clone()).into_values().collect(),
            addresses: all(&sources, |w| w.addresses.clone()).into_values().collect(),
            routes: all(&sources, |w| w.routes.clone()).into_values().collect(),
            rules: all(&sources, |w| w.rules.clone()).into_values().collect(),
            hostname: all(&sources, |w| w.hostnames.clone()).into_values().next(),
            resolvers: all(&sources, |w| w.resolvers.clone()).into_values().next(),
            time_servers: all(&sources, |w| w.time_servers.clone()).into_values().next(),
        }
    }
}

/// The changes that lead from what is wanted now, and what is there, to what shall be.
pub fn steps(wanted: &Wanted, before: &Wanted, now: &Snapshot) -> Vec<PlanStep> {
    let mut steps = Vec::new();
    let mut add = |noun: &str, id: String, action: PlanAction, detail: String| {
        steps.push(PlanStep { noun: noun.to_owned(), id, action: action as i32, detail });
    };
    let plan = link::plan::plan(&wanted.links, &before.links, now);
    for step in &plan.steps {
        let action = match step {
            LinkStep::Create(_) => PlanAction::Create,
            LinkStep::Delete { .. } => PlanAction::Delete,
            _ => PlanAction::Change,
        };
        add("link", step.name().to_owned(), action, step.detail());
    }
    for (id, reason) in plan.refused {
        add("link", id, PlanAction::Unspecified, reason);
    }
    for step in address::plan::plan(&wanted.addresses, &before.addresses, now).steps {
        let existed = now.addresses.iter().any(|a| id::address_status(a) == step.id());
        let action = match step {
            AddressStep::Delete { .. } => PlanAction::Delete,
            AddressStep::Put(_) if existed => PlanAction::Change,
            AddressStep::Put(_) => PlanAction::Create,
        };
        add("address", step.id(), action, step.detail());
    }
    for step in route::plan::plan(&wanted.routes, &before.routes, now).steps {
        let action = if matches!(step, RouteStep::Put(_)) { PlanAction::Create } else { PlanAction::Delete };
        add("route", step.id(), action, step.detail());
    }
    for step in rule::plan::plan(&wanted.rules, &before.rules, now) {
        let action = if matches!(step, RuleStep::Add(_)) { PlanAction::Create } else { PlanAction::Delete };
        add("rule", step.id(), action, step.detail());
    }
    let texts = [
        ("hostname", id::HOSTNAME, before.hostname.as_ref().map(name), wanted.hostname.as_ref().map(name)),
        (
            "resolver",
            id::RESOLVERS,
            before.resolvers.as_ref().map(servers),
            wanted.resolvers.as_ref().map(servers),
        ),
        (
            "timeserver",
            id::TIMESERVERS,
            before.time_servers.as_ref().map(times),
            wanted.time_servers.as_ref().map(times),
        ),
    ];
    for (noun, id, is, shall) in texts {
        let (is, shall) = (is.unwrap_or_default(), shall.unwrap_or_default());
        if is != shall {
            add(noun, id.to_owned(), PlanAction::Change, format!("{is} → {shall}"));
        }
    }
    steps
}

fn name(spec: &HostnameSpecSpec) -> String {
    if spec.domainname.is_empty() {
        spec.hostname.clone()
    } else {
        format!("{}.{}", spec.hostname, spec.domainname)
    }
}

fn servers(spec: &ResolverSpecSpec) -> String {
    let list = crate::resolver::merge::servers(spec);
    let texts = list.iter().filter_map(|s| net::ip(&s.addr)).map(|ip| ip.to_string());
    let mut text = texts.collect::<Vec<_>>().join(" ");
    if !spec.search_domains.is_empty() {
        text += &format!(" search {}", spec.search_domains.join(" "));
    }
    text
}

fn times(spec: &TimeServerSpecSpec) -> String {
    spec.ntp_servers.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::fake::card;

    #[test]
    fn changes_are_told_noun_by_noun() {
        let mut now = Snapshot::default();
        now.links.insert("eth0".into(), card("eth0", 2));
        let address = |prefix: &str, layer| address::config::spec("eth0", prefix.parse().unwrap(), layer);
        let host = |name: &str| HostnameSpecSpec { hostname: name.into(), ..Default::default() };
        let before = Wanted {
            addresses: vec![address("10.5.0.2/24", 2)],
            hostname: Some(host("a")),
            ..Wanted::default()
        };
        now.addresses = vec![proto::resource::network::AddressStatusSpec {
            address: before.addresses[0].address.clone(),
            link_name: "eth0".into(),
            ..Default::default()
        }];
        let wishes = Wishes {
            links: vec![LinkSpecSpec { name: "eth0".into(), up: true, mtu: 1400, ..Default::default() }],
            addresses: vec![address("10.5.0.3/24", 4)],
            hostnames: vec![host("b")],
            ..Wishes::default()
        };
        let wanted = Wanted::merged(vec![(String::new(), wishes)]);
        let told: Vec<_> = steps(&wanted, &before, &now)
            .into_iter()
            .map(|s| format!("{} {} {} {}", s.action, s.noun, s.id, s.detail))
            .collect();
        assert_eq!(
            told,
            [
                "2 link eth0 mtu 1400",
                "2 link eth0 up",
                "3 address eth0/10.5.0.2/24 delete",
                "1 address eth0/10.5.0.3/24 put",
                "2 hostname hostname a → b",
            ]
        );
    }
}
