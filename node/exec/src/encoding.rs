//! Undoing a `content-encoding` (RFC 9110, 8.4) that nobody asked for: requests say `identity`, and some gateways pack an
//! answer all the same.

use std::io::Read;

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use flate2::bufread::GzDecoder;
use flate2::read::{DeflateDecoder, ZlibDecoder};
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};

use crate::failure::Failure;
use crate::json;
use crate::transport::BODY_MAX;

/// Most encodings undone, one around another. A guess: nobody has a reason for two.
const LAYERS_MAX: usize = 4;

/// Most members of one gzip file: each costs a node the same, however little it holds. A guess: servers that write one for
/// each part of an answer have a thousand.
const MEMBERS_MAX: usize = 4096;

/// What each member of a gzip file begins with (RFC 1952, 2.3.1).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// How one layer is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    Gzip,
    Deflate,
    Brotli,
    /// One of [`NO_CODINGS`].
    Bare,
}

/// What servers write that pack nothing: the body is taken as it is if it reads.
const NO_CODINGS: [&str; 11] =
    ["7bit", "8bit", "ascii", "aws-chunked", "binary", "json", "none", "null", "text", "utf-8", "utf8"];

/// The body without the encodings that the headers name, at most [`BODY_MAX`] bytes at every step.
///
/// An encoding that is not known here is `unknown_encoding`, what does not unpack is `malformed`, and what unpacks to
/// more is `too_large`.
pub(crate) fn unpack(headers: &HeaderMap, body: Vec<u8>) -> Result<Vec<u8>, Failure> {
    let codings = codings(headers)?;
    // Nothing is nothing, whatever it is packed in.
    if body.is_empty() {
        return Ok(body);
    }
    // The last that is named was applied last.
    codings.into_iter().rev().try_fold(body, |body, coding| coding.undo(&body))
}

/// The body, if it is written in the characters that its headers declare or in UTF-8, which is all that is read here: of any
/// other set the words would come out as others.
pub(crate) fn in_utf8(headers: &HeaderMap, body: Vec<u8>) -> Result<Vec<u8>, Failure> {
    let is_other = headers.get_all(CONTENT_TYPE).iter().any(declares_other_characters);
    if is_other && std::str::from_utf8(&body).is_err() { Err(Failure::Malformed) } else { Ok(body) }
}

/// Whether a content type declares another set of characters than UTF-8.
fn declares_other_characters(content_type: &HeaderValue) -> bool {
    let content_type = String::from_utf8_lossy(content_type.as_bytes());
    let is_other = |parameter: &str| {
        parameter.split_once('=').is_some_and(|(name, value)| {
            let value = value.trim().trim_matches(['"', '\'']);
            let is_utf8 = ["", "utf-8", "utf8"].iter().any(|known| known.eq_ignore_ascii_case(value));
            name.trim().eq_ignore_ascii_case("charset") && !is_utf8
        })
    };
    content_type.split([';', ',']).any(is_other)
}

fn codings(headers: &HeaderMap) -> Result<Vec<Coding>, Failure> {
    let mut codings = Vec::new();
    for value in headers.get_all(CONTENT_ENCODING) {
        let value = value.to_str().map_err(|_| Failure::UnknownEncoding)?;
        for name in value.split(',') {
            codings.extend(match name.trim().to_ascii_lowercase().as_str() {
                "" | "identity" => None,
                "gzip" | "x-gzip" => Some(Coding::Gzip),
                "deflate" => Some(Coding::Deflate),
                "br" => Some(Coding::Brotli),
                bare if NO_CODINGS.contains(&bare) => Some(Coding::Bare),
                _ => return Err(Failure::UnknownEncoding),
            });
        }
    }
    if codings.len() > LAYERS_MAX { Err(Failure::UnknownEncoding) } else { Ok(codings) }
}

impl Coding {
    fn undo(self, body: &[u8]) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Gzip => unpack_gzip(body),
            // It is zlib's format by the standard, and the bare stream with some servers.
            Self::Deflate => match bounded(ZlibDecoder::new(body)) {
                Err(Failure::Malformed) => bounded(DeflateDecoder::new(body)),
                unpacked => unpacked,
            },
            Self::Brotli => unpack_brotli(body),
            // what is packed in any way is no JSON
            Self::Bare if json::read(body, "").is_ok() => Ok(body.to_vec()),
            Self::Bare => Err(Failure::UnknownEncoding),
        }
    }
}

fn bounded(reader: impl Read) -> Result<Vec<u8>, Failure> {
    let mut unpacked = Vec::new();
    let read = reader.take(BODY_MAX as u64 + 1).read_to_end(&mut unpacked);
    if unpacked.len() > BODY_MAX {
        return Err(Failure::TooLarge);
    }
    read.map(|_| unpacked).map_err(|_| Failure::Malformed)
}

/// A file of several members is one text; the first alone would be a part of it. What follows the last is passed over, as
/// browsers do: padding, or what a proxy left there.
fn unpack_gzip(body: &[u8]) -> Result<Vec<u8>, Failure> {
    let (mut unpacked, mut rest) = (Vec::new(), body);
    for _ in 0..MEMBERS_MAX {
        let mut member = GzDecoder::new(rest);
        let room = BODY_MAX as u64 + 1 - unpacked.len() as u64;
        let read = member.by_ref().take(room).read_to_end(&mut unpacked);
        if unpacked.len() > BODY_MAX {
            return Err(Failure::TooLarge);
        }
        read.map_err(|_| Failure::Malformed)?;
        rest = member.into_inner();
        rest = rest.get(rest.iter().take_while(|byte| **byte == 0).count()..).unwrap_or_default();
        if !rest.starts_with(&GZIP_MAGIC) {
            return Ok(unpacked);
        }
    }
    Err(Failure::Malformed)
}

/// The library's own reader takes windows of up to 1 GiB, which a body of a few bytes can ask for; the strict state has at
/// most the standard's 16 MiB.
fn unpack_brotli(body: &[u8]) -> Result<Vec<u8>, Failure> {
    type State = BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>;
    let mut state: State =
        BrotliState::new_strict(StandardAlloc::default(), StandardAlloc::default(), StandardAlloc::default());
    let mut unpacked = Vec::new();
    let mut chunk = vec![0; 64 * 1024];
    let (mut input_left, mut input_at, mut total) = (body.len(), 0, 0);
    loop {
        let (mut room, mut written) = (chunk.len(), 0);
        let result = BrotliDecompressStream(
            &mut input_left,
            &mut input_at,
            body,
            &mut room,
            &mut written,
            &mut chunk,
            &mut total,
            &mut state,
        );
        unpacked.extend(chunk.iter().take(written));
        if unpacked.len() > BODY_MAX {
            return Err(Failure::TooLarge);
        }
        match result {
            BrotliResult::ResultSuccess if input_left == 0 => return Ok(unpacked),
            BrotliResult::NeedsMoreOutput => {}
            // It breaks off, something follows it, or it is none.
            BrotliResult::NeedsMoreInput | BrotliResult::ResultSuccess | BrotliResult::ResultFailure => {
                return Err(Failure::Malformed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = r#"{"choices":[{"message":{"content":"Canberra"},"finish_reason":"stop"}]}"#;
    /// [`PLAIN`], packed by the reference implementations of zlib and brotli.
    const DEFLATE: &str = "789c05c1c10d80300805d05dfed909b83a86310609da1e0aa67023ddddf70ad2bc8b06e8280c8de0574105714bb50\
        46167bb754ec6daf074ebd1aea91c6e2044fa8775ae1f88cc1957";
    const BROTLI: &str = "1b4600e01d07ce5976165e10f81d26443439f2530d5a6d81a45f436eadd3d7c5d2310e58cfa76bd9c7816cf090a57c1a\
        c371b251c125bc0773ef7f340362a70dea80d003";
    /// The same with the format's extension to windows of 1 GiB.
    const BROTLI_LARGE: &str = "115e180180771c3867d9597841e0779810d1e4c84f3568b505927e0db9b54e5f174bc738603d9fae651f07b2c1\
        4396f2690cc7c9460597f01eccbdffd10c889d36a803420f";
    /// 2 MiB and one byte of blanks in 14.
    const BROTLI_BOMB: &str = "9f000020f82540e2b14040f7fe03";

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        digits.chunks(2).map(byte).collect()
    }

    fn unpacked(encoding: &str, body: &[u8]) -> Result<Vec<u8>, Failure> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, encoding.parse().unwrap());
        unpack(&headers, body.to_vec())
    }

    #[test]
    fn what_the_reference_implementations_pack_is_unpacked() {
        let plain = Ok(PLAIN.as_bytes().to_vec());
        let deflate = bytes(DEFLATE);
        assert_eq!(unpacked("br", &bytes(BROTLI)), plain);
        assert_eq!(unpacked("deflate", &deflate), plain);
        assert_eq!(unpacked("deflate", &deflate[2..deflate.len() - 4]), plain, "without its envelope");
        assert_eq!(unpack(&HeaderMap::new(), PLAIN.into()), plain);
        let mut two = HeaderMap::new();
        two.append(CONTENT_ENCODING, "identity".parse().unwrap());
        two.append(CONTENT_ENCODING, "BR".parse().unwrap());
        assert_eq!(unpack(&two, bytes(BROTLI)), plain, "over two lines");
    }

    #[test]
    fn what_names_no_packing_is_passed_over_where_the_body_reads() {
        let plain = Ok(PLAIN.as_bytes().to_vec());
        for name in ["utf-8", "UTF-8", "none", "aws-chunked", "binary", "identity, none"] {
            assert_eq!(unpacked(name, PLAIN.as_bytes()), plain, "{name}");
            assert_eq!(unpacked(name, &bytes(BROTLI)), Err(Failure::UnknownEncoding), "{name}");
        }
        assert_eq!(unpacked("aws-chunked, br", &bytes(BROTLI)), plain);
        assert_eq!(unpacked("br, aws-chunked", &bytes(BROTLI)), Err(Failure::UnknownEncoding));
        assert_eq!(unpacked("none", b""), Ok(vec![]));
    }

    #[test]
    fn other_characters_than_utf8_are_not_guessed() {
        let (utf8, gbk) = ("{\"a\":\"\u{4e2d}\"}".as_bytes(), &b"{\"a\":\"\xd6\xd0\"}"[..]);
        for (content_type, is_other) in [
            ("application/json; charset=gbk", true),
            ("application/json;Charset=\"ISO-8859-1\"", true),
            ("application/json; charset=UTF-8", false),
            ("application/json; charset=utf8", false),
            ("application/json", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, content_type.parse().unwrap());
            assert_eq!(in_utf8(&headers, utf8.to_vec()), Ok(utf8.to_vec()), "{content_type}");
            let expected = if is_other { Err(Failure::Malformed) } else { Ok(gbk.to_vec()) };
            assert_eq!(in_utf8(&headers, gbk.to_vec()), expected, "{content_type}");
        }
    }

    #[test]
    fn a_limit_holds_for_what_comes_out_and_for_the_window() {
        assert_eq!(unpacked("br", &bytes(BROTLI_BOMB)), Err(Failure::TooLarge));
        assert_eq!(unpacked("br", &bytes(BROTLI_LARGE)), Err(Failure::Malformed));
        assert_eq!(unpacked("br,br,br,br,br", &bytes(BROTLI)), Err(Failure::UnknownEncoding));
    }

    #[test]
    fn what_breaks_off_or_goes_on_is_no_text() {
        for (encoding, packed) in [("br", bytes(BROTLI)), ("deflate", bytes(DEFLATE))] {
            for len in 1..packed.len() {
                // A bare stream is whole without the checksum that follows it in an envelope, and never with less.
                let read = unpacked(encoding, &packed[..len]);
                assert_eq!(read, Err(Failure::Malformed), "{encoding} {len}");
            }
        }
        assert_eq!(unpacked("br", &[bytes(BROTLI), b"more".to_vec()].concat()), Err(Failure::Malformed));
        assert_eq!(unpacked("br", b""), Ok(vec![]));
        for unknown in ["zstd", "compress", "gzip;q=1", "br gzip", "*"] {
            assert_eq!(unpacked(unknown, PLAIN.as_bytes()), Err(Failure::UnknownEncoding), "{unknown}");
        }
    }
}
