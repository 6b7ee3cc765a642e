//! Local clusters for real: namespaces, mounts, links, control groups. Needs root.
//!
//! This program is three in one: the tests, the host process of their clusters (as talosctl is for
//! real ones), and the `/sbin/init` of their nodes, by the way it is called.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod cases;
mod init;
mod world;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args = std::env::args_os();
    let program = args.next().unwrap_or_default();
    if program == "/sbin/init" {
        return init::main();
    }
    let rest: Vec<_> = args.collect();
    match rest.first().and_then(|arg| arg.to_str()) {
        Some("cluster-host") => provision::local::host_main(rest.into_iter().skip(1)),
        Some("create-only") => world::create_only(&rest),
        Some("destroy-only") => world::destroy_only(&rest),
        filter => run(filter.filter(|text| !text.starts_with('-'))),
    }
}

fn run(filter: Option<&str>) -> ExitCode {
    if !sys::process::is_root() {
        println!("skipped: local clusters need root");
        println!("test result: ok. 0 passed; 0 failed; {} ignored", cases::ALL.len());
        return ExitCode::SUCCESS;
    }
    let mut failed = 0;
    let chosen: Vec<_> =
        cases::ALL.iter().filter(|(name, _)| filter.is_none_or(|f| name.contains(f))).collect();
    for (name, case) in &chosen {
        let started = std::time::Instant::now();
        let passed = std::panic::catch_unwind(|| world::block_on(case())).is_ok();
        println!("test {name} ... {} ({:.1?})", if passed { "ok" } else { "FAILED" }, started.elapsed());
        failed += usize::from(!passed);
    }
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    println!("test result: {verdict}. {} passed; {failed} failed; 0 ignored", chosen.len() - failed);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
