// Generated from proto/; change the .proto files and run `cargo xtask codegen`.

pub mod supervision;
pub mod supervision_ttrpc;
