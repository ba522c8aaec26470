//! The HTTP client: one request out, one bounded reply back, every failure under its code.

use std::error::Error;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use crate::call::Call;
use crate::config::Vendor;
use crate::encoding;
use crate::failure::Failure;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    TRANSFER_ENCODING,
};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Response, Url, Version};

/// Largest response body read, in bytes: the longest answer, and as much again for JSON around and within it.
pub const BODY_MAX: usize = 2 << 20;

/// Most header lines read of a response. A guess: chains of proxies are known to pass 100, which is the usual limit.
const HEADERS_MAX: usize = 1024;

/// Most bytes of headers read over HTTP/2; over HTTP/1.1 the library's buffer holds 400 KiB.
const HEADER_BYTES_MAX: u32 = 256 << 10;

/// The HTTP client could not be made.
#[derive(Debug, thiserror::Error)]
#[error(
    "the HTTPS client cannot be set up ({0}): install the system's CA certificates, or point SSL_CERT_FILE at them"
)]
pub struct TransportError(String);

/// A response, its body read to the end and unpacked unless a failure came between.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// The end of the body was marked, and not only by the connection's.
    pub(crate) is_framed: bool,
    pub(crate) body: Result<Vec<u8>, Failure>,
}

/// No response at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoReply {
    pub(crate) failure: Failure,
    /// Whether the request may have reached the vendor.
    pub(crate) may_have_arrived: bool,
}

/// A client that goes to the given address and nowhere else.
#[derive(Debug)]
pub(crate) struct Transport {
    client: Client,
}

impl Transport {
    pub(crate) fn new(vendor: &Vendor) -> Result<Self, TransportError> {
        let config = vendor.config();
        let builder = with_room_for_headers(Client::builder())
            .user_agent(concat!("vantage/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_millis(config.connect_timeout_ms))
            .timeout(Duration::from_millis(config.timeout_ms))
            .redirect(Policy::none())
            .referer(false)
            // Neither a proxy from the environment nor a repeat behind the back of the call budget.
            .no_proxy()
            .retry(reqwest::retry::never())
            // The body is unpacked here, under a limit of its own.
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .dns_resolver(Arc::new(SystemResolver));
        // Certificates are only loaded where they are needed: slim containers have none.
        let builder = if vendor.uses_tls() { builder } else { builder.tls_certs_only([]) };
        let client = builder.build().map_err(|error| TransportError(innermost(&error)))?;
        Ok(Self { client })
    }

    /// Posts exactly the call's bytes to `url` and reads the reply.
    pub(crate) async fn post(
        &self,
        url: Url,
        call: &Call,
        credential: Option<(HeaderName, HeaderValue)>,
    ) -> Result<Reply, NoReply> {
        let mut request = self
            .client
            .post(url)
            .headers(call.headers().clone())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .header(ACCEPT_ENCODING, HeaderValue::from_static("identity"))
            .body(call.body().to_vec());
        if let Some((name, value)) = credential {
            request = request.header(name, value);
        }
        let response = request.send().await.map_err(|error| NoReply::of(&error))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let is_framed = response.version() == Version::HTTP_2
            || [CONTENT_LENGTH, TRANSFER_ENCODING].iter().any(|name| headers.contains_key(name));
        let body = read_body(response).await.and_then(|body| encoding::unpack(&headers, body));
        let body = body.map_err(|failure| match failure {
            // Packed data that breaks off where nothing marks its end.
            Failure::Malformed if !is_framed => Failure::Connect,
            failure => failure,
        });
        // of an error the codes are ASCII, and tell more than that its words are lost
        let body = match (200..300).contains(&status) {
            true => body.and_then(|body| encoding::in_utf8(&headers, body)),
            false => body,
        };
        Ok(Reply { status, headers, is_framed, body })
    }
}

fn with_room_for_headers(builder: ClientBuilder) -> ClientBuilder {
    builder.http1_max_headers(HEADERS_MAX).http2_max_header_list_size(HEADER_BYTES_MAX)
}

async fn read_body(mut response: Response) -> Result<Vec<u8>, Failure> {
    if response.content_length().is_some_and(|length| length > BODY_MAX as u64) {
        return Err(Failure::TooLarge);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failure_of_body(&error))? {
        if body.len() + chunk.len() > BODY_MAX {
            return Err(Failure::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

impl NoReply {
    fn of(error: &reqwest::Error) -> Self {
        let failure = failure_of(error);
        let before_sending = error.is_connect() || matches!(failure, Failure::Dns | Failure::Tls);
        Self { failure, may_have_arrived: !before_sending }
    }
}

/// As [`failure_of`], amid a body: one whose chunks do not follow the format is no broken connection.
fn failure_of_body(error: &reqwest::Error) -> Failure {
    let mut cause: Option<&(dyn Error + 'static)> = error.source();
    let mut is_broken = false;
    while let Some(error) = cause {
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        is_broken |= matches!(kind, Some(io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData));
        cause = error.source();
    }
    match failure_of(error) {
        Failure::Connect if is_broken => Failure::Malformed,
        failure => failure,
    }
}

/// The code for a client's error, by the types in its chain of causes.
fn failure_of(error: &reqwest::Error) -> Failure {
    if error.is_timeout() {
        return Failure::Timeout;
    }
    if error.is_dns() {
        return Failure::Dns;
    }
    let mut cause: Option<&(dyn Error + 'static)> = error.source();
    while let Some(error) = cause {
        // An `io::Error` names the source of what it wraps as its own source, and skips what it wraps.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse) {
            return Failure::BadResponseHead;
        }
        if error.is::<rustls::Error>() || wrapped.is_some_and(|inner| inner.is::<rustls::Error>()) {
            return Failure::Tls;
        }
        cause = match wrapped {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    Failure::Connect
}

fn innermost(error: &dyn Error) -> String {
    let mut innermost: &dyn Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// The system's name service, except that `localhost` is always this machine (RFC 6761, 6.3).
struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let name = name.as_str();
            let found: Vec<SocketAddr> = if name == "localhost" {
                let here: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
                here.map(|address| SocketAddr::new(address, 0)).to_vec()
            } else {
                tokio::net::lookup_host((name, 0)).await?.collect()
            };
            if found.is_empty() {
                return Err(io::Error::from(io::ErrorKind::NotFound).into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
