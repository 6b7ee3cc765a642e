//! Host and domain name of the UTS namespace.

use std::ffi::CString;

use nix::errno::Errno;

use crate::{Context, Error, Result};

/// The kernel's idea of this host's name.
pub trait HostnamePort: Send + Sync {
    /// The current host name.
    fn hostname(&self) -> Result<String>;
    /// Sets the host name (at most 64 bytes).
    fn set_hostname(&self, name: &str) -> Result<()>;
    /// Sets the NIS domain name, which the contract uses for the DNS domain.
    fn set_domainname(&self, name: &str) -> Result<()>;
}

/// The UTS namespace of this process.
#[derive(Debug, Clone, Copy, Default)]
pub struct Kernel;

impl HostnamePort for Kernel {
    fn hostname(&self) -> Result<String> {
        let name = nix::unistd::gethostname().context(|| "read the host name".into())?;
        Ok(name.to_string_lossy().into_owned())
    }

    fn set_hostname(&self, name: &str) -> Result<()> {
        nix::unistd::sethostname(name).context(|| format!("set the host name to {name:?}"))
    }

    fn set_domainname(&self, name: &str) -> Result<()> {
        let action = || format!("set the domain name to {name:?}");
        let text = CString::new(name).map_err(|_| Error::other(action(), "it contains a NUL byte"))?;
        // SAFETY: pointer and length describe the string, which outlives the call.
        let result = unsafe { libc::setdomainname(text.as_ptr(), text.as_bytes().len()) };
        Errno::result(result).map(|_| ()).context(action)
    }
}
