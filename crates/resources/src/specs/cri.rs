//! The container runtime.

use proto::internal::specs as own;
use proto::resource::cri;

define! {
    own::BaseRuntimeSpecConfigSpec => "BaseRuntimeSpecConfigs.cri.talos.dev" in "cri" {}
    own::CustomizationConfigSpec => "CustomizationConfigs.cri.talos.dev" in "cri" {
        sensitive: true,
    }
    cri::ImageCacheConfigSpec => "ImageCacheConfigs.cri.talos.dev" in "cri" {
        columns: &[("Status", "{.status}"), ("CopyStatus", "{.copyStatus}"), ("Roots", "{.roots}")],
    }
    cri::RegistriesConfigSpec => "RegistryConfigs.cri.talos.dev" in "cri" {
        sensitive: true,
    }
    cri::SeccompProfileSpec => "SeccompProfiles.cri.talos.dev" in "cri" {}
}
