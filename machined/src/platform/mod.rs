//! Where the machine runs, and what that means for it.

pub mod network;

use std::path::Path;

/// What a platform can do (contract os.md 2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Somebody else's kernel: no disks, no boot loader, no META.
    Container,
    /// A whole machine.
    Metal,
}

impl Mode {
    /// Name on the wire and in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Container => "container",
            Mode::Metal => "metal",
        }
    }

    /// What a configuration is validated for here.
    pub fn validated(self) -> config::validate::Mode {
        match self {
            Mode::Container => config::validate::Mode::Container,
            Mode::Metal => config::validate::Mode::Metal,
        }
    }
}

/// The platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Platform {
    /// Name, as in `talos.platform`.
    pub name: &'static str,
    /// What it can do.
    pub mode: Mode,
    /// A host restarts the machine by its exit status, so it can reboot though it is a container.
    pub restartable: bool,
}

/// Told by a node host: the machine is restarted when it exits with [`EXIT_REBOOT`] or [`EXIT_RESET`].
pub const RESTARTABLE_ENV: &str = "TALOS_HOST_RESTARTS";

/// Exit status for «start me again».
pub const EXIT_REBOOT: i32 = 64;

/// Exit status for «start me again, STATE is empty now».
pub const EXIT_RESET: i32 = 65;

/// Finds out where we run: `PLATFORM=container` or the marker file mean a container (contract os.md 4).
pub fn detect(environment: impl Fn(&str) -> Option<String>, root: &Path) -> Platform {
    let container =
        environment("PLATFORM").as_deref() == Some("container") || root.join("usr/etc/in-container").exists();
    match container {
        true => Platform {
            name: "container",
            mode: Mode::Container,
            restartable: environment(RESTARTABLE_ENV).is_some_and(|v| v == "1"),
        },
        false => Platform { name: "metal", mode: Mode::Metal, restartable: true },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_is_known_by_its_environment_or_its_marker() {
        let dir = tempfile::tempdir().unwrap();
        let none = |_: &str| None;
        assert_eq!(detect(none, dir.path()).mode, Mode::Metal);
        let env = |key: &str| (key == "PLATFORM").then(|| "container".to_owned());
        let platform = detect(env, dir.path());
        assert_eq!((platform.mode, platform.restartable), (Mode::Container, false));
        std::fs::create_dir_all(dir.path().join("usr/etc")).unwrap();
        std::fs::write(dir.path().join("usr/etc/in-container"), "").unwrap();
        assert_eq!(detect(none, dir.path()).mode, Mode::Container);
    }
}
