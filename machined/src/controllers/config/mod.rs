//! Resources that follow from the configuration alone.

mod effects;
mod machine_type;
mod unknown_keys;

use state::Runtime;

use super::Deps;

/// Registers the controllers of this package.
pub fn register(runtime: &mut Runtime, deps: &Deps) {
    runtime.register(effects::Effects { active: deps.active.clone(), mode: deps.platform.mode });
    runtime.register(machine_type::MachineType { deps: deps.clone() });
    runtime.register(unknown_keys::UnknownKeys { deps: deps.clone() });
}
