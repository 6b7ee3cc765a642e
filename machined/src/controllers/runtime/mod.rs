//! The machine itself: what it is, what it is about, how its API listens.

mod address_event;
mod api_service;
mod disk_space;
mod facts;
mod kernel_params;
mod machine_status;
mod mounts;
mod perf;
mod unmet;

use state::Runtime;

use super::Deps;

/// Registers the controllers of this package.
pub fn register(runtime: &mut Runtime, deps: &Deps) {
    runtime.register(api_service::ApiService { deps: deps.clone() });
    runtime.register(machine_status::MachineStatus::new(deps.clone()));
    runtime.register(facts::Facts { platform: deps.platform });
    runtime.register(facts::PlatformMetadata { platform: deps.platform });
    runtime.register(disk_space::DiskSpace::default());
    runtime.register(kernel_params::KernelParams::new(deps.clone()));
    runtime.register(mounts::Mounts);
    runtime.register(perf::Perf);
    runtime.register(address_event::AddressEvents::new(deps.clone()));
}
