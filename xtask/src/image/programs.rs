//! Our own programs: the one that all daemons of a node are, and talosctl.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::run::run;
use super::stamp::Inputs;

const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Static, so that the root image needs no libraries for them.
const STATIC: [&str; 2] = ["-C", "target-feature=+crt-static"];

/// Which of their code is hot: LLVM's indexed profile, packed. `integration/bench/profile.sh` makes it.
const HOT: &str = "deploy/hot.profdata.zst";

/// The compiler takes counts of branches, and says nothing of code that has changed since they were counted.
const COUNTS: [&str; 4] = ["-C", "llvm-args=-disable-vp", "-C", "llvm-args=-no-pgo-warn-mismatch"];

/// Counts go into a file that stays mapped: nodes are killed, and cannot open it any more once they run. It is
/// made where every process of a node may write from its start (rustc book, "Profile-guided optimization"; LLVM,
/// "Source-based code coverage": `%c`). The compiler would keep what nothing calls, and some of that asks for symbols
/// as only a shared libc has them.
const INSTRUMENT: [&str; 6] = [
    "-C",
    "profile-generate=/dev/shm/%c",
    "-C",
    "llvm-args=-runtime-counter-relocation",
    "-C",
    "link-arg=-Wl,--gc-sections",
];

/// Where the programs are.
pub struct Programs {
    /// `machined`, `apid`, `trustd`, `networkd`.
    pub node: PathBuf,
    /// `talosctl`.
    pub talosctl: PathBuf,
}

/// Builds them with a profile of cargo; `instrument` makes them count which of their code runs.
pub fn build(root: &Path, profile: &str, instrument: bool) -> Result<Programs> {
    let target_dir = root.join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()));
    eprintln!("building programs (some minutes when nothing is cached)");
    let mut build = Build { root, profile, target_dir, flags: STATIC.map(str::to_owned).into() };
    if instrument {
        build.target_dir.push("instrumented");
        build.flags.extend(INSTRUMENT.into_iter().chain(COUNTS).map(str::to_owned));
    } else if profile == "release" {
        let hot = unpack(&root.join(HOT), &build.target_dir)?;
        build.flags.extend(["-C".into(), format!("profile-use={}", hot.display())]);
        build.flags.extend(COUNTS.map(str::to_owned));
    }
    Ok(Programs {
        node: build.program("node", &[])?,
        // At a fixed address: moving a short-lived program's tables costs it a third of its pages, and 1 ms.
        talosctl: build.program("talosctl", &["-C", "relocation-model=static"])?,
    })
}

/// How cargo is called.
struct Build<'a> {
    root: &'a Path,
    profile: &'a str,
    target_dir: PathBuf,
    /// Flags of the compiler for both programs and everything in them: what they share is compiled once.
    flags: Vec<String>,
}

impl Build<'_> {
    /// Builds a program; `last` are flags for its own crate.
    fn program(&self, name: &str, last: &[&str]) -> Result<PathBuf> {
        let mut cargo = Command::new("cargo");
        cargo.current_dir(self.root).env("CARGO_ENCODED_RUSTFLAGS", self.flags.join("\u{1f}"));
        cargo.args(["rustc", "--quiet", "--profile", self.profile, "--target", TARGET, "--target-dir"]);
        cargo.arg(&self.target_dir).args(["--package", name, "--bin", name, "--"]).args(last);
        run(&mut cargo)?;
        // The one profile whose folder has another name.
        let folder = if self.profile == "dev" { "debug" } else { self.profile };
        Ok(self.target_dir.join(TARGET).join(folder).join(name))
    }
}

/// Unpacks the profile. Its name tells its contents: cargo builds again when flags change, and looks no further.
fn unpack(packed: &Path, folder: &Path) -> Result<PathBuf> {
    let path = folder.join(format!("{}.profdata", Inputs::new().tree(packed)?.finish()));
    if !path.exists() {
        let write = || {
            let profile = zstd::decode_all(std::fs::File::open(packed)?)?;
            std::fs::create_dir_all(folder)?;
            let partial = path.with_extension("partial");
            std::fs::write(&partial, profile)?;
            std::fs::rename(&partial, &path)
        };
        write().with_context(|| format!("unpack {}", packed.display()))?;
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_profile_has_another_name() {
        let folder = tempfile::tempdir().unwrap();
        let (packed, target) = (folder.path().join("p.zst"), folder.path().join("target"));
        let mut names = vec![];
        for text in ["one", "one", "two"] {
            std::fs::write(&packed, zstd::encode_all(text.as_bytes(), 3).unwrap()).unwrap();
            let path = unpack(&packed, &target).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
            names.push(path);
        }
        assert_eq!(names[0], names[1]);
        assert_ne!(names[0], names[2]);
        std::fs::write(&packed, "not packed").unwrap();
        assert!(unpack(&packed, &target).unwrap_err().to_string().contains("p.zst"));
    }
}
