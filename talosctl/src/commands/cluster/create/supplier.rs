//! Gives nodes their configurations while a cluster is made.

use std::collections::BTreeMap;
use std::time::SystemTime;

use proto::machine::ApplyConfigurationRequest;
use proto::machine::apply_configuration_request::Mode;
use provision::local::{ApplyError, ClusterInfo, NodeInfo, Supplier};
use tonic::Code;

use super::configuration::{self, Choices};
use crate::commands::cluster::files;
use crate::failure::text;
use crate::global::{Global, Insecure};
use crate::session::Session;

/// Makes and sends configurations.
pub struct Configurations {
    /// Leave the nodes in maintenance mode.
    pub skip: bool,
    /// What they are made from.
    pub choices: Choices,
}

impl Configurations {
    fn make(&self, cluster: &ClusterInfo) -> anyhow::Result<BTreeMap<String, String>> {
        let now = SystemTime::now();
        // A node that was reset comes back into the cluster that there is.
        let kept = files::kept_secrets(cluster)?;
        let secrets = kept.map_or_else(|| self.choices.secrets(now), Ok)?;
        let made = self.choices.configurations(cluster, &secrets)?;
        let talosconfig = configuration::talosconfig(cluster, &secrets, now)?;
        // Before the configurations are kept: whoever goes on with them needs these too.
        sys::fs::write_atomically(&files::secrets(cluster), secrets.to_text().as_bytes(), 0o600)?;
        sys::fs::write_atomically(&files::talosconfig(cluster), talosconfig.to_text().as_bytes(), 0o600)?;
        Ok(made)
    }
}

#[async_trait::async_trait]
impl Supplier for Configurations {
    async fn configurations(&self, cluster: &ClusterInfo) -> Result<BTreeMap<String, String>, String> {
        if self.skip {
            return Ok(BTreeMap::new());
        }
        self.make(cluster).map_err(|error| text(&error))
    }

    async fn apply(&self, _: &ClusterInfo, node: &NodeInfo, configuration: &str) -> Result<(), ApplyError> {
        let global = Global { nodes: vec![node.address.to_string()], ..Global::default() };
        let insecure = Insecure { insecure: true, cert_fingerprint: vec![] };
        let not_yet = |error: anyhow::Error| ApplyError::NotYet(text(&error));
        let node =
            Session::open_for(&global, &insecure).and_then(|session| session.one()).map_err(not_yet)?;
        let request = ApplyConfigurationRequest {
            data: configuration.as_bytes().to_vec(),
            mode: Mode::Auto as i32,
            ..ApplyConfigurationRequest::default()
        };
        match node.machine().apply_configuration(node.request(request)).await {
            Ok(_) => Ok(()),
            Err(status) if status.code() == Code::InvalidArgument => {
                Err(ApplyError::Refused(status.message().to_owned()))
            }
            Err(status) => Err(ApplyError::NotYet(rpc::status::go_text(&status))),
        }
    }
}
