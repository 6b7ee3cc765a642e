//! Network configuration that the platform delivers: a file in container mode, put there by the host.

use proto::resource::network::PlatformConfigSpec;
use state::State;

/// The file (PlatformConfigSpec as YAML).
const FILE: &str = "/system/platform/network.yaml";

/// Publishes PlatformConfigs/active, if the platform has something to say.
pub async fn publish(state: &dyn State) {
    let text = match std::fs::read_to_string(FILE) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
        Err(error) => {
            tracing::error!("cannot read {FILE}: {error}");
            return;
        }
    };
    let spec: PlatformConfigSpec = match resources::yaml::spec_from_text(&text) {
        Ok(spec) => spec,
        Err(error) => {
            tracing::error!("{FILE} is not a platform network configuration: {error}");
            return;
        }
    };
    let pointer = state::Pointer::of::<PlatformConfigSpec>("active");
    let written =
        state::ops::modify::<PlatformConfigSpec>(state, "network.PlatformConfigController", &pointer, |r| {
            r.spec.clone_from(&spec);
        });
    if let Err(error) = written.await {
        tracing::error!("cannot publish the platform's network configuration: {error}");
    }
}
