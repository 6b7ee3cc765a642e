//! Actions that a node carries out after it has answered: followed by events until they are done (contract
//! api.md 8.5).
//!
//! [`tracker`] is the pure part: what an event means. [`follow`] asks the node; [`progress`] prints.

mod follow;
pub mod progress;
pub mod tracker;

use std::time::Duration;

use tokio::time::timeout;

pub use follow::{Action, Starting, follow};
pub use progress::{Progress, Style};
pub use tracker::Goal;

use crate::failure::Failures;
use crate::global::Global;
use crate::node::Node;
use crate::output::human;
use crate::session::Session;

/// Whether and how an action is followed.
#[derive(Debug, Clone, clap::Args)]
pub struct Tracking {
    /// Wait until it is done, and show how it goes on
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set)]
    pub wait: bool,
    /// How long it may take
    #[arg(long, default_value = "30m", value_parser = human::parse_duration, value_name = "DURATION")]
    pub timeout: Duration,
    /// Show the kernel's log meanwhile
    #[arg(long)]
    pub debug: bool,
    /// How to show it: auto or plain
    #[arg(long, value_enum, default_value_t = Style::Auto)]
    pub progress: Style,
}

/// Starts an action on every node and, if asked to, follows it to its end.
///
/// # Errors
/// If it failed on a node: `what`, and a line for each of them.
pub async fn run(
    global: &Global,
    what: &str,
    goal: Goal,
    tracking: &Tracking,
    action: &Action<'_>,
) -> anyhow::Result<()> {
    let session = Session::open(global)?;
    if !tracking.wait {
        let start = async |node: Node| action(&node).await.map(drop);
        return session.each(what, start).await;
    }
    on_nodes(&session, global, goal, tracking, action).await?.into_result(what)
}

/// Starts an action on every node and follows it to its end. The failures are those of nodes.
///
/// # Errors
/// If no node is named.
pub async fn on_nodes(
    session: &Session,
    global: &Global,
    goal: Goal,
    tracking: &Tracking,
    action: &Action<'_>,
) -> anyhow::Result<Failures> {
    let names: Vec<String> = session.nodes()?.into_iter().map(|node| node.name).collect();
    let progress = Progress::new(&names, tracking.progress);
    progress.heading(&format!("watching nodes: [{}]", names.join(" ")));
    let work = async |node: Node| {
        let followed = follow(global, &node, goal, action, &progress);
        let watched = async {
            match tracking.debug {
                true => tokio::select! {
                    result = followed => result,
                    never = follow::kernel_log(&node, &progress) => match never {},
                },
                false => followed.await,
            }
        };
        let result = match timeout(tracking.timeout, watched).await {
            Ok(result) => result,
            Err(_) => Err(anyhow::anyhow!(
                "not done within {}: {}",
                human::span(tracking.timeout),
                progress.last(&node.name)
            )),
        };
        if let Err(error) = &result {
            progress.tell(&node.name, &format!("failed: {}", crate::failure::text(error)));
            if error.is::<tracker::Failed>() {
                follow::tell_kernel_log(&node, &progress).await;
            }
        }
        result
    };
    Ok(session.gather(work).await?.1)
}
