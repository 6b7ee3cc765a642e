//! Images of static pods that cannot be had: the kubelet keeps to itself why a pod of the control plane does not
//! start for as long as there is no API server to tell it to.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proto::internal::specs::NoticeSpec;
use proto::resource::k8s::StaticPodSpec;
use proto::resource::v1alpha1::ServiceSpec;
use serde_json::Value;
use state::{Context, Controller, Input, Next, Output};
use tokio::time::{Instant, timeout};

use crate::controllers::Deps;
use crate::kubernetes::json::from_struct;
use crate::services::images::{Images, Store};

/// The kubelet gets its images within this time, if they can be had.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long one image may take before its neighbours are looked at.
const PULL: Duration = Duration::from_secs(60);
/// Pause before images that cannot be had are asked for again.
const AGAIN: Duration = Duration::from_secs(10);

/// Publishes Notices/image-… while an image of a static pod cannot be pulled.
pub struct StaticPodImages {
    pub deps: Deps,
    wanted: BTreeMap<String, Instant>,
    present: BTreeSet<String>,
    images: Option<Images>,
}

impl StaticPodImages {
    /// Nothing is known of any image yet.
    pub fn new(deps: Deps) -> Self {
        Self { deps, wanted: BTreeMap::new(), present: BTreeSet::new(), images: None }
    }

    fn images(&mut self) -> anyhow::Result<Images> {
        if let Some(images) = &self.images {
            return Ok(images.clone());
        }
        let images = Images::of(&self.deps.services, Store::Pods)?;
        self.images = Some(images.clone());
        Ok(images)
    }
}

#[async_trait::async_trait]
impl Controller for StaticPodImages {
    fn name(&self) -> &'static str {
        "k8s.StaticPodImageController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input::weak::<StaticPodSpec>(), Input::weak::<ServiceSpec>().id("cri")]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::shared::<NoticeSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let cri = ctx.get::<ServiceSpec>("cri").await?.is_some_and(|s| s.spec.running && s.spec.healthy);
        let pods = ctx.list::<StaticPodSpec>().await?;
        let mut used: BTreeMap<String, String> = BTreeMap::new();
        for pod in pods.iter().filter_map(|pod| pod.spec.pod.as_ref()) {
            used.extend(references(&from_struct(pod)));
        }
        self.present.retain(|reference| used.contains_key(reference));
        self.wanted.retain(|reference, _| used.contains_key(reference));
        used.retain(|reference, _| !self.present.contains(reference));
        let now = Instant::now();
        let since = used.keys().map(|r| *self.wanted.entry(r.clone()).or_insert(now)).max();
        let notices = ctx.outputs::<NoticeSpec>();
        let Some(since) = since.filter(|_| cri) else {
            notices.finish().await?;
            return Ok(Next::Wait);
        };
        if let Some(rest) = PATIENCE.checked_sub(since.elapsed()).filter(|rest| !rest.is_zero()) {
            return Ok(Next::After(rest));
        }
        let images = self.images()?;
        let listed: BTreeSet<String> = images.list().await?.into_iter().map(|i| i.image.name).collect();
        let mut missing = false;
        for (reference, pod) in used {
            let result = match listed.contains(&reference) {
                true => Ok(()),
                false => match timeout(PULL, images.pull(&reference, None)).await {
                    Ok(done) => done.map(drop).map_err(|error| error.to_string()),
                    Err(_) => Err(format!("it took longer than {} s", PULL.as_secs())),
                },
            };
            match result {
                Ok(()) => drop(self.present.insert(reference)),
                Err(error) => {
                    missing = true;
                    let message = format!("static pod {pod} cannot start: no image {reference}: {error}");
                    let hint = "check the version in the configuration, the registry mirrors and the network";
                    let spec = NoticeSpec::error(message, vec![hint.to_owned()]);
                    notices.put(&format!("image-{pod}"), spec).await?;
                }
            }
        }
        notices.finish().await?;
        Ok(if missing { Next::After(AGAIN) } else { Next::Wait })
    }
}

/// The images of a pod's containers, each with the pod's name.
fn references(pod: &Value) -> Vec<(String, String)> {
    let text = |value: &Value, path: &str| value.pointer(path).and_then(Value::as_str).map(str::to_owned);
    let name = text(pod, "/metadata/name").unwrap_or_default();
    let containers = ["/spec/initContainers", "/spec/containers"].map(|path| pod.pointer(path));
    let containers = containers.into_iter().flatten().filter_map(Value::as_array).flatten();
    containers.filter_map(|container| Some((text(container, "/image")?, name.clone()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn images_of_all_containers_are_wanted_for_their_pod() {
        let pod = json!({
            "metadata": {"name": "kube-apiserver"},
            "spec": {"initContainers": [{"image": "a:1"}], "containers": [{"image": "b:2"}, {"name": "none"}]},
        });
        let own = |image: &str| (image.to_owned(), "kube-apiserver".to_owned());
        assert_eq!(references(&pod), [own("a:1"), own("b:2")]);
        assert!(references(&json!({})).is_empty());
    }
}
