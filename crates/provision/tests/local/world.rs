//! What the tests share: an image, clusters in a temporary place, a look at the machine.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use provision::local::names::Names;
use provision::local::{ApplyError, ClusterInfo, DnsUpstream, NodeInfo, Options, Outcome, Supplier};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The default stack is small enough and one thread is what the real programs have.
pub fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime").block_on(future)
}

/// A temporary place with a root image and, when dropped, without clusters.
pub struct World {
    pub dir: tempfile::TempDir,
    clusters: Vec<String>,
}

impl World {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("temporary directory");
        make_image(&dir.path().join("rootfs"));
        Self { dir, clusters: Vec::new() }
    }

    pub fn root(&self) -> PathBuf {
        self.dir.path().join("clusters")
    }

    pub fn options(&mut self, name: &str, control_planes: usize, workers: usize) -> Options {
        self.clusters.push(name.to_owned());
        options(self.dir.path(), name, control_planes, workers)
    }

    pub async fn create(&self, options: &Options) -> Outcome {
        provision::local::create(options, &Hello, &|_| {}).await.unwrap_or_else(|error| {
            panic!("create {}: {error}\n{}", options.name, self.logs(&options.name));
        })
    }

    pub async fn destroy(&self, name: &str) {
        provision::local::destroy(&self.root(), name, &|_| {}).await.expect("destroy");
    }

    pub fn names(&self, name: &str) -> Names {
        Names::new(&fs::canonicalize(self.root()).expect("the root exists"), name)
    }

    /// A file of a node's /var.
    pub fn var(&self, cluster: &str, node: &str, file: &str) -> PathBuf {
        self.root().join(cluster).join("nodes").join(node).join("var").join(file)
    }

    pub fn boots(&self, cluster: &str, node: &str) -> usize {
        fs::read_to_string(self.var(cluster, node, "boots")).unwrap_or_default().lines().count()
    }

    pub fn host_pid(&self, cluster: &str) -> i32 {
        provision::local::show(&self.root(), cluster).expect("show").host_pid.expect("a living host")
    }

    fn logs(&self, cluster: &str) -> String {
        let dir = self.root().join(cluster);
        let mut text = fs::read_to_string(dir.join("host.log")).unwrap_or_default();
        for node in fs::read_dir(dir.join("nodes")).into_iter().flatten().flatten() {
            text += &fs::read_to_string(node.path().join("console.log")).unwrap_or_default();
        }
        text
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for name in &self.clusters {
                eprintln!("--- logs of {name}\n{}", self.logs(name));
            }
        }
        // In a thread of its own: this may run inside the runtime of a failing test.
        let (root, clusters) = (self.root(), std::mem::take(&mut self.clusters));
        let thread = std::thread::spawn(move || {
            for name in clusters {
                _ = block_on(provision::local::destroy(&root, &name, &|_| {}));
            }
        });
        _ = thread.join();
    }
}

fn options(dir: &Path, name: &str, control_planes: usize, workers: usize) -> Options {
    let mut options = Options::new(name).expect("options").with_nodes(control_planes, workers);
    options.root = dir.join("clusters");
    options.image = dir.join("rootfs");
    options.dns = DnsUpstream::Nobody;
    options.patience = Duration::from_secs(20);
    options
}

/// The subcommand `create-only DIR NAME`, for tests that kill it.
pub fn create_only(args: &[OsString]) -> ExitCode {
    let [_, dir, name] = args else { return ExitCode::FAILURE };
    let options = options(Path::new(dir), &name.to_string_lossy(), 1, 1);
    let started = Instant::now();
    let progress = |event| println!("{:>6.3} {event:?}", started.elapsed().as_secs_f32());
    match block_on(provision::local::create(&options, &Hello, &progress)) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The subcommand `destroy-only DIR NAME`, for whoever looks into a test by hand.
pub fn destroy_only(args: &[OsString]) -> ExitCode {
    let [_, dir, name] = args else { return ExitCode::FAILURE };
    let root = Path::new(dir).join("clusters");
    match block_on(provision::local::destroy(&root, &name.to_string_lossy(), &|event| println!("{event:?}")))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Gives each node a line of text that names it and the making.
pub struct Hello;

#[async_trait]
impl Supplier for Hello {
    async fn configurations(&self, cluster: &ClusterInfo) -> Result<BTreeMap<String, String>, String> {
        let making = std::process::id();
        let text = |node: &NodeInfo| format!("configuration of {} made by {making}", node.name);
        Ok(cluster.nodes.iter().map(|node| (node.name.clone(), text(node))).collect())
    }

    async fn apply(&self, _: &ClusterInfo, node: &NodeInfo, configuration: &str) -> Result<(), ApplyError> {
        let call = async {
            let mut stream = tokio::net::TcpStream::connect((node.address, 50000)).await?;
            let mut name = String::new();
            stream.read_to_string(&mut name).await?;
            assert_eq!(name, node.name);
            stream.write_all(configuration.as_bytes()).await?;
            stream.shutdown().await
        };
        let result = tokio::time::timeout(Duration::from_secs(1), call).await;
        result
            .unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))
            .map_err(|e| ApplyError::NotYet(e.to_string()))
    }
}

/// A root image of nothing but this program, the libraries it has mapped, and mount points.
fn make_image(root: &Path) {
    let folders =
        ["proc", "sys", "dev", "run", "system", "tmp", "var", "etc", "opt", "sbin", "usr/libexec/kubernetes"];
    for folder in folders {
        fs::create_dir_all(root.join(folder)).expect("image folder");
    }
    fs::copy(std::env::current_exe().expect("this program"), root.join("sbin/init")).expect("copy init");
    let maps = fs::read_to_string("/proc/self/maps").expect("maps");
    for path in
        maps.lines().filter_map(|line| line.split_whitespace().nth(5)).filter(|path| path.contains(".so"))
    {
        let target = root.join(path.trim_start_matches('/'));
        fs::create_dir_all(target.parent().expect("a parent")).expect("library folder");
        fs::copy(path, target).expect("copy a library");
    }
    for link in ["lib", "lib64"] {
        if fs::symlink_metadata(format!("/{link}")).is_ok_and(|meta| meta.is_symlink()) {
            std::os::unix::fs::symlink(format!("usr/{link}"), root.join(link)).expect("link");
        }
    }
    // The program names its loader under /lib64, which is elsewhere in the map.
    let loader = Path::new("/lib64/ld-linux-x86-64.so.2");
    if loader.exists() {
        let target = root.join("usr/lib64/ld-linux-x86-64.so.2");
        fs::create_dir_all(target.parent().expect("a parent")).expect("loader folder");
        fs::copy(loader, target).expect("copy the loader");
    }
}

/// Waits until `condition` holds.
pub async fn until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn output(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output().expect(program);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Everything on this machine that carries `hash`: links, namespaces, rules, control groups, mounts.
pub fn traces(hash: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut look = |what: &str, text: String| {
        found.extend(text.lines().filter(|line| line.contains(hash)).map(|line| format!("{what}: {line}")));
    };
    look("link", output("ip", &["-o", "link"]));
    look("rules", output("nft", &["list", "tables"]));
    look("mount", fs::read_to_string("/proc/mounts").expect("mounts"));
    for dir in [
        "/run/netns",
        "/sys/fs/cgroup",
        "/sys/fs/cgroup/memory",
        "/sys/fs/cgroup/pids",
        "/sys/fs/cgroup/devices",
    ] {
        let names = fs::read_dir(dir).into_iter().flatten().flatten();
        look(dir, names.map(|entry| entry.file_name().to_string_lossy().into_owned() + "\n").collect());
    }
    found
}
