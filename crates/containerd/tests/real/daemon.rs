//! A containerd of our own, in a folder that goes with it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use containerd::Client;

pub struct Daemon {
    folder: tempfile::TempDir,
    components: PathBuf,
    name: String,
    process: Child,
}

impl Daemon {
    /// Starts one, if this machine can run it.
    pub fn start(name: &str) -> Option<Self> {
        let components = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../_out/components/bin");
        if !nix::unistd::geteuid().is_root() {
            eprintln!("SKIPPED: containers need root");
            return None;
        }
        if !components.join("containerd").exists() {
            eprintln!("SKIPPED: {} has no containerd; `cargo xtask image` builds it", components.display());
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
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

    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub fn restart(&mut self) {
        self.process = spawn(self.folder.path(), &self.components);
    }
}

fn spawn(folder: &Path, components: &Path) -> Child {
    let at = |name: &str| folder.join(name).display().to_string();
    let config = format!(
        "version = 3\nroot = \"{}\"\nstate = \"{}\"\n\
         disabled_plugins = [\"io.containerd.grpc.v1.cri\", \"io.containerd.cri.v1.images\", \
         \"io.containerd.cri.v1.runtime\", \"io.containerd.nri.v1.nri\"]\n\
         [grpc]\naddress = \"{}\"\n[ttrpc]\naddress = \"{}\"\n",
        at("root"),
        at("state"),
        at("containerd.sock"),
        at("containerd.sock.ttrpc"),
    );
    std::fs::write(folder.join("config.toml"), config).unwrap();
    let log = std::fs::File::options().create(true).append(true).open(folder.join("log")).unwrap();
    Command::new(components.join("containerd"))
        .args(["--config", &at("config.toml")])
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
