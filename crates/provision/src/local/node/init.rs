//! The first process inside a node's namespaces: builds the root, enters it, becomes init.
//!
//! It runs as PID 1 of the node with the pid, mount, uts, ipc, cgroup and network namespaces in
//! place, and still sees this machine's files. What it mounts nobody outside sees.

use std::convert::Infallible;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use sys::cgroup::Layout;
use sys::hostname::{HostnamePort, Kernel};
use sys::mount::{MntFlags, MountPort, MountSpec, Mounts, MsFlags};

use super::FORBIDDEN;
use super::plan::{self, Inputs, Step};
use super::platform::network_yaml;
use crate::local::error::{Error, Result};
use crate::local::state::{ClusterInfo, Files};

/// PATH of a node's init (contract os.md 4).
const PATH: &str = "/usr/bin:/usr/local/sbin:/usr/local/bin:/opt/cni/bin";

/// A new random UUID at each reading.
const RANDOM_UUID: &str = "/proc/sys/kernel/random/uuid";

/// Turns this process into the init of `node`. Does not return unless something failed.
pub(crate) fn become_init(files: &Files, node: &str) -> Result<Infallible> {
    let stored = files.load()?.ok_or_else(|| Error::Host("the cluster's state is gone".into()))?;
    let cluster = stored.cluster;
    let info = cluster.node(node)?;
    let (dir, network) = (files.node_dir(node), network_yaml(&cluster, info)?);
    let layout = Layout::detect()?;
    Mounts.mount(&MountSpec::propagation("/", MsFlags::MS_PRIVATE | MsFlags::MS_REC))?;
    let image = cluster.root_image();
    let var = info.var.clone().unwrap_or_else(|| dir.join("var"));
    let boot_id = fs::read_to_string(RANDOM_UUID).map_err(Error::file("read", Path::new(RANDOM_UUID)))?;
    let inputs = Inputs {
        image: &image,
        dir: &dir,
        var: &var,
        layout: &layout,
        binds: &cluster.binds,
        network: &network,
        boot_id: &boot_id,
    };
    for step in plan::steps(&inputs) {
        carry_out(&Mounts, &dir, step)?;
    }
    Mounts.unmount(&plan::scratch(&dir), MntFlags::MNT_DETACH)?;
    enter(&Mounts, &plan::root(&dir))?;
    Kernel.set_hostname(node)?;
    sys::capability::drop_for_ever(&FORBIDDEN)?;
    Ok(sys::process::replace(Path::new("/sbin/init"), &["/sbin/init"], &environment(&cluster))?)
}

fn environment(cluster: &ClusterInfo) -> Vec<(String, String)> {
    let mut env = cluster.env.clone();
    for (key, value) in [("PATH", PATH), ("PLATFORM", "container"), ("HOME", "/"), sys::memory::TUNABLES] {
        env.insert(key.into(), value.into());
    }
    env.into_iter().collect()
}

fn carry_out(port: &dyn MountPort, dir: &Path, step: Step) -> Result<()> {
    match step {
        Step::Directory(path, mode) if !path.is_dir() => sys::fs::create_dir(&path, mode)?,
        Step::Directory(..) => {}
        Step::File(path, text) => fs::write(&path, text).map_err(Error::file("write", &path))?,
        Step::Symlink(path, target) => symlink(target, &path).map_err(Error::file("link", &path))?,
        Step::Device(path, major, minor, mode) => sys::fs::character_device(&path, major, minor, mode)?,
        Step::Mount(spec) => port.mount(&spec)?,
        Step::MountOr(first, second) => port.mount(&first).or_else(|_| port.mount(&second))?,
        Step::Mask(path) if path.exists() => port.mount(&MountSpec::bind("/dev/null", path))?,
        Step::ReadOnly(path) if path.exists() => {
            port.mount(&MountSpec::bind(&path, &path))?;
            let flags = sys::mount::data_only() | MsFlags::MS_RDONLY;
            port.mount(&MountSpec::remount_bind(path, flags))?;
        }
        Step::Private(path, content) if path.exists() => {
            let file = private_file(dir, &path)?;
            fs::write(&file, content).map_err(Error::file("write", &file))?;
            port.mount(&MountSpec::bind(file, path))?;
        }
        Step::Mask(_) | Step::ReadOnly(_) | Step::Private(..) => {}
    }
    Ok(())
}

fn private_file(dir: &Path, of: &Path) -> Result<PathBuf> {
    let private = plan::scratch(dir).join("private");
    fs::create_dir_all(&private).map_err(Error::file("create", &private))?;
    Ok(private.join(of.file_name().unwrap_or_default()))
}

/// Makes `root` the root of this namespace and lets go of everything of the machine.
fn enter(port: &dyn MountPort, root: &Path) -> Result<()> {
    let go = |path: &Path| std::env::set_current_dir(path).map_err(Error::file("enter", path));
    go(root)?;
    // Old and new root may be stacked on one place: the old one is then on top and goes first.
    port.pivot_root(Path::new("."), Path::new("."))?;
    port.unmount(Path::new("."), MntFlags::MNT_DETACH)?;
    go(Path::new("/"))
}
