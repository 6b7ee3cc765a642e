//! Passes bytes between two connections until both have ended, one is lost, or the place is needed for another.

use std::hash::Hash;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::gate::Place;

/// Bytes on their way in each direction.
const BUFFER: usize = 8 * 1024;

/// How long the other direction may be silent when one has ended.
pub const HALF_CLOSED: Duration = Duration::from_secs(60);

/// Passes bytes on in both directions. When one side has said that it sends no more, the other may go on as long as
/// it is not silent for `half_closed`: connections that only one side has closed do not stay for ever.
pub async fn relay<K, A, B>(client: A, server: B, place: &Place<K>, half_closed: Duration)
where
    K: Hash + Eq + Clone,
    A: AsyncRead + AsyncWrite,
    B: AsyncRead + AsyncWrite,
{
    let (client_in, client_out) = tokio::io::split(client);
    let (server_in, server_out) = tokio::io::split(server);
    let up = one_way(client_in, server_out, place);
    let down = one_way(server_in, client_out, place);
    let both = async {
        tokio::pin!(up, down);
        tokio::select! {
            // One that is lost takes the other along.
            ended = &mut up => if ended.is_ok() { rest(down.as_mut(), place, half_closed).await },
            ended = &mut down => if ended.is_ok() { rest(up.as_mut(), place, half_closed).await },
        }
    };
    tokio::select! {
        () = both => {}
        () = place.lost() => {}
    }
}

async fn one_way<K: Hash + Eq + Clone>(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    place: &Place<K>,
) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let read = from.read(&mut buffer).await?;
        place.touch();
        let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else {
            return to.shutdown().await;
        };
        to.write_all(piece).await?;
    }
}

/// The direction that has not ended yet.
async fn rest<K: Hash + Eq + Clone>(
    mut way: impl Future<Output = io::Result<()>> + Unpin,
    place: &Place<K>,
    half_closed: Duration,
) {
    loop {
        let left = half_closed.saturating_sub(place.quiet());
        if left.is_zero() {
            return;
        }
        tokio::select! {
            _ = &mut way => return,
            () = tokio::time::sleep(left) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::Gate;
    use crate::places::{Bounds, Standing};
    use tokio::io::DuplexStream;
    use tokio::task::JoinHandle;

    const BOUNDS: Bounds = Bounds { all: 2, for_administrators: 0, for_known: 0, stranger: 1, known: 1 };

    fn passing(gate: &Gate<u8>, half_closed: Duration) -> (DuplexStream, DuplexStream, JoinHandle<()>) {
        let ((client, near), (far, server)) = (tokio::io::duplex(64), tokio::io::duplex(64));
        let place = gate.enter(1, Standing::Stranger).unwrap();
        let task = tokio::spawn(async move { relay(near, far, &place, half_closed).await });
        (client, server, task)
    }

    #[tokio::test]
    async fn all_bytes_pass_and_both_ends_are_told() {
        let gate = Gate::new(BOUNDS);
        let (mut client, mut server, task) = passing(&gate, HALF_CLOSED);
        let sent = vec![7; 1000];
        let write = async {
            client.write_all(&sent).await.unwrap();
            client.shutdown().await.unwrap();
        };
        let mut arrived = Vec::new();
        let (_, read) = tokio::join!(write, server.read_to_end(&mut arrived));
        read.unwrap();
        assert_eq!(arrived, sent);
        // One has ended, the other goes on.
        server.write_all(b"answer").await.unwrap();
        drop(server);
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer, "answer");
        task.await.unwrap();
        assert!(gate.is_empty());
    }

    #[tokio::test]
    async fn a_connection_that_one_side_has_closed_does_not_stay_for_ever() {
        let gate = Gate::new(BOUNDS);
        let (mut client, _server, task) = passing(&gate, Duration::from_millis(50));
        client.shutdown().await.unwrap();
        task.await.unwrap();
        assert!(gate.is_empty());
    }

    #[tokio::test]
    async fn a_side_that_is_reset_takes_the_other_along() {
        use tokio::net::{TcpListener, TcpStream};
        let gate = Gate::new(BOUNDS);
        for client_goes in [true, false] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let client = TcpStream::connect(address).await.unwrap();
            let (near, _) = listener.accept().await.unwrap();
            let server = TcpStream::connect(address).await.unwrap();
            let (far, _) = listener.accept().await.unwrap();
            let place = gate.enter(1, Standing::Stranger).unwrap();
            let task = tokio::spawn(async move { relay(near, far, &place, HALF_CLOSED).await });
            let (gone, mut left) = if client_goes { (client, server) } else { (server, client) };
            gone.set_zero_linger().unwrap();
            drop(gone);
            let mut rest = Vec::new();
            let _ = left.read_to_end(&mut rest).await;
            task.await.unwrap();
            assert!(gate.is_empty());
        }
    }

    #[tokio::test]
    async fn the_silent_one_goes_for_another() {
        let gate = Gate::new(BOUNDS);
        let (_client, _server, task) = passing(&gate, HALF_CLOSED);
        let (_other, _server, _task) = passing(&gate, HALF_CLOSED);
        task.await.unwrap();
        assert_eq!(gate.len(), 1);
    }
}
