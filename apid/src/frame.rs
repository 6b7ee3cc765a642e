//! The frames of gRPC messages: a flag, a length, the message (five bytes and the message itself).

use bytes::{Buf, Bytes, BytesMut};
use rpc::limits;

/// Bytes before each message: whether it is compressed, and its length.
pub const PREFIX: usize = 5;

/// A message larger than the limit of [`limits::MESSAGE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("grpc: received message larger than max ({0} vs. {max})", max = limits::MESSAGE)]
pub struct TooLarge(pub usize);

/// Watches the lengths of messages that pass by in pieces of any size, without keeping the pieces.
#[derive(Debug, Default)]
pub struct Meter {
    prefix: [u8; PREFIX],
    /// Bytes of the next prefix that have been seen.
    seen: usize,
    /// Bytes of the message under way that are still to come.
    left: usize,
}

impl Meter {
    /// Takes note of the next piece.
    ///
    /// # Errors
    /// When a message begins that is too large.
    pub fn pass(&mut self, mut piece: &[u8]) -> Result<(), TooLarge> {
        while !piece.is_empty() {
            let skipped = piece.len().min(self.left);
            self.left -= skipped;
            piece.advance(skipped);
            while let (Some(slot), [byte, rest @ ..]) = (self.prefix.get_mut(self.seen), piece) {
                *slot = *byte;
                self.seen += 1;
                piece = rest;
            }
            if self.seen == PREFIX {
                self.seen = 0;
                self.left = length(&self.prefix);
                if self.left > limits::MESSAGE {
                    return Err(TooLarge(self.left));
                }
            }
        }
        Ok(())
    }
}

fn length(prefix: &[u8; PREFIX]) -> usize {
    let [_, a, b, c, d] = *prefix;
    u32::from_be_bytes([a, b, c, d]) as usize
}

/// Puts messages together out of pieces. Pieces that hold whole messages are not copied.
#[derive(Debug, Default)]
pub struct Messages {
    /// What is left of the last piece, as long as it begins a message.
    piece: Bytes,
    /// A message that came in several pieces.
    buffer: BytesMut,
}

/// Why messages cannot be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A message is over the limit.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// A message is compressed though nobody offered to decompress it.
    #[error("the node sent a compressed message that was not asked for")]
    Compressed,
    /// The stream ended within a message.
    #[error("the node's answer ended within a message")]
    Cut,
}

impl Messages {
    /// Adds the next piece. To be called when [`Messages::take`] has nothing more.
    pub fn push(&mut self, piece: Bytes) {
        if self.buffer.is_empty() && self.piece.is_empty() {
            self.piece = piece;
            return;
        }
        self.buffer.extend_from_slice(&std::mem::take(&mut self.piece));
        self.buffer.extend_from_slice(&piece);
    }

    /// The next message that is complete, without its prefix.
    ///
    /// # Errors
    /// When it is too large or compressed.
    pub fn take(&mut self) -> Result<Option<Bytes>, Broken> {
        let whole = |have: &[u8]| -> Result<Option<usize>, Broken> {
            let Some(prefix) = have.first_chunk::<PREFIX>() else { return Ok(None) };
            let (compressed, length) = (prefix[0] != 0, length(prefix));
            if length > limits::MESSAGE {
                return Err(TooLarge(length).into());
            }
            if compressed {
                return Err(Broken::Compressed);
            }
            Ok((have.len() >= PREFIX + length).then_some(length))
        };
        if self.buffer.is_empty() {
            let Some(length) = whole(&self.piece)? else { return Ok(None) };
            self.piece.advance(PREFIX);
            return Ok(Some(self.piece.split_to(length)));
        }
        let Some(length) = whole(&self.buffer)? else { return Ok(None) };
        self.buffer.advance(PREFIX);
        let message = self.buffer.split_to(length).freeze();
        if self.buffer.is_empty() {
            // The message owns the memory now; the next one starts afresh.
            self.buffer = BytesMut::new();
        }
        Ok(Some(message))
    }

    /// Must hold when the stream has ended.
    ///
    /// # Errors
    /// When part of a message is left over.
    pub fn end(&self) -> Result<(), Broken> {
        if self.buffer.is_empty() && self.piece.is_empty() { Ok(()) } else { Err(Broken::Cut) }
    }
}

/// Begins a message that is not compressed: room for its prefix, and for that many bytes.
pub fn start(capacity: usize) -> Vec<u8> {
    let mut frame = Vec::with_capacity(PREFIX + capacity);
    frame.resize(PREFIX, 0);
    frame
}

/// Ends a message that was begun with [`start`].
pub fn finish(mut frame: Vec<u8>) -> Bytes {
    let length = frame.len().saturating_sub(PREFIX);
    if let Some((first, _)) = frame.split_first_chunk_mut::<PREFIX>() {
        *first = prefix_of(length);
    }
    frame.into()
}

/// The prefix of a message that is not compressed.
pub fn prefix(length: usize) -> Bytes {
    Bytes::copy_from_slice(&prefix_of(length))
}

/// Lengths beyond what the prefix can say cannot come about: everything that is put together is bounded by
/// [`limits::MESSAGE`].
fn prefix_of(length: usize) -> [u8; PREFIX] {
    let [a, b, c, d] = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    [0, a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frame(message: &[u8]) -> Vec<u8> {
        let mut frame = start(message.len());
        frame.extend_from_slice(message);
        finish(frame).to_vec()
    }

    proptest! {
        #[test]
        fn messages_do_not_depend_on_how_they_are_cut(
            messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..6),
            cuts in prop::collection::vec(1_usize..20, 1..20),
        ) {
            let stream: Vec<u8> = messages.iter().flat_map(|message| frame(message)).collect();
            let (mut reader, mut meter, mut found) = (Messages::default(), Meter::default(), Vec::new());
            let (mut rest, mut cuts) = (stream.as_slice(), cuts.iter().cycle());
            while !rest.is_empty() {
                let (piece, after) = rest.split_at((*cuts.next().unwrap()).min(rest.len()));
                meter.pass(piece).unwrap();
                reader.push(Bytes::copy_from_slice(piece));
                while let Some(message) = reader.take().unwrap() {
                    found.push(message.to_vec());
                }
                rest = after;
            }
            prop_assert_eq!(found, messages);
            prop_assert_eq!(reader.end(), Ok(()));
            prop_assert_eq!((meter.seen, meter.left), (0, 0));
        }
    }

    #[test]
    fn a_message_over_the_limit_is_seen_at_its_first_bytes() {
        let length = u32::try_from(limits::MESSAGE).unwrap() + 1;
        let mut prefix = vec![0];
        prefix.extend(length.to_be_bytes());
        for cut in 0..PREFIX {
            let mut meter = Meter::default();
            let (first, second) = prefix.split_at(cut);
            meter.pass(first).unwrap();
            assert_eq!(meter.pass(second), Err(TooLarge(limits::MESSAGE + 1)));
        }
        let mut messages = Messages::default();
        messages.push(prefix.into());
        assert_eq!(messages.take(), Err(Broken::TooLarge(TooLarge(limits::MESSAGE + 1))));
        assert_eq!(
            TooLarge(limits::MESSAGE + 1).to_string(),
            "grpc: received message larger than max (33554433 vs. 33554432)"
        );
    }

    #[test]
    fn a_message_of_just_the_limit_passes() {
        let mut prefix = vec![0];
        prefix.extend(u32::try_from(limits::MESSAGE).unwrap().to_be_bytes());
        Meter::default().pass(&prefix).unwrap();
    }

    #[test]
    fn a_cut_or_compressed_message_is_an_error() {
        let mut messages = Messages::default();
        messages.push(frame(b"whole")[..7].to_vec().into());
        assert_eq!(messages.take(), Ok(None));
        assert_eq!(messages.end(), Err(Broken::Cut));
        let mut messages = Messages::default();
        messages.push(Bytes::from_static(&[1, 0, 0, 0, 0]));
        assert_eq!(messages.take(), Err(Broken::Compressed));
    }
}
