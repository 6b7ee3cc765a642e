//! Addresses that one node of the control plane holds at a time.

use crate::value::Secret;

record! {
    /// A shared address that its holder announces on a link.
    Layer2VIPConfig {
        /// The address.
        "name" name: String => required;
        /// The link, by name or alias.
        "link" link: String => enforced;
    }

    /// A shared address that is moved through the API of Hetzner Cloud.
    HCloudVIPConfig {
        /// The address.
        "name" name: String => required;
        /// The link, by name or alias.
        "link" link: String => enforced;
        /// The token for the API.
        "apiToken" api_token: Secret => enforced;
    }
}
