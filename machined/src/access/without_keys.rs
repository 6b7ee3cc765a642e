//! The store without secrets that children have no use for: trustd needs to know whom to accept, never how to
//! sign; networkd needs the links of the configuration, never its tokens and keys.

use std::sync::Arc;

use futures::StreamExt;
use prost::Message;
use proto::resource::config::MachineConfigSpec;
use proto::resource::secrets::OsRootSpec;
use resources::{Resource, Spec};
use state::{EventStream, Kind, Pointer, Query, Result, State, Update, Watch};

use super::network_only::Shown;

/// A view of a store in which no authority has its key, and the configuration no secrets.
pub struct WithoutKeys {
    store: Arc<dyn State>,
    configuration: Arc<Shown>,
}

impl WithoutKeys {
    /// A view of `store`.
    pub fn new(store: Arc<dyn State>) -> Self {
        Self { store, configuration: Arc::default() }
    }

    fn blank(&self, resource: Resource) -> Resource {
        blank(&self.configuration, resource)
    }
}

/// The resource as it may be shown. What cannot be read is shown empty rather than as it is.
fn blank(configuration: &Shown, mut resource: Resource) -> Resource {
    if resource.metadata.typ == OsRootSpec::TYPE {
        let mut spec = OsRootSpec::decode(resource.spec).unwrap_or_default();
        if let Some(ca) = &mut spec.issuing_ca {
            ca.key.clear();
        }
        resource.spec = spec.encode_to_vec().into();
    } else if resource.metadata.typ == MachineConfigSpec::TYPE {
        resource.spec = configuration.of(resource.spec);
    }
    resource
}

#[async_trait::async_trait]
impl State for WithoutKeys {
    async fn get(&self, pointer: &Pointer) -> Result<Resource> {
        self.store.get(pointer).await.map(|resource| self.blank(resource))
    }

    async fn list(&self, kind: &Kind, query: &Query) -> Result<Vec<Resource>> {
        Ok(self.store.list(kind, query).await?.into_iter().map(|resource| self.blank(resource)).collect())
    }

    async fn create(&self, resource: Resource) -> Result<Resource> {
        self.store.create(resource).await.map(|resource| self.blank(resource))
    }

    async fn update(&self, resource: Resource, update: Update) -> Result<Resource> {
        self.store.update(resource, update).await.map(|resource| self.blank(resource))
    }

    async fn teardown(&self, pointer: &Pointer, owner: &str) -> Result<bool> {
        self.store.teardown(pointer, owner).await
    }

    async fn destroy(&self, pointer: &Pointer, owner: &str) -> Result<()> {
        self.store.destroy(pointer, owner).await
    }

    async fn watch(&self, watch: Watch) -> Result<EventStream> {
        let events = self.store.watch(watch).await?;
        let configuration = Arc::clone(&self.configuration);
        let shown = events.map(move |event| {
            event.map(|mut event| {
                event.resource = event.resource.map(|resource| blank(&configuration, resource));
                event.old = event.old.map(|resource| blank(&configuration, resource));
                event
            })
        });
        Ok(shown.boxed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::common::PemEncodedCertificateAndKey;
    use resources::Typed;
    use state::MemoryState;

    #[tokio::test]
    async fn the_key_is_missing_however_the_resource_is_read() {
        let store: Arc<dyn State> = Arc::new(MemoryState::default());
        let pair = PemEncodedCertificateAndKey { crt: b"crt".to_vec(), key: b"key".to_vec() };
        let spec = OsRootSpec { issuing_ca: Some(pair), token: "t".into(), ..OsRootSpec::default() };
        store.create(Typed::new("os", spec).into()).await.unwrap();
        let view = WithoutKeys::new(store);
        let pointer = Pointer::of::<OsRootSpec>("os");
        let mut seen = vec![view.get(&pointer).await.unwrap()];
        seen.extend(view.list(&pointer.kind(), &Query::default()).await.unwrap());
        let mut events = view.watch(Watch::one(&pointer)).await.unwrap();
        seen.extend(events.next().await.unwrap().unwrap().resource);
        assert_eq!(seen.len(), 3);
        for resource in seen {
            let spec = Typed::<OsRootSpec>::try_from(resource).unwrap().spec;
            let ca = spec.issuing_ca.unwrap();
            assert_eq!(
                (ca.crt.as_slice(), ca.key.as_slice(), spec.token.as_str()),
                (&b"crt"[..], &b""[..], "t")
            );
        }
    }
}
