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
    let stream = connected.map_err(|error| match error.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => TripFailure::Timeout,
        _ => TripFailure::Unreachable,
    })?;
    over(stream, request, limit)
}

/// The same over a connection that is there.
pub(super) fn over(mut stream: TcpStream, request: &str, limit: Instant) -> Result<Duration, TripFailure> {
    // whether small packets wait changes little, and nothing if it cannot be set
    let _ = stream.set_nodelay(true);
    stream.set_write_timeout(Some(left(limit)?)).map_err(|_| TripFailure::Closed)?;
    if speaks_first(&stream).map_err(|_| TripFailure::Closed)? {
        return Err(TripFailure::NoHttp);
    }
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

/// Whether something is there to read before anything was asked: what it would measure is no round trip.
fn speaks_first(stream: &TcpStream) -> std::io::Result<bool> {
    stream.set_nonblocking(true)?;
    let early = stream.peek(&mut [0]);
    stream.set_nonblocking(false)?;
    match early {
        Ok(count) => Ok(count > 0),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(false),
        Err(error) => Err(error),
    }
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
