//! A listener that lets in few at a time, and nobody for long.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{self, AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// Connections at once; others wait in the system's queue. A guess: two scrapers and a person.
const GUESTS_MAX: usize = 16;
/// Longest life of a connection: bounds what a slow reader, or a silent one, can hold. A guess above the scrape
/// timeout of Prometheus, which is 10 s.
const STAY_MAX: Duration = Duration::from_secs(15);

/// The listener.
pub(super) struct Door {
    listener: TcpListener,
    places: Arc<Semaphore>,
    stop: CancellationToken,
}

impl Door {
    /// Guests leave when `stop` says so.
    pub(super) fn new(listener: TcpListener, stop: CancellationToken) -> Self {
        Self { listener, places: Arc::new(Semaphore::new(GUESTS_MAX)), stop }
    }
}

impl axum::serve::Listener for Door {
    type Io = Guest;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Guest, SocketAddr) {
        loop {
            // the semaphore is never closed
            let Ok(place) = self.places.clone().acquire_owned().await else { std::future::pending().await };
            match self.listener.accept().await {
                Ok((stream, addr)) => {
                    let stop = self.stop.clone();
                    let leave = Box::pin(async move {
                        tokio::select! {
                            () = tokio::time::sleep(STAY_MAX) => {}
                            () = stop.cancelled() => {}
                        }
                    });
                    return (Guest { stream, leave, _place: place }, addr);
                }
                Err(error) => {
                    tracing::debug!(%error, "a connection for metrics could not be accepted");
                    // out of file descriptors, mostly: the next attempt fails as quickly
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that ends by itself.
pub(super) struct Guest {
    stream: TcpStream,
    leave: Pin<Box<dyn Future<Output = ()> + Send>>,
    _place: OwnedSemaphorePermit,
}

impl Guest {
    /// An error once its time is over; until then it is woken when that comes.
    fn may_stay(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        match self.leave.as_mut().poll(context) {
            Poll::Ready(()) => Err(io::ErrorKind::TimedOut.into()),
            Poll::Pending => Ok(()),
        }
    }
}

impl AsyncRead for Guest {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.may_stay(context)?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Guest {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.may_stay(context)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.may_stay(context)?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::serve::Listener as _;
    use tokio::io::AsyncReadExt as _;

    async fn door() -> (Door, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        (Door::new(listener, CancellationToken::new()), addr)
    }

    #[tokio::test]
    async fn a_silent_guest_is_shown_out() {
        let (mut door, addr) = door().await;
        let _silent = TcpStream::connect(addr).await.unwrap();
        let (mut guest, _) = door.accept().await;
        tokio::time::pause();
        let read = guest.read(&mut [0; 8]).await;
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_node_that_stops_shows_all_guests_out() {
        let (mut door, addr) = door().await;
        let _silent = TcpStream::connect(addr).await.unwrap();
        let (mut guest, _) = door.accept().await;
        door.stop.cancel();
        assert!(guest.read(&mut [0; 8]).await.is_err());
    }

    #[tokio::test]
    async fn no_more_are_let_in_than_there_are_places() {
        let (mut door, addr) = door().await;
        let mut callers = Vec::new();
        let mut guests = Vec::new();
        for _ in 0..GUESTS_MAX {
            callers.push(TcpStream::connect(addr).await.unwrap());
            guests.push(door.accept().await);
        }
        callers.push(TcpStream::connect(addr).await.unwrap());
        let full = tokio::time::timeout(Duration::from_millis(50), door.accept()).await;
        assert!(full.is_err(), "the last one waits outside");
        guests.pop();
        let (_, _) = tokio::time::timeout(Duration::from_secs(10), door.accept()).await.unwrap();
    }
}
