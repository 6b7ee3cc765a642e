//! The init of a test node: looks around, writes down what it sees, configures its link from what
//! the platform says, and does what it is told through a file.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use proto::resource::network::PlatformConfigSpec;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// What the tests read and write of the node's /var.
const BOOTS: &str = "/var/boots";
const REPORT: &str = "/var/report";
const ORDER: &str = "/var/order";
const CONFIGURATION: &str = "/system/state/config.yaml";

pub fn main() -> ExitCode {
    println!("test init starts");
    let mut boots = fs::OpenOptions::new().create(true).append(true).open(BOOTS).expect("open boots");
    boots.write_all(b"boot\n").expect("count the boot");
    fs::write(REPORT, report()).expect("write the report");
    crate::world::block_on(live())
}

async fn live() -> ExitCode {
    let mut notices = sys::signal::Notices::watch().expect("watch signals");
    let _reaper = sys::process::Reaper::start().expect("start the reaper");
    configure_link().await;
    let listener = tokio::net::TcpListener::bind("0.0.0.0:50000").await.expect("listen");
    tokio::spawn(serve(listener));
    loop {
        tokio::select! {
            notice = notices.next() => {
                println!("test init ends: {notice}");
                return ExitCode::SUCCESS;
            }
            () = tokio::time::sleep(Duration::from_millis(10)) => {
                if let Ok(order) = fs::read_to_string(ORDER) {
                    fs::remove_file(ORDER).expect("forget the order");
                    if let Ok(status) = order.trim().parse::<u8>() {
                        return ExitCode::from(status);
                    }
                }
            }
        }
    }
}

/// Greets, and keeps whatever the caller sends as its configuration.
async fn serve(listener: tokio::net::TcpListener) {
    loop {
        let (mut stream, _) = listener.accept().await.expect("accept");
        tokio::spawn(async move {
            let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
            _ = stream.write_all(name.trim().as_bytes()).await;
            _ = stream.shutdown().await;
            let mut text = String::new();
            if stream.read_to_string(&mut text).await.is_ok() && !text.is_empty() {
                fs::write(CONFIGURATION, text).expect("keep the configuration");
            }
        });
    }
}

/// What networkd does on a real node.
async fn configure_link() {
    let text = fs::read_to_string("/system/platform/network.yaml").expect("read the platform's file");
    let spec: PlatformConfigSpec = resources::yaml::spec_from_text(&text).expect("understand it");
    let (connection, handle, _) = rtnetlink::new_connection().expect("netlink");
    tokio::spawn(connection);
    let mut links = handle.link().get().match_name(spec.addresses[0].link_name.clone()).execute();
    let index = futures::TryStreamExt::try_next(&mut links)
        .await
        .expect("list links")
        .expect("the link")
        .header
        .index;
    let address = spec.addresses[0].address.clone().expect("an address");
    let bytes: [u8; 4] = address.ip.try_into().expect("IPv4");
    let length = u8::try_from(address.prefix_length).expect("a length");
    handle
        .address()
        .add(index, std::net::Ipv4Addr::from(bytes).into(), length)
        .execute()
        .await
        .expect("address");
    let up = rtnetlink::LinkMessageBuilder::<rtnetlink::LinkUnspec>::new().index(index).up().build();
    handle.link().set(up).execute().await.expect("up");
}

/// One `key=value` a line.
fn report() -> String {
    let mut out = String::new();
    let mut note = |key: &str, value: String| _ = writeln!(out, "{key}={value}");
    note("pid", std::process::id().to_string());
    note("hostname", fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned());
    note("platform", std::env::var("PLATFORM").unwrap_or_default());
    note("dev", names(Path::new("/dev"), &|_| true));
    note("block", names(Path::new("/dev"), &|kind| kind.is_block_device()));
    note("links", names(Path::new("/sys/class/net"), &|_| true));
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    for set in ["CapBnd", "CapEff"] {
        let line = status.lines().find_map(|line| line.strip_prefix(set)?.strip_prefix(":\t"));
        note(set, line.unwrap_or_default().to_owned());
    }
    note("cgroup", fs::read_to_string("/proc/self/cgroup").unwrap_or_default().replace('\n', ";"));
    // Attempts on the machine, each of which must fail.
    let mut attempt = |key: &str, result: std::io::Result<()>| {
        note(key, result.map_or_else(|error| format!("refused: {error}"), |()| "done".into()));
    };
    attempt(
        "mknod-block",
        mknod("/var/disk", "b", 7, 0).and_then(|()| fs::File::open("/var/disk").map(drop)),
    );
    attempt("mknod-mem", mknod("/var/mem", "c", 1, 1).and_then(|()| fs::File::open("/var/mem").map(drop)));
    let kmsg = fs::OpenOptions::new().write(true).open("/dev/kmsg");
    attempt("kmsg-write", kmsg.and_then(|mut file| file.write_all(b"provision test\n")));
    attempt("kmsg-read", fs::File::open("/dev/kmsg").map(drop));
    attempt(
        "sys-write",
        fs::write("/sys/kernel/mm/ksm/run", "0").or_else(|_| fs::create_dir("/sys/fs/test")),
    );
    attempt("sys-remount", remount_and_write_sys());
    attempt("sysctl-write", fs::write("/proc/sys/kernel/core_pattern", "core"));
    attempt("sysctl-net", fs::write("/proc/sys/net/ipv4/ip_forward", "1"));
    attempt("sysctl-private", fs::write("/proc/sys/kernel/panic", "77"));
    attempt("sysrq", fs::write("/proc/sysrq-trigger", "not a command").map(drop));
    attempt("root-write", fs::write("/x", "x"));
    attempt("root-remount", remount("/").and_then(|()| fs::write("/x", "x")));
    attempt("etc-write", fs::write("/etc/x", "x"));
    attempt(
        "cgroup-write",
        fs::create_dir("/sys/fs/cgroup/pids/x").or_else(|_| fs::create_dir("/sys/fs/cgroup/x")),
    );
    for path in [
        "/run/x",
        "/system/x",
        "/tmp/x",
        "/var/x",
        "/opt/x",
        "/etc/cni/x",
        "/etc/kubernetes/x",
        "/usr/libexec/kubernetes/x",
    ] {
        attempt(path, fs::write(path, "x"));
    }
    note(
        "sysrq-is",
        format!(
            "{:?}",
            fs::metadata("/proc/sysrq-trigger").map(|meta| meta.file_type().is_char_device()).ok()
        ),
    );
    out
}

fn names(dir: &Path, keep: &dyn Fn(&fs::FileType) -> bool) -> String {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| keep(&kind)))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names.join(",")
}

fn mknod(path: &str, kind: &str, major: u32, minor: u32) -> std::io::Result<()> {
    let made = match kind {
        "c" => sys::fs::character_device(Path::new(path), major, minor, 0o600),
        _ => sys::fs::block_device(Path::new(path), major, minor, 0o600),
    };
    made.map_err(|error| error.source)
}

fn remount(path: &str) -> std::io::Result<()> {
    use sys::mount::{MountPort, MountSpec, Mounts, MsFlags};
    let writable =
        MountSpec { source: None, target: path.into(), fstype: None, flags: MsFlags::MS_REMOUNT, data: None };
    let whole = Mounts.mount(&writable);
    let here = Mounts.mount(&MountSpec::remount_bind(path, MsFlags::empty()));
    whole.or(here).map_err(|error| error.source)
}

fn remount_and_write_sys() -> std::io::Result<()> {
    use sys::mount::{MountPort, MountSpec, Mounts, MsFlags};
    // A second mount, as a privileged container makes one.
    fs::create_dir_all("/run/sys")?;
    Mounts.mount(&MountSpec::new("sysfs", "/run/sys", MsFlags::empty())).map_err(|error| error.source)?;
    fs::write("/run/sys/module/kernel/parameters/panic", fs::read("/run/sys/module/kernel/parameters/panic")?)
}
