//! A listener with a limited number of connections, each with a limited lifetime.

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
const CONNECTIONS_MAX: usize = 16;
/// Longest life of a connection: bounds what a slow reader, or a silent one, can hold. A guess above the scrape
/// timeout of Prometheus, which is 10 s.
const LIFETIME_MAX: Duration = Duration::from_secs(15);

/// The listener.
pub(super) struct LimitedListener {
    listener: TcpListener,
    places: Arc<Semaphore>,
    stop: CancellationToken,
}

impl LimitedListener {
    /// Connections end when `stop` says so.
    pub(super) fn new(listener: TcpListener, stop: CancellationToken) -> Self {
        Self { listener, places: Arc::new(Semaphore::new(CONNECTIONS_MAX)), stop }
    }
}

impl axum::serve::Listener for LimitedListener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        loop {
            // the semaphore is never closed
            let Ok(place) = self.places.clone().acquire_owned().await else { std::future::pending().await };
            match self.listener.accept().await {
                Ok((stream, addr)) => {
                    let stop = self.stop.clone();
                    let expiry = Box::pin(async move {
                        tokio::select! {
                            () = tokio::time::sleep(LIFETIME_MAX) => {}
                            () = stop.cancelled() => {}
                        }
                    });
                    return (Connection { stream, expiry, _place: place }, addr);
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
pub(super) struct Connection {
    stream: TcpStream,
    expiry: Pin<Box<dyn Future<Output = ()> + Send>>,
    _place: OwnedSemaphorePermit,
}

impl Connection {
    /// An error once its time is over; until then it is woken when that comes.
    fn check_lifetime(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        match self.expiry.as_mut().poll(context) {
            Poll::Ready(()) => Err(io::ErrorKind::TimedOut.into()),
            Poll::Pending => Ok(()),
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check_lifetime(context)?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check_lifetime(context)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check_lifetime(context)?;
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

    async fn listener() -> (LimitedListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        (LimitedListener::new(listener, CancellationToken::new()), addr)
    }

    #[tokio::test]
    async fn a_silent_connection_is_closed() {
        let (mut limited, addr) = listener().await;
        let _silent = TcpStream::connect(addr).await.unwrap();
        let (mut connection, _) = limited.accept().await;
        tokio::time::pause();
        let read = connection.read(&mut [0; 8]).await;
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_node_that_stops_closes_all_connections() {
        let (mut limited, addr) = listener().await;
        let _silent = TcpStream::connect(addr).await.unwrap();
        let (mut connection, _) = limited.accept().await;
        limited.stop.cancel();
        assert!(connection.read(&mut [0; 8]).await.is_err());
    }

    #[tokio::test]
    async fn no_more_are_accepted_than_the_limit() {
        let (mut limited, addr) = listener().await;
        let mut callers = Vec::new();
        let mut connections = Vec::new();
        for _ in 0..CONNECTIONS_MAX {
            callers.push(TcpStream::connect(addr).await.unwrap());
            connections.push(limited.accept().await);
        }
        callers.push(TcpStream::connect(addr).await.unwrap());
        let full = tokio::time::timeout(Duration::from_millis(50), limited.accept()).await;
        assert!(full.is_err(), "the last one waits");
        connections.pop();
        let (_, _) = tokio::time::timeout(Duration::from_secs(10), limited.accept()).await.unwrap();
    }
}
