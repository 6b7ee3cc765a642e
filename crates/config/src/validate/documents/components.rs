//! The components of the control plane.

use super::super::{Context, at};
use crate::documents::k8s::{
    KubeAPIServerConfig, KubeControllerManagerConfig, KubeProxyConfig, KubeSchedulerConfig,
};
use crate::yaml::Path;

/// Arguments of the API server that have documents of their own (contract os.md 1.5).
const DENIED_ARGS: [&str; 6] = [
    "anonymous-auth",
    "oidc-",
    "authentication-config",
    "authorization-config",
    "authorization-mode",
    "authorization-webhook-",
];

/// The version in an image's tag must be supported.
pub(super) fn version(image: &str, path: Path, cx: &mut Context<'_>) {
    super::super::legacy::version(image, &path, cx);
}

pub(super) fn api_server(document: &KubeAPIServerConfig, cx: &mut Context<'_>) {
    version(&document.image, at!["image"], cx);
    for key in document.extra_args.keys() {
        if DENIED_ARGS.iter().any(|denied| key.starts_with(denied)) {
            let message = format!(
                "{key} is set by KubeAuthenticationConfig and KubeAuthorizerConfig documents; use those"
            );
            cx.error("api-server-denied-arg", at!["extraArgs", key.as_str()], message);
        }
    }
    if document.api_port.is_some_and(|port| !(1..=65535).contains(&port)) {
        cx.error("api-server-port", at!["apiPort"], "a port is from 1 to 65535");
    }
}

pub(super) fn controller_manager(document: &KubeControllerManagerConfig, cx: &mut Context<'_>) {
    version(&document.image, at!["image"], cx);
}

pub(super) fn scheduler(document: &KubeSchedulerConfig, cx: &mut Context<'_>) {
    version(&document.image, at!["image"], cx);
}

pub(super) fn proxy(document: &KubeProxyConfig, cx: &mut Context<'_>) {
    version(&document.image, at!["image"], cx);
    match document.mode.to_ascii_lowercase().as_str() {
        "" | "nftables" => {}
        "iptables" | "ipvs" => {
            let message = format!("{} is old; nftables is what the kernel here is made for", document.mode);
            cx.warn("proxy-mode-old", at!["mode"], message);
        }
        _ => {
            cx.not_one_of("proxy-mode", at!["mode"], &document.mode, &["nftables", "iptables", "ipvs"]);
        }
    }
    if !document.extra_args.is_empty() {
        cx.warn("proxy-extra-args", at!["extraArgs"], "arguments of kube-proxy are old; use config");
    }
}
