//! Serves the static pods to the kubelet on a port that the kernel chooses.

use std::net::Ipv4Addr;

use anyhow::Context as _;
use bytes::Bytes;
use proto::resource::config::MachineTypeSpec;
use proto::resource::enums::MachineType;
use proto::resource::k8s::{StaticPodServerStatusSpec, StaticPodSpec};
use proto::resource::secrets::KubernetesCertsSpec;
use proto::resource::v1alpha1::ServiceSpec;
use serde_json::{Value, json};
use state::{Context, Controller, Input, Next, Output};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::release::{Release, Wait};
use super::serve::{Pods, serve};
use crate::controllers::k8s::components::API_SERVER;
use crate::kubernetes::json::from_struct;

/// Id of the status.
pub const STATUS: &str = "static-pod-server-status";

/// Serves StaticPods and publishes StaticPodServerStatuses.
#[derive(Default)]
pub struct PodServer {
    release: Release,
    served: watch::Sender<Pods>,
    url: Option<String>,
    task: Option<tokio::task::JoinHandle<()>>,
}

impl PodServer {
    async fn listen(&mut self) -> anyhow::Result<String> {
        if let Some(url) = &self.url {
            return Ok(url.clone());
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .context("cannot listen on loopback to serve static pods to the kubelet")?;
        let url = format!("http://{}", listener.local_addr()?);
        self.task = Some(tokio::spawn(serve(listener, self.served.subscribe())));
        self.url = Some(url.clone());
        Ok(url)
    }
}

impl Drop for PodServer {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

#[async_trait::async_trait]
impl Controller for PodServer {
    fn name(&self) -> &'static str {
        "k8s.StaticPodServerController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![
            Input::weak::<StaticPodSpec>(),
            Input::weak::<MachineTypeSpec>(),
            Input::weak::<KubernetesCertsSpec>(),
            Input::weak::<ServiceSpec>().id("etcd"),
        ]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<StaticPodServerStatusSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let found = ctx.list::<StaticPodSpec>().await?;
        let machine = ctx.get::<MachineTypeSpec>("machine-type").await?.map_or(0, |m| m.spec.machine_type);
        let worker = MachineType::try_from(machine) == Ok(MachineType::TypeWorker);
        let rendered = match MachineType::try_from(machine) {
            Ok(MachineType::TypeWorker) => true,
            Ok(MachineType::TypeInit | MachineType::TypeControlPlane) => {
                found.iter().any(|p| p.id() == API_SERVER)
            }
            _ => false,
        };
        if !rendered {
            // A kubelet that is told of no pods would stop those that run.
            self.served.send_replace(None);
            return Ok(Next::Wait);
        }
        let stage = if worker { Wait::Nothing } else { self.release.check(ctx).await? };
        let served = found.iter().filter(|p| !stage.withholds(p.id()));
        let pods: Vec<Value> = served.filter_map(|p| p.spec.pod.as_ref().map(from_struct)).collect();
        let list = json!({"apiVersion": "v1", "kind": "PodList", "items": pods});
        // JSON is YAML.
        let text = Some(Bytes::from(serde_json::to_vec(&list)?));
        self.served.send_if_modified(|served| {
            let changed = *served != text;
            *served = text;
            changed
        });
        let url = self.listen().await?;
        ctx.put(STATUS, StaticPodServerStatusSpec { url }).await?;
        Ok(Next::Wait)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use state::MemoryState;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn the_kubelet_gets_the_pods_as_they_are_now() {
        let ctx = Context::new(Arc::new(MemoryState::default()), "k8s.StaticPodServerController");
        let mut server = PodServer::default();
        server.reconcile(&ctx).await.unwrap();
        assert!(
            ctx.get::<StaticPodServerStatusSpec>(STATUS).await.unwrap().is_none(),
            "nothing to serve yet"
        );
        let machine_type = MachineType::TypeWorker as i32;
        ctx.put("machine-type", MachineTypeSpec { machine_type }).await.unwrap();
        let pod = crate::kubernetes::json::to_struct(&json!({"kind": "Pod"}));
        ctx.put("a", StaticPodSpec { pod: Some(pod) }).await.unwrap();
        server.reconcile(&ctx).await.unwrap();
        let url = ctx.get::<StaticPodServerStatusSpec>(STATUS).await.unwrap().unwrap().spec.url;
        let mut stream = tokio::net::TcpStream::connect(url.trim_start_matches("http://")).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 200") && answer.contains(r#""items":[{"kind":"Pod"}]"#),
            "{answer}"
        );
    }
}
