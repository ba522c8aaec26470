//! One request and the first byte of its answer.

use super::TripFailure;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// How an answer begins, whatever its version and status.
const BEGINNING: &[u8] = b"HTTP/";

/// The time from a request sent to its answer's first byte. Ends at `limit` at the latest.
pub(super) fn to(place: SocketAddr, request: &str, limit: Instant) -> Result<Duration, TripFailure> {
    let connected = TcpStream::connect_timeout(&place, left(limit)?);
    let mut stream = connected.map_err(|error| match error.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => TripFailure::Timeout,
        _ => TripFailure::Unreachable,
    })?;
    // whether small packets wait changes little, and nothing if it cannot be set
    let _ = stream.set_nodelay(true);
    stream.set_write_timeout(Some(left(limit)?)).map_err(|_| TripFailure::Closed)?;
    let sent = Instant::now();
    stream.write_all(request.as_bytes()).map_err(|error| broken(&error))?;
    let mut took = None;
    let (mut beginning, mut filled) = ([0; BEGINNING.len()], 0);
    while let Some(room) = beginning.get_mut(filled..).filter(|room| !room.is_empty()) {
        stream.set_read_timeout(Some(left(limit)?)).map_err(|_| TripFailure::Closed)?;
        match stream.read(room) {
            Ok(0) => return Err(TripFailure::Closed),
            Ok(count) => {
                took = took.or_else(|| Some(sent.elapsed()));
                filled += count;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(broken(&error)),
        }
    }
    took.filter(|_| beginning == *BEGINNING).ok_or(TripFailure::NoHttp)
}

/// What is left until a time; a socket takes no wait of zero.
fn left(limit: Instant) -> Result<Duration, TripFailure> {
    let left = limit.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(TripFailure::Timeout) } else { Ok(left) }
}

fn broken(error: &std::io::Error) -> TripFailure {
    match error.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => TripFailure::Timeout,
        _ => TripFailure::Closed,
    }
}
