//! supervisor

#[path = "gen/mod.rs"]
pub mod generated;
