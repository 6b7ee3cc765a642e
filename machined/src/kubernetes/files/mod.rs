//! Configuration files of Kubernetes' components whose content users write freely (contract os.md 6.2–6.4): what they
//! leave out is completed, so that an empty section and a part of one give a component that starts.

pub mod admission;
pub mod audit;
pub mod authentication;
pub mod authorization;
pub mod credentials;
pub mod encryption;
pub mod proxy;
