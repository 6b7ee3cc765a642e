//! Configuration files of the control plane's pods.

use std::path::PathBuf;

use proto::resource::k8s::{
    AdmissionControlConfigSpec, AuditPolicyConfigSpec, AuthenticationConfigSpec, AuthorizationConfigSpec,
    ConfigStatusSpec, SchedulerConfigSpec,
};
use serde_json::{Value, json};
use state::{Context, Controller, Input, Next, Output};

use super::{API_SERVER, File, SCHEDULER, STATIC_PODS, write_all};
use crate::controllers::k8s::access_rules::{ADMISSION, AUDIT, AUTHENTICATION, AUTHORIZATION};
use crate::controllers::k8s::components;
use crate::kubernetes::json::from_struct;
use crate::kubernetes::staticpods::scheduler_config;

/// Writes the files and publishes ConfigStatuses/static-pods.
pub struct RenderConfig {
    pub folder: PathBuf,
}

fn admission(spec: &AdmissionControlConfigSpec) -> Value {
    let plugins: Vec<Value> = spec
        .config
        .iter()
        .map(|plugin| {
            let configuration = plugin.configuration.as_ref().map(from_struct).unwrap_or_else(|| json!({}));
            json!({"name": plugin.name, "configuration": configuration})
        })
        .collect();
    json!({
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AdmissionConfiguration",
        "plugins": plugins,
    })
}

fn authorization(spec: &AuthorizationConfigSpec) -> Value {
    let authorizers: Vec<Value> = spec
        .config
        .iter()
        .map(|authorizer| {
            let mut value = json!({"type": authorizer.r#type, "name": authorizer.name});
            if let Some(webhook) = &authorizer.webhook {
                value["webhook"] = from_struct(webhook);
            }
            value
        })
        .collect();
    json!({
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AuthorizationConfiguration",
        "authorizers": authorizers,
    })
}

/// Contract os.md 6.2 wants this version whatever the user wrote.
fn authentication(spec: &AuthenticationConfigSpec) -> Value {
    let mut value = spec.config.as_ref().map(from_struct).unwrap_or_else(|| json!({}));
    value["apiVersion"] = json!("apiserver.config.k8s.io/v1beta1");
    value["kind"] = json!("AuthenticationConfiguration");
    value
}

async fn files(ctx: &Context) -> anyhow::Result<Option<Vec<File>>> {
    let admission_spec = ctx.get::<AdmissionControlConfigSpec>(ADMISSION).await?;
    let audit = ctx.get::<AuditPolicyConfigSpec>(AUDIT).await?;
    let authorization_spec = ctx.get::<AuthorizationConfigSpec>(AUTHORIZATION).await?;
    let scheduler = ctx.get::<SchedulerConfigSpec>(components::SCHEDULER).await?;
    let (Some(admission_spec), Some(audit), Some(authorization_spec), Some(scheduler)) =
        (admission_spec, audit, authorization_spec, scheduler)
    else {
        return Ok(None);
    };
    let api = |name, value: &Value| -> anyhow::Result<File> {
        // JSON is YAML.
        let contents = serde_json::to_vec_pretty(value)?;
        Ok(File { component: "kube-apiserver", name, owner: API_SERVER, contents })
    };
    let policy = audit.spec.config.as_ref().map(from_struct).unwrap_or_default();
    let mut files = vec![
        api("admission-control-config.yaml", &admission(&admission_spec.spec))?,
        api("auditpolicy.yaml", &policy)?,
        api("authorization-config.yaml", &authorization(&authorization_spec.spec))?,
    ];
    if let Some(spec) = ctx.get::<AuthenticationConfigSpec>(AUTHENTICATION).await? {
        files.push(api("authentication-config.yaml", &authentication(&spec.spec))?);
    }
    files.push(File {
        component: "kube-scheduler",
        name: "scheduler-config.yaml",
        owner: SCHEDULER,
        contents: serde_json::to_vec_pretty(&scheduler_config(&scheduler.spec))?,
    });
    Ok(Some(files))
}

#[async_trait::async_trait]
impl Controller for RenderConfig {
    fn name(&self) -> &'static str {
        "k8s.RenderConfigsStaticPodController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![
            Input::weak::<AdmissionControlConfigSpec>(),
            Input::weak::<AuditPolicyConfigSpec>(),
            Input::weak::<AuthenticationConfigSpec>(),
            Input::weak::<AuthorizationConfigSpec>(),
            Input::weak::<SchedulerConfigSpec>().id(components::SCHEDULER),
        ]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<ConfigStatusSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let outputs = ctx.outputs::<ConfigStatusSpec>();
        if let Some(files) = files(ctx).await? {
            let version = write_all(&self.folder, &files)?;
            outputs.put(STATIC_PODS, ConfigStatusSpec { ready: true, version }).await?;
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::json::to_struct;

    #[test]
    fn the_version_of_the_authentication_file_is_forced() {
        let spec =
            AuthenticationConfigSpec { config: Some(to_struct(&json!({"apiVersion": "x", "jwt": []}))) };
        assert_eq!(authentication(&spec)["apiVersion"], "apiserver.config.k8s.io/v1beta1");
    }
}
