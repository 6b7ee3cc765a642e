//! Registries as the configuration has them.

use config::access::Authority;
use proto::common::PemEncodedCertificateAndKey;
use proto::resource::cri::{
    RegistriesConfigSpec, RegistryAuthConfig, RegistryEndpointConfig, RegistryMirrorConfig, RegistryTlsConfig,
};
use state::{Context, Controller, Input, Next, Output};

use crate::controllers::{Deps, config_input};

/// Publishes RegistryConfigs/registries.
pub struct Registries {
    pub deps: Deps,
}

#[async_trait::async_trait]
impl Controller for Registries {
    fn name(&self) -> &'static str {
        "cri.RegistriesConfigController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![config_input()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<RegistriesConfigSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let outputs = ctx.outputs::<RegistriesConfigSpec>();
        if let Some(active) = self.deps.config().await? {
            outputs.put("registries", spec(active.config.registries())).await?;
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}

fn spec(registries: config::access::Registries) -> RegistriesConfigSpec {
    let mirrors = registries.mirrors.into_iter().map(|mirror| {
        let endpoints = mirror.endpoints.into_iter().map(|e| RegistryEndpointConfig {
            endpoint_endpoint: e.url,
            endpoint_override_path: e.override_path,
        });
        let spec = RegistryMirrorConfig {
            mirror_endpoints: endpoints.collect(),
            mirror_skip_fallback: mirror.skip_fallback,
        };
        (mirror.host, spec)
    });
    let auths = registries.auth.into_iter().map(|auth| {
        let spec = RegistryAuthConfig {
            registry_username: auth.username,
            registry_password: auth.password.expose().to_owned(),
            registry_auth: auth.auth.expose().to_owned(),
            registry_identity_token: auth.identity_token.expose().to_owned(),
        };
        (auth.host, spec)
    });
    let tls = registries.tls.into_iter().map(|tls| {
        let spec = RegistryTlsConfig {
            tls_client_identity: tls.client_identity.as_ref().map(identity),
            tlsca: tls.ca.map(|ca| ca.0.into_bytes()).unwrap_or_default(),
            tls_insecure_skip_verify: tls.insecure_skip_verify,
        };
        (tls.host, spec)
    });
    RegistriesConfigSpec {
        registry_mirrors: mirrors.collect(),
        registry_auths: auths.collect(),
        registry_tl_ss: tls.collect(),
    }
}

fn identity(authority: &Authority) -> PemEncodedCertificateAndKey {
    PemEncodedCertificateAndKey {
        crt: authority.cert.0.clone().into_bytes(),
        key: authority.key.expose().to_owned().into_bytes(),
    }
}
