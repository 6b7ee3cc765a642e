//! Our .proto files against the table of the wire contract.

#![allow(clippy::unwrap_used)]

use xtask::contract::additions::ADDITIONS;
use xtask::contract::{Table, committed, table};

#[test]
fn our_messages_are_those_of_the_contract_and_the_additions_we_know_of() {
    let root = xtask::root();
    let ours = table(&xtask::codegen::descriptors(&root.join("proto")).unwrap());
    let contract = committed(&root).unwrap();
    let missing: Vec<_> = contract.difference(&ours).collect();
    assert!(missing.is_empty(), "missing from proto/: {missing:#?}");
    let more: Table = ours.difference(&contract).cloned().collect();
    let known: Table = ADDITIONS.iter().map(|line| (*line).to_owned()).collect();
    assert_eq!(more, known, "left: what we have more than the contract; right: what we say we have");
}
