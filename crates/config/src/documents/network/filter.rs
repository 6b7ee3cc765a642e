//! The node's packet filter.

use ipnet::IpNet;

use crate::schema::IntOrText;

choice! {
    /// What happens to packets that no rule is for.
    DefaultAction { Accept = "accept", Block = "block" }

    /// The protocol of a rule.
    FilterProtocol { Tcp = "tcp", Udp = "udp", Icmp = "icmp", IcmpV6 = "icmpv6" }
}

record! {
    /// What happens to packets that no rule is for.
    NetworkDefaultActionConfig {
        /// `accept` (when left out) or `block`.
        "ingress" ingress: Option<DefaultAction>;
    }

    /// Which packets a rule is for.
    RulePortSelector {
        /// Ports, each a number or a range such as 8000-8010.
        "ports" ports: Vec<IntOrText> => replaced;
        /// The protocol.
        "protocol" protocol: Option<FilterProtocol>;
    }

    /// A source that a rule lets in.
    IngressRule {
        /// The network that is let in.
        "subnet" subnet: Option<IpNet> => enforced;
        /// A part of the network that is not.
        "except" except: Option<IpNet>;
    }

    /// A rule of the packet filter.
    NetworkRuleConfig {
        /// The name of the rule; rules are ordered by it.
        "name" name: String => required;
        /// Which packets it is for.
        "portSelector" port_selector: RulePortSelector;
        /// Who is let in.
        "ingress" ingress: Vec<IngressRule> => replaced;
    }
}
