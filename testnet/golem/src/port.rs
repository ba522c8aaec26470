//! Free ports on loopback.

use crate::{BedError, NotReady};
use std::net::TcpListener;

/// How often something is started anew where a port was taken between its choice and its use.
pub(crate) const ATTEMPTS: usize = 3;
/// How often a port is drawn before giving up.
const DRAWS: usize = 200;
/// The range a hub's port is drawn from. The daemon wants a net address of at most 14 characters, so `127.0.0.1:`
/// leaves four digits.
const HUB_PORTS: std::ops::Range<u16> = 2000..10_000;

/// A free port that the system picks.
pub(crate) fn any() -> Result<u16, BedError> {
    let bound = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    bound.map(|address| address.port()).map_err(|_| BedError::NoPort("those that the system gives"))
}

/// A free port of four digits.
pub(crate) fn four_digits() -> Result<u16, BedError> {
    for _ in 0..DRAWS {
        let draw = getrandom::u32().map_err(BedError::Random)?;
        let port = HUB_PORTS.start + (draw % u32::from(HUB_PORTS.end - HUB_PORTS.start)) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    Err(BedError::NoPort("2000 to 9999"))
}

/// Whether something did not start because somebody else was quicker to take its port.
pub(crate) fn was_taken(seen: &NotReady) -> bool {
    seen.tail.contains("Address already in use")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Binds a port. A child that another test forked meanwhile holds what tried it, until it becomes its own program.
    fn free_again(port: u16) {
        let mut tried = 0;
        while let Err(error) = TcpListener::bind(("127.0.0.1", port)) {
            tried += 1;
            assert!(error.kind() == std::io::ErrorKind::AddrInUse && tried < 100, "{port}: {error}");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    #[test]
    fn a_hub_gets_a_port_of_four_digits() {
        for _ in 0..20 {
            let port = four_digits().unwrap();
            assert_eq!(port.to_string().len(), 4);
            free_again(port);
        }
    }
}
