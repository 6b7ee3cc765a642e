//! A client's connection over TLS that says why it was ended.
//!
//! With TLS 1.3 a server refuses a client's certificate only after the client's part of the handshake is over.
//! The client may write into the closed connection before it has read the alert: its write then fails with
//! "broken pipe", although the reason lies ready to be read.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::dial::{tls_error, tls_text};

/// Read at a time while the reason is looked for, in bytes.
const SCRATCH: usize = 1024;

/// A connection to a node.
#[derive(Debug)]
pub struct ClientStream<S = TlsStream<TcpStream>> {
    inner: S,
    /// Writing failed, and what the other side sent before is still to be read.
    broken: Option<io::Error>,
    /// This side has said that it writes no more.
    closed: bool,
}

impl<S> ClientStream<S> {
    /// A connection whose handshake is over.
    pub fn new(inner: S) -> Self {
        Self { inner, broken: None, closed: false }
    }

    /// The connection below and what is known of its TLS session.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> ClientStream<S> {
    /// The result of a write; when the other side is gone, with the reason that it gave.
    fn written<T>(&mut self, cx: &mut Context<'_>, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        match result {
            Poll::Ready(Err(error)) if !self.closed && is_gone(&error) => {
                self.broken = Some(error);
                self.reason(cx).map(Err)
            }
            other => other,
        }
    }

    /// Reads what was sent before the end. There is an end: the connection is known to be broken.
    fn reason(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let mut scratch = [0; SCRATCH];
        let found = loop {
            let mut buffer = ReadBuf::new(&mut scratch);
            match ready!(Pin::new(&mut self.inner).poll_read(cx, &mut buffer)) {
                Ok(()) if buffer.filled().is_empty() => break None,
                Ok(()) => {}
                Err(error) => break Some(error),
            }
        };
        let broken = self.broken.take().unwrap_or_else(|| ErrorKind::BrokenPipe.into());
        Poll::Ready(found.filter(|error| tls_error(error).is_some()).map(in_words).unwrap_or(broken))
    }
}

/// What TLS says, in words: HTTP/2 keeps nothing but the text of an error.
fn in_words(error: io::Error) -> io::Error {
    match tls_error(&error) {
        Some(_) => io::Error::new(error.kind(), tls_text(&error)),
        None => error,
    }
}

/// Whether an error says that the other side has closed the connection.
fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted)
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for ClientStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer).map_err(in_words)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for ClientStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.broken.is_some() {
            return self.reason(cx).map(Err);
        }
        let result = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.written(cx, result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.broken.is_some() {
            return self.reason(cx).map(Err);
        }
        let result = Pin::new(&mut self.inner).poll_write_vectored(cx, slices);
        self.written(cx, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.broken.is_some() {
            return self.reason(cx).map(Err);
        }
        let result = Pin::new(&mut self.inner).poll_flush(cx);
        self.written(cx, result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.closed = true;
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::AlertDescription;
    use tokio::io::AsyncWriteExt as _;

    /// A connection whose writes fail; reads give some data and then this end.
    struct Dead {
        data: usize,
        end: Option<io::Error>,
    }

    impl AsyncRead for Dead {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            if self.data > 0 {
                self.data -= 1;
                buffer.put_slice(b"late");
                return Poll::Ready(Ok(()));
            }
            Poll::Ready(self.end.take().map_or(Ok(()), Err))
        }
    }

    impl AsyncWrite for Dead {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
            Poll::Ready(Err(ErrorKind::BrokenPipe.into()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Err(ErrorKind::ConnectionReset.into()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    fn alert() -> io::Error {
        let alert = rustls::Error::AlertReceived(AlertDescription::CertificateExpired);
        io::Error::new(ErrorKind::InvalidData, alert)
    }

    #[tokio::test]
    async fn a_write_that_fails_says_what_the_other_side_said_before_it_went() {
        for data in [0, 3] {
            let mut stream = ClientStream::new(Dead { data, end: Some(alert()) });
            let error = stream.write_all(b"hello").await.unwrap_err();
            assert_eq!(error.to_string(), "remote error: tls: expired certificate");
            let mut stream = ClientStream::new(Dead { data, end: Some(alert()) });
            assert_eq!(stream.flush().await.unwrap_err().to_string(), error.to_string());
        }
    }

    #[tokio::test]
    async fn without_a_reason_the_error_is_the_writes_own() {
        for end in [None, Some(ErrorKind::ConnectionReset.into())] {
            let mut stream = ClientStream::new(Dead { data: 1, end });
            assert_eq!(stream.write_all(b"hello").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
        }
    }

    #[tokio::test]
    async fn who_has_closed_the_connection_himself_is_not_kept_waiting_for_a_reason() {
        let mut stream = ClientStream::new(Dead { data: 0, end: Some(alert()) });
        stream.shutdown().await.unwrap();
        assert_eq!(stream.write_all(b"hello").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
    }
}
