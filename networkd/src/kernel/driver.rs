//! What only the driver of a link knows: its name, its place, its speed.

use std::fs;
use std::path::Path;

use proto::resource::enums::{NethelpersDuplex, NethelpersPort};
use sys::ethtool::Ethtool;

use super::Link;
use super::linux::Driver;

/// Drivers asked through the kernel's ethtool interface, and hardware numbers from sysfs.
pub struct Drivers {
    ethtool: Ethtool,
}

impl Drivers {
    /// Opens the interface in the current network namespace.
    pub fn open() -> sys::Result<Self> {
        Ok(Self { ethtool: Ethtool::open()? })
    }
}

impl Driver for Drivers {
    fn describe(&self, link: &mut Link) {
        let status = &mut link.status;
        status.port = NethelpersPort::Other as i32;
        status.duplex = NethelpersDuplex::Unknown as i32;
        if let Ok(driver) = self.ethtool.driver(&link.name) {
            status.driver = driver.name;
            status.driver_version = driver.version;
            status.firmware_version = driver.firmware;
            status.bus_path = driver.bus;
        }
        if let Ok(settings) = self.ethtool.settings(&link.name) {
            status.speed_megabits = settings.speed_mbit.map(i64::from).unwrap_or_default();
            status.duplex = i32::from(settings.duplex);
            status.port = i32::from(settings.port);
        }
        if link.is_physical() {
            let device = Path::new("/sys/class/net").join(&link.name).join("device");
            let number = |file: &str| {
                let text = fs::read_to_string(device.join(file)).unwrap_or_default();
                text.trim().trim_start_matches("0x").to_ascii_uppercase()
            };
            let (vendor, product) = (number("vendor"), number("device"));
            if !vendor.is_empty() && !product.is_empty() {
                link.status.pciid = format!("{vendor}:{product}");
                link.status.vendor_id = format!("0x{}", vendor.to_ascii_lowercase());
                link.status.product_id = format!("0x{}", product.to_ascii_lowercase());
            }
        }
    }
}
