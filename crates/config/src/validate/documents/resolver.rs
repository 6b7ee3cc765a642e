//! Host name, resolvers, time, checks.

use std::net::IpAddr;

use super::super::text::{HostName, UNDERSCORE, host_name, is_host_port};
use super::super::{Context, at};
use crate::documents::network::{
    DnsProtocol, HTTPProbeConfig, HostnameAuto, HostnameConfig, ResolverConfig, StaticHostConfig,
    TCPProbeConfig, TimeSyncConfig,
};
use crate::value::Duration;

pub(super) fn hostname(document: &HostnameConfig, cx: &mut Context<'_>) {
    let name = document.hostname.as_str();
    match (document.auto, name.is_empty()) {
        (None, true) => {
            cx.error("hostname-exactly-one", at![], "set either auto or hostname");
        }
        // That the name is not made up goes with one that is given.
        (Some(HostnameAuto::Stable), false) => {
            let message = "auto: stable and hostname cannot both be set; write auto: \"off\" or leave it out";
            cx.error("hostname-exactly-one", at!["auto"], message);
        }
        _ => {}
    }
    if name.is_empty() {
        return;
    }
    if name.len() > 253 {
        cx.error(
            "hostname-length",
            at!["hostname"],
            "a host name with its domain has at most 253 characters",
        );
    }
    let first = name.split('.').next().unwrap_or_default();
    if !(1..=63).contains(&first.len()) {
        let message = "the part before the first dot has from 1 to 63 characters";
        cx.error("hostname-first-label", at!["hostname"], message);
    } else if name.len() <= 253 {
        match host_name(name) {
            HostName::Fine => {}
            HostName::Underscore => cx.warn("hostname-underscore", at!["hostname"], UNDERSCORE),
            HostName::Wrong => {
                let message = format!("{name:?} is not a host name: letters, digits, '-' and '.'");
                cx.error("hostname-characters", at!["hostname"], message);
            }
        }
    }
}

pub(super) fn resolver(document: &ResolverConfig, cx: &mut Context<'_>) {
    let mut plain = false;
    for (index, server) in document.nameservers.iter().enumerate() {
        let path = at!["nameservers", index, "tlsServerName"];
        let protocol = server.protocol.unwrap_or(DnsProtocol::Do53);
        plain |= protocol == DnsProtocol::Do53;
        match (protocol, server.tls_server_name.is_empty()) {
            (DnsProtocol::Do53, false) => {
                cx.error("nameserver-tls-name-unused", path, "tlsServerName is only for DoT and DoH");
            }
            (DnsProtocol::DoT | DnsProtocol::DoH, true) => {
                let message = format!(
                    "{} needs tlsServerName, the name in the server's certificate",
                    protocol.as_str()
                );
                cx.error("nameserver-tls-name", path, message);
            }
            _ => {}
        }
    }
    if !document.nameservers.is_empty() && !plain {
        let message = "all name servers are encrypted: names cannot be resolved before the clock is right";
        cx.warn("nameservers-all-encrypted", at!["nameservers"], message);
    }
    let host_dns = &document.host_dns;
    // Each of its fields may be in this document or in the v1alpha1 section.
    if !cx.config.host_dns().enabled {
        let options = [
            ("forwardKubeDNSToHost", host_dns.forward_kube_dns_to_host),
            ("resolveMemberNames", host_dns.resolve_member_names),
        ];
        for (key, value) in options {
            if value == Some(true) {
                cx.error("host-dns-option", at!["hostDNS", key], format!("{key} needs hostDNS.enabled"));
            }
        }
    }
}

pub(super) fn static_host(document: &StaticHostConfig, cx: &mut Context<'_>) {
    if !document.name.is_empty() && document.name.parse::<IpAddr>().is_err() {
        let message = format!("the name must be the IP address, not {:?}", document.name);
        cx.error("static-host-name", at!["name"], message);
    }
}

pub(super) fn time_sync(document: &TimeSyncConfig, cx: &mut Context<'_>) {
    if document.boot_timeout.is_some_and(|timeout| timeout.0 < 0) {
        cx.error("time-boot-timeout", at!["bootTimeout"], "the time to wait cannot be negative");
    }
    if document.ntp.is_some() && document.ptp.is_some() {
        cx.error(
            "time-ntp-and-ptp",
            at!["ptp"],
            "the clock is kept by servers or by devices, not by both: remove ntp or ptp",
        );
    }
    let nts = document.ntp.iter().filter(|ntp| ntp.use_nts == Some(true));
    for (index, server) in nts.flat_map(|ntp| &ntp.servers).enumerate() {
        if server.parse::<IpAddr>().is_ok() || server.starts_with('/') {
            let message = "an authenticated time server needs a host name, because its certificate has one";
            cx.error("time-nts-server", at!["ntp", "servers", index], message);
        }
    }
}

fn probe_times(
    interval: Option<Duration>,
    timeout: Option<Duration>,
    threshold: Option<i32>,
    cx: &mut Context<'_>,
) {
    let negative = [
        ("interval", interval.is_some_and(|value| value.0 < 0)),
        ("timeout", timeout.is_some_and(|value| value.0 < 0)),
        ("failureThreshold", threshold.is_some_and(|value| value < 0)),
    ];
    for (key, negative) in negative {
        if negative {
            cx.error("probe-negative", at![key], format!("{key} cannot be negative"));
        }
    }
}

pub(super) fn tcp_probe(document: &TCPProbeConfig, cx: &mut Context<'_>) {
    probe_times(document.interval, document.timeout, document.failure_threshold, cx);
    if !document.endpoint.is_empty() && !is_host_port(&document.endpoint) {
        let message = format!("{:?} is not host and port", document.endpoint);
        cx.error("probe-endpoint", at!["endpoint"], message);
    }
}

pub(super) fn http_probe(document: &HTTPProbeConfig, cx: &mut Context<'_>) {
    probe_times(document.interval, document.timeout, document.failure_threshold, cx);
    let wrong = |url: &crate::value::Url| url.host().is_none() || !matches!(url.scheme(), "http" | "https");
    if document.url.as_ref().is_some_and(wrong) {
        cx.error("probe-url", at!["url"], "the URL must be http:// or https:// with a host");
    }
}
