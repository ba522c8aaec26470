//! Reading a file from the model hub over HTTPS, for the model store, which has no HTTP client.

use std::io::{self, Read};
use std::time::Duration;
use tokio::runtime::Runtime;

/// Longest time to connect. A guess: slow links need 3 s.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest time without a byte. A guess.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Opens an address. What is read is the caller's to check.
pub(super) fn open(url: &str) -> io::Result<Box<dyn Read>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let client = reqwest::Client::builder()
        .user_agent(concat!("vantage/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .https_only(true)
        .build()
        .map_err(io::Error::other)?;
    let response = runtime
        .block_on(client.get(url).send())
        .and_then(reqwest::Response::error_for_status)
        .map_err(|error| io::Error::other(error.without_url()))?;
    Ok(Box::new(Body { runtime, response, rest: bytes::Bytes::new() }))
}

/// A response's body, read as it comes.
struct Body {
    runtime: Runtime,
    response: reqwest::Response,
    rest: bytes::Bytes,
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty() {
            match self.runtime.block_on(self.response.chunk()) {
                Ok(Some(chunk)) => self.rest = chunk,
                Ok(None) => return Ok(0),
                Err(error) => return Err(io::Error::other(error.without_url())),
            }
        }
        let taken = self.rest.split_to(self.rest.len().min(buffer.len()));
        buffer.iter_mut().zip(&taken).for_each(|(to, from)| *to = *from);
        Ok(taken.len())
    }
}
