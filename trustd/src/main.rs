//! trustd: the process that gives nodes their certificates and lets them find each other.

use std::process::ExitCode;

fn main() -> ExitCode {
    trustd::process::main()
}
