//! Configuration files of the control plane's pods.

use std::path::PathBuf;

use proto::resource::k8s::{
    AdmissionControlConfigSpec, AuditPolicyConfigSpec, AuthenticationConfigSpec, AuthorizationConfigSpec,
    ConfigStatusSpec, SchedulerConfigSpec,
};
use serde_json::Value;
use state::{Context, Controller, Input, Next, Output};

use super::{API_SERVER, File, SCHEDULER, STATIC_PODS, write_all};
use crate::controllers::k8s::access_rules::{ADMISSION, AUDIT, AUTHENTICATION, AUTHORIZATION};
use crate::controllers::k8s::components;
use crate::kubernetes::files::{admission, audit, authentication, authorization};
use crate::kubernetes::staticpods::scheduler_config;

/// Writes the files and publishes ConfigStatuses/static-pods.
pub struct RenderConfig {
    pub folder: PathBuf,
}

async fn files(ctx: &Context) -> anyhow::Result<Option<Vec<File>>> {
    let admission_spec = ctx.get::<AdmissionControlConfigSpec>(ADMISSION).await?;
    let audit_spec = ctx.get::<AuditPolicyConfigSpec>(AUDIT).await?;
    let authorization_spec = ctx.get::<AuthorizationConfigSpec>(AUTHORIZATION).await?;
    let scheduler = ctx.get::<SchedulerConfigSpec>(components::SCHEDULER).await?;
    let (Some(admission_spec), Some(audit_spec), Some(authorization_spec), Some(scheduler)) =
        (admission_spec, audit_spec, authorization_spec, scheduler)
    else {
        return Ok(None);
    };
    let api = |name, value: &Value| -> anyhow::Result<File> {
        // JSON is YAML.
        let contents = serde_json::to_vec_pretty(value)?;
        Ok(File { component: "kube-apiserver", name, owner: API_SERVER, contents })
    };
    let mut files = vec![
        api("admission-control-config.yaml", &admission::file(&admission_spec.spec))?,
        api("auditpolicy.yaml", &audit::file(&audit_spec.spec))?,
        api("authorization-config.yaml", &authorization::file(&authorization_spec.spec))?,
    ];
    if let Some(spec) = ctx.get::<AuthenticationConfigSpec>(AUTHENTICATION).await? {
        files.push(api("authentication-config.yaml", &authentication::file(&spec.spec))?);
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
