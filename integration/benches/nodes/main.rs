//! Figures of real nodes, each beside what it has to reach: making clusters, starting, idling, and serving calls.
//!
//! What is compared runs in the same run: the bare parts of a node for making clusters, a bare tonic server for
//! calls.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say bluntly what they expect"
)]

mod bare;
mod calls;
mod creation;
mod idle;
mod process;
mod start;
#[path = "../../tests/support/mod.rs"]
mod support;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|first| first == bare::SERVE) {
        return bare::serve(&args[1]);
    }
    if support::skipped("figures of nodes") {
        return;
    }
    let wanted = |name: &str| match args.iter().find(|arg| !arg.starts_with('-')) {
        Some(filter) => name.contains(filter.as_str()),
        None => true,
    };
    if wanted("create") {
        creation::run();
    }
    if wanted("idle") {
        idle::run();
    }
    if wanted("calls") {
        calls::run();
    }
}

/// One line: what, how much, and what it has to reach.
fn figure(what: &str, value: &str, reach: &str) {
    println!("  {what:<58} {value:>18}   reach {reach}");
}
