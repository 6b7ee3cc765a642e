//! Values with a grammar of their own: durations, sizes, addresses, keys.

mod duration;
mod mac;
mod pem;
mod secret;
mod size;
mod url;

pub use duration::Duration;
pub use mac::HardwareAddr;
pub use pem::{Pem, is_base64_key};
pub use secret::{REDACTED, Secret};
pub use size::{ByteSize, SizeLimit};
pub use url::Url;
