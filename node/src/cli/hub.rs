//! Reading a file from the model hub over HTTPS, for the model store, which has no HTTP client.

use reqwest::StatusCode;
use reqwest::header::{CONTENT_RANGE, RANGE};
use std::io::{self, Read};
use std::time::Duration;
use tokio::runtime::Runtime;
use vantage_runner::Fetched;

/// Longest time to connect. A guess: slow links need 3 s.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest time without a byte. A guess.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Opens an address from a byte on, as far as the server knows ranges. What is read is the caller's to check.
pub(super) fn open(url: &str, from: u64) -> io::Result<Fetched> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let client = reqwest::Client::builder()
        .user_agent(concat!("vantage/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .https_only(true)
        .build()
        .map_err(io::Error::other)?;
    let mut request = client.get(url);
    if from > 0 {
        request = request.header(RANGE, format!("bytes={from}-"));
    }
    let response = runtime
        .block_on(request.send())
        .and_then(reqwest::Response::error_for_status)
        .map_err(|error| io::Error::other(error.without_url()))?;
    let from = first_byte(&response)?;
    Ok(Fetched { from, reader: Box::new(Body { runtime, response, rest: bytes::Bytes::new() }) })
}

/// Which byte of the file a response begins with.
fn first_byte(response: &reqwest::Response) -> io::Result<u64> {
    if response.status() != StatusCode::PARTIAL_CONTENT {
        return Ok(0);
    }
    let range = response.headers().get(CONTENT_RANGE).and_then(|range| range.to_str().ok());
    let first = range.and_then(|range| range.strip_prefix("bytes ")?.split_once('-')?.0.parse().ok());
    first.ok_or_else(|| io::Error::other("the server sent a part of the file and does not say which"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_byte_is_the_servers_word() {
        let answer = |status: u16, range: Option<&str>| {
            let builder = axum::http::Response::builder().status(status);
            let builder =
                range.into_iter().fold(builder, |builder, range| builder.header(CONTENT_RANGE, range));
            first_byte(&builder.body("").unwrap().into())
        };
        assert_eq!(answer(200, None).unwrap(), 0);
        assert_eq!(answer(200, Some("bytes 5-9/10")).unwrap(), 0, "no part was announced");
        assert_eq!(answer(206, Some("bytes 5-9/10")).unwrap(), 5);
        for odd in [None, Some("bytes */10"), Some("bytes -9/10"), Some("lines 5-9/10"), Some("bytes 5")] {
            assert!(answer(206, odd).is_err(), "{odd:?}");
        }
    }
}
