//! Discovery of the cluster's members.

use crate::value::{Secret, Url};

record! {
    /// The identity of the cluster.
    DiscoveryIdentityConfig {
        /// The identifier.
        "clusterID" cluster_id: String => required;
        /// The key that announcements are encrypted with: base64 of 32 bytes.
        "clusterSecret" cluster_secret: Secret => required;
    }

    /// A service over which members find each other.
    DiscoveryServiceConfig {
        /// The name of the service.
        "name" name: String => required;
        /// Where it is.
        "endpoint" endpoint: Option<Url> => required;
    }
}
