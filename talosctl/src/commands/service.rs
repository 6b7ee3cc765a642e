//! `talosctl service`.

use std::time::SystemTime;

use proto::machine::{
    ServiceEvent, ServiceInfo, ServiceRestartRequest, ServiceStartRequest, ServiceStopRequest,
};

use crate::failure::{Failures, usage};
use crate::global::{Global, Insecure};
use crate::node::Node;
use crate::output::{Table, human};
use crate::session::Session;

/// List services, show one, or start, stop and restart it
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl -n 10.5.0.2 services
  talosctl -n 10.5.0.2 service etcd
  talosctl -n 10.5.0.2 service kubelet restart")]
pub struct Args {
    /// The service
    id: Option<String>,
    /// start, stop, restart or status
    action: Option<String>,
    #[command(flatten)]
    insecure: Insecure,
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let session = Session::open_for(global, &args.insecure)?;
    match (args.id, args.action.as_deref()) {
        (None, _) => list(&session).await,
        (Some(id), None | Some("status")) => show(&session, &id).await,
        (Some(id), Some(action @ ("start" | "stop" | "restart"))) => operate(&session, &id, action).await,
        (Some(_), Some(other)) => {
            Err(usage(format!("unsupported service command {other:?}: use status, start, stop or restart")))
        }
    }
}

fn health(service: &ServiceInfo) -> &'static str {
    match &service.health {
        Some(h) if h.unknown => "?",
        Some(h) if h.healthy => "OK",
        Some(_) => "Fail",
        None => "?",
    }
}

async fn services(session: &Session) -> anyhow::Result<(Vec<(String, ServiceInfo)>, Failures)> {
    let ask = async |node: Node| Ok(node.machine().service_list(node.request(())).await?.into_inner());
    let (answers, failures) = session.gather(ask).await?;
    let mut found = Vec::new();
    for (node, answer) in answers {
        let mut services: Vec<ServiceInfo> = answer.messages.into_iter().flat_map(|m| m.services).collect();
        services.sort_by(|a, b| a.id.cmp(&b.id));
        found.extend(services.into_iter().map(|service| (node.clone(), service)));
    }
    Ok((found, failures))
}

async fn list(session: &Session) -> anyhow::Result<()> {
    let (found, failures) = services(session).await?;
    let mut table = Table::new(["NODE", "SERVICE", "STATE", "HEALTH", "LAST CHANGE", "LAST EVENT"]);
    let now = SystemTime::now();
    for (node, service) in &found {
        let last = service.events.as_ref().and_then(|e| e.events.last());
        let (change, event) = last.map(|e| (since(e, now), e.msg.clone())).unwrap_or_default();
        table.row([node, &service.id, &service.state, health(service), &change, &event]);
    }
    table.print()?;
    failures.into_result("error listing services")
}

fn since(event: &ServiceEvent, now: SystemTime) -> String {
    human::ago(proto::convert::system_time(event.ts.as_ref()), now)
}

async fn show(session: &Session, id: &str) -> anyhow::Result<()> {
    let (found, failures) = services(session).await?;
    let mut matching = found.iter().filter(|(_, s)| s.id == id).peekable();
    if matching.peek().is_none() && failures.is_empty() {
        anyhow::bail!("service {id:?} is not registered on any nodes");
    }
    for (node, service) in matching {
        details(node, service, SystemTime::now()).print()?;
    }
    failures.into_result("error listing services")
}

pub(super) fn details(node: &str, service: &ServiceInfo, now: SystemTime) -> Table {
    let mut table = Table::plain();
    table.row(["NODE", node]);
    table.row(["ID", &service.id]);
    table.row(["STATE", &service.state]);
    table.row(["HEALTH", health(service)]);
    if let Some(message) = service.health.as_ref().map(|h| &h.last_message).filter(|m| !m.is_empty()) {
        table.row(["LAST HEALTH MESSAGE", message]);
    }
    let events = service.events.iter().flat_map(|e| e.events.iter().rev());
    for (i, event) in events.enumerate() {
        let label = if i == 0 { "EVENTS" } else { "" };
        table.row([label.to_owned(), format!("[{}]: {} ({})", event.state, event.msg, since(event, now))]);
    }
    table
}

fn doing(action: &str) -> &'static str {
    match action {
        "start" => "starting",
        "stop" => "stopping",
        _ => "restarting",
    }
}

async fn operate(session: &Session, id: &str, action: &str) -> anyhow::Result<()> {
    let work = async |node: Node| {
        let (id, mut client) = (id.to_owned(), node.machine());
        let texts: Vec<String> = match action {
            "start" => {
                let r = client.service_start(node.request(ServiceStartRequest { id })).await?.into_inner();
                r.messages.into_iter().map(|m| m.resp).collect()
            }
            "stop" => {
                let r = client.service_stop(node.request(ServiceStopRequest { id })).await?.into_inner();
                r.messages.into_iter().map(|m| m.resp).collect()
            }
            _ => {
                let r =
                    client.service_restart(node.request(ServiceRestartRequest { id })).await?.into_inner();
                r.messages.into_iter().map(|m| m.resp).collect()
            }
        };
        Ok(texts)
    };
    let (answers, failures) = session.gather(work).await?;
    if !answers.is_empty() {
        let mut table = Table::new(["NODE", "RESPONSE"]);
        for (node, texts) in answers {
            texts.into_iter().for_each(|text| table.row([node.clone(), text]));
        }
        table.print()?;
    }
    failures.into_result(&format!("error {} service", doing(action)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::machine::{ServiceEvents, ServiceHealth};

    #[test]
    fn a_service_shows_its_newest_event_first() {
        let event = |state: &str, msg: &str, seconds| ServiceEvent {
            msg: msg.into(),
            state: state.into(),
            ts: Some(prost_types::Timestamp { seconds, nanos: 0 }),
        };
        let service = ServiceInfo {
            id: "etcd".into(),
            state: "Running".into(),
            events: Some(ServiceEvents {
                events: vec![
                    event("Starting", "Starting service", 1),
                    event("Running", "Health check successful", 6),
                ],
            }),
            health: Some(ServiceHealth { healthy: true, ..ServiceHealth::default() }),
        };
        let now = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(80);
        assert_eq!(
            details("10.5.0.2", &service, now).render(),
            "NODE     10.5.0.2\nID       etcd\nSTATE    Running\nHEALTH   OK\n\
             EVENTS   [Running]: Health check successful (1m14s ago)\n         [Starting]: Starting service (1m19s ago)\n"
        );
    }
}
