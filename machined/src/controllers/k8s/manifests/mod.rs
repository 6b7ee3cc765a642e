//! What is applied to every new cluster once (contract os.md 6.4).

mod apply;
mod config;
mod extra;
mod fetch;
mod inventory;
mod render;

use state::Runtime;

use crate::controllers::Deps;

/// Registers the controllers of this package.
pub fn register(runtime: &mut Runtime, deps: &Deps) {
    runtime.register(config::BootstrapManifestsConfig { deps: deps.clone() });
    runtime.register(extra::ExtraManifestsConfig { deps: deps.clone() });
    runtime.register(render::ManifestRender);
    runtime.register(fetch::ExtraManifests::default());
    runtime.register(apply::ManifestApply::default());
}

/// Id of the configuration and of the status.
const MANIFESTS: &str = "manifests";
