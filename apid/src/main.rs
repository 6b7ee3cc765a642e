//! apid: the process that listens for clients of the node's API.

use std::process::ExitCode;

fn main() -> ExitCode {
    apid::process::main()
}
