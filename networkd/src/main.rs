//! networkd: addresses, links, routes, resolvers and time of a node, from the store to the kernel and back.

use std::process::ExitCode;

fn main() -> ExitCode {
    networkd::process::main()
}
