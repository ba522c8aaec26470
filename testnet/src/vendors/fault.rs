//! Faults on demand: what a vendor does on a bad day, for tests of whoever calls it.

/// What the simulated vendor does with a call instead of answering it properly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 429, with this `Retry-After` if any.
    RateLimited {
        /// The header's value: seconds or an HTTP date.
        retry_after: Option<String>,
    },
    /// 429 because the account has run out of credit.
    InsufficientQuota,
    /// Any status from 400 on, with an error body in the vendor's shape.
    Status(u16),
    /// The vendor says that it is overloaded, in its own way.
    Overloaded,
    /// The model is no longer served.
    ModelRetired,
    /// The vendor does not serve the caller's country.
    PlaceNotSupported,
    /// 307 to another address of this server.
    Redirect,
    /// The first half of the answer, then a pause of so many milliseconds, then the rest.
    SlowBody {
        /// The pause, milliseconds.
        pause_ms: u64,
    },
    /// The first half of the answer, then the connection is cut.
    CutBody,
    /// The first half of the answer as if it were whole.
    MalformedJson,
    /// 200 with no body.
    EmptyBody,
    /// A whole answer whose text is empty.
    EmptyText,
    /// A body of so many bytes, its length not announced.
    HugeBody {
        /// Bytes of the body.
        bytes: usize,
    },
    /// A whole answer with a text of so many bytes.
    HugeText {
        /// Bytes of the text.
        bytes: usize,
    },
    /// A proper answer, called `text/html`.
    WrongContentType,
    /// A proper answer that is said to have been cut by the vendor's content filter.
    ContentFilter,
    /// No answer at all, withheld by the vendor's content filter.
    Blocked,
    /// An answer that declines in words: OpenAI's by its `refusal` field, with no content.
    Refusal,
    /// A proper answer in several blocks or parts, where the format has them.
    InParts,
    /// The caller's key comes back to it.
    EchoKey(EchoPlace),
}

/// Where a caller's key is echoed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EchoPlace {
    /// In the text of the answer.
    Text,
    /// In the text of the answer, every character as a JSON escape.
    EscapedText,
    /// In the `via` header.
    Header,
    /// In the message of a 401.
    ErrorMessage,
}
