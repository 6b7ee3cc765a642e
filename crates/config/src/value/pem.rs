//! PEM texts, which v1alpha1 carries in base64 and documents carry as they are.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// A PEM text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pem(pub String);

const STANDARD: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// Decodes standard base64, ignoring line breaks as existing decoders do.
pub(crate) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    if text.contains(['\n', '\r']) {
        let joined: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
        return STANDARD.decode(joined).ok();
    }
    STANDARD.decode(text).ok()
}

impl Pem {
    /// From base64 of a PEM text.
    pub fn from_base64(text: &str) -> Option<Self> {
        String::from_utf8(decode_base64(text)?).ok().map(Self)
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The labels of its blocks, such as `CERTIFICATE`, when every block is closed and holds
    /// base64; `None` when it is not PEM.
    pub fn labels(&self) -> Option<Vec<&str>> {
        let mut labels = Vec::new();
        let mut lines = self.0.lines();
        while let Some(line) = lines.next() {
            let Some(label) = line.trim().strip_prefix("-----BEGIN ").and_then(|l| l.strip_suffix("-----"))
            else {
                continue;
            };
            let end = format!("-----END {label}-----");
            let mut body = String::new();
            loop {
                let line = lines.next()?.trim();
                if line == end {
                    break;
                }
                // Headers such as `Proc-Type: 4,ENCRYPTED` stand before the body.
                if !line.contains(':') {
                    body.push_str(line);
                }
            }
            decode_base64(&body).filter(|bytes| !bytes.is_empty())?;
            labels.push(label);
        }
        (!labels.is_empty()).then_some(labels)
    }

    /// Whether this is PEM whose blocks are all certificates.
    pub fn is_certificates(&self) -> bool {
        self.labels().is_some_and(|labels| labels.iter().all(|label| *label == "CERTIFICATE"))
    }

    /// Whether this is PEM with one private key.
    pub fn is_private_key(&self) -> bool {
        self.labels().is_some_and(|labels| labels.iter().any(|label| label.ends_with("PRIVATE KEY")))
    }
}

/// Whether a text is standard base64 of a key of so many bytes.
pub fn is_base64_key(text: &str, bytes: usize) -> bool {
    decode_base64(text).is_some_and(|decoded| decoded.len() == bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_must_be_closed_and_hold_base64() {
        let pem =
            |body: &str| Pem(format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"));
        assert!(pem("aGVsbG8=").is_certificates());
        assert!(!pem("aGVsbG8").is_certificates());
        assert!(!pem("").is_certificates());
        assert!(!Pem("-----BEGIN CERTIFICATE-----\naGVsbG8=\n".to_owned()).is_certificates());
        assert!(!Pem(String::new()).is_certificates());
        assert!(
            Pem("-----BEGIN EC PRIVATE KEY-----\naGVsbG8=\n-----END EC PRIVATE KEY-----".to_owned())
                .is_private_key()
        );
    }
}
