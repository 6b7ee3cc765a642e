//! What a link's driver tells about it: name, place on the bus, speed.

use std::ffi::c_char;
use std::mem::size_of;
use std::os::fd::{AsRawFd, OwnedFd};

use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};

use crate::{Context, Error, Result};

/// Commands of the kernel's interface (linux/ethtool.h, linux/sockios.h).
const GSET: u32 = 0x01;
const GDRVINFO: u32 = 0x03;
const SIOCETHTOOL: u32 = 0x8946;

/// The driver and where the hardware is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Driver {
    /// Name of the driver.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Version of the hardware's firmware.
    pub firmware: String,
    /// Place on the bus, e.g. a PCI address.
    pub bus: String,
}

/// How the link transmits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settings {
    /// Speed in Mbit/s, if it is known.
    pub speed_mbit: Option<u32>,
    /// 0 half, 1 full, 255 unknown (linux/ethtool.h).
    pub duplex: u8,
    /// Kind of connector (linux/ethtool.h).
    pub port: u8,
}

#[repr(C)]
struct DriverInfo {
    command: u32,
    name: [u8; 32],
    version: [u8; 32],
    firmware: [u8; 32],
    bus: [u8; 32],
    rest: [u8; 64],
}

#[repr(C)]
#[derive(Default)]
struct Command {
    command: u32,
    supported: u32,
    advertising: u32,
    speed: u16,
    duplex: u8,
    port: u8,
    phy_transceiver_autoneg_mdio: [u8; 4],
    max_packets: [u32; 2],
    speed_high: u16,
    mdix: [u8; 2],
    partner: u32,
    reserved: [u32; 2],
}

/// A socket through which drivers of the current network namespace are asked.
#[derive(Debug)]
pub struct Ethtool(OwnedFd);

impl Ethtool {
    /// Opens the socket.
    ///
    /// # Errors
    /// If the process has no descriptor left.
    pub fn open() -> Result<Self> {
        socket(AddressFamily::Inet, SockType::Datagram, SockFlag::SOCK_CLOEXEC, None)
            .map(Self)
            .context(|| "open a socket to ask drivers of links".into())
    }

    /// The driver of a link.
    ///
    /// # Errors
    /// If there is no such link, or its driver tells nothing.
    pub fn driver(&self, link: &str) -> Result<Driver> {
        let mut info = DriverInfo {
            command: GDRVINFO,
            name: [0; 32],
            version: [0; 32],
            firmware: [0; 32],
            bus: [0; 32],
            rest: [0; 64],
        };
        self.ask(link, &mut info)?;
        Ok(Driver {
            name: text(&info.name),
            version: text(&info.version),
            firmware: text(&info.firmware),
            bus: text(&info.bus),
        })
    }

    /// How a link transmits.
    ///
    /// # Errors
    /// If there is no such link, or its driver does not tell.
    pub fn settings(&self, link: &str) -> Result<Settings> {
        let mut command = Command { command: GSET, ..Command::default() };
        self.ask(link, &mut command)?;
        let speed = u32::from(command.speed_high) << 16 | u32::from(command.speed);
        // Both forms of "unknown" are in use: all bits of the number, and of its lower half only.
        let known = speed != 0 && speed != u32::MAX && speed != u32::from(u16::MAX);
        Ok(Settings { speed_mbit: known.then_some(speed), duplex: command.duplex, port: command.port })
    }

    fn ask<T>(&self, link: &str, request: &mut T) -> Result<()> {
        // SAFETY: an all-zero ifreq is valid: it consists of numbers and pointers that are not followed.
        let mut ifreq: libc::ifreq = unsafe { std::mem::zeroed() };
        if link.len() >= ifreq.ifr_name.len() {
            return Err(Error::other("ask the driver of a link", format!("the name {link:?} is too long")));
        }
        for (to, from) in ifreq.ifr_name.iter_mut().zip(link.bytes()) {
            *to = from as c_char;
        }
        debug_assert!(size_of::<T>() >= 4);
        ifreq.ifr_ifru.ifru_data = std::ptr::from_mut(request).cast();
        // SAFETY: SIOCETHTOOL reads the name and lets the driver fill the structure behind ifru_data, whose first
        // field names a command that fills exactly a T; both live until the call returns.
        let result = unsafe { libc::ioctl(self.0.as_raw_fd(), SIOCETHTOOL as _, &raw mut ifreq) };
        nix::errno::Errno::result(result).map(drop).context(|| format!("ask the driver of link {link}"))
    }
}

/// Text of a field that ends with the first zero byte.
fn text(field: &[u8]) -> String {
    let end = field.iter().position(|b| *b == 0).unwrap_or(field.len());
    String::from_utf8_lossy(field.get(..end).unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structures_have_the_kernels_size() {
        assert_eq!(size_of::<DriverInfo>(), 196);
        assert_eq!(size_of::<Command>(), 44);
    }

    #[test]
    fn a_link_that_does_not_exist_is_an_error() {
        let ethtool = Ethtool::open().unwrap();
        assert!(ethtool.driver("no-such-link").is_err());
        assert!(ethtool.driver("a-name-that-is-too-long").is_err());
    }
}
