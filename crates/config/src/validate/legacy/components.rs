//! The components of the control plane.

use super::super::{Context, at};
use crate::documents::v1alpha1::{APIServerConfig, ClusterConfig, ResourcesConfig};
use crate::yaml::Path;

/// Versions of Kubernetes that are supported, oldest and newest minor (contract os.md 1).
pub(crate) const KUBERNETES_MINORS: (u64, u64) = (32, 37);

pub(super) fn validate(cluster: &ClusterConfig, cx: &mut Context<'_>) {
    if let Some(server) = &cluster.api_server {
        authorizers(server, cx);
    }
    let sections = [
        ("apiServer", cluster.api_server.as_ref().map(|s| (&s.image, s.resources.as_ref()))),
        ("controllerManager", cluster.controller_manager.as_ref().map(|s| (&s.image, s.resources.as_ref()))),
        ("scheduler", cluster.scheduler.as_ref().map(|s| (&s.image, s.resources.as_ref()))),
        ("proxy", cluster.proxy.as_ref().map(|s| (&s.image, None))),
    ];
    for (key, section) in sections {
        let Some((image, resources)) = section else { continue };
        let path = at!["cluster", key];
        version(image, &path.join("image"), cx);
        if let Some(resources) = resources {
            self::resources(resources, &path.join("resources"), cx);
        }
    }
    let kubelet = cx.config.machine().and_then(|machine| machine.kubelet.as_ref());
    if let Some(kubelet) = kubelet {
        version(&kubelet.image, &at!["machine", "kubelet", "image"], cx);
    }
}

fn authorizers(server: &APIServerConfig, cx: &mut Context<'_>) {
    let path = at!["cluster", "apiServer", "authorizationConfig"];
    for (index, authorizer) in server.authorization_config.iter().enumerate() {
        if !matches!(authorizer.kind.as_str(), "Node" | "RBAC" | "Webhook") {
            let path = path.join(index).join("type");
            cx.not_one_of("authorizer-type", path, &authorizer.kind, &["Node", "RBAC", "Webhook"]);
        }
    }
    if server.authorization_config.is_empty() {
        return;
    }
    for key in server.extra_args.keys() {
        if key == "authorization-mode" || key.starts_with("authorization-webhook-") {
            let message = format!("{key} cannot be used together with authorizationConfig");
            cx.error(
                "authorizer-extra-args",
                at!["cluster", "apiServer", "extraArgs", key.as_str()],
                message,
            );
        }
    }
}

/// Only processor and memory can be asked for.
fn resources(resources: &ResourcesConfig, path: &Path, cx: &mut Context<'_>) {
    for (key, section) in [("requests", &resources.requests), ("limits", &resources.limits)] {
        let entries = section.iter().filter_map(|section| section.as_map()).flatten();
        for (name, _) in entries {
            if !matches!(name.as_str(), "cpu" | "memory") {
                let path = path.join(key).join(name.as_str());
                cx.not_one_of("resource-name", path, name, &["cpu", "memory"]);
            }
        }
    }
}

/// The version in an image's tag must be supported.
pub(crate) fn version(image: &str, path: &Path, cx: &mut Context<'_>) {
    if cx.options.local || image.is_empty() {
        return;
    }
    let name = image.rsplit('/').next().unwrap_or(image);
    let name = name.split('@').next().unwrap_or(name);
    let Some((_, tag)) = name.split_once(':') else { return };
    let number = tag.strip_prefix('v').unwrap_or(tag);
    // Variants of the kubelet's image have -fat or -slim behind the version.
    let Ok(version) = semver::Version::parse(number) else { return };
    let (oldest, newest) = KUBERNETES_MINORS;
    if version.major != 1 || !(oldest..=newest).contains(&version.minor) {
        let message = format!(
            "version {version} of Kubernetes is not supported; versions 1.{oldest} to 1.{newest} are"
        );
        cx.error("kubernetes-version", path.clone(), message);
    }
}
