//! A listener with a limited number of connections, each with a limited lifetime.

use crate::connection::Connection;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
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
    type Io = Connection<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection<TcpStream>, SocketAddr) {
        loop {
            // the semaphore is never closed
            let Ok(place) = self.places.clone().acquire_owned().await else { std::future::pending().await };
            match self.listener.accept().await {
                Ok((stream, addr)) => {
                    let stop = self.stop.clone();
                    let end = async move {
                        tokio::select! {
                            () = tokio::time::sleep(LIFETIME_MAX) => {}
                            () = stop.cancelled() => {}
                        }
                    };
                    return (Connection::new(stream, end, place), addr);
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
        let again = connection.read(&mut [0; 8]).await;
        assert_eq!(again.unwrap_err().kind(), io::ErrorKind::TimedOut, "whoever asks again is told again");
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
