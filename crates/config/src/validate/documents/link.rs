//! What all links have in common; links that exist; aliases; cards.

use super::super::expression;
use super::super::{Context, at};
use crate::cel::{self, Environment};
use crate::documents::network::{
    CommonLinkConfig, DummyLinkConfig, EthernetConfig, LinkAliasConfig, LinkConfig, WakeOnLan,
};
use crate::yaml::Path;

/// Rules of the fields that all links have.
pub(super) fn common(link: &CommonLinkConfig, path: &Path, cx: &mut Context<'_>) {
    for (index, address) in link.addresses.iter().enumerate() {
        if address.address.is_some_and(|address| address.addr().is_unspecified()) {
            let path = path.join("addresses").join(index).join("address");
            cx.error("address-unspecified", path, "an address of a link cannot be all zeros");
        }
    }
    for (index, route) in link.routes.iter().enumerate() {
        let path = path.join("routes").join(index);
        if route.destination.is_some_and(|net| net.addr().is_unspecified()) {
            let message = "leave destination out for the default route";
            cx.error("route-destination-unspecified", path.join("destination"), message);
        }
        if route.gateway.is_some_and(|address| address.is_unspecified()) {
            let message = "a gateway cannot be all zeros; leave it out for a route without one";
            cx.error("route-gateway-unspecified", path.join("gateway"), message);
        }
        if route.source.is_some_and(|address| address.is_unspecified()) {
            let message = "a source cannot be all zeros; leave it out for any";
            cx.error("route-source-unspecified", path.join("source"), message);
        }
    }
}

pub(super) fn link(document: &LinkConfig, cx: &mut Context<'_>) {
    common(&document.link, &at![], cx);
}

pub(super) fn dummy(document: &DummyLinkConfig, cx: &mut Context<'_>) {
    common(&document.link, &at![], cx);
}

pub(super) fn alias(document: &LinkAliasConfig, cx: &mut Context<'_>) {
    let name = document.name.as_str();
    let prefix = name.strip_suffix("%d").unwrap_or(name);
    if !name.is_empty() && (prefix.is_empty() || prefix.contains('%')) {
        let message = "an alias is a name, or a name with %d at the end for one alias a match";
        cx.error("link-alias-name", at!["name"], message);
    }
    let expression = &document.selector.matches;
    if expression.is_empty() {
        return;
    }
    expression::validate(
        expression,
        Environment::Link,
        cel::Type::Bool,
        "link-alias-selector",
        at!["selector", "match"],
        cx,
    );
}

pub(super) fn ethernet(document: &EthernetConfig, cx: &mut Context<'_>) {
    for (index, word) in document.wake_on_lan.iter().enumerate() {
        if WakeOnLan::parse(word).is_none() {
            cx.not_one_of("wake-on-lan", at!["wakeOnLan", index], word, WakeOnLan::WORDS);
        }
    }
}
