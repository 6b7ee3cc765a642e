//! Becoming another program.

use std::convert::Infallible;
use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::{Context, Error, Result};

/// Executes `program` in place of this process, with exactly these arguments (the first is
/// argv\[0\]) and this environment.
///
/// # Errors
/// If the program cannot be executed; otherwise it does not return.
pub fn replace(program: &Path, args: &[impl AsRef<OsStr>], env: &[(String, String)]) -> Result<Infallible> {
    let action = || format!("execute {}", program.display());
    let text = |bytes: &[u8]| {
        CString::new(bytes).map_err(|_| Error::other(action(), "an argument or variable contains a NUL byte"))
    };
    let path = text(program.as_os_str().as_bytes())?;
    let args = args.iter().map(|arg| text(arg.as_ref().as_bytes())).collect::<Result<Vec<_>>>()?;
    let env = env
        .iter()
        .map(|(key, value)| text(format!("{key}={value}").as_bytes()))
        .collect::<Result<Vec<_>>>()?;
    nix::unistd::execve(&path, &args, &env).context(action)
}
