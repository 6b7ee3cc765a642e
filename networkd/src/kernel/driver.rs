//! What only the driver of a link knows: its name, its place, its speed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use proto::resource::enums::{NethelpersDuplex, NethelpersPort};
use proto::resource::network::LinkStatusSpec;
use sys::ethtool::Ethtool;

use super::Link;
use super::linux::Driver;

/// Drivers asked through the kernel's ethtool interface, and hardware numbers from sysfs. Asking real hardware is
/// slow, so each link is asked again only when its state has changed.
pub struct Drivers {
    ethtool: Ethtool,
    known: Mutex<BTreeMap<u32, (State, LinkStatusSpec)>>,
}

/// What an answer holds for.
#[derive(PartialEq)]
struct State {
    name: String,
    kind: String,
    flags: u32,
    carrier: bool,
}

/// Answers kept at most; links come and go under new numbers.
const KNOWN: usize = 1024;

impl Drivers {
    /// Opens the interface in the current network namespace.
    pub fn open() -> sys::Result<Self> {
        Ok(Self { ethtool: Ethtool::open()?, known: Mutex::default() })
    }

    /// What is known of a link beside what netlink tells; only the fields in question are filled.
    fn ask(&self, link: &Link) -> LinkStatusSpec {
        let mut found = LinkStatusSpec {
            port: NethelpersPort::Other as i32,
            duplex: NethelpersDuplex::Unknown as i32,
            ..LinkStatusSpec::default()
        };
        if let Ok(driver) = self.ethtool.driver(&link.name) {
            found.driver = driver.name;
            found.driver_version = driver.version;
            found.firmware_version = driver.firmware;
            found.bus_path = driver.bus;
        }
        if let Ok(settings) = self.ethtool.settings(&link.name) {
            found.speed_megabits = settings.speed_mbit.map(i64::from).unwrap_or_default();
            found.duplex = i32::from(settings.duplex);
            found.port = i32::from(settings.port);
        }
        if link.is_physical() {
            let device = Path::new("/sys/class/net").join(&link.name).join("device");
            let number = |file: &str| {
                let text = fs::read_to_string(device.join(file)).unwrap_or_default();
                text.trim().trim_start_matches("0x").to_ascii_lowercase()
            };
            let (vendor, product) = (number("vendor"), number("device"));
            if !vendor.is_empty() && !product.is_empty() {
                found.pciid = format!("{vendor}:{product}").to_ascii_uppercase();
                found.vendor_id = format!("0x{vendor}");
                found.product_id = format!("0x{product}");
            }
        }
        found
    }
}

impl Driver for Drivers {
    fn describe(&self, link: &mut Link) {
        let state = State {
            name: link.name.clone(),
            kind: link.status.kind.clone(),
            flags: link.status.flags,
            carrier: link.status.link_state,
        };
        let mut known = sys::sync::lock(&self.known);
        if known.len() > KNOWN {
            known.clear();
        }
        let (asked, found) = known.entry(link.status.index).or_insert_with(|| {
            let nothing = State { name: String::new(), kind: String::new(), flags: 0, carrier: false };
            (nothing, LinkStatusSpec::default())
        });
        if *asked != state {
            *found = self.ask(link);
            *asked = state;
        }
        let status = &mut link.status;
        status.driver.clone_from(&found.driver);
        status.driver_version.clone_from(&found.driver_version);
        status.firmware_version.clone_from(&found.firmware_version);
        status.bus_path.clone_from(&found.bus_path);
        status.speed_megabits = found.speed_megabits;
        status.duplex = found.duplex;
        status.port = found.port;
        status.pciid.clone_from(&found.pciid);
        status.vendor_id.clone_from(&found.vendor_id);
        status.product_id.clone_from(&found.product_id);
    }
}
