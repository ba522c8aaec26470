//! Why a call brought no answer: a closed list of stable codes.

use std::fmt;

use vantage_protocol::finish::Ending;

/// Why a call ended without a usable answer.
///
/// The codes are part of receipts: [`Failure::code`] and the `Display` form never change their meaning.
/// A model that declines to answer in words has answered; that is not a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Failure {
    /// Nothing, or not everything, came back in time.
    Timeout,
    /// No connection, or one that broke before the answer was whole.
    Connect,
    /// The TLS handshake failed: a certificate that does not fit, or no TLS on the other side.
    Tls,
    /// The host name could not be resolved.
    Dns,
    /// A redirect, which is never followed: the answer would come from a host nobody configured.
    Http3xx(u16),
    /// The API refused the request, with this status.
    Http4xx(u16),
    /// The API failed, with this status.
    Http5xx(u16),
    /// 429: too many requests or tokens; the API asks to come back later.
    RateLimited,
    /// The API says that it is overloaded, whoever calls.
    Overloaded,
    /// The answer is not what the wire format says.
    Malformed,
    /// The head of the response cannot be read. The vendor has answered, and charged for it: it is asked once.
    BadResponseHead,
    /// The body is packed in a way that nobody asked for and that is not known here.
    UnknownEncoding,
    /// The vendor broke off: what there is of an answer is a part by accident.
    Torn,
    /// The model asks for a tool to be run, though none is offered.
    ToolCall,
    /// The vendor says why the answer ended in a word that is not known, or does not say it where it must.
    UnknownFinish,
    /// An error under a status of success, and nothing in it that is known here.
    ApiError,
    /// A well-formed answer without text.
    Empty,
    /// The body or the text passes its limit.
    TooLarge,
    /// The vendor's content filter withheld or cut the answer.
    ContentFilter,
    /// The API refused for a reason that no retry can mend.
    RefusedByApi(ApiRefusal),
    /// The node withdrew the call.
    Cancelled,
    /// A budget is used up: the job's calls, or what may be called or spent for a job or on a day. Nothing was sent.
    Budget,
    /// The answer contained a part of the API key; nothing of it is kept.
    SecretInResponse,
    /// The vendor counted more tokens than the call can have taken: what it costs is not known, and what it brought is no
    /// answer to this request.
    AbsurdUsage,
    /// This node has no endpoint of the target for the region; nothing was sent.
    NoEndpoint,
}

/// A refusal that the vendor names in its error body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ApiRefusal {
    /// The model does not exist, or this account has no access to it.
    ModelNotFound,
    /// The account has run out of credit.
    InsufficientQuota,
    /// The API key is wrong, revoked or missing.
    InvalidKey,
    /// The vendor does not serve the place that the call comes from. It is never tried from another one.
    RegionNotSupported,
}

impl Failure {
    /// The stable code, without the detail in brackets that `Display` adds.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Dns => "dns",
            Self::Http3xx(_) => "http_3xx",
            Self::Http4xx(_) => "http_4xx",
            Self::Http5xx(_) => "http_5xx",
            Self::RateLimited => "rate_limited",
            Self::Overloaded => "overloaded",
            Self::Malformed => "malformed",
            Self::BadResponseHead => "bad_response_head",
            Self::UnknownEncoding => "unknown_encoding",
            Self::Torn => "torn",
            Self::ToolCall => "tool_call",
            Self::UnknownFinish => "unknown_finish",
            Self::ApiError => "api_error",
            Self::Empty => "empty",
            Self::TooLarge => "too_large",
            Self::ContentFilter => "content_filter",
            Self::RefusedByApi(_) => "refused_by_api",
            Self::Cancelled => "cancelled",
            Self::Budget => "budget",
            Self::SecretInResponse => "secret_in_response",
            Self::AbsurdUsage => "absurd_usage",
            Self::NoEndpoint => "no_endpoint",
        }
    }

    /// Whether the same call may succeed a little later: 408, 409, 429, 5xx, a torn answer, and trouble on the way.
    pub fn is_transient(&self) -> bool {
        let passes = matches!(
            self,
            Self::Http4xx(408 | 409)
                | Self::Http5xx(_)
                | Self::Torn
                | Self::Connect
                | Self::Dns
                | Self::Timeout
        );
        passes || self.is_throttle()
    }

    /// Whether the vendor asks for fewer calls, of this node or of everybody.
    pub fn is_throttle(&self) -> bool {
        matches!(self, Self::RateLimited | Self::Overloaded)
    }

    /// The failure that an answer's ending is; `None` for those with which it is an answer.
    pub(crate) fn of_ending(ending: Ending) -> Option<Self> {
        match ending {
            Ending::Whole | Ending::Cut | Ending::Untold => None,
            Ending::Withheld => Some(Self::ContentFilter),
            Ending::ToolCall => Some(Self::ToolCall),
            Ending::Torn => Some(Self::Torn),
            Ending::Unknown => Some(Self::UnknownFinish),
        }
    }

    /// The failure that an HTTP status stands for when the body says nothing better; `None` for 2xx.
    pub(crate) fn of_status(status: u16) -> Option<Self> {
        match status {
            200..=299 => None,
            429 => Some(Self::RateLimited),
            300..=399 => Some(Self::Http3xx(status)),
            400..=499 => Some(Self::Http4xx(status)),
            500..=599 => Some(Self::Http5xx(status)),
            _ => Some(Self::Malformed),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http3xx(status) | Self::Http4xx(status) | Self::Http5xx(status) => {
                write!(f, "{}({status})", self.code())
            }
            Self::RefusedByApi(refusal) => write!(f, "{}({})", self.code(), refusal.code()),
            _ => f.write_str(self.code()),
        }
    }
}

impl ApiRefusal {
    /// The stable code, as OpenAI's error bodies spell it where they have one.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ModelNotFound => "model_not_found",
            Self::InsufficientQuota => "insufficient_quota",
            Self::InvalidKey => "invalid_key",
            Self::RegionNotSupported => "region_not_supported",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trouble_that_passes_is_transient() {
        let transient = [
            Failure::Timeout,
            Failure::Connect,
            Failure::Dns,
            Failure::RateLimited,
            Failure::Overloaded,
            Failure::Http5xx(503),
            Failure::Http4xx(408),
            Failure::Http4xx(409),
            Failure::Torn,
        ];
        let lasting = [
            Failure::Tls,
            Failure::Http3xx(302),
            Failure::Http4xx(404),
            Failure::Malformed,
            Failure::BadResponseHead,
            Failure::UnknownEncoding,
            Failure::ToolCall,
            Failure::UnknownFinish,
            Failure::ApiError,
            Failure::Empty,
            Failure::TooLarge,
            Failure::ContentFilter,
            Failure::RefusedByApi(ApiRefusal::InvalidKey),
            Failure::RefusedByApi(ApiRefusal::InsufficientQuota),
            Failure::RefusedByApi(ApiRefusal::RegionNotSupported),
            Failure::Cancelled,
            Failure::Budget,
            Failure::SecretInResponse,
            Failure::AbsurdUsage,
            Failure::NoEndpoint,
        ];
        assert!(transient.iter().all(Failure::is_transient));
        assert!(!lasting.iter().any(Failure::is_transient));
        assert!(transient.iter().filter(|failure| failure.is_throttle()).count() == 2);
    }

    #[test]
    fn display_adds_the_detail_to_the_code() {
        assert_eq!(Failure::Http4xx(404).to_string(), "http_4xx(404)");
        assert_eq!(
            Failure::RefusedByApi(ApiRefusal::ModelNotFound).to_string(),
            "refused_by_api(model_not_found)"
        );
        assert_eq!(Failure::Timeout.to_string(), "timeout");
    }

    #[test]
    fn an_ending_has_the_code_that_the_protocol_gives_it() {
        use Ending::{Cut, ToolCall, Torn, Unknown, Untold, Whole, Withheld};
        for ending in [Whole, Cut, Untold, Withheld, ToolCall, Torn, Unknown] {
            let code = Failure::of_ending(ending).map(|failure| failure.code());
            assert_eq!(code, ending.failure(), "{ending:?}");
        }
    }

    #[test]
    fn a_status_outside_http_is_malformed() {
        assert_eq!(Failure::of_status(204), None);
        assert_eq!(Failure::of_status(101), Some(Failure::Malformed));
        assert_eq!(Failure::of_status(999), Some(Failure::Malformed));
        assert_eq!(Failure::of_status(429), Some(Failure::RateLimited));
    }
}
