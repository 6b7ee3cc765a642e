//! Services: what runs on the machine beside machined itself, and machined's own parts that users see.
//!
//! * [`ServiceManager`] knows all services, starts and stops them in order and tells what happens.
//! * A [`Service`] says what it depends on, what it waits for, how it is prepared and checked: one file
//!   each in [`definitions`]. A [`Runner`] runs it: in this process, as a child, as a supervised child, as
//!   a container.
//! * [`Record`](record::Record), [`order`], [`health`] and [`operations`] are the policy, and pure.

pub mod condition;
pub mod definitions;
mod environment;
pub mod health;
pub mod host;
pub mod images;
pub mod inventory;
mod live;
mod manager;
pub mod oci;
pub mod operations;
pub mod order;
pub mod process;
mod publish;
pub mod record;
mod register;
pub mod runner;
mod service;
#[cfg(test)]
mod tests;

pub use condition::Condition;
pub use environment::Environment;
pub use health::{HealthSettings, Verdict};
pub use manager::{Observer, Refused, ServiceManager};
pub use operations::Operation;
pub use process::ProcessRef;
pub use record::ServiceState;
pub use register::{Registered, register};
pub use service::{Reporter, Runner, Service, Stop};
