//! `Debug` of messages that carry what others stored: sizes, never contents.

use std::fmt;

use crate::generated::etcdserverpb::PutRequest;
use crate::generated::mvccpb::KeyValue;

impl fmt::Debug for KeyValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = String::from_utf8_lossy(&self.key);
        f.debug_struct("KeyValue")
            .field("key", &key)
            .field("bytes", &self.value.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for PutRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = String::from_utf8_lossy(&self.key);
        f.debug_struct("PutRequest")
            .field("key", &key)
            .field("bytes", &self.value.len())
            .finish_non_exhaustive()
    }
}
