//! Applies the manifests, once for the whole cluster.

use std::time::Duration;

use kubernetes::{Access, Client, Error, Kinds, ObjectRef, Patch};
use proto::resource::k8s::{ManifestSpec, ManifestStatusSpec, SecretsStatusSpec};
use proto::resource::secrets::KubernetesCertsSpec;
use proto::resource::v1alpha1::ServiceSpec;
use serde_json::Value;
use state::{Context, Controller, Input, Next, Output};

use super::MANIFESTS;
use super::inventory::{Inventory, PATH, owned};
use crate::controllers::etcd::access;
use crate::kubernetes::json::from_struct;

/// The lock that control planes share (contract os.md 6.4).
const LOCK: &str = "talos:v1:manifestApplyMutex";

/// First and longest pause between attempts: the API server takes seconds to start, and everybody waits
/// for what is applied here.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// Applies Manifests and publishes ManifestStatuses/manifests.
#[derive(Default)]
pub struct ManifestApply {
    /// Versions of the manifests that were applied last.
    applied: Option<Vec<(String, u64)>>,
    pause: Option<Duration>,
}

impl ManifestApply {
    /// The next pause; each is twice the one before.
    fn again(&mut self) -> Next {
        let pause = self.pause.map_or(PAUSES.0, |p| (p * 2).min(PAUSES.1));
        self.pause = Some(pause);
        Next::After(pause)
    }
}

#[async_trait::async_trait]
impl Controller for ManifestApply {
    fn name(&self) -> &'static str {
        "k8s.ManifestApplyController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![
            Input::weak::<ManifestSpec>(),
            Input::weak::<KubernetesCertsSpec>(),
            Input::weak::<SecretsStatusSpec>(),
            Input::weak::<ServiceSpec>().id("etcd"),
        ]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<ManifestStatusSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let manifests = ctx.list::<ManifestSpec>().await?;
        let versions: Vec<_> = manifests.iter().map(|m| (m.id().to_owned(), m.metadata.version)).collect();
        if manifests.is_empty() || self.applied.as_ref() == Some(&versions) {
            return Ok(Next::Wait);
        }
        let etcd = ctx.get::<ServiceSpec>("etcd").await?.is_some_and(|s| s.spec.healthy);
        let certs = ctx.get::<KubernetesCertsSpec>("k8s-certs").await?;
        let (true, Some(certs)) = (etcd, certs) else { return Ok(Next::Wait) };
        let client = Client::new(&Access::from_kubeconfig(&certs.spec.localhost_admin_kubeconfig)?)?;
        // Nobody needs the lock before there is something to apply to.
        if let Err(error) = client.probe("/readyz/ping").await
            && matches!(error, Error::Unreachable { .. })
        {
            return Ok(self.again());
        }
        let objects = in_order(manifests.iter().flat_map(|m| &m.spec.items).filter_map(|item| {
            let object = from_struct(item.object.as_ref()?);
            ObjectRef::of(&object).map(|name| (name, object))
        }));
        let lock = match access::local(&**ctx.state()).await?.lock(LOCK).await {
            Ok(lock) => lock,
            Err(error) => {
                tracing::debug!("manifests are not applied yet: {error}");
                return Ok(self.again());
            }
        };
        let result = apply(&client, objects).await;
        if let Err(error) = lock.release().await {
            tracing::debug!("the lock of the manifests expires by itself: {error}");
        }
        match result {
            Ok(manifests_applied) => {
                self.applied = Some(versions);
                self.pause = None;
                ctx.put(MANIFESTS, ManifestStatusSpec { manifests_applied }).await?;
                Ok(Next::Wait)
            }
            Err(error) => {
                if self.pause >= Some(PAUSES.1) {
                    tracing::warn!("manifests are not applied yet: {error}");
                }
                Ok(self.again())
            }
        }
    }
}

/// Namespaces first, then definitions of kinds, then everything else as it comes.
fn in_order(objects: impl Iterator<Item = (ObjectRef, Value)>) -> Vec<(ObjectRef, Value)> {
    let mut objects: Vec<_> = objects.collect();
    objects.sort_by_key(|(name, _)| match name.kind.as_str() {
        "Namespace" => 0,
        "CustomResourceDefinition" => 1,
        _ => 2,
    });
    objects
}

/// Makes what was never made. The names of all that is there now.
async fn apply(client: &Client, objects: Vec<(ObjectRef, Value)>) -> Result<Vec<String>, Error> {
    let mut inventory = Inventory::read(client.find(PATH).await?.as_ref());
    let before = inventory.clone();
    let mut kinds = Kinds::default();
    let mut names = Vec::new();
    let mut failed = None;
    for (mut name, mut object) in objects {
        let done = apply_one(client, &mut kinds, &inventory, &mut name, &mut object).await;
        match done {
            Ok(()) => {
                inventory.insert(&name);
                names.push(shown(&name));
            }
            Err(error @ Error::Unreachable { .. }) => {
                failed = Some(error);
                break;
            }
            // Others may still be possible; this one is tried again.
            Err(error) => failed = Some(error),
        }
    }
    if inventory != before {
        client.patch(PATH, Patch::Apply, &inventory.object()).await?;
    }
    failed.map_or(Ok(names), Err)
}

async fn apply_one(
    client: &Client,
    kinds: &mut Kinds,
    inventory: &Inventory,
    name: &mut ObjectRef,
    object: &mut Value,
) -> Result<(), Error> {
    if inventory.contains(name) {
        return Ok(());
    }
    let path = kinds.path(client, name).await?;
    // The namespace may only be known now.
    if inventory.contains(name) || client.find(&path).await?.is_some() {
        return Ok(());
    }
    owned(object);
    client.patch(&path, Patch::Apply, object).await?;
    tracing::info!("created {} in Kubernetes", shown(name));
    Ok(())
}

fn shown(name: &ObjectRef) -> String {
    match name.namespace.as_str() {
        "" => format!("{}/{}", name.kind, name.name),
        namespace => format!("{}/{namespace}/{}", name.kind, name.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_others_need_is_made_first() {
        let object = |kind: &str| {
            let object = json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": "a"}});
            (ObjectRef::of(&object).unwrap(), object)
        };
        let kinds = ["Pod", "CustomResourceDefinition", "Secret", "Namespace"].map(object);
        let ordered = in_order(kinds.into_iter());
        let names: Vec<_> = ordered.iter().map(|(name, _)| name.kind.as_str()).collect();
        assert_eq!(names, ["Namespace", "CustomResourceDefinition", "Pod", "Secret"]);
    }
}
