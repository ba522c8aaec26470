//! Round trips to landmarks, measured from where this program runs: what a task image runs to tell how far off its
//! provider is, and how its output is read.
//!
//! Measured is the time from the request sent to the answer's first byte, and not the time to connect: Golem's network
//! for virtual machines ends TCP at the provider, so a connection may be answered there, and only a request goes all the
//! way. Of some tries the shortest counts. What the server takes to answer is in it, so it is not too short: a server that
//! was heard before it is asked is not measured, and a greeting that comes later has come the whole way. A provider who
//! wants to can still answer by itself, or change what is printed.

mod address;
mod trip;

use address::Address;
pub use address::is_landmark_url;
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Most landmarks of one probe.
pub const LANDMARKS_MAX: usize = 16;
/// Longest output of a probe, bytes: a line of a hundred for each landmark, and its name. A guess, generous.
pub const PROBE_BYTES_MAX: usize = 8 * 1024;
/// Longest order, bytes: sixteen of the longest addresses and names.
const ORDER_BYTES_MAX: usize = 16 * 1024;
/// Longest name of a landmark, bytes.
const NAME_BYTES_MAX: usize = 64;
/// Tries for each landmark. A guess: the first pays for routes and caches that are cold.
const TRIES: u32 = 3;
/// Longest time for one try, name and connection included: a guess, far above a round trip around the Earth.
const TRY_TIME: Duration = Duration::from_secs(2);
/// Longest time for everything.
const WHOLE_TIME: Duration = Duration::from_secs(20);

/// Where to measure to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeLandmark {
    /// Its name: it comes back with what was measured.
    pub name: String,
    /// Plain HTTP address, as [`is_landmark_url`] takes it.
    pub url: String,
}

/// What was measured: one line of JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probed {
    /// In the order of the landmarks.
    pub trips: Vec<Trip>,
}

/// The way to one landmark and back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trip {
    /// Name of the landmark.
    pub landmark: String,
    /// How it went.
    pub outcome: TripOutcome,
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TripOutcome {
    /// The shortest round trip, microseconds.
    RoundTripUs(u64),
    /// No try reached it; why the last one did not.
    Failed(TripFailure),
}

/// Why a landmark was not reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum TripFailure {
    /// Its name has no address.
    #[error("unresolved")]
    Unresolved,
    /// It cannot be connected to.
    #[error("unreachable")]
    Unreachable,
    /// It did not answer in time.
    #[error("timeout")]
    Timeout,
    /// The connection broke off.
    #[error("closed")]
    Closed,
    /// What it answers is not HTTP.
    #[error("no_http")]
    NoHttp,
}

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The order cannot be read.
    #[error("the landmarks cannot be read: {0}")]
    Order(String),
    /// The result cannot be written.
    #[error("the result cannot be written: {0}")]
    Write(#[from] io::Error),
}

/// Measures the way to each landmark of an order, a JSON list as [`ProbeLandmark`] has it, and writes one line. Blocks,
/// 20 seconds at most.
pub fn probe(order: &str, output: &mut dyn Write) -> Result<(), ProbeError> {
    let landmarks = read(order)?;
    let probed = measure(&landmarks, Instant::now() + WHOLE_TIME, TRY_TIME);
    let mut line = serde_json::to_vec(&probed).map_err(io::Error::from)?;
    line.push(b'\n');
    output.write_all(&line)?;
    Ok(output.flush()?)
}

impl Probed {
    /// Reads what [`probe()`] wrote: one line and nothing else.
    pub fn read(output: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(output)
    }
}

fn read(order: &str) -> Result<Vec<(String, Address)>, ProbeError> {
    let bad = |why: String| Err(ProbeError::Order(why));
    if order.len() > ORDER_BYTES_MAX {
        return bad(format!("more than {ORDER_BYTES_MAX} bytes"));
    }
    let landmarks: Vec<ProbeLandmark> = match serde_json::from_str(order) {
        Ok(landmarks) => landmarks,
        Err(error) => return bad(error.to_string()),
    };
    if landmarks.is_empty() || landmarks.len() > LANDMARKS_MAX {
        return bad(format!("{} of them, from 1 to {LANDMARKS_MAX} are taken", landmarks.len()));
    }
    let mut found = Vec::new();
    for ProbeLandmark { name, url } in landmarks {
        if name.is_empty() || name.len() > NAME_BYTES_MAX {
            return bad("a name of 1 to 64 bytes is needed".to_owned());
        }
        match Address::parse(&url) {
            Some(address) => found.push((name, address)),
            None => return bad(format!("{url:?} is no plain http address")),
        }
    }
    Ok(found)
}

/// Round after round, so that landmarks that do not answer take no time from those that do.
fn measure(landmarks: &[(String, Address)], end: Instant, try_time: Duration) -> Probed {
    let mut known: Vec<(Option<SocketAddr>, TripOutcome)> =
        vec![(None, TripOutcome::Failed(TripFailure::Timeout)); landmarks.len()];
    for round in 0..TRIES {
        for ((_, address), (place, best)) in landmarks.iter().zip(&mut known) {
            let limit = end.min(Instant::now() + try_time);
            if Instant::now() >= end {
                break;
            }
            let tried = match *place {
                Some(place) => Ok(place),
                None => address.resolve(limit),
            };
            let tried = tried.and_then(|found| {
                *place = Some(found);
                trip::to(found, &address.request(round), limit)
            });
            *best = better(*best, tried);
        }
    }
    let trips = landmarks.iter().zip(known);
    Probed {
        trips: trips.map(|((name, _), (_, outcome))| Trip { landmark: name.clone(), outcome }).collect(),
    }
}

fn better(best: TripOutcome, tried: Result<Duration, TripFailure>) -> TripOutcome {
    let us = tried.map(|time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    match (best, us) {
        (TripOutcome::RoundTripUs(best), Ok(us)) => TripOutcome::RoundTripUs(best.min(us)),
        (TripOutcome::RoundTripUs(best), Err(_)) => TripOutcome::RoundTripUs(best),
        (TripOutcome::Failed(_), Ok(us)) => TripOutcome::RoundTripUs(us),
        (TripOutcome::Failed(_), Err(failure)) => TripOutcome::Failed(failure),
    }
}

#[cfg(test)]
mod tests;
