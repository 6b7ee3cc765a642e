//! Lets h2 put small messages together before it writes them.

use std::cell::Cell;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A connection for h2 that puts messages of up to a KiB together.
///
/// h2 asks once, when it begins, whether several slices can be written at a time. If so it writes each
/// message of 256 bytes and more by itself, otherwise only those of 1024 and more (h2 0.4,
/// codec/framed_write.rs). A write is a system call and a TLS record, and copying costs less; so the answer
/// is no at first, and for large messages, which are not copied, what is true.
#[derive(Debug)]
pub struct Gather<I> {
    inner: I,
    begun: Cell<bool>,
}

impl<I> Gather<I> {
    /// Around a connection that h2 has not begun on.
    pub fn new(inner: I) -> Self {
        Self { inner, begun: Cell::new(false) }
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Gather<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Gather<I> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.begun.replace(true) && self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use bytes::Bytes;

    use super::*;

    /// Remembers how many bytes each write had.
    struct Written<I>(I, Arc<Mutex<Vec<usize>>>);

    impl<I: AsyncRead + Unpin> AsyncRead for Written<I> {
        fn poll_read(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_read(cx, buffer)
        }
    }

    impl<I: AsyncWrite + Unpin> AsyncWrite for Written<I> {
        fn poll_write(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.1.lock().unwrap().push(bytes.len());
            Pin::new(&mut self.0).poll_write(cx, bytes)
        }

        fn poll_write_vectored(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            slices: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            self.1.lock().unwrap().push(slices.iter().map(|slice| slice.len()).sum());
            Pin::new(&mut self.0).poll_write_vectored(cx, slices)
        }

        fn is_write_vectored(&self) -> bool {
            true
        }

        fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_flush(cx)
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_shutdown(cx)
        }
    }

    /// How many writes a client needs for ten bodies of a size.
    async fn writes(size: usize) -> usize {
        let (near, far) = tokio::io::duplex(1 << 20);
        let server = tokio::spawn(async move {
            let mut connection = h2::server::handshake(far).await.unwrap();
            for _ in 0..10 {
                let (_request, mut respond) = connection.accept().await.unwrap().unwrap();
                respond.send_response(http::Response::new(()), true).unwrap();
            }
        });
        let seen = Arc::default();
        let io = Gather::new(Written(near, Arc::clone(&seen)));
        let (sender, connection) = h2::client::handshake(io).await.unwrap();
        seen.lock().unwrap().clear();
        let send = |_| {
            let request = http::Request::post("http://n/a").body(()).unwrap();
            let (response, mut body) = sender.clone().send_request(request, false).unwrap();
            body.send_data(Bytes::from(vec![7; size]), true).unwrap();
            response
        };
        // Who drops an answer gives up the call.
        let responses: Vec<_> = (0..10).map(send).collect();
        let driver = tokio::spawn(connection);
        server.await.unwrap();
        driver.abort();
        drop(responses);
        seen.lock().unwrap().iter().filter(|length| **length >= size).count()
    }

    #[tokio::test]
    async fn messages_of_some_hundred_bytes_share_a_write_and_large_ones_have_their_own() {
        assert!(writes(500).await <= 2);
        assert!(writes(5000).await >= 5);
    }
}
