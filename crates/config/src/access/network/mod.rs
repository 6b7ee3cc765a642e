//! The network, in a form that layers and plans can be made from.

mod filter;
mod host;
mod legacy;
mod link;
mod operator;
mod resolver;

pub use filter::*;
pub use host::*;
pub use link::*;
pub use operator::*;
pub use resolver::*;
