//! Fresh network namespaces: one thread, one namespace, gone when the thread ends.

use std::future::Future;
use std::process::Command;

use nix::sched::{CloneFlags, unshare};

/// Runs `test` on a thread in a new network namespace. Without root it is skipped, and says so.
pub fn in_new_namespace<F: Future<Output = ()>>(name: &str, test: impl FnOnce() -> F + Send + 'static) {
    if !nix::unistd::Uid::effective().is_root() {
        eprintln!("SKIPPED {name}: needs root to make a network namespace");
        return;
    }
    let run = move || {
        unshare(CloneFlags::CLONE_NEWNET).expect("a new network namespace");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(tokio::task::LocalSet::new().run_until(test()));
    };
    std::thread::spawn(run).join().expect("the test in its namespace");
}

/// Runs `ip` in the namespace of the current thread; panics when it fails.
pub fn ip(arguments: &str) {
    output(arguments);
}

/// What `ip` prints; panics when it fails.
pub fn output(arguments: &str) -> String {
    let output =
        Command::new("ip").args(arguments.split_whitespace()).output().expect("iproute2 is installed");
    assert!(output.status.success(), "ip {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
