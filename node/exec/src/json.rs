//! A tolerant reader of JSON: what a body says is taken from it even where it breaks the rules of the format.
//!
//! Servers and the proxies before them lead with a byte order mark or blank lines, cut a text amid a pair of surrogates
//! or amid a UTF-8 sequence, write `NaN`, leave control characters as they are, and write a key twice (the last one
//! counts). All of that is read. What has no other reading than its end being lost is not.

use std::cell::Cell;
use std::fmt;

use serde::de::{
    Deserialize as _, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::{Map, Value};

use crate::dialect::is_of_words;

/// Deepest value that is kept: the library reads recursively, and what nests deeper says nothing. A guess: honest answers
/// have ten.
const DEPTH_MAX: usize = 40;
/// Most values kept of where an answer stands. A guess: an answer in a thousand parts has three thousand.
const ANSWER_VALUES_MAX: usize = 1 << 15;
/// Most values kept of one field beside it, fields of its own apart, and of all such fields together. Guesses: honest errors
/// have twenty.
const FIELD_VALUES_MAX: usize = 1 << 10;
const FIELDS_VALUES_MAX: usize = 1 << 15;

/// The fields that some reader looks at, in alphabetical order. Others are passed over: they cost neither memory nor the
/// answer, whatever they hold.
const FIELDS: [&str; 86] = [
    "Code",
    "Error",
    "Message",
    "Response",
    "__type",
    "base_resp",
    "blockReason",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "candidates",
    "candidatesTokenCount",
    "choices",
    "code",
    "completion_tokens",
    "completion_tokens_details",
    "content",
    "created",
    "detail",
    "details",
    "error",
    "error_code",
    "error_message",
    "error_msg",
    "error_name",
    "error_type",
    "errors",
    "finishReason",
    "finish_reason",
    "flagged_input",
    "functionCall",
    "function_call",
    "header",
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
    "name",
    "nanos",
    "native_finish_reason",
    "object",
    "output_tokens",
    "output_tokens_details",
    "param",
    "parts",
    "promptFeedback",
    "promptTokenCount",
    "prompt_tokens",
    "quotaId",
    "raw",
    "reason",
    "reasoning_tokens",
    "reasons",
    "refusal",
    "responseId",
    "retryAfter",
    "retryDelay",
    "retry_after",
    "retry_after_ms",
    "retry_after_seconds",
    "role",
    "seconds",
    "sid",
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

/// The fields below an answer that its words depend on. Other fields have bounds of their own, so that none of them costs
/// a word.
const OF_WORDS: [&str; 7] = ["content", "message", "parts", "refusal", "text", "thought", "type"];

/// What was read of a body.
#[derive(Debug, PartialEq)]
pub(crate) struct Body {
    /// Its known fields. Where something stands that passes a bound there is `true`, which no reader takes for none.
    pub(crate) value: Value,
    /// A bound was passed where the answer stands: what is left of it may be a part.
    pub(crate) is_cut: bool,
}

/// Why a body cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// It ends before the value does.
    Torn,
    /// It is no JSON.
    Foreign,
}

/// Reads a body whose answer stands in `answer_field`. Only fields of [`FIELDS`] are kept.
pub(crate) fn read(body: &[u8], answer_field: &str) -> Result<Body, Unreadable> {
    let text = String::from_utf8_lossy(body);
    let mended = mend(text.trim_matches(is_around).as_bytes());
    let bounds = Bounds::new(answer_field);
    let room = Cell::new(FIELD_VALUES_MAX);
    let root = Kept { bounds: &bounds, room: &room, place: Place::Root, depth: 0 };
    let mut reader = serde_json::Deserializer::from_slice(&mended);
    let read = root.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    match read {
        Ok(value) => Ok(Body { value, is_cut: bounds.is_cut.get() }),
        Err(error) if error.is_eof() => Err(Unreadable::Torn),
        Err(_) => Err(Unreadable::Foreign),
    }
}

/// Whether there is nothing in a body but what may stand around a value.
pub(crate) fn is_blank(body: &[u8]) -> bool {
    std::str::from_utf8(body).is_ok_and(|text| text.chars().all(is_around))
}

/// What stands before and behind values: byte order marks, blanks, and the NULs of buffers that were sent whole.
fn is_around(c: char) -> bool {
    matches!(c, '\u{feff}' | '\0') || c.is_whitespace()
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

/// Copies a number or a word. A number that JSON has no form for, and one beyond all bounds, becomes null; one that breaks
/// off becomes nothing, as what follows it was to come.
fn word(text: &[u8], mended: &mut Vec<u8>) -> usize {
    let in_word = |byte: &&u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
    let taken = text.iter().take_while(in_word).count();
    let word = std::str::from_utf8(text.get(..taken).unwrap_or_default()).unwrap_or_default();
    let is_number = word.parse::<f64>().is_ok();
    let is_readable = serde_json::from_str::<f64>(word).is_ok_and(f64::is_finite);
    let breaks_off = || taken == text.len() && is_begun(word);
    mended.extend_from_slice(match is_number {
        true if !is_readable => b"null",
        false if breaks_off() => b"",
        _ => word.as_bytes(),
    });
    taken
}

/// Whether more of a number was to come.
fn is_begun(word: &str) -> bool {
    let unsigned = word.trim_start_matches(['+', '-']).to_ascii_lowercase();
    ["nan", "infinity"].iter().any(|name| name.starts_with(&unsigned))
        || format!("{word}0").parse::<f64>().is_ok()
}

/// How much of a body is kept.
struct Bounds<'a> {
    answer_field: &'a str,
    /// Values that there is room for where the answer stands, and in all other fields together.
    answer: Cell<usize>,
    fields: Cell<usize>,
    is_cut: Cell<bool>,
}

impl<'a> Bounds<'a> {
    fn new(answer_field: &'a str) -> Self {
        let (answer, fields) = (Cell::new(ANSWER_VALUES_MAX), Cell::new(FIELDS_VALUES_MAX));
        Self { answer_field, answer, fields, is_cut: Cell::new(false) }
    }
}

/// Where a value stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It is the whole body, or within a list that is.
    Root,
    /// The words of the answer depend on it.
    Answer,
    /// In some other field.
    Field,
}

/// A value of which only known fields are kept, and no more than there is room for: what has none is passed over, and costs
/// nothing around it.
#[derive(Clone, Copy)]
struct Kept<'a> {
    bounds: &'a Bounds<'a>,
    /// Values that there is room for in this field.
    room: &'a Cell<usize>,
    place: Place,
    depth: usize,
}

impl<'a> Kept<'a> {
    /// Takes the room for one value, if there is any.
    fn enter(self) -> bool {
        let rooms = match self.place {
            Place::Answer => [&self.bounds.answer, &self.bounds.answer],
            Place::Root | Place::Field => [&self.bounds.fields, self.room],
        };
        let is_free = self.depth <= DEPTH_MAX && rooms.iter().all(|room| room.get() > 1);
        if is_free {
            rooms.iter().for_each(|room| room.set(room.get() - 1));
        }
        is_free
    }

    /// What stands for a value that there is no room for.
    fn cut(self) -> Value {
        if self.place == Place::Answer {
            self.bounds.is_cut.set(true);
        }
        true.into()
    }

    /// The place of this field's value.
    fn place_of(self, name: &str) -> Place {
        match self.place {
            Place::Root if name == self.bounds.answer_field => Place::Answer,
            Place::Answer if OF_WORDS.contains(&name) => Place::Answer,
            _ => Place::Field,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Kept<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if self.enter() {
            return deserializer.deserialize_any(self);
        }
        IgnoredAny::deserialize(deserializer)?;
        Ok(self.cut())
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
        let entry = Self { depth: self.depth + 1, ..self };
        while let Some(item) = items.next_element_seed(Entry(entry))? {
            // after the first entry without room the others are passed over, which takes neither room nor memory
            let Some(item) = item else {
                list.push(self.cut());
                while items.next_element::<IgnoredAny>()?.is_some() {}
                break;
            };
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            // what may be words is looked at under any name for it, so that none of it goes unseen
            let may_be_words = self.place == Place::Answer && is_of_words(&name);
            if may_be_words || FIELDS.binary_search(&name.as_str()).is_ok() {
                let room = Cell::new(FIELD_VALUES_MAX);
                let place = self.place_of(&name);
                let field = Kept { bounds: self.bounds, room: &room, place, depth: self.depth + 1 };
                map.insert(name, fields.next_value_seed(field)?);
            } else {
                fields.next_value::<IgnoredAny>()?;
            }
        }
        Ok(map.into())
    }
}

/// An entry of a list; none if there is no room for it.
struct Entry<'a>(Kept<'a>);

impl<'de> DeserializeSeed<'de> for Entry<'_> {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Value>, D::Error> {
        if self.0.enter() {
            return deserializer.deserialize_any(self.0).map(Some);
        }
        IgnoredAny::deserialize(deserializer)?;
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
