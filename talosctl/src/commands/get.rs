//! `talosctl get`.

use std::cell::{Cell, RefCell};

use proto::cosi::resource::meta::ResourceDefinitionSpec;
use proto::cosi::resource::{EventType, Resource};

use crate::failure::Failures;
use crate::global::{Global, Insecure};
use crate::interrupt;
use crate::node::Node;
use crate::output::{LiveTable, Table, print};
use crate::resource::format::Format;
use crate::resource::resolve::{definitions, resolve};
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
  talosctl get nodeaddress current -o jsonpath='{.spec.addresses[0]}'")]
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
    let registered = Cell::new(false);
    let (answers, mut failures) = session.gather(async |node| find(&node, &args, &registered).await).await?;
    if let (false, Some(text)) = (registered.get(), failures.common_text()) {
        // Nothing was asked for yet: the type is unknown, or nobody answers.
        return Err(anyhow::anyhow!(text.to_owned()));
    }
    let mut printer = Printer::new(&args.output);
    for (node, found) in answers {
        printer.found(&node, &found)?;
        failures.extend(found.failures);
    }
    printer.finish()?;
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
            Err(status) => failures.add(&node.name, &status.into()),
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
}

impl<'a> Printer<'a> {
    fn new(format: &'a Format) -> Self {
        Self { format, table: None, first: true }
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
            Format::JsonPath(template) => {
                print(&format!("{}\n", template.render_with(&view.json(), &pretty)))
            }
        }
    }

    fn finish(self) -> anyhow::Result<()> {
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
                    return printer.borrow_mut().document(&view);
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
