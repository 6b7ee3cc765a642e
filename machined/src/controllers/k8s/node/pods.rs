//! What the kubelet says of static pods: it knows before the API server does, and without it.

use std::sync::Arc;
use std::time::Duration;

use kubernetes::{Access, Client, Credentials};
use proto::resource::k8s::{StaticPodSpec, StaticPodStatusSpec};
use proto::resource::secrets::KubernetesDynamicCertsSpec;
use proto::resource::v1alpha1::ServiceSpec;
use serde_json::Value;
use state::{Context, Controller, Input, Next, Output};

use crate::kubernetes::json::to_struct;

/// Where the kubelet of this node answers.
const KUBELET: &str = "https://127.0.0.1:10250";

/// Pauses between questions: the first while pods start; doubled up to the second as long as nothing happens. The
/// kubelet cannot be followed.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));

/// Publishes StaticPodStatuses.
#[derive(Default)]
pub struct StaticPodStatus {
    client: Option<(Access, Arc<Client>)>,
    /// The last pause, and what had been heard before it.
    calm: Option<(Duration, Vec<(String, Value)>)>,
}

impl StaticPodStatus {
    fn client(&mut self, access: Access) -> anyhow::Result<Arc<Client>> {
        if let Some((_, client)) = self.client.as_ref().filter(|(known, _)| *known == access) {
            return Ok(client.clone());
        }
        let client = Arc::new(Client::new(&access)?);
        self.client = Some((access, client.clone()));
        Ok(client)
    }

    /// How long until the next question, after an answer that leaves something to wait for.
    fn pause(&mut self, heard: Vec<(String, Value)>) -> Duration {
        let pause = match &self.calm {
            Some((last, before)) if *before == heard => (*last * 2).min(PAUSES.1),
            _ => PAUSES.0,
        };
        self.calm = Some((pause, heard));
        pause
    }
}

#[async_trait::async_trait]
impl Controller for StaticPodStatus {
    fn name(&self) -> &'static str {
        "k8s.KubeletStaticPodController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![
            Input::weak::<StaticPodSpec>(),
            Input::weak::<KubernetesDynamicCertsSpec>(),
            Input::weak::<ServiceSpec>().id("kubelet"),
        ]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<StaticPodStatusSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let certs = ctx.get::<KubernetesDynamicCertsSpec>("k8s-dynamic-certs").await?;
        let kubelet = ctx.get::<ServiceSpec>("kubelet").await?.is_some_and(|s| s.spec.running);
        let wanted = ctx.list::<StaticPodSpec>().await?.len();
        let pair = certs.and_then(|c| c.spec.api_server_kubelet_client);
        let Some(pair) = pair.filter(|_| kubelet && wanted > 0) else {
            ctx.outputs::<StaticPodStatusSpec>().finish().await?;
            return Ok(Next::Wait);
        };
        let access = Access {
            server: KUBELET.to_owned(),
            // The kubelet signs its own certificate, anew at each start.
            ca: None,
            client: Credentials::Certificate(pair.crt, pair.key),
            server_name: None,
        };
        let list = match self.client(access)?.get("/pods/?resourceVersion=0").await {
            Ok(list) => list,
            Err(error) => {
                tracing::debug!("asking the kubelet for its pods: {error}");
                return Ok(Next::After(self.pause(Vec::new())));
            }
        };
        let outputs = ctx.outputs::<StaticPodStatusSpec>();
        let statuses = statuses(&list);
        for (id, status) in &statuses {
            outputs.put(id, StaticPodStatusSpec { pod_status: Some(to_struct(status)) }).await?;
        }
        outputs.finish().await?;
        let well = statuses.iter().filter(|(_, status)| is_ready(status)).count() >= wanted;
        Ok(Next::After(if well { PAUSES.1 } else { self.pause(statuses) }))
    }
}

/// Statuses of the pods that do not come from the API server, as `namespace/name`.
fn statuses(list: &Value) -> Vec<(String, Value)> {
    let pods = list.get("items").and_then(Value::as_array);
    let status = |pod: &Value| {
        let text = |path: &str| pod.pointer(path).and_then(Value::as_str);
        let source = text("/metadata/annotations/kubernetes.io~1config.source")?;
        if source == "api" {
            return None;
        }
        let id = format!("{}/{}", text("/metadata/namespace")?, text("/metadata/name")?);
        Some((id, pod.get("status")?.clone()))
    };
    pods.into_iter().flatten().filter_map(status).collect()
}

fn is_ready(status: &Value) -> bool {
    let conditions = status.get("conditions").and_then(Value::as_array);
    let is = |c: &Value, key: &str, text: &str| c.get(key).and_then(Value::as_str) == Some(text);
    conditions.into_iter().flatten().any(|c| is(c, "type", "Ready") && is(c, "status", "True"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn pauses_grow_while_nothing_happens_and_are_short_again_when_something_does() {
        let mut controller = StaticPodStatus::default();
        let one = || vec![("a".to_owned(), json!({"phase": "Pending"}))];
        let seconds: Vec<f32> = [one(), one(), one(), Vec::new(), Vec::new()]
            .into_iter()
            .map(|heard| controller.pause(heard).as_secs_f32())
            .collect();
        assert_eq!(seconds, [0.5, 1.0, 2.0, 0.5, 1.0]);
    }

    #[test]
    fn pods_of_the_api_server_are_left_out() {
        let pod = |name: &str, source: &str| {
            json!({
                "metadata": {"namespace": "kube-system", "name": name,
                             "annotations": {"kubernetes.io/config.source": source}},
                "status": {"conditions": [{"type": "Ready", "status": "True"}]},
            })
        };
        let found = statuses(&json!({"items": [pod("a", "http"), pod("b", "api")]}));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, "kube-system/a");
        assert!(is_ready(&found[0].1));
    }
}
