//! What the platform says about the network, as layered wishes.
//!
//! machined publishes the platform's configuration as `PlatformConfigs/active`; its lists hold specs already.

/// Identifier of the platform configuration in force.
pub const ACTIVE: &str = "active";
