//! Our .proto files against the table of the wire contract.

#![allow(clippy::unwrap_used, reason = "tests say bluntly what they expect")]

use xtask::contract::{Differences, compare};

#[test]
fn our_messages_are_those_of_the_contract_and_the_additions_we_know_of() {
    assert_eq!(compare(&xtask::root()).unwrap(), Differences::default());
}
