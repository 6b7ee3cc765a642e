//! Host name and static hosts.

choice! {
    /// How a host name is made up.
    HostnameAuto {
        /// From the machine's identity; it survives reinstallation of nothing but STATE.
        Stable = "stable",
        /// Not at all.
        Off = "off",
    }
}

record! {
    /// The host name of the node.
    HostnameConfig {
        /// How the name is made up; not together with `hostname`.
        "auto" auto: Option<HostnameAuto>;
        /// The name itself, with or without a domain.
        "hostname" hostname: String;
    }

    /// Names of an address, as in /etc/hosts.
    StaticHostConfig {
        /// The address.
        "name" name: String => required;
        /// Its names.
        "hostnames" hostnames: Vec<String> => enforced;
    }
}
