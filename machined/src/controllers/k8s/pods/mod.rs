//! Pods that the kubelet runs without the API server: rendered, and served to it.

mod images;
mod release;
mod render;
mod serve;
mod server;

use state::Runtime;

use crate::controllers::Deps;

/// Registers the controllers of this package.
pub fn register(runtime: &mut Runtime, deps: &Deps) {
    runtime.register(render::ControlPlanePods);
    runtime.register(render::UserPods { deps: deps.clone() });
    runtime.register(images::StaticPodImages::new(deps.clone()));
    runtime.register(server::PodServer::default());
}
