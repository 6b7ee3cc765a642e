//! A containerd of our own, in a folder that goes with it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use containerd::Client;

/// A folder of what `cargo xtask image` builds, wherever in the workspace this is compiled.
pub fn built(name: &str) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.ancestors().find(|a| a.join("Cargo.lock").exists()).unwrap_or(here);
    root.join("_out").join(name)
}

pub struct Daemon {
    folder: tempfile::TempDir,
    components: PathBuf,
    name: String,
    process: Child,
}

impl Daemon {
    /// Starts one, if this machine can run it.
    pub fn start(name: &str) -> Option<Self> {
        let without_cri = "version = 3\n\
            disabled_plugins = [\"io.containerd.grpc.v1.cri\", \"io.containerd.cri.v1.images\", \
            \"io.containerd.cri.v1.runtime\", \"io.containerd.nri.v1.nri\"]\n";
        Self::start_with(name, without_cri)
    }

    /// The same with a configuration, to which its folders are added.
    pub fn start_with(name: &str, config: &str) -> Option<Self> {
        let components = built("components/bin");
        if !nix::unistd::geteuid().is_root() {
            eprintln!("SKIPPED: containers need root");
            return None;
        }
        if !components.join("containerd").exists() {
            eprintln!("SKIPPED: {} has no containerd; `cargo xtask image` builds it", components.display());
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        configure(folder.path(), config);
        let process = spawn(folder.path(), &components);
        Some(Self {
            folder,
            components,
            name: format!("containerd-test-{}-{name}", std::process::id()),
            process,
        })
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("containerd.sock")
    }

    #[allow(dead_code, reason = "each test file uses its own part")]
    pub fn component(&self, name: &str) -> PathBuf {
        self.components.join(name)
    }

    /// A control group that nobody else uses.
    pub fn cgroup(&self, id: &str) -> String {
        format!("/{}/{id}", self.name)
    }

    pub async fn ready(&self, client: &Client) {
        for _ in 0..500 {
            if client.health(Duration::from_millis(500)).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!(
            "containerd did not become ready: {}",
            std::fs::read_to_string(self.folder.path().join("log")).unwrap()
        );
    }

    /// What it said so far.
    #[allow(dead_code, reason = "each test file uses its own part")]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub fn restart(&mut self) {
        self.process = spawn(self.folder.path(), &self.components);
    }
}

fn configure(folder: &Path, config: &str) {
    let at = |name: &str| folder.join(name).display().to_string();
    let own = format!(
        "root = \"{}\"\nstate = \"{}\"\n[grpc]\naddress = \"{}\"\n[ttrpc]\naddress = \"{}\"\n",
        at("root"),
        at("state"),
        at("containerd.sock"),
        at("containerd.sock.ttrpc"),
    );
    // Keys of the whole come before the first table.
    let (keys, tables) =
        config.split_once("\n[").map_or((config, String::new()), |(k, t)| (k, format!("\n[{t}")));
    std::fs::write(folder.join("config.toml"), format!("{keys}\n{own}{tables}")).unwrap();
}

fn spawn(folder: &Path, components: &Path) -> Child {
    let log = std::fs::File::options().create(true).append(true).open(folder.join("log")).unwrap();
    Command::new(components.join("containerd"))
        .arg("--config")
        .arg(folder.join("config.toml"))
        .env("PATH", format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", components.display()))
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        // Shims outlive their daemon; ours have our folder among their arguments.
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            let Ok(pid) = entry.file_name().to_string_lossy().parse::<i32>() else { continue };
            let command = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            if String::from_utf8_lossy(&command).contains(&self.folder.path().display().to_string()) {
                let _ = nix::sys::signal::kill(
                    nix::unistd::Pid::from_raw(pid),
                    nix::sys::signal::Signal::SIGKILL,
                );
            }
        }
        let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
        for line in mounts.lines().rev() {
            let target = line.split(' ').nth(1).unwrap_or_default();
            if target.starts_with(&self.folder.path().display().to_string()) {
                let _ = nix::mount::umount2(target, nix::mount::MntFlags::MNT_DETACH);
            }
        }
        for hierarchy in std::fs::read_dir("/sys/fs/cgroup").into_iter().flatten().flatten() {
            let _ = std::fs::remove_dir(hierarchy.path().join(&self.name));
        }
        let _ = std::fs::remove_dir(Path::new("/sys/fs/cgroup").join(&self.name));
    }
}
