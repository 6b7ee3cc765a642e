//! The store without the keys of authorities: trustd needs to know whom to accept, never how to sign.

use std::sync::Arc;

use futures::StreamExt;
use prost::Message;
use proto::resource::secrets::OsRootSpec;
use resources::{Resource, Spec};
use state::{EventStream, Kind, Pointer, Query, Result, State, Update, Watch};

/// A view of a store in which no authority has its key.
pub struct WithoutKeys(pub Arc<dyn State>);

/// The resource as it may be shown. What cannot be read is shown empty rather than as it is.
fn blank(mut resource: Resource) -> Resource {
    if resource.metadata.typ == OsRootSpec::TYPE {
        let mut spec = OsRootSpec::decode(resource.spec).unwrap_or_default();
        if let Some(ca) = &mut spec.issuing_ca {
            ca.key.clear();
        }
        resource.spec = spec.encode_to_vec().into();
    }
    resource
}

#[async_trait::async_trait]
impl State for WithoutKeys {
    async fn get(&self, pointer: &Pointer) -> Result<Resource> {
        self.0.get(pointer).await.map(blank)
    }

    async fn list(&self, kind: &Kind, query: &Query) -> Result<Vec<Resource>> {
        Ok(self.0.list(kind, query).await?.into_iter().map(blank).collect())
    }

    async fn create(&self, resource: Resource) -> Result<Resource> {
        self.0.create(resource).await.map(blank)
    }

    async fn update(&self, resource: Resource, update: Update) -> Result<Resource> {
        self.0.update(resource, update).await.map(blank)
    }

    async fn teardown(&self, pointer: &Pointer, owner: &str) -> Result<bool> {
        self.0.teardown(pointer, owner).await
    }

    async fn destroy(&self, pointer: &Pointer, owner: &str) -> Result<()> {
        self.0.destroy(pointer, owner).await
    }

    async fn watch(&self, watch: Watch) -> Result<EventStream> {
        let events = self.0.watch(watch).await?;
        let shown = events.map(|event| {
            event.map(|mut event| {
                event.resource = event.resource.map(blank);
                event.old = event.old.map(blank);
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
        let view = WithoutKeys(store);
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
