//! Who may do what in the cluster, and what is written down of it.

use config::Config;
use proto::resource::k8s::{
    AdmissionControlConfigSpec, AdmissionPluginSpec, AuditPolicyConfigSpec, AuthenticationConfigSpec,
    AuthorizationAuthorizersSpec, AuthorizationConfigSpec,
};
use resources::Spec;
use state::{Context, Controller, Input, Next, Output, Runtime};

use crate::controllers::{Deps, config_input};
use crate::kubernetes::json::to_struct;

/// Ids of the resources (contract api.md 7).
pub const ADMISSION: &str = "admission-control";
pub const AUDIT: &str = "audit-policy";
pub const AUTHENTICATION: &str = "authentication-config";
pub const AUTHORIZATION: &str = "authorization";

/// Registers the controllers of this file.
pub fn register(runtime: &mut Runtime, deps: &Deps) {
    runtime.register(FromConfig {
        deps: deps.clone(),
        name: "k8s.ControlPlaneAdmissionControlController",
        id: ADMISSION,
        spec: |config| Some(admission(config)),
    });
    runtime.register(FromConfig {
        deps: deps.clone(),
        name: "k8s.ControlPlaneAuditPolicyController",
        id: AUDIT,
        spec: |config| {
            let policy = to_struct(&config.audit_policy().to_json());
            Some(AuditPolicyConfigSpec { config: Some(policy) })
        },
    });
    runtime.register(FromConfig {
        deps: deps.clone(),
        name: "k8s.ControlPlaneAuthenticationController",
        id: AUTHENTICATION,
        spec: |config| {
            let authentication = to_struct(&config.authentication()?.to_json());
            Some(AuthenticationConfigSpec { config: Some(authentication) })
        },
    });
    runtime.register(FromConfig {
        deps: deps.clone(),
        name: "k8s.ControlPlaneAuthorizationController",
        id: AUTHORIZATION,
        spec: |config| Some(authorization(config)),
    });
}

/// Publishes one resource that follows from a control plane's configuration alone.
struct FromConfig<S> {
    deps: Deps,
    name: &'static str,
    id: &'static str,
    spec: fn(&Config) -> Option<S>,
}

#[async_trait::async_trait]
impl<S: Spec> Controller for FromConfig<S> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn inputs(&self) -> Vec<Input> {
        vec![config_input()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<S>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let outputs = ctx.outputs::<S>();
        if let Some(active) = self.deps.config().await?
            && active.config.is_control_plane()
            && let Some(spec) = (self.spec)(&active.config)
        {
            outputs.put(self.id, spec).await?;
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}

fn admission(config: &Config) -> AdmissionControlConfigSpec {
    let plugins = config.admission_plugins().into_iter().map(|plugin| AdmissionPluginSpec {
        name: plugin.name,
        configuration: plugin.configuration.map(|c| to_struct(&c.to_json())),
    });
    AdmissionControlConfigSpec { config: plugins.collect() }
}

fn authorization(config: &Config) -> AuthorizationConfigSpec {
    let image = config.api_server().component.image;
    let authorizers = config.authorizers().into_iter().map(|a| AuthorizationAuthorizersSpec {
        r#type: a.kind,
        name: a.name,
        webhook: a.webhook.map(|w| to_struct(&w.to_json())),
    });
    AuthorizationConfigSpec {
        image: image.unwrap_or_else(|| components::image::KUBE_APISERVER.to_owned()),
        config: authorizers.collect(),
    }
}
