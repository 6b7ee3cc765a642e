//! Values with a grammar of their own: durations, sizes, addresses, keys.

mod duration;
mod mac;
mod pattern;
mod pem;
mod secret;
mod size;
mod url;

pub use duration::Duration;
pub use mac::HardwareAddr;
pub use pattern::pattern;
pub use pem::{Pem, PemBlock, PemError, is_base64_key};
pub use secret::{REDACTED, Secret};
pub use size::{ByteSize, SizeLimit};
pub use url::Url;
