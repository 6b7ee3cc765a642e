//! `vlan=`: a network within the network of a link.

/// One `vlan=`. Its link has the name that every VLAN on that link with that number has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vlan {
    /// The number of the network, 1 to 4095.
    pub id: u16,
    /// The link that it is on.
    pub device: String,
}

pub(crate) fn parse(value: &str) -> Result<Vlan, String> {
    let (name, device) = value.split_once(':').ok_or("it is not like vlan5:eth0 or eth0.5:eth0")?;
    if device.is_empty() {
        return Err("the link behind the colon is missing".to_owned());
    }
    let digits = match name.rsplit_once('.') {
        Some((_, digits)) => digits,
        None => {
            name.strip_prefix("vlan").ok_or_else(|| format!("{name:?} ends in no number of a network"))?
        }
    };
    let id = digits.parse().ok().filter(|id| (1..=4095).contains(id));
    let id = id.ok_or_else(|| format!("{digits:?} is no number of a network: 1 to 4095"))?;
    Ok(Vlan { id, device: device.to_owned() })
}
