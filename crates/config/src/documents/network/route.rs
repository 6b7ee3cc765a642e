//! Routes and rules that belong to no link.

use ipnet::IpNet;

use super::RoutingTable;
use crate::schema::IntOrText;

record! {
    /// A destination whose packets are dropped.
    BlackholeRouteConfig {
        /// The destination, with its prefix length.
        "name" name: String => required;
        /// The metric; lower is preferred.
        "metric" metric: Option<u32>;
    }

    /// A rule that chooses a routing table.
    RoutingRuleConfig {
        /// The priority of the rule, as a number; lower comes first.
        "name" name: String => required;
        /// Sources that the rule is for.
        "src" src: Option<IpNet>;
        /// Destinations that the rule is for.
        "dst" dst: Option<IpNet>;
        /// The table to look in.
        "table" table: Option<RoutingTable> => advised;
        /// What to do instead of looking in a table: unspec, unicast, blackhole, unreachable or prohibit.
        "action" action: Option<IntOrText>;
        /// The link that packets came from.
        "iifName" iif_name: String;
        /// The link that packets leave by.
        "oifName" oif_name: String;
        /// The mark of packets.
        "fwMark" fw_mark: Option<u32>;
        /// Which bits of the mark count.
        "fwMask" fw_mask: Option<u32>;
    }
}
