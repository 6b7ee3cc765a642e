//! Values that an installation is given: `INSTALLER_META_BASE64` (contract os.md 3.2).

use super::{Meta, MetaError};

/// Why a list of values cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InjectedError {
    /// An item is not a key and a value.
    #[error("item {0} of the list of META values is not like 0x0a=VALUE")]
    Shape(usize),
    /// A key is no number from 1 to 255.
    #[error("{0:?} is no key of META: keys are 0x01 to 0xff")]
    Key(String),
    /// The values do not fit.
    #[error(transparent)]
    Meta(#[from] MetaError),
}

/// Adds the values of a list such as `0x0a=VALUE;0x0c=VALUE`, which has been decoded and unpacked,
/// to `meta`. Each item is a key, `=`, and the value up to the next item: a value may contain `;`
/// unless what follows looks like an item.
///
/// # Errors
/// When an item is no key and value, or the values do not fit.
pub fn injected(list: &str, meta: &mut Meta) -> Result<(), InjectedError> {
    let mut items: Vec<String> = Vec::new();
    for part in list.split(';').filter(|part| !part.is_empty()) {
        let starts = part.strip_prefix("0x").and_then(|rest| rest.split_once('=')).is_some_and(|(key, _)| {
            !key.is_empty() && key.len() <= 2 && key.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
        match items.last_mut() {
            Some(last) if !starts => {
                last.push(';');
                last.push_str(part);
            }
            _ => items.push(part.to_owned()),
        }
    }
    for (number, item) in (1..).zip(items) {
        let (key, value) = item.split_once('=').ok_or(InjectedError::Shape(number))?;
        let digits = key.trim().strip_prefix("0x").ok_or(InjectedError::Shape(number))?;
        let tag = u8::from_str_radix(digits, 16).map_err(|_| InjectedError::Key(key.to_owned()))?;
        meta.set(tag, value)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_values_is_taken_apart() {
        let mut meta = Meta::default();
        injected("0x0a=a: b;c;0xc=x=y;", &mut meta).unwrap();
        assert_eq!((meta.text(0x0a), meta.text(0x0c)), (Some("a: b;c"), Some("x=y")));
    }

    #[test]
    fn what_is_no_item_is_named() {
        let mut meta = Meta::default();
        assert_eq!(injected("10=a", &mut meta), Err(InjectedError::Shape(1)));
        assert_eq!(injected("0x0a", &mut meta), Err(InjectedError::Shape(1)));
        assert_eq!(injected("0x100=a", &mut meta), Err(InjectedError::Key("0x100".to_owned())));
        assert_eq!(injected("0x0=a", &mut meta), Err(MetaError::ZeroKey.into()));
    }
}
