//! PEM texts, which v1alpha1 carries in base64 and documents carry as they are.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Bytes of base64 that a block has at most if it only stands for a certificate or key, as in examples.
const LONGEST_SAMPLE: usize = 64;

/// A block of a PEM text.
#[derive(Clone, PartialEq, Eq)]
pub struct PemBlock<'a> {
    /// What it says that it is, such as `CERTIFICATE`.
    pub label: &'a str,
    /// What it holds; it may be a secret.
    pub content: Vec<u8>,
}

impl PemBlock<'_> {
    /// Whether it is too short for what it says that it is, or no DER at all: it only stands for one, as in
    /// examples. What has lost a part is none.
    pub fn is_sample(&self) -> bool {
        let der = self.content.first() == Some(&0x30) && self.content.len() >= 16;
        !der && self.content.len() < LONGEST_SAMPLE
    }

    /// Whether it is one whole DER value: what has lost a line is not.
    pub fn is_whole(&self) -> bool {
        let Some((first, rest)) = self.content.get(1).zip(self.content.get(2..)) else { return false };
        let (length, body) = match first {
            0..=0x7f => (usize::from(*first), rest),
            0x81..=0x84 => {
                let Some((length, body)) = rest.split_at_checked(usize::from(first & 0x7f)) else {
                    return false;
                };
                (length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), body)
            }
            _ => return false,
        };
        self.content.first() == Some(&0x30) && body.len() == length
    }
}

impl std::fmt::Debug for PemBlock<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}({})", self.label, self.content.len())
    }
}

/// Why a text is not PEM.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PemError {
    /// It has no block.
    #[error("there is no line -----BEGIN …-----")]
    NoBlock,
    /// A block does not end.
    #[error("the block {label} that begins in line {line} of the text is not closed")]
    Open {
        /// The block.
        label: String,
        /// The line in the text, from 1.
        line: usize,
    },
    /// A block holds something else than base64.
    #[error("line {line} of the text is not base64, or a part of the block is missing")]
    Body {
        /// The line in the text, from 1.
        line: usize,
        /// It is as short as an example's.
        short: bool,
    },
}

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

    /// Its blocks. Text around them is ignored, as existing decoders do.
    ///
    /// # Errors
    /// The first block that is not closed or holds no base64; that there is none.
    pub fn blocks(&self) -> Result<Vec<PemBlock<'_>>, PemError> {
        let mut blocks = Vec::new();
        let mut lines = self.0.lines().enumerate();
        while let Some((number, line)) = lines.next() {
            let Some(label) = line.trim().strip_prefix("-----BEGIN ").and_then(|l| l.strip_suffix("-----"))
            else {
                continue;
            };
            let begin = number + 1;
            let end = format!("-----END {label}-----");
            let mut body = String::new();
            loop {
                let Some((number, line)) = lines.next() else {
                    return Err(PemError::Open { label: label.to_owned(), line: begin });
                };
                let line = line.trim();
                if line == end {
                    break;
                }
                if line.starts_with("-----") {
                    return Err(PemError::Open { label: label.to_owned(), line: begin });
                }
                // Headers such as `Proc-Type: 4,ENCRYPTED` stand before the body.
                if line.contains(':') {
                    continue;
                }
                let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
                if !line.bytes().all(is_base64) {
                    return Err(PemError::Body { line: number + 1, short: line.len() < LONGEST_SAMPLE });
                }
                body.push_str(line);
            }
            match decode_base64(&body).filter(|bytes| !bytes.is_empty()) {
                Some(content) => blocks.push(PemBlock { label, content }),
                None => {
                    return Err(PemError::Body { line: begin + 1, short: body.len() < LONGEST_SAMPLE });
                }
            }
        }
        if blocks.is_empty() { Err(PemError::NoBlock) } else { Ok(blocks) }
    }

    /// The labels of its blocks, such as `CERTIFICATE`, when every block is closed and holds
    /// base64; `None` when it is not PEM.
    pub fn labels(&self) -> Option<Vec<&str>> {
        Some(self.blocks().ok()?.into_iter().map(|block| block.label).collect())
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
        let block = |content: &[u8]| PemBlock { label: "CERTIFICATE", content: content.to_vec() };
        assert!(block(&[0x30, 2, 5, 0]).is_whole() && !block(&[0x30, 2, 5]).is_whole());
        assert!(block(&[0x30, 0x81, 2, 5, 0]).is_whole() && !block(&[0x30, 0x82, 2]).is_whole());
        assert!(!block(&[]).is_whole() && !block(&[0x30]).is_whole() && !block(&[0x31, 0]).is_whole());
        assert!(block(b"sample").is_sample() && !block(&[7; 100]).is_sample());
        assert!(!block(&[0x30; 20]).is_sample() && block(&[0x30]).is_sample());
        let open = Pem("x\n-----BEGIN A-----\naGVsbG8=\n-----BEGIN A-----\n".to_owned());
        assert_eq!(open.blocks(), Err(PemError::Open { label: "A".to_owned(), line: 2 }));
        assert_eq!(pem("...").blocks(), Err(PemError::Body { line: 2, short: true }));
        assert_eq!(Pem("x".to_owned()).blocks(), Err(PemError::NoBlock));
        assert!(
            Pem("-----BEGIN EC PRIVATE KEY-----\naGVsbG8=\n-----END EC PRIVATE KEY-----".to_owned())
                .is_private_key()
        );
    }
}
