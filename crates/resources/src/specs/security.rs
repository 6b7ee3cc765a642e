//! Signatures and trusted roots.

use proto::resource::security;

define! {
    security::ImageVerificationRuleSpec => "ImageVerificationRules.security.talos.dev" in "security" {
        columns: &[("Pattern", "{.imagePattern}"), ("Skip", "{.skip}"), ("Deny", "{.deny}")],
    }
    security::TufTrustedRootSpec => "TUFTrustedRoots.security.talos.dev" in "security" {
        columns: &[("Last Refresh", "{.lastRefreshTime}")],
    }
}
