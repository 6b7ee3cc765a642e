//! `talosctl inspect`.

use std::collections::{BTreeMap, BTreeSet};

use proto::inspect::{ControllerDependencyEdge, DependencyEdgeType};

use crate::global::Global;
use crate::node::Node;
use crate::output::print;
use crate::resource::resolve::definitions;
use crate::resource::store::{self, Kind};
use crate::session::Session;

/// Show how the controllers of a node depend on each other
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Print which controllers read and write which resources, as a graph for Graphviz
    #[command(after_help = "Examples:
  talosctl -n 10.5.0.2 inspect dependencies | dot -Tsvg > graph.svg
  talosctl -n 10.5.0.2 inspect dependencies --with-resources | dot -Tsvg > graph.svg")]
    Dependencies {
        /// Show the resources that there are
        #[arg(long)]
        with_resources: bool,
    },
}

/// Runs it.
pub async fn run(global: &Global, command: &Command) -> anyhow::Result<()> {
    let Command::Dependencies { with_resources } = command;
    let node = Session::open(global)?.one()?;
    print(&graph(&node, *with_resources).await?)
}

/// The graph of a node.
///
/// # Errors
/// The status of the call.
pub async fn graph(node: &Node, with_resources: bool) -> anyhow::Result<String> {
    let request = node.request(());
    let answer = node.inspect().controller_runtime_dependencies(request).await?.into_inner();
    let edges: Vec<_> = answer.messages.into_iter().flat_map(|m| m.edges).collect();
    let resources = if with_resources { resources(node, &edges).await? } else { BTreeMap::new() };
    Ok(dot(&edges, &resources))
}

/// Ids of the resources that there are, by type. What this client may not read is left out.
async fn resources(
    node: &Node,
    edges: &[ControllerDependencyEdge],
) -> anyhow::Result<BTreeMap<String, Vec<String>>> {
    let types: BTreeSet<&str> = edges.iter().map(|edge| edge.resource_type.as_str()).collect();
    let mut found = BTreeMap::new();
    for definition in definitions(node).await? {
        if !types.contains(definition.resource_type.as_str()) {
            continue;
        }
        let kind = Kind { namespace: &definition.default_namespace, typ: &definition.resource_type };
        if let Ok(list) = store::list(node, kind).await {
            let ids = list.iter().map(|resource| store::id(resource).to_owned()).collect();
            found.insert(definition.resource_type.clone(), ids);
        }
    }
    Ok(found)
}

/// What a node of the graph looks like.
const RESOURCE: &str = r#"fillcolor="azure2",label="{}",shape="note",style="filled""#;
const CONTROLLER: &str = r#"label="{}",shape="box""#;
const INSTANCE: &str = r#"fillcolor="lightgrey",label="{}",shape="plain",style="filled""#;

fn style(edge: DependencyEdgeType) -> &'static str {
    match edge {
        DependencyEdgeType::OutputExclusive => "bold",
        DependencyEdgeType::OutputShared | DependencyEdgeType::InputStrong => "solid",
        DependencyEdgeType::InputWeak => "dotted",
        DependencyEdgeType::InputDestroyReady => "dashed",
    }
}

fn dot(edges: &[ControllerDependencyEdge], resources: &BTreeMap<String, Vec<String>>) -> String {
    let mut names: BTreeMap<(String, &'static str), usize> = BTreeMap::new();
    let mut lines = BTreeSet::new();
    let mut number = |label: String, shape: &'static str| {
        let next = names.len() + 1;
        *names.entry((label, shape)).or_insert(next)
    };
    for edge in edges {
        let controller = number(edge.controller_name.clone(), CONTROLLER);
        let resource = number(edge.resource_type.clone(), RESOURCE);
        let kind = edge.edge_type();
        let out = matches!(kind, DependencyEdgeType::OutputExclusive | DependencyEdgeType::OutputShared);
        let (from, to) = if out { (controller, resource) } else { (resource, controller) };
        let label = match edge.resource_id.as_str() {
            "" => String::new(),
            id => format!("label={id:?},"),
        };
        lines.insert(format!("\tn{from}->n{to}[{label}style=\"{}\"];\n", style(kind)));
    }
    for (typ, ids) in resources {
        let resource = number(typ.clone(), RESOURCE);
        for id in ids {
            let instance = number(format!("{typ}/{id}"), INSTANCE);
            lines.insert(format!("\tn{resource}->n{instance}[style=\"solid\"];\n"));
        }
    }
    let mut text = String::from("digraph  {\n\t\n");
    for ((label, shape), number) in &names {
        let label = label.replace('\\', "\\\\").replace('"', "\\\"");
        text.push_str(&format!("\tn{number}[{}];\n", shape.replace("{}", &label)));
    }
    text.extend(lines);
    text.push_str("}\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_point_away_from_controllers_and_inputs_to_them() {
        let edge = |edge_type: DependencyEdgeType, resource: &str, id: &str| ControllerDependencyEdge {
            controller_name: "net.C".into(),
            edge_type: edge_type as i32,
            resource_type: resource.into(),
            resource_id: id.into(),
            ..ControllerDependencyEdge::default()
        };
        let edges = [
            edge(DependencyEdgeType::OutputExclusive, "Out.net", ""),
            edge(DependencyEdgeType::InputWeak, "In.net", "x"),
        ];
        insta::assert_snapshot!(dot(&edges, &[("In.net".to_owned(), vec!["x".to_owned()])].into()));
    }
}
