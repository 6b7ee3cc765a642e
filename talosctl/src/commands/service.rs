//! `talosctl service`.

use std::time::SystemTime;

use proto::machine::{ServiceInfo, ServiceRestartRequest, ServiceStartRequest, ServiceStopRequest};

use crate::global::{Global, Insecure};
use crate::output::Table;
use crate::session::Session;

/// List services, show one, or start, stop and restart it
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The service
    id: Option<String>,
    /// start, stop, restart or status
    action: Option<String>,
    #[command(flatten)]
    insecure: Insecure,
}

/// Time since, as people say it.
pub fn ago(time: Option<&prost_types::Timestamp>) -> String {
    let then = proto::convert::system_time(time);
    let seconds = then.and_then(|t| SystemTime::now().duration_since(t).ok()).map_or(0, |d| d.as_secs());
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let text = match (h, m) {
        (0, 0) => format!("{s}s"),
        (0, _) => format!("{m}m{s}s"),
        _ => format!("{h}h{m}m{s}s"),
    };
    format!("{text} ago")
}

fn health(service: &ServiceInfo) -> &'static str {
    match &service.health {
        Some(h) if h.unknown => "?",
        Some(h) if h.healthy => "OK",
        Some(_) => "Fail",
        None => "?",
    }
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let session = Session::open(global, &args.insecure)?;
    match (args.id, args.action.as_deref()) {
        (None, _) => list(&session).await,
        (Some(id), None | Some("status")) => show(&session, &id).await,
        (Some(id), Some(action @ ("start" | "stop" | "restart"))) => operate(&session, &id, action).await,
        (Some(_), Some(other)) => anyhow::bail!("unsupported service command: {other:?} (start, stop, restart, status)"),
    }
}

async fn services(session: &Session) -> (Vec<(String, ServiceInfo)>, anyhow::Result<()>) {
    let found = std::cell::RefCell::new(Vec::new());
    let result = session
        .each(|node| {
            let found = &found;
            async move {
                let answer = node.machine().service_list(node.request(())).await?.into_inner();
                let services = answer.messages.into_iter().flat_map(|m| m.services);
                found.borrow_mut().extend(services.map(|s| (node.name.clone(), s)));
                Ok(())
            }
        })
        .await;
    let mut found = found.into_inner();
    found.sort_by(|a, b| (&a.0, &a.1.id).cmp(&(&b.0, &b.1.id)));
    (found, result)
}

async fn list(session: &Session) -> anyhow::Result<()> {
    let (found, result) = services(session).await;
    let mut table = Table::new(["NODE", "SERVICE", "STATE", "HEALTH", "LAST CHANGE", "LAST EVENT"]);
    for (node, service) in &found {
        let last = service.events.as_ref().and_then(|e| e.events.last());
        let (change, event) = last.map(|e| (ago(e.ts.as_ref()), e.msg.clone())).unwrap_or_default();
        table.row([node, &service.id, &service.state, health(service), &change, &event]);
    }
    table.print()?;
    result
}

async fn show(session: &Session, id: &str) -> anyhow::Result<()> {
    let (found, result) = services(session).await;
    let mut matching = found.iter().filter(|(_, s)| s.id == id).peekable();
    if matching.peek().is_none() && result.is_ok() {
        anyhow::bail!("service {id:?} is not registered on any nodes");
    }
    for (node, service) in matching {
        let mut table = Table::default();
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
            table.row([label.to_owned(), format!("[{}]: {} ({})", event.state, event.msg, ago(event.ts.as_ref()))]);
        }
        table.print()?;
    }
    result
}

async fn operate(session: &Session, id: &str, action: &str) -> anyhow::Result<()> {
    let answers = std::cell::RefCell::new(Vec::new());
    let result = session
        .each(|node| {
            let answers = &answers;
            async move {
                let id = id.to_owned();
                let mut client = node.machine();
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
                        let r = client.service_restart(node.request(ServiceRestartRequest { id })).await?.into_inner();
                        r.messages.into_iter().map(|m| m.resp).collect()
                    }
                };
                answers.borrow_mut().extend(texts.into_iter().map(|t| (node.name.clone(), t)));
                Ok(())
            }
        })
        .await;
    let mut table = Table::new(["NODE", "RESPONSE"]);
    for (node, text) in answers.into_inner() {
        table.row([node, text]);
    }
    table.print()?;
    result
}
