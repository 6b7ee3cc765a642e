//! The machine configuration and the type of the machine.

use proto::resource::config;

define! {
    config::MachineConfigSpec => "MachineConfigs.config.talos.dev" in "config" {
        sensitive: true,
    }
    config::MachineTypeSpec => "MachineTypes.config.talos.dev" in "config" {
        columns: &[("Type", "{@}")],
    }
}
