//! Operators: what keeps changing the network by itself. One file for each verb, one folder for each operator.

pub mod apply;
pub mod config;
pub mod dhcp4;
pub mod merge;
