//! Static pods: those of the control plane, and the user's.

use proto::internal::specs::NoticeSpec;
use proto::resource::k8s::{
    ApiServerConfigSpec, ConfigStatusSpec, ControllerManagerConfigSpec, SchedulerConfigSpec,
    SecretsStatusSpec, StaticPodSpec,
};
use resources::Spec;
use serde_json::{Value, json};
use state::{Context, Controller, Input, Next, Output};

use crate::controllers::k8s::components::{API_SERVER, CONTROLLER_MANAGER, SCHEDULER, finished};
use crate::controllers::k8s::files::STATIC_PODS;
use crate::controllers::{Deps, config_input};
use crate::kubernetes::json::{force, to_struct};
use crate::kubernetes::staticpods::{self, Versions};

/// Publishes StaticPods of the control plane.
pub struct ControlPlanePods;

/// The settings of a component with its arguments, and the version that pods tell. Nothing while the two
/// resources do not belong together.
async fn settled<S: Spec + Clone + PartialEq>(
    ctx: &Context,
    id: &str,
    without_args: impl Fn(S) -> S,
) -> anyhow::Result<Option<(S, String)>> {
    let plain = ctx.get::<S>(id).await?;
    let complete = ctx.get::<S>(&finished(id)).await?;
    Ok(match (plain, complete) {
        (Some(plain), Some(complete)) if without_args(complete.spec.clone()) == plain.spec => {
            Some((complete.spec, plain.metadata.version.to_string()))
        }
        _ => None,
    })
}

#[async_trait::async_trait]
impl Controller for ControlPlanePods {
    fn name(&self) -> &'static str {
        "k8s.ControlPlaneStaticPodController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![
            Input::weak::<ApiServerConfigSpec>(),
            Input::weak::<ControllerManagerConfigSpec>(),
            Input::weak::<SchedulerConfigSpec>(),
            Input::weak::<SecretsStatusSpec>(),
            Input::weak::<ConfigStatusSpec>(),
        ]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::shared::<StaticPodSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let secrets = ctx.get::<SecretsStatusSpec>(STATIC_PODS).await?.filter(|s| s.spec.ready);
        let files = ctx.get::<ConfigStatusSpec>(STATIC_PODS).await?.filter(|s| s.spec.ready);
        let outputs = ctx.outputs::<StaticPodSpec>();
        let (Some(secrets), Some(files)) = (secrets, files) else {
            outputs.finish().await?;
            return Ok(Next::Wait);
        };
        let versions = |config: String| Versions {
            secrets: secrets.spec.version.clone(),
            config,
            config_file: files.spec.version.clone(),
        };
        let put =
            async |id: &str, pod: Value| outputs.put(id, StaticPodSpec { pod: Some(to_struct(&pod)) }).await;
        let server = settled(ctx, API_SERVER, |s| ApiServerConfigSpec { args: vec![], ..s }).await?;
        let manager =
            settled(ctx, CONTROLLER_MANAGER, |s| ControllerManagerConfigSpec { args: vec![], ..s }).await?;
        let scheduler = settled(ctx, SCHEDULER, |s| SchedulerConfigSpec { args: vec![], ..s }).await?;
        let (Some(server), Some(manager), Some(scheduler)) = (server, manager, scheduler) else {
            // The missing halves come with the same change of the configuration.
            return Ok(Next::Wait);
        };
        put(API_SERVER, staticpods::api_server(&server.0, &server.0.args, &versions(server.1))).await?;
        if manager.0.enabled {
            let pod = staticpods::controller_manager(&manager.0, &manager.0.args, &versions(manager.1));
            put(CONTROLLER_MANAGER, pod).await?;
        }
        if scheduler.0.enabled {
            let pod = staticpods::scheduler(&scheduler.0, &scheduler.0.args, &versions(scheduler.1));
            put(SCHEDULER, pod).await?;
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}

/// Publishes StaticPods of the configuration, and Notices/static-pod-… of those that are none: the kubelet takes a
/// list of pods as a whole, so a single one that it refuses would keep the control plane from starting.
pub struct UserPods {
    pub deps: Deps,
}

#[async_trait::async_trait]
impl Controller for UserPods {
    fn name(&self) -> &'static str {
        "k8s.StaticPodConfigController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![config_input()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::shared::<StaticPodSpec>(), Output::shared::<NoticeSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let (outputs, notices) = (ctx.outputs::<StaticPodSpec>(), ctx.outputs::<NoticeSpec>());
        if let Some(active) = self.deps.config().await? {
            for pod in active.config.static_pods() {
                let (id, pod) = user_pod(&pod.name, pod.pod.to_json());
                if let Some(lack) = lack(&pod) {
                    let message = format!("static pod {id} of the configuration is left out: {lack}");
                    tracing::warn!("{message}");
                    notices.put(&format!("static-pod-{id}"), NoticeSpec::error(message, vec![])).await?;
                    continue;
                }
                outputs.put(&id, StaticPodSpec { pod: Some(to_struct(&pod)) }).await?;
            }
        }
        outputs.finish().await?;
        notices.finish().await?;
        Ok(Next::Wait)
    }
}

/// The pod under its namespace and name.
fn user_pod(fallback: &str, mut pod: Value) -> (String, Value) {
    let text = |pod: &Value, key: &str, otherwise: &str| -> String {
        let found = pod.pointer(key).and_then(Value::as_str).filter(|t| !t.is_empty());
        found.unwrap_or(otherwise).to_owned()
    };
    let namespace = text(&pod, "/metadata/namespace", "default");
    let name = text(&pod, "/metadata/name", fallback);
    force(&mut pod, json!({"metadata": {"namespace": namespace, "name": name}}));
    (format!("{namespace}-{name}"), pod)
}

/// What a pod lacks that no pod can be without.
fn lack(pod: &Value) -> Option<&'static str> {
    let has =
        |value: &Value, key: &str| value.get(key).and_then(Value::as_str).is_some_and(|t| !t.is_empty());
    let containers =
        pod.pointer("/spec/containers").and_then(Value::as_array).filter(|list| !list.is_empty());
    let Some(containers) = containers else { return Some("it has no containers") };
    if !pod.get("metadata").is_some_and(|metadata| has(metadata, "name")) {
        return Some("it has no name");
    }
    let complete = |container: &Value| has(container, "name") && has(container, "image");
    (!containers.iter().all(complete)).then_some("one of its containers has no name or no image")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_that_the_kubelet_would_refuse_together_with_all_others_is_left_out() {
        let pod = |pod: Value| user_pod("a", pod).1;
        let whole = pod(json!({"spec": {"containers": [{"name": "a", "image": "i:1"}]}}));
        assert_eq!(lack(&whole), None);
        for part in [
            json!({}),
            json!({"metadata": "x", "spec": null}),
            json!({"spec": {"containers": []}}),
            json!({"spec": {"containers": [{"name": "a"}]}}),
            json!({"spec": {"containers": ["a"]}}),
        ] {
            assert!(lack(&pod(part.clone())).is_some(), "{part}");
        }
        assert_eq!(lack(&user_pod("", whole["spec"].clone()).1), Some("it has no containers"));
        assert_eq!(lack(&user_pod("", json!({"spec": whole["spec"]})).1), Some("it has no name"));
    }

    #[test]
    fn a_pod_without_a_namespace_is_in_the_default_one() {
        let (id, pod) = user_pod("mine", json!({"spec": {}}));
        assert_eq!((id.as_str(), &pod["metadata"]["namespace"]), ("default-mine", &json!("default")));
        let (id, _) = user_pod("", json!({"metadata": {"name": "a", "namespace": "b"}}));
        assert_eq!(id, "b-a");
    }
}
