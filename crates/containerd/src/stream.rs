//! Side streams of a call: progress, credentials, bytes of an archive.

use prost::Message;
use prost_types::Any;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

use crate::client::{CALL, Client};
use crate::generated::containerd::services::streaming::v1::{StreamInit, streaming_client::StreamingClient};
use crate::{Error, Result};

/// Messages that wait to be sent on one stream: containerd reads as they come.
const QUEUE: usize = 4;

/// An open side stream; it ends when dropped.
pub(crate) struct SideStream {
    /// Under which other calls name it.
    pub id: String,
    /// Towards containerd.
    pub outgoing: mpsc::Sender<Any>,
    /// From containerd.
    pub incoming: Streaming<Any>,
}

/// Packs a message as containerd does: the full name without any prefix.
pub(crate) fn pack(name: &str, message: &impl Message) -> Any {
    Any { type_url: name.to_owned(), value: message.encode_to_vec() }
}

/// Unpacks a message of the given full name; `None` for another message or bytes that do not decode.
pub(crate) fn unpack<M: Message + Default>(name: &str, any: &Any) -> Option<M> {
    let found = any.type_url.rsplit('/').next().unwrap_or_default();
    if found == name { M::decode(any.value.as_slice()).ok() } else { None }
}

impl Client {
    /// Opens a side stream and waits until containerd knows its id.
    pub(crate) async fn side_stream(&self, purpose: &str) -> Result<SideStream> {
        let what = format!("opening a stream for {purpose}");
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|e| Error::InvalidArgument {
            what: what.clone(),
            message: format!("the kernel gives no random numbers: {e}"),
        })?;
        let id = format!("{purpose}-{}", hex::encode(random));
        let (outgoing, queue) = mpsc::channel(QUEUE);
        let first = pack("containerd.services.streaming.v1.StreamInit", &StreamInit { id: id.clone() });
        // Sent before the call so that the first message leaves with the headers.
        let _ = outgoing.send(first).await;
        let mut client = StreamingClient::new(self.pipe());
        let mut incoming = self.call(what.clone(), CALL, client.stream(ReceiverStream::new(queue))).await?;
        match tokio::time::timeout(CALL, incoming.message()).await {
            Ok(Ok(Some(_))) => Ok(SideStream { id, outgoing, incoming }),
            Ok(Ok(None)) => Err(Error::bad_answer(what, "the stream ended before it began")),
            Ok(Err(status)) => Err(self.failure(&what, &status)),
            Err(_) => Err(Error::bad_answer(what, "the stream was not acknowledged")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_messages_are_found_by_their_name_with_and_without_a_prefix() {
        let init = StreamInit { id: "x".into() };
        let mut any = pack("a.B", &init);
        assert_eq!(unpack::<StreamInit>("a.B", &any), Some(init.clone()));
        any.type_url = "type.googleapis.com/a.B".into();
        assert_eq!(unpack::<StreamInit>("a.B", &any), Some(init));
        assert_eq!(unpack::<StreamInit>("a.C", &any), None);
    }
}
