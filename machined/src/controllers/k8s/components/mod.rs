//! Settings of the control plane's components, from the configuration to arguments.

mod api_server;
mod controller_manager;
mod scheduler;

use std::collections::BTreeMap;

use config::access::Component;
use proto::resource::k8s::{ArgValues, ExtraVolume, Resources};
use state::Runtime;

use crate::controllers::Deps;

pub use api_server::{API_SERVER, is_probed};
pub use controller_manager::CONTROLLER_MANAGER;
pub use scheduler::SCHEDULER;

/// Registers the controllers of this package.
pub fn register(runtime: &mut Runtime, deps: &Deps) {
    runtime.register(api_server::ApiServer { deps: deps.clone() });
    runtime.register(controller_manager::ControllerManager { deps: deps.clone() });
    runtime.register(scheduler::Scheduler { deps: deps.clone() });
}

/// Id of the resource that carries the arguments as well.
pub fn finished(id: &str) -> String {
    format!("final-{id}")
}

fn extra_args(component: &Component) -> BTreeMap<String, ArgValues> {
    let args = component.extra_args.iter();
    args.map(|(name, values)| (name.clone(), ArgValues { values: values.clone() })).collect()
}

fn extra_volumes(component: &Component, name: &str) -> Vec<ExtraVolume> {
    let volumes = component.extra_volumes.iter().enumerate();
    let named = volumes.map(|(index, volume)| ExtraVolume {
        name: format!("{name}-extra-{index}"),
        host_path: volume.host_path.clone(),
        mount_path: volume.mount_path.clone(),
        read_only: volume.read_only.unwrap_or(false),
    });
    named.collect()
}

fn environment(component: &Component) -> BTreeMap<String, String> {
    component.env.iter().map(|(k, v)| (k.clone(), v.clone())).collect()
}

/// Requests and limits of a pod from the configuration's mapping.
pub fn resources(node: Option<&config::yaml::Node>) -> Resources {
    let value = node.map(config::yaml::Node::to_json).unwrap_or_default();
    let side = |key: &str| -> BTreeMap<String, String> {
        let map = value.get(key).and_then(|v| v.as_object());
        let text = |v: &serde_json::Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
        map.into_iter().flatten().map(|(k, v)| (k.clone(), text(v))).collect()
    };
    Resources { requests: side("requests"), limits: side("limits") }
}

/// The default image with the configured one in its place.
fn image(component: &Component, default: &str) -> String {
    component.image.clone().unwrap_or_else(|| default.to_owned())
}
