//! `talosctl events`.

use std::cell::RefCell;
use std::time::Duration;

use proto::machine::{Event, EventsRequest};

use crate::events::decode;
use crate::global::Global;
use crate::interrupt;
use crate::node::Node;
use crate::output::{LiveTable, human, print};
use crate::session::Session;

/// Follow the events of nodes
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl -n 10.5.0.2 events
  talosctl -n 10.5.0.2 events --tail -1
  talosctl -n 10.5.0.2 events --duration 10m")]
pub struct Args {
    /// Begin with that many of the last events; all if negative
    #[arg(long, default_value_t = 0, allow_negative_numbers = true, conflicts_with_all = ["duration", "since"])]
    tail: i32,
    /// Begin with the events of that time
    #[arg(long, value_name = "DURATION", value_parser = human::parse_duration, conflicts_with = "since")]
    duration: Option<Duration>,
    /// Begin after the event with that id
    #[arg(long, value_name = "ID", default_value = "")]
    since: String,
    /// Only events that an action with this id caused
    #[arg(long, value_name = "ID", default_value = "")]
    actor_id: String,
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let session = Session::open(global)?;
    let request = EventsRequest {
        tail_events: args.tail,
        tail_id: args.since,
        tail_seconds: i32::try_from(args.duration.unwrap_or_default().as_secs()).unwrap_or(i32::MAX),
        with_actor_id: args.actor_id,
    };
    let nodes: Vec<String> = session.nodes()?.into_iter().map(|node| node.name).collect();
    let mut rows = Rows::new(&nodes);
    print(&rows.heading())?;
    let rows = RefCell::new(rows);
    let work = session.each("error watching events", async |node: Node| {
        let mut stream = node.machine().events(node.request(request.clone())).await?.into_inner();
        while let Some(event) = stream.message().await? {
            print(&rows.borrow_mut().event(&node.name, &event))?;
        }
        Ok(())
    });
    interrupt::until_pressed(work).await
}

/// Two lines an event: what it is, then whom it is about and what happened.
struct Rows {
    table: LiveTable,
}

/// Letters of an event's id.
const ID: usize = 20;

impl Rows {
    fn new(nodes: &[String]) -> Self {
        let mut table = LiveTable::default();
        // Columns that do not move when a longer name comes later.
        for node in nodes {
            table.row([node.clone(), " ".repeat(ID), String::new()]);
        }
        Self { table }
    }

    fn heading(&mut self) -> String {
        let columns = self.table.row(["NODE", "ID", ""]);
        format!("{}EVENT   ACTOR   SOURCE   MESSAGE\n", columns.trim_end_matches('\n'))
    }

    fn event(&mut self, node: &str, event: &Event) -> String {
        let Some(data) = event.data.as_ref().filter(|data| !data.type_url.is_empty()) else {
            return String::new();
        };
        let actor = if event.actor_id.is_empty() { String::new() } else { format!("   {}", event.actor_id) };
        let first = self.table.row([node, event.id.as_str(), &format!("{}{actor}", data.type_url)]);
        let described = decode(data).map(|payload| payload.describe());
        let second = described.map(|(source, message)| self.table.row(["", &source, &message]));
        first + &second.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::tests::any;
    use proto::machine::TaskEvent;

    #[test]
    fn an_event_is_two_lines_below_fixed_columns_and_the_greeting_none() {
        let mut rows = Rows::new(&["10.5.0.2".to_owned()]);
        assert_eq!(rows.heading(), "NODE       ID                     EVENT   ACTOR   SOURCE   MESSAGE\n");
        assert_eq!(rows.event("10.5.0.2", &Event { data: Some(Default::default()), ..Event::default() }), "");
        let data = any("TaskEvent", &TaskEvent { task: "startAllServices".into(), action: 0 });
        let event = Event { data: Some(data), id: "dc0h1nk6aslc73ajjhag".into(), ..Event::default() };
        assert_eq!(
            rows.event("10.5.0.2", &event),
            "10.5.0.2   dc0h1nk6aslc73ajjhag   talos/runtime/machine.TaskEvent\n           startAllServices       START\n"
        );
    }
}
