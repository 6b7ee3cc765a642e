//! What Kubernetes says of this node: followed, not asked for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use kubernetes::{Change, Client, Error};
use proto::resource::k8s::{NodeStatusSpec, NodenameSpec};
use serde_json::Value;
use state::{Context, Controller, Input, Next, Output};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::access::Clients;

/// First and longest pause between attempts to follow.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// When this machine started, by the clock as it goes now: it may have been set since.
#[derive(Clone, Copy)]
struct Start(Instant);

impl Start {
    fn time(self) -> SystemTime {
        SystemTime::now().checked_sub(self.0.elapsed()).unwrap_or(SystemTime::UNIX_EPOCH)
    }
}

/// What is known of the node.
#[derive(Debug, Clone, Default, PartialEq)]
enum Seen {
    /// Nothing yet.
    #[default]
    Unknown,
    /// It is not there.
    Absent,
    /// It is there.
    Present(Box<NodeStatusSpec>),
}

/// Publishes NodeStatuses.
pub struct NodeStatus {
    clients: Clients,
    start: Start,
    seen: Arc<Mutex<Seen>>,
    following: Option<(Arc<Client>, String, JoinHandle<()>)>,
}

impl NodeStatus {
    /// A controller that uses these clients.
    pub fn new(clients: Clients) -> Self {
        Self { clients, start: Start(Instant::now()), seen: Arc::default(), following: None }
    }

    fn stop(&mut self) {
        if let Some((_, _, task)) = self.following.take() {
            task.abort();
        }
        *sys::sync::lock(&self.seen) = Seen::Unknown;
    }

    fn follow(&mut self, client: Arc<Client>, name: &str, wake: Arc<Notify>) {
        if let Some((known, followed, task)) = &self.following
            && Arc::ptr_eq(known, &client)
            && followed == name
            && !task.is_finished()
        {
            return;
        }
        if let Some((_, _, task)) = self.following.take() {
            task.abort();
        }
        let task = tokio::spawn(follow(client.clone(), name.to_owned(), self.start, self.seen.clone(), wake));
        self.following = Some((client, name.to_owned(), task));
    }
}

impl Drop for NodeStatus {
    fn drop(&mut self) {
        self.stop();
    }
}

#[async_trait::async_trait]
impl Controller for NodeStatus {
    fn name(&self) -> &'static str {
        "k8s.NodeStatusController"
    }

    fn inputs(&self) -> Vec<Input> {
        [Input::weak::<NodenameSpec>()].into_iter().chain(Clients::inputs()).collect()
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<NodeStatusSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let name = ctx.get::<NodenameSpec>("nodename").await?.map(|n| n.spec);
        let outputs = ctx.outputs::<NodeStatusSpec>();
        let client = self.clients.get(&**ctx.state()).await?;
        let (Some(name), Some(client)) = (name.filter(|n| !n.skip_node_registration), client) else {
            self.stop();
            outputs.finish().await?;
            return Ok(Next::Wait);
        };
        self.follow(client, &name.nodename, ctx.waker());
        let seen = sys::sync::lock(&self.seen).clone();
        match seen {
            Seen::Unknown => {}
            Seen::Absent => drop(outputs.finish().await?),
            Seen::Present(status) => {
                outputs.put(&name.nodename, *status).await?;
                outputs.finish().await?;
            }
        }
        Ok(Next::Wait)
    }
}

/// Follows one node as long as it is wanted.
async fn follow(client: Arc<Client>, name: String, start: Start, seen: Arc<Mutex<Seen>>, wake: Arc<Notify>) {
    let tell = |now: Seen| {
        let mut seen = sys::sync::lock(&seen);
        if *seen != now {
            *seen = now;
            wake.notify_one();
        }
    };
    let mut pause = PAUSES.0;
    loop {
        match follow_once(&client, &name, start, &tell).await {
            Ok(()) => pause = PAUSES.0,
            Err(error) => tracing::debug!("following this node in Kubernetes: {error}"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

async fn follow_once(client: &Client, name: &str, start: Start, tell: &impl Fn(Seen)) -> Result<(), Error> {
    let path = format!("/api/v1/nodes?fieldSelector=metadata.name%3D{name}");
    let list = client.get(&path).await?;
    let found = list.pointer("/items/0");
    tell(found.map_or(Seen::Absent, |node| Seen::Present(Box::new(spec(node, start.time())))));
    let version = list.pointer("/metadata/resourceVersion").and_then(Value::as_str).unwrap_or("0");
    let mut watch = client.watch(&path, version).await?;
    while let Some(change) = watch.next().await? {
        match change {
            Change::Is(node) => tell(Seen::Present(Box::new(spec(&node, start.time())))),
            Change::Gone(_) => tell(Seen::Absent),
            Change::Bookmark(_) => {}
        }
    }
    Ok(())
}

/// What a node object says. That the node is ready counts only if its kubelet said so since the machine started: an
/// older word is of the time before, and nobody has taken it back yet.
fn spec(node: &Value, start: SystemTime) -> NodeStatusSpec {
    let texts = |path: &str| -> BTreeMap<String, String> {
        let map = node.pointer(path).and_then(Value::as_object);
        map.into_iter().flatten().filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned()))).collect()
    };
    let conditions = node.pointer("/status/conditions").and_then(Value::as_array);
    let is = |c: &Value, key: &str, text: &str| c.get(key).and_then(Value::as_str) == Some(text);
    let since_start = |c: &Value| {
        let said =
            c.get("lastHeartbeatTime").and_then(Value::as_str).and_then(|at| at.parse::<Timestamp>().ok());
        // The API tells whole seconds.
        said.is_none_or(|at| SystemTime::from(at) + Duration::from_secs(1) > start)
    };
    let networks = node.pointer("/spec/podCIDRs").and_then(Value::as_array);
    NodeStatusSpec {
        nodename: node.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned(),
        node_ready: conditions
            .into_iter()
            .flatten()
            .any(|c| is(c, "type", "Ready") && is(c, "status", "True") && since_start(c)),
        unschedulable: node.pointer("/spec/unschedulable").and_then(Value::as_bool).unwrap_or(false),
        labels: texts("/metadata/labels"),
        annotations: texts("/metadata/annotations"),
        pod_cid_rs: networks.into_iter().flatten().filter_map(|n| n.as_str()?.parse().ok()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_node_is_ready_when_its_condition_says_so() {
        let node = json!({
            "metadata": {"name": "a", "labels": {"x": "y"}},
            "spec": {"unschedulable": true, "podCIDRs": ["10.244.0.0/24"]},
            "status": {"conditions": [{"type": "MemoryPressure", "status": "True"}, {"type": "Ready", "status": "False"}]},
        });
        let found = spec(&node, SystemTime::now());
        assert_eq!((found.nodename.as_str(), found.node_ready, found.unschedulable), ("a", false, true));
        assert_eq!((found.labels.len(), found.pod_cid_rs.len()), (1, 1));
    }

    #[test]
    fn ready_from_before_the_start_of_the_machine_does_not_count() {
        let start = SystemTime::from("2026-11-21T10:00:00.7Z".parse::<Timestamp>().unwrap());
        let ready = |at: Value| {
            let condition = json!({"type": "Ready", "status": "True", "lastHeartbeatTime": at});
            spec(&json!({"status": {"conditions": [condition]}}), start).node_ready
        };
        assert!(!ready(json!("2026-11-21T09:59:59Z")));
        assert!(ready(json!("2026-11-21T10:00:00Z")) && ready(json!("2026-11-21T10:00:01Z")));
        assert!(ready(json!(null)), "who does not say when is believed");
    }
}
