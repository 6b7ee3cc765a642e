//! `bond=`: several links that act as one.

/// One `bond=`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bond {
    /// Its name.
    pub name: String,
    /// The links that it consists of.
    pub links: Vec<String>,
    /// Its options in the kernel's words, in their order.
    pub options: Vec<(String, String)>,
    /// The largest packet.
    pub mtu: Option<u32>,
}

/// Options that a bond knows (contract os.md 5.2).
const OPTIONS: [&str; 22] = [
    "arp_ip_target",
    "mode",
    "xmit_hash_policy",
    "lacp_rate",
    "arp_validate",
    "arp_all_targets",
    "primary",
    "primary_reselect",
    "fail_over_mac",
    "ad_select",
    "miimon",
    "updelay",
    "downdelay",
    "arp_interval",
    "resend_igmp",
    "min_links",
    "lp_interval",
    "packets_per_slave",
    "num_grat_arp",
    "num_unsol_na",
    "all_slaves_active",
    "use_carrier",
];

pub(crate) fn parse(value: &str) -> Result<Bond, String> {
    let fields: Vec<&str> = value.split(':').collect();
    let field = |at: usize| fields.get(at).copied().filter(|field| !field.is_empty());
    if fields.len() > 4 {
        return Err("it has more than name, links, options and MTU".to_owned());
    }
    let list = |text: &str| text.split(',').filter(|item| !item.is_empty()).map(str::to_owned).collect();
    let mut options = Vec::new();
    for option in field(2).unwrap_or_default().split(',').filter(|option| !option.is_empty()) {
        match option.split_once('=') {
            Some((name, value)) if OPTIONS.contains(&name) => {
                options.push((name.to_owned(), value.to_owned()))
            }
            _ => return Err(format!("{option:?} is no option of a bond")),
        }
    }
    Ok(Bond {
        name: field(0).unwrap_or("bond0").to_owned(),
        links: field(1).map_or_else(|| list("eth0,eth1"), list),
        options,
        mtu: field(3).map(|text| text.parse().map_err(|_| format!("{text:?} is no MTU"))).transpose()?,
    })
}
