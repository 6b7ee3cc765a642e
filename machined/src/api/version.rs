//! What runs here.

use proto::machine::{FeaturesInfo, PlatformInfo, Version, VersionInfo};

use crate::platform::Platform;

/// The level of the contract that we implement; clients compare it with their own version.
pub const TAG: &str = "v1.14.0";

/// Our own version.
pub const OWN: &str = env!("CARGO_PKG_VERSION");

/// Handles `Version`; features are told only by a configured node.
pub fn version(platform: &Platform, configured: bool) -> Version {
    Version {
        metadata: None,
        version: Some(VersionInfo {
            tag: TAG.to_owned(),
            sha: OWN.to_owned(),
            built: String::new(),
            go_version: String::new(),
            os: "linux".to_owned(),
            arch: arch().to_owned(),
        }),
        platform: Some(PlatformInfo {
            name: platform.name.to_owned(),
            mode: platform.mode.as_str().to_owned(),
        }),
        features: configured.then_some(FeaturesInfo { rbac: true }),
    }
}

/// Architecture by Go's name, which clients print and image references use.
pub fn arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}
