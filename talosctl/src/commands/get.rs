//! `talosctl get`.

use std::cell::{Cell, RefCell};

use proto::cosi::resource::meta::ResourceDefinitionSpec;
use proto::cosi::resource::{EventType, Resource};
use tonic::Code;

use crate::failure::{Failures, status};
use crate::global::{Global, Insecure};
use crate::interrupt;
use crate::jsonpath::NotFound;
use crate::node::Node;
use crate::output::{LiveTable, Table, note, print};
use crate::resource::format::Format;
use crate::resource::resolve::{definitions, label, resolve};
use crate::resource::show::{Columns, View, pretty};
use crate::resource::store::{self, Kind};
use crate::resource::watch;
use crate::session::Session;

/// Show resources of nodes
///
/// `talosctl get rd` lists the types that there are, with their short names.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl get members
  talosctl get addresses -w
  talosctl get service kubelet -o yaml
  talosctl get nodeaddress current -o jsonpath='{.spec.addresses[0]}'

A path of a JSONPath template that a resource does not have is an error.")]
pub struct Args {
    /// Type of the resources, by any of its names
    #[arg(value_name = "TYPE")]
    typ: String,
    /// Only these
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// Namespace, instead of the type's own
    #[arg(long)]
    namespace: Option<String>,
    /// table, json, yaml or jsonpath=<template>
    #[arg(short, long, default_value = "table")]
    output: Format,
    /// Go on and show changes
    #[arg(short, long)]
    watch: bool,
    #[command(flatten)]
    insecure: Insecure,
}

/// What one node answered.
struct Found {
    definition: ResourceDefinitionSpec,
    resources: Vec<Resource>,
    /// Ids that could not be read.
    failures: Failures,
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let session = Session::open_for(global, &args.insecure)?;
    if args.watch {
        return interrupt::until_pressed(follow(&session, &args)).await;
    }
    let (registered, unknown) = (Cell::new(false), Cell::new(false));
    let work = async |node| {
        let found = find(&node, &args, &registered).await;
        let code = found.as_ref().err().and_then(status).map(|status| status.code());
        unknown.set(unknown.get() || code == Some(Code::NotFound));
        found
    };
    let (answers, mut failures) = session.gather(work).await?;
    if let (false, Some(text)) = (registered.get(), failures.common_text()) {
        // Nothing was asked for yet: the type is unknown to all, or the one node does not answer.
        if unknown.get() || session.nodes()?.len() == 1 {
            return Err(anyhow::anyhow!(text.to_owned()));
        }
    }
    let mut printer = Printer::new(&args.output);
    for (node, found) in answers {
        printer.found(&node, &found)?;
        failures.extend(found.failures);
    }
    printer.finish(&mut failures)?;
    failures.into_plain_result("")
}

async fn find(node: &Node, args: &Args, registered: &Cell<bool>) -> anyhow::Result<Found> {
    let all = definitions(node).await?;
    let definition = resolve(&all, &args.typ)?.clone();
    registered.set(true);
    let kind = kind(&definition, args);
    let mut failures = Failures::default();
    let mut resources = Vec::new();
    if args.ids.is_empty() {
        resources = store::list(node, kind).await?;
    }
    for id in &args.ids {
        match store::get(node, kind, id).await {
            Ok(resource) => resources.push(resource),
            Err(error) => failures.add(&node.name, &error.into()),
        }
    }
    Ok(Found { definition, resources, failures })
}

fn kind<'a>(definition: &'a ResourceDefinitionSpec, args: &'a Args) -> Kind<'a> {
    let namespace = args.namespace.as_deref().unwrap_or(&definition.default_namespace);
    Kind { namespace, typ: &definition.resource_type }
}

/// Prints documents one after the other; tables as a whole.
struct Printer<'a> {
    format: &'a Format,
    table: Option<Table>,
    first: bool,
    missing: Vec<Missing>,
}

/// A path of a template that resources of a node do not have.
struct Missing {
    node: String,
    error: NotFound,
    first: String,
    others: usize,
}

impl Missing {
    fn text(&self) -> String {
        let others = match self.others {
            0 => String::new(),
            1 => " and 1 other".to_owned(),
            many => format!(" and {many} others"),
        };
        format!("{} in {}{others}", self.error, self.first)
    }
}

impl<'a> Printer<'a> {
    fn new(format: &'a Format) -> Self {
        Self { format, table: None, first: true, missing: Vec::new() }
    }

    fn found(&mut self, node: &str, found: &Found) -> anyhow::Result<()> {
        if *self.format != Format::Table {
            for resource in &found.resources {
                self.document(&View { node, event: None, resource })?;
            }
            return Ok(());
        }
        let columns = Columns::of(&found.definition)?;
        let table = self.table.get_or_insert_with(|| Table::new(columns.heading(false)));
        for resource in &found.resources {
            table.row(columns.row(&found.definition, &View { node, event: None, resource }));
        }
        Ok(())
    }

    fn document(&mut self, view: &View<'_>) -> anyhow::Result<()> {
        let separator = if std::mem::take(&mut self.first) { "" } else { "---\n" };
        match self.format {
            Format::Table => Ok(()),
            Format::Yaml => print(&format!("{separator}{}", view.yaml())),
            Format::Json => print(&format!("{}\n", pretty(&view.json()))),
            Format::JsonPath(template) => match template.render(&view.json(), &pretty) {
                Ok(text) => print(&format!("{text}\n")),
                Err(error) => {
                    self.miss(view, error);
                    Ok(())
                }
            },
        }
    }

    /// A script must not go on with an empty text; other resources are shown nevertheless.
    fn miss(&mut self, view: &View<'_>, error: NotFound) {
        match self.missing.iter_mut().find(|known| known.node == view.node && known.error == error) {
            Some(known) => known.others += 1,
            None => self.missing.push(Missing {
                node: view.node.to_owned(),
                error,
                first: label(view.resource),
                others: 0,
            }),
        }
    }

    fn finish(self, failures: &mut Failures) -> anyhow::Result<()> {
        for missing in &self.missing {
            failures.add(&missing.node, &anyhow::anyhow!(missing.text()));
        }
        self.table.map_or(Ok(()), |table| table.print())
    }
}

async fn follow(session: &Session, args: &Args) -> anyhow::Result<()> {
    let printer = RefCell::new(Printer::new(&args.output));
    let names: Vec<String> = session.nodes()?.into_iter().map(|node| node.name).collect();
    let table: RefCell<Option<LiveTable>> = RefCell::new(None);
    let work = async |node: Node| {
        let all = definitions(&node).await?;
        let definition = resolve(&all, &args.typ)?;
        let columns = Columns::of(definition)?;
        let ids: Vec<Option<&str>> = if args.ids.is_empty() {
            vec![None]
        } else {
            args.ids.iter().map(|id| Some(id.as_str())).collect()
        };
        let watches = ids.into_iter().map(|id| {
            watch::watch(&node, kind(definition, args), id, |event| {
                let name = match event.event_type() {
                    EventType::Created => "created",
                    EventType::Updated => "updated",
                    EventType::Destroyed => "destroyed",
                    EventType::Bootstrapped | EventType::Errored | EventType::Noop => return Ok(()),
                };
                let Some(resource) = &event.resource else { return Ok(()) };
                let view = View { node: &node.name, event: Some(name), resource };
                if args.output != Format::Table {
                    let mut printer = printer.borrow_mut();
                    printer.document(&view)?;
                    // It goes on: what is missing is told when it is.
                    printer.missing.drain(..).for_each(|m| note(&format!("{}: {}", m.node, m.text())));
                    return Ok(());
                }
                let mut table = table.borrow_mut();
                let table = match &mut *table {
                    Some(table) => table,
                    empty => {
                        let table = empty.insert(LiveTable::default());
                        // Columns that do not move when the first row comes.
                        for name in &names {
                            let (namespace, typ) = (&definition.default_namespace, &definition.display_type);
                            table.row([name.as_str(), "", namespace.as_str(), typ.as_str(), ""]);
                        }
                        print(&table.row(columns.heading(true)))?;
                        table
                    }
                };
                print(&table.row(columns.row(definition, &view)))
            })
        });
        futures::future::try_join_all(watches).await.map(drop)
    };
    let (_, failures) = session.gather(work).await?;
    failures.into_plain_result("")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::cosi::resource::{Metadata, Spec};

    fn resource(id: &str, spec: &str) -> Resource {
        Resource {
            metadata: Some(Metadata { id: id.into(), r#type: "Links".into(), ..Metadata::default() }),
            spec: Some(Spec { yaml_spec: spec.into(), ..Spec::default() }),
        }
    }

    #[test]
    fn a_path_that_resources_do_not_have_is_one_error_for_each_node_that_names_them() {
        let format: Format = "jsonpath={.spec.mtu}".parse().unwrap();
        let mut printer = Printer::new(&format);
        for (node, id, spec) in [
            ("a", "lo", "up: true"),
            ("a", "eth0", "mtu: 1500"),
            ("a", "eth1", "up: true"),
            ("b", "lo", "up: true"),
        ] {
            let resource = resource(id, spec);
            printer.document(&View { node, event: None, resource: &resource }).unwrap();
        }
        let mut failures = Failures::of(2);
        printer.finish(&mut failures).unwrap();
        assert_eq!(
            failures.into_plain_result("").unwrap_err().to_string(),
            "2 errors occurred:\n\t* a: mtu is not found in Links/lo and 1 other\n\t* b: mtu is not found in Links/lo\n"
        );
    }
}
