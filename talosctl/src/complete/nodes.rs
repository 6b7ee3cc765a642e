//! Values that only nodes know.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Context as _;
use clap::ValueEnum as _;
use proto::machine::{ContainersRequest, EtcdMemberListRequest, ImageServiceListRequest, ListRequest};
use proto::resource::cluster::MemberSpec;

use super::Proposal;
use super::line::Line;
use super::local::global;
use super::source::Source;
use crate::commands::image::Namespace;
use crate::failure::text;
use crate::global::Insecure;
use crate::node::Node;
use crate::output::note;
use crate::resource::resolve::{definitions, resolve};
use crate::resource::store::{self, Kind};
use crate::runtime_of::Containers;
use crate::session::Session;

/// How long somebody who has pressed a key waits for an answer.
const PATIENCE: Duration = Duration::from_secs(4);

const MEMBERS: Kind<'static> = Kind { namespace: "cluster", typ: "Members.cluster.talos.dev" };
const NAMESPACES: Kind<'static> = Kind { namespace: "meta", typ: "Namespaces.meta.cosi.dev" };
const DISKS: Kind<'static> = Kind { namespace: "block", typ: "Disks.block.talos.dev" };
const VOLUMES: Kind<'static> = Kind { namespace: "block", typ: "VolumeStatuses.block.talos.dev" };

/// Asks all nodes of the line; those that do not answer have nothing to propose.
pub(super) fn ask(source: Source, line: &Line<'_>, word: &str) -> Vec<Proposal> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return Vec::new() };
    let answered = runtime.block_on(async {
        let asked = tokio::time::timeout(PATIENCE, ask_all(source, line, word)).await;
        asked.context("no node answers").flatten()
    });
    runtime.shutdown_background();
    answered.unwrap_or_else(|error| {
        // Shells do not show it; whoever looks for the reason does.
        note(&text(&error));
        Vec::new()
    })
}

async fn ask_all(source: Source, line: &Line<'_>, word: &str) -> anyhow::Result<Vec<Proposal>> {
    let on = |flag: &str| line.value(flag).is_some_and(|value| value != "false");
    let mut fingerprints = line.given.iter().filter(|(id, _)| id == "cert_fingerprint");
    let insecure = Insecure {
        insecure: on("insecure"),
        cert_fingerprint: fingerprints.next().map(|(_, value)| value.clone()).into_iter().collect(),
    };
    let session = Session::open_for(&global(line), &insecure)?.without_skew_warning();
    // Any node knows the members; others may differ.
    let work = async |node: Node| of_node(source, line, word, &node).await;
    let (answers, failures) = match source {
        Source::Nodes => match session.nodes()?.first() {
            Some(node) => session.only(&node.name).gather(work).await?,
            None => return Ok(Vec::new()),
        },
        _ => session.gather(work).await?,
    };
    if answers.is_empty() {
        failures.into_result("nothing can be proposed")?;
        return Ok(Vec::new());
    }
    Ok(answers.into_iter().flat_map(|(_, proposals)| proposals).collect())
}

async fn of_node(source: Source, line: &Line<'_>, word: &str, node: &Node) -> anyhow::Result<Vec<Proposal>> {
    let plain = |values: Vec<String>| values.into_iter().map(|value| Proposal::new(value, "")).collect();
    let kubernetes = line.value("kubernetes").is_some_and(|value| value != "false");
    Ok(match source {
        Source::Nodes => members(node).await?,
        Source::Types => types(node, word).await?,
        Source::Ids => {
            let Some(typ) = line.arguments.first() else { return Ok(Vec::new()) };
            let all = definitions(node).await?;
            let definition = resolve(&all, typ)?;
            let namespace = line.value("namespace").unwrap_or(&definition.default_namespace);
            ids(node, Kind { namespace, typ: &definition.resource_type }).await?
        }
        Source::Namespaces => ids(node, NAMESPACES).await?,
        Source::Disks => ids(node, DISKS).await?,
        Source::Volumes => ids(node, VOLUMES).await?,
        Source::Services => {
            let answer = node.machine().service_list(node.request(())).await?.into_inner();
            let services = answer.messages.into_iter().flat_map(|m| m.services);
            services.map(|service| Proposal::new(service.id, service.state)).collect()
        }
        Source::Logs if kubernetes => containers(node, true).await?,
        Source::Logs => {
            let answer = node.machine().logs_containers(node.request(())).await?.into_inner();
            plain(answer.messages.into_iter().flat_map(|m| m.ids).collect())
        }
        Source::Containers => containers(node, kubernetes).await?,
        Source::Pods => {
            let all = containers(node, true).await?;
            let pods: BTreeSet<String> = all.iter().filter_map(|c| pod_of(&c.value)).collect();
            plain(pods.into_iter().collect())
        }
        Source::Paths => paths(node, word).await?,
        Source::Images => {
            let given = line.value("namespace").and_then(|name| Namespace::from_str(name, false).ok());
            images(node, given.unwrap_or(Namespace::Cri)).await?
        }
        Source::EtcdMembers => {
            let request = node.request(EtcdMemberListRequest { query_local: false });
            let answer = node.machine().etcd_member_list(request).await?.into_inner();
            let members = answer.messages.into_iter().flat_map(|m| m.members);
            members.map(|member| Proposal::new(format!("{:016x}", member.id), member.hostname)).collect()
        }
        _ => Vec::new(),
    })
}

/// `namespace/pod` of `namespace/pod:container:…`.
fn pod_of(container: &str) -> Option<String> {
    container.contains('/').then(|| container.split(':').next().unwrap_or(container).to_owned())
}

async fn members(node: &Node) -> anyhow::Result<Vec<Proposal>> {
    let mut found = Vec::new();
    for resource in store::list(node, MEMBERS).await? {
        let member: MemberSpec = store::spec(&resource)?;
        for address in &member.addresses {
            found.push(Proposal::new(address.to_string(), member.hostname.clone()));
        }
        found.push(Proposal::new(member.hostname, ""));
    }
    Ok(found)
}

async fn ids(node: &Node, kind: Kind<'_>) -> anyhow::Result<Vec<Proposal>> {
    let list = store::list(node, kind).await?;
    Ok(list.iter().map(|resource| Proposal::new(store::id(resource), "")).collect())
}

/// Names of types: the short ones, and once somebody types a longer one, those too.
async fn types(node: &Node, word: &str) -> anyhow::Result<Vec<Proposal>> {
    let mut found = Vec::new();
    for definition in definitions(node).await? {
        for alias in definition.all_aliases.iter().filter(|alias| !alias.contains('.') || word.contains('.'))
        {
            found.push(Proposal::new(alias, &definition.resource_type));
        }
        if !word.is_empty() {
            found.push(Proposal::new(&definition.resource_type, &definition.display_type));
        }
    }
    Ok(found)
}

async fn containers(node: &Node, kubernetes: bool) -> anyhow::Result<Vec<Proposal>> {
    let (namespace, driver) = Containers { kubernetes }.wire();
    let request = node.request(ContainersRequest { namespace, driver });
    let answer = node.machine().containers(request).await?.into_inner();
    let all = answer.messages.into_iter().flat_map(|m| m.containers);
    // A pod is no container of its own: it has neither log nor process that could be restarted.
    let own = all.filter(|c| !kubernetes || c.id != c.pod_id);
    Ok(own.map(|container| Proposal::new(container.id, container.image)).collect())
}

/// What lies in the folder that is written so far; folders end with a slash.
async fn paths(node: &Node, word: &str) -> anyhow::Result<Vec<Proposal>> {
    let folder = word.rfind('/').map_or("", |at| word.get(..=at).unwrap_or_default());
    let request = ListRequest {
        root: if folder.is_empty() { "/".to_owned() } else { folder.to_owned() },
        ..ListRequest::default()
    };
    let mut stream = node.machine().list(node.request(request)).await?.into_inner();
    let mut found = Vec::new();
    while let Some(file) = stream.message().await? {
        if file.relative_name == "." || !file.error.is_empty() {
            continue;
        }
        let end = if file.is_dir { "/" } else { "" };
        let start = if folder.is_empty() { "/" } else { folder };
        found.push(Proposal::new(format!("{start}{}{end}", file.relative_name), ""));
    }
    Ok(found)
}

async fn images(node: &Node, namespace: Namespace) -> anyhow::Result<Vec<Proposal>> {
    let request = ImageServiceListRequest { containerd: Some(namespace.wire()) };
    let mut stream = node.images().list(node.request(request)).await?.into_inner();
    let mut found = Vec::new();
    while let Some(image) = stream.message().await? {
        found.push(Proposal::new(image.name, ""));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use proto::cosi::resource::meta::ResourceDefinitionSpec;
    use proto::cosi::resource::{ListRequest as Listed, ListResponse, Metadata, Resource, Spec};
    use proto::machine::{FileInfo, LogsContainer, LogsContainersResponse, ServiceInfo, ServiceList};

    use super::*;
    use crate::cli::whole;
    use crate::fake::{self, Answer};

    async fn proposed(line: &str, source: Source, node: &Node) -> Vec<String> {
        let tree = whole();
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let line = Line::read(&tree, &words);
        let found = of_node(source, &line, &line.word.clone(), node).await.unwrap();
        found.into_iter().map(|proposal| proposal.value).collect()
    }

    fn resource(id: &str, spec: &impl prost::Message) -> ListResponse {
        let metadata = Some(Metadata { id: id.into(), ..Metadata::default() });
        let spec = Some(Spec { proto_spec: spec.encode_to_vec().into(), ..Spec::default() });
        ListResponse { resource: Some(Resource { metadata, spec }) }
    }

    #[tokio::test]
    async fn types_and_resources_are_proposed_as_the_node_knows_them() {
        let node = fake::node("n", |_, request| {
            let request = Listed::decode(request).unwrap();
            match (request.r#type.as_str(), request.namespace.as_str()) {
                ("ResourceDefinitions.meta.cosi.dev", "meta") => Answer::ok([resource(
                    "members",
                    &ResourceDefinitionSpec {
                        resource_type: "Members.cluster.talos.dev".into(),
                        display_type: "Member".into(),
                        default_namespace: "cluster".into(),
                        all_aliases: vec!["members".into(), "members.cluster".into(), "member".into()],
                        ..ResourceDefinitionSpec::default()
                    },
                )]),
                ("Members.cluster.talos.dev", "cluster") => Answer::ok([resource(
                    "cp-1",
                    &MemberSpec { hostname: "cp-1".into(), ..Default::default() },
                )]),
                ("Members.cluster.talos.dev", "other") => Answer::ok([resource("x", &MemberSpec::default())]),
                other => panic!("{other:?}"),
            }
        });
        assert_eq!(proposed("get ", Source::Types, &node).await, ["members", "member"]);
        let all = ["members", "members.cluster", "member", "Members.cluster.talos.dev"];
        assert_eq!(proposed("get members.", Source::Types, &node).await, all);
        assert_eq!(proposed("get Member ", Source::Ids, &node).await, ["cp-1"]);
        assert_eq!(proposed("get --namespace other members ", Source::Ids, &node).await, ["x"]);
        assert_eq!(proposed("-n ", Source::Nodes, &node).await, ["cp-1"]);
    }

    #[tokio::test]
    async fn services_logs_and_files_are_proposed() {
        let node = fake::node("n", |method, request| match method {
            "ServiceList" => Answer::ok([proto::machine::ServiceListResponse {
                messages: vec![ServiceList {
                    metadata: None,
                    services: vec![ServiceInfo { id: "etcd".into(), ..ServiceInfo::default() }],
                }],
            }]),
            "LogsContainers" => Answer::ok([LogsContainersResponse {
                messages: vec![LogsContainer { metadata: None, ids: vec!["kernel".into()] }],
            }]),
            "List" => {
                assert_eq!(ListRequest::decode(request).unwrap().root, "/etc/");
                let file = |name: &str, is_dir| FileInfo {
                    relative_name: name.into(),
                    is_dir,
                    ..Default::default()
                };
                Answer::ok([file(".", true), file("ssl", true), file("hosts", false)])
            }
            other => panic!("{other}"),
        });
        assert_eq!(proposed("service ", Source::Services, &node).await, ["etcd"]);
        assert_eq!(proposed("logs ", Source::Logs, &node).await, ["kernel"]);
        assert_eq!(proposed("list /etc/s", Source::Paths, &node).await, ["/etc/ssl/", "/etc/hosts"]);
    }

    #[test]
    fn a_pod_is_what_stands_before_its_container() {
        assert_eq!(pod_of("kube-system/coredns-x:coredns:39").as_deref(), Some("kube-system/coredns-x"));
        assert_eq!(pod_of("apid"), None);
    }
}
