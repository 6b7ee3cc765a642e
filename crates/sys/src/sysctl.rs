//! Kernel parameters under /proc/sys and /sys.

use std::fs;
use std::path::PathBuf;

use crate::{Context, Error, Result};

/// Reads and writes kernel parameters by the name that `sysctl` uses, for example
/// `net.ipv4.ip_forward`. A name with a slash is taken as a path below /proc/sys, for interface
/// names that contain a dot.
pub trait SysctlPort: Send + Sync {
    /// The current value without its trailing newline.
    fn get(&self, name: &str) -> Result<String>;
    /// Sets a value.
    fn set(&self, name: &str, value: &str) -> Result<()>;
}

/// The kernel's parameters.
#[derive(Debug, Clone)]
pub struct Sysctls {
    root: PathBuf,
}

impl Default for Sysctls {
    fn default() -> Self {
        Self { root: "/proc/sys".into() }
    }
}

impl Sysctls {
    /// Parameters below another root, `/sys` for example.
    pub fn below(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn path(&self, name: &str) -> Result<PathBuf> {
        let relative = if name.contains('/') { name.to_owned() } else { name.replace('.', "/") };
        let bad =
            relative.starts_with('/') || relative.split('/').any(|part| part.is_empty() || part == "..");
        if bad {
            let reason = "the name must be like net.ipv4.ip_forward";
            return Err(Error::other(format!("use the kernel parameter {name:?}"), reason));
        }
        Ok(self.root.join(relative))
    }
}

impl SysctlPort for Sysctls {
    fn get(&self, name: &str) -> Result<String> {
        let text =
            fs::read_to_string(self.path(name)?).context(|| format!("read kernel parameter {name}"))?;
        Ok(text.trim_end().to_owned())
    }

    fn set(&self, name: &str, value: &str) -> Result<()> {
        fs::write(self.path(name)?, value).context(|| format!("set kernel parameter {name} to {value}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_separate_and_slashes_allow_dots_in_names() {
        let sysctls = Sysctls::default();
        assert_eq!(sysctls.path("kernel.panic").unwrap(), PathBuf::from("/proc/sys/kernel/panic"));
        let dotted = sysctls.path("net/ipv4/conf/eth0.5/forwarding").unwrap();
        assert_eq!(dotted, PathBuf::from("/proc/sys/net/ipv4/conf/eth0.5/forwarding"));
    }

    #[test]
    fn names_cannot_leave_the_tree() {
        for name in ["/etc/passwd", "net/../../etc/passwd", "", "a..b"] {
            assert!(Sysctls::default().path(name).is_err(), "{name}");
        }
    }

    #[test]
    fn values_are_read_without_the_newline() {
        assert!(!Sysctls::default().get("kernel.ostype").unwrap().ends_with('\n'));
    }
}
