//! A tolerant reader of JSON: what a body says is taken from it even where it breaks the rules of the format.
//!
//! Servers and the proxies before them lead with a byte order mark or blank lines, cut a text amid a pair of surrogates
//! or amid a UTF-8 sequence, write `NaN`, leave control characters as they are, and write a key twice (the last one
//! counts). All of that is read. What has no other reading than its end being lost is not.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Most values kept of a body. A guess: an answer in a thousand parts has three thousand.
const NODES_MAX: usize = 1 << 16;

/// The fields that some reader looks at, in alphabetical order. Others are passed over: they cost neither memory nor the
/// answer, whatever they hold.
const FIELDS: [&str; 67] = [
    "base_resp",
    "blockReason",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "candidates",
    "candidatesTokenCount",
    "choices",
    "code",
    "completion_tokens",
    "content",
    "created",
    "detail",
    "details",
    "error",
    "error_code",
    "error_message",
    "error_msg",
    "error_type",
    "errors",
    "finishReason",
    "finish_reason",
    "flagged_input",
    "http_code",
    "http_status",
    "id",
    "index",
    "innererror",
    "input_tokens",
    "message",
    "metadata",
    "model",
    "modelVersion",
    "msg",
    "nanos",
    "native_finish_reason",
    "object",
    "output_tokens",
    "parts",
    "promptFeedback",
    "promptTokenCount",
    "prompt_tokens",
    "quotaId",
    "raw",
    "reason",
    "reasons",
    "refusal",
    "responseId",
    "retryDelay",
    "role",
    "seconds",
    "status",
    "statusCode",
    "status_code",
    "status_msg",
    "stop_reason",
    "system_fingerprint",
    "text",
    "thought",
    "thoughtsTokenCount",
    "title",
    "tool_calls",
    "totalTokenCount",
    "total_tokens",
    "type",
    "usage",
    "usageMetadata",
    "violations",
];

/// Why a body cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// It ends before the value does.
    Torn,
    /// It is no JSON, nests over 127 deep, or holds over [`NODES_MAX`] values of interest.
    Foreign,
}

/// Reads a body. Only fields of [`FIELDS`] are kept.
pub(crate) fn read(body: &[u8]) -> Result<Value, Unreadable> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_matches(|c: char| c == '\u{feff}' || c.is_whitespace());
    let mended = mend(text.as_bytes());
    let budget = Cell::new(NODES_MAX);
    let mut reader = serde_json::Deserializer::from_slice(&mended);
    let read = Kept(&budget).deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    read.map_err(|error| if error.is_eof() { Unreadable::Torn } else { Unreadable::Foreign })
}

/// JSON as the standard wants it, where what stands there has one reading.
fn mend(text: &[u8]) -> Vec<u8> {
    let mut mended = Vec::with_capacity(text.len());
    let mut rest = text;
    let mut is_in_string = false;
    while let Some((&byte, tail)) = rest.split_first() {
        let taken = match byte {
            b'\\' if is_in_string => escape(rest, &mut mended),
            0..0x20 if is_in_string => {
                mended.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
                1
            }
            b'+' | b'-' | b'.' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' if !is_in_string => {
                word(rest, &mut mended)
            }
            _ => {
                is_in_string ^= byte == b'"';
                mended.push(byte);
                1
            }
        };
        rest = rest.get(taken..).unwrap_or(tail);
    }
    mended
}

/// Copies an escape; half of a surrogate pair becomes U+FFFD. Returns how many bytes it took.
fn escape(text: &[u8], mended: &mut Vec<u8>) -> usize {
    let taken = match unit(text) {
        Some(0xd800..=0xdbff) if matches!(text.get(6..).and_then(unit), Some(0xdc00..=0xdfff)) => 12,
        Some(0xd800..=0xdfff) => {
            mended.extend_from_slice(b"\\ufffd");
            return 6;
        }
        Some(_) => 6,
        None => 2.min(text.len()),
    };
    mended.extend(text.iter().take(taken));
    taken
}

/// The UTF-16 unit that a `\uXXXX` at the start stands for.
fn unit(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// Copies a number or a word. A number that JSON has no form for, and one beyond all bounds, becomes null.
fn word(text: &[u8], mended: &mut Vec<u8>) -> usize {
    let in_word = |byte: &&u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
    let taken = text.iter().take_while(in_word).count();
    let word = std::str::from_utf8(text.get(..taken).unwrap_or_default()).unwrap_or_default();
    let is_number = word.parse::<f64>().is_ok();
    let is_readable = serde_json::from_str::<f64>(word).is_ok_and(f64::is_finite);
    mended.extend_from_slice(if is_number && !is_readable { b"null" } else { word.as_bytes() });
    taken
}

/// A value of which only known fields are kept, and of all of these together at most so many.
struct Kept<'a>(&'a Cell<usize>);

impl Kept<'_> {
    fn count<E: Error>(&self) -> Result<(), E> {
        let left = self.0.get().checked_sub(1).ok_or_else(|| E::custom("too many values"))?;
        self.0.set(left);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Kept<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.count()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Kept<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, is: bool) -> Result<Value, E> {
        Ok(is.into())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Kept(self.0))? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            if FIELDS.binary_search(&name.as_str()).is_ok() {
                map.insert(name, fields.next_value_seed(Kept(self.0))?);
            } else {
                fields.next_value::<IgnoredAny>()?;
            }
        }
        Ok(map.into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn content(body: &str) -> Result<Value, Unreadable> {
        read(body.as_bytes()).map(|value| value.get("content").cloned().unwrap_or_default())
    }

    #[test]
    fn the_fields_are_in_order() {
        assert!(FIELDS.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn what_stands_around_the_value_is_passed_over() {
        for body in
            ["\u{feff}{\"content\":1}", " \n\t{\"content\":1}\r\n", "\n\u{feff} \n{\"content\":1}\u{feff}"]
        {
            assert_eq!(content(body), Ok(json!(1)), "{body:?}");
        }
        for body in ["", "  ", "{\"content\":1} x", "data: {\"content\":1}", "{\"content\":1}{\"content\":2}"]
        {
            assert!(read(body.as_bytes()).is_err(), "{body:?}");
        }
    }

    #[test]
    fn half_a_surrogate_pair_becomes_a_replacement_character() {
        for (text, read) in [
            (r"a\ud83d", "a\u{fffd}"),
            (r"\uDE00b", "\u{fffd}b"),
            (r"\ud83d\ud83d\ude00", "\u{fffd}\u{1f600}"),
            (r"\ude00\ud83d", "\u{fffd}\u{fffd}"),
            (r"\ud83d\n\ude00", "\u{fffd}\n\u{fffd}"),
            (r"\ud83dxude00", "\u{fffd}xude00"),
            (r"\\ud83d", r"\ud83d"),
            (r"\\\ud83d", "\\\u{fffd}"),
            (r#"\"\ud83d\""#, "\"\u{fffd}\""),
            (r"\ud83d\ude00 \u00e9", "\u{1f600} \u{e9}"),
        ] {
            assert_eq!(content(&format!("{{\"content\":\"{text}\"}}")), Ok(json!(read)), "{text}");
        }
        for broken in [r"\u", r"\ud8", r"\ud83d\u12", r"\uzzzz", r"\u+123", r"\x"] {
            assert!(content(&format!("{{\"content\":\"{broken}\"}}")).is_err(), "{broken}");
        }
    }

    #[test]
    fn bytes_that_are_no_utf8_and_bare_control_characters_cost_no_answer() {
        assert_eq!(read(b"{\"content\":\"a\xff\xc3\"}").unwrap()["content"], "a\u{fffd}\u{fffd}");
        assert_eq!(content("{\"content\":\"a\nb\tc\u{0}\"}"), Ok(json!("a\nb\tc\0")));
    }

    #[test]
    fn numbers_of_any_form_cost_at_most_themselves() {
        for odd in ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "+1", ".5", "1.", "007", "nan"] {
            let body = format!("{{\"content\":\"yes\",\"usage\":{odd},\"else\":[{odd},{odd}]}}");
            let value = read(body.as_bytes()).unwrap();
            assert_eq!((&value["content"], &value["usage"]), (&json!("yes"), &Value::Null), "{odd}");
        }
        assert_eq!(content("{\"content\":12345678901234567890123}"), Ok(json!(1.2345678901234568e22)));
        for kept in ["-0", "9.0", "1e3", "true", "false", "null", "18446744073709551615"] {
            assert_eq!(content(&format!("{{\"content\":{kept}}}")), Ok(kept.parse().unwrap()), "{kept}");
        }
        for word in ["undefined", "None", "True", "-", "e5", "1-2"] {
            assert!(content(&format!("{{\"content\":{word}}}")).is_err(), "{word}");
        }
    }

    #[test]
    fn the_last_of_equal_keys_counts() {
        assert_eq!(content("{\"content\":1,\"x\":0,\"content\":[2]}"), Ok(json!([2])));
    }

    #[test]
    fn what_breaks_off_is_told_from_what_is_no_json() {
        for torn in ["", "{\"content\":", "{\"content\":\"ye", "[{}", "{\"content\":\"a\\"] {
            assert_eq!(read(torn.as_bytes()), Err(Unreadable::Torn), "{torn}");
        }
        for foreign in ["<html>", "}", "{'a':1}", "{\"a\" 1}", "{\"a\":1,}"] {
            assert_eq!(read(foreign.as_bytes()), Err(Unreadable::Foreign), "{foreign}");
        }
    }

    #[test]
    fn depth_and_values_are_bounded_and_what_nobody_reads_is_free() {
        let deep = |field: &str| format!("{{\"{field}\":{}{}}}", "[".repeat(200_000), "]".repeat(200_000));
        assert!(read(deep("content").as_bytes()).is_err());
        let many = |field: &str| format!("{{\"{field}\":[{}0]}}", "{\"a\":0},".repeat(NODES_MAX));
        assert!(read(many("content").as_bytes()).is_err());
        for body in [deep("logprobs"), many("logprobs")] {
            assert_eq!(read(body.as_bytes()), Ok(json!({})));
        }
    }
}
