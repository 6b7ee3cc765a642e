//! kube-apiserver.

use config::Config;
use proto::resource::k8s::ApiServerConfigSpec;
use state::{Context, Controller, Input, Next, Output};

use super::{environment, extra_args, extra_volumes, finished, image, resources};
use crate::controllers::{Deps, config_input};
use crate::kubernetes::files::authentication;
use crate::kubernetes::staticpods::{ApiServerFacts, api_server_args};

/// Id of the resource, and name of the component.
pub const API_SERVER: &str = "kube-apiserver";

/// Publishes APIServerConfigs.
pub struct ApiServer {
    pub deps: Deps,
}

#[async_trait::async_trait]
impl Controller for ApiServer {
    fn name(&self) -> &'static str {
        "k8s.ControlPlaneAPIServerController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![config_input()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<ApiServerConfigSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let outputs = ctx.outputs::<ApiServerConfigSpec>();
        if let Some(active) = self.deps.config().await?
            && active.config.is_control_plane()
            && let Some(spec) = spec(&active.config)
        {
            let args = args(&active.config, &spec)?;
            outputs.put(API_SERVER, spec.clone()).await?;
            outputs.put(&finished(API_SERVER), ApiServerConfigSpec { args, ..spec }).await?;
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}

/// Nothing without an endpoint: there is no Kubernetes then.
fn spec(config: &Config) -> Option<ApiServerConfigSpec> {
    let endpoint = config.cluster_endpoint()?;
    let server = config.api_server();
    let component = &server.component;
    let registers = !config.kube_node().skip_registration;
    Some(ApiServerConfigSpec {
        image: image(component, components::image::KUBE_APISERVER),
        cloud_provider: String::new(),
        control_plane_endpoint: endpoint.as_str().to_owned(),
        etcd_servers: vec!["https://127.0.0.1:2379".to_owned()],
        local_port: i64::from(server.port),
        service_cid_rs: config.kube_network().service_subnets.iter().map(ToString::to_string).collect(),
        extra_volumes: extra_volumes(component, API_SERVER),
        environment_variables: environment(component),
        advertised_address: if registers { "$(POD_IP)".to_owned() } else { String::new() },
        resources: Some(resources(component.resources.as_ref())),
        extra_args: extra_args(component),
        startup_probes_enabled: is_probed(config),
        use_authentication_config: config.authentication().is_some(),
        args: vec![],
    })
}

/// Kubelets probe as strangers: only a server of its own document is probed, and only if its authentication, a document
/// too, lets strangers ask.
pub fn is_probed(config: &Config) -> bool {
    let answers = |users: config::yaml::Node| authentication::answers_probes(users.to_json());
    let document = config.has("KubeAPIServerConfig") && config.api_server().startup_probes;
    document && config.authentication().is_some_and(answers)
}

fn args(config: &Config, spec: &ApiServerConfigSpec) -> anyhow::Result<Vec<String>> {
    let account = config.service_account();
    let account = account.as_ref();
    let mut facts = ApiServerFacts {
        advertise: !spec.advertised_address.is_empty(),
        authorization_config: true,
        ..ApiServerFacts::default()
    };
    if let Some(account) = account {
        facts.issuers.push(&account.issuer);
        facts.issuers.extend(account.accepted_issuers.iter().map(String::as_str));
        facts.audiences.push(&account.issuer);
        facts.audiences.extend(account.audiences.iter().map(String::as_str));
    }
    Ok(api_server_args(spec, &facts)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A generated configuration of a version, with the documents that are added to it.
    fn config(version: &str, documents: &str) -> Config {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/config/tests/generated/plain");
        let text = std::fs::read_to_string(format!("{folder}/{version}-controlplane.yaml")).unwrap();
        Config::decode("test", format!("{text}\n---\n{documents}").as_bytes()).unwrap()
    }

    fn anonymous_and_probes(config: &Config) -> (bool, bool) {
        let spec = spec(config).unwrap();
        let refused = args(config, &spec).unwrap().contains(&"--anonymous-auth=false".to_owned());
        (!refused, spec.startup_probes_enabled)
    }

    #[test]
    fn a_server_that_refuses_strangers_is_not_probed_in_any_version_of_the_contract() {
        for minor in 0..=13 {
            let config = config(&format!("v1.{minor}"), "");
            assert_eq!(anonymous_and_probes(&config), (false, false), "v1.{minor}");
        }
        assert_eq!(anonymous_and_probes(&config("v1.14", "")), (true, true));
    }

    #[test]
    fn a_document_for_the_server_alone_does_not_make_it_answer_strangers() {
        let whole = config("v1.14", "");
        let roots = whole.documents().iter().filter(|d| d.id.kind != "KubeAuthenticationConfig");
        let without = Config::from_roots("test", roots.map(|d| d.root.clone())).unwrap();
        assert_eq!(anonymous_and_probes(&without), (false, false));
        let open = "apiVersion: v1alpha1\nkind: KubeAuthenticationConfig\nconfiguration: {anonymous: {enabled: true}}\n";
        let (answers, probed) = anonymous_and_probes(&config("v1.13", open));
        assert!(answers && !probed, "the server of a v1alpha1 document is never probed");
    }
}
