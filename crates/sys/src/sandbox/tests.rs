//! Restrictions last for the life of a thread, so each test runs in one of its own; seccomp, which
//! is applied to all threads, runs in a copy of this test program.

use std::fs;
use std::net::TcpListener;

use super::*;

fn in_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::spawn(work).join().unwrap()
}

#[test]
fn only_named_trees_can_be_read_and_written() {
    let dir = tempfile::tempdir().unwrap();
    let (open, shut) = (dir.path().join("open"), dir.path().join("shut"));
    for path in [&open, &shut] {
        fs::create_dir(path).unwrap();
        fs::write(path.join("file"), "x").unwrap();
    }
    let files = Files { read: vec![open.clone(), "/no/such".into()], ..Files::default() };
    in_thread(move || match restrict_files(&files).unwrap() {
        Enforcement::None(why) => eprintln!("skipped: {why}"),
        _ => {
            assert!(fs::read(open.join("file")).is_ok());
            assert!(fs::write(open.join("file"), "y").is_err());
            assert!(fs::read(shut.join("file")).is_err());
        }
    });
}

#[test]
fn only_named_ports_can_be_bound() {
    let files = Files { bind_tcp: Some(vec![0]), ..Files::default() };
    in_thread(move || {
        let used = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        match restrict_files(&files).unwrap() {
            Enforcement::Full => {
                assert!(TcpListener::bind("127.0.0.1:0").is_ok());
                assert!(TcpListener::bind(used).is_err());
            }
            other => eprintln!("skipped: {other}"),
        }
    });
}

#[test]
fn denied_system_calls_fail_and_the_runtime_goes_on() {
    const INSIDE: &str = "SYS_TEST_INSIDE_SECCOMP";
    if std::env::var_os(INSIDE).is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            if let Enforcement::None(why) = restrict_syscalls(Syscalls::default()).unwrap() {
                eprintln!("skipped: {why}");
                return;
            }
            let unshared = nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWUSER);
            assert_eq!(unshared, Err(nix::errno::Errno::EPERM));
            assert!(std::process::Command::new("/bin/true").status().is_err());
            assert!(fs::create_dir("/tmp/sys-test-denied").is_err());
            let number = tokio::task::spawn_blocking(|| 7).await.unwrap();
            assert_eq!(number, 7, "threads can still be started");
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let (client, server) = tokio::join!(tokio::net::TcpStream::connect(address), listener.accept());
            assert!(client.is_ok() && server.is_ok());
        });
        return;
    }
    let name = "sandbox::tests::denied_system_calls_fail_and_the_runtime_goes_on";
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
