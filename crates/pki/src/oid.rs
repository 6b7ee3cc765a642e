//! Encoded object identifiers (RFC 5280, 8410, 5758, 8017), bodies without tag and length.

pub(crate) const COMMON_NAME: &[u8] = &[0x55, 4, 3];
pub(crate) const ORGANIZATION: &[u8] = &[0x55, 4, 10];

pub(crate) const SUBJECT_KEY_ID: &[u8] = &[0x55, 29, 14];
pub(crate) const KEY_USAGE: &[u8] = &[0x55, 29, 15];
pub(crate) const SUBJECT_ALT_NAME: &[u8] = &[0x55, 29, 17];
pub(crate) const BASIC_CONSTRAINTS: &[u8] = &[0x55, 29, 19];
pub(crate) const AUTHORITY_KEY_ID: &[u8] = &[0x55, 29, 35];
pub(crate) const EXT_KEY_USAGE: &[u8] = &[0x55, 29, 37];

pub(crate) const SERVER_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
pub(crate) const CLIENT_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 2];

pub(crate) const EXTENSION_REQUEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 14];

pub(crate) const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
pub(crate) const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
pub(crate) const RSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
pub(crate) const RSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12];
pub(crate) const RSA_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 13];
pub(crate) const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
pub(crate) const ECDSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
pub(crate) const ECDSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3];
pub(crate) const ECDSA_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4];
pub(crate) const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
pub(crate) const P384: &[u8] = &[0x2b, 0x81, 4, 0, 34];
pub(crate) const P521: &[u8] = &[0x2b, 0x81, 4, 0, 35];
