//! What runs in Kubernetes because of us, rendered from resources: pure.

pub mod args;
pub mod fetch;
pub mod files;
pub mod json;
pub mod manifests;
pub mod staticpods;
