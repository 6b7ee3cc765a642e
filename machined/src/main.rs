//! machined: PID 1 of a node.

use std::process::ExitCode;

fn main() -> ExitCode {
    machined::process::main()
}
