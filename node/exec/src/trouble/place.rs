//! Where an error stands in a body, and whether one does.

use std::borrow::Cow;

use serde_json::Value;

use super::table::CODES;
use super::{CODE_NAMES, DEPTH_MAX, ENTRIES_MAX, is_of_error, looked_up, number, numbers, spelled};
use crate::json;

/// A body that was written as JSON again, within a text.
pub(super) fn decoded(body: &Value) -> Cow<'_, Value> {
    let mut body = Cow::Borrowed(body);
    for _ in 0..DEPTH_MAX {
        let Some(text) = body.as_str().filter(|text| text.trim_start().starts_with(['{', '[', '"'])) else {
            break;
        };
        let Ok(inner) = json::read(text.as_bytes(), "") else { break };
        body = Cow::Owned(inner.value);
    }
    body
}

pub(super) fn is_error(body: &Value, has_answer: bool, depth: usize) -> bool {
    match (body, depth.checked_sub(1)) {
        (Value::Array(list), Some(deeper)) => {
            list.iter().take(ENTRIES_MAX).any(|entry| is_error(entry, has_answer, deeper))
        }
        (Value::Object(_), _) => {
            is_filled(body.get("error"))
                || is_filled(body.get("errors"))
                || body.get("type").is_some_and(|kind| kind == "error")
                || base_resp(body).is_some()
                || tencents(body).is_some()
                || (!has_answer && is_complaint(body))
        }
        _ => false,
    }
}

/// The object that describes the error: what `error` holds, if it is one; of an array, the first entry that is an error.
pub(super) fn innermost(body: &Value) -> &Value {
    let body = match body {
        Value::Array(list) => list.iter().find(|entry| is_error(entry, false, DEPTH_MAX)).unwrap_or(body),
        _ => body,
    };
    let inner = body.get("error").filter(|error| error.is_object());
    inner.or_else(|| tencents(body)).or_else(|| body.get("base_resp")).unwrap_or(body)
}

/// Tencent's error, which stands in its response.
fn tencents(body: &Value) -> Option<&Value> {
    body.get("Response")?.get("Error").filter(|error| error.is_object() && is_filled(Some(error)))
}

/// A body without an answer that reads like what frameworks say for themselves.
fn is_complaint(body: &Value) -> bool {
    let codes =
        |names: &[&str]| names.iter().filter_map(|name| spelled(body.get(*name)?)).collect::<Vec<_>>();
    let is_known = |code: &String| is_of_error(number(code)) || looked_up(&CODES, code).is_some();
    let is_numbered = || body.as_object().and_then(numbers::means).is_some();
    if codes(&CODE_NAMES).iter().any(is_known) || is_numbered() {
        return true;
    }
    let of_success = codes(&["code", "status", "statusCode", "status_code", "error_code"]);
    if of_success.iter().any(|code| matches!(code.as_str(), "0" | "200")) {
        return false;
    }
    let sentences = ["message", "msg", "error_message", "error_msg", "title"];
    ["detail", "errors", "error_code"].iter().any(|name| is_filled(body.get(name)))
        || sentences.iter().any(|name| body.get(name).is_some_and(Value::is_string))
        || body.get("object").is_some_and(|object| object == "error")
}

/// Whether a field is there and says something.
pub(super) fn is_filled(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(Value::Bool(true)) => true,
        Some(Value::Number(number)) => number.as_f64() != Some(0.0),
        Some(Value::String(text)) => !text.trim().is_empty(),
        Some(Value::Array(list)) => list.iter().any(|entry| is_filled(Some(entry))),
        // servers that write out every field of an error say by its code, or by nothing, that there was none
        Some(Value::Object(map)) => !is_all_well(map) && map.values().any(|value| is_filled(Some(value))),
    }
}

/// An object whose code says that nothing went wrong.
fn is_all_well(map: &serde_json::Map<String, Value>) -> bool {
    let code = |name: &&str| spelled(map.get(*name)?).map(|code| code.to_ascii_lowercase());
    let mut codes = CODE_NAMES.iter().filter_map(code).peekable();
    codes.peek().is_some() && codes.all(|code| matches!(code.as_str(), "0" | "200" | "ok" | "success"))
}

/// MiniMax's way to say what went wrong; its code 0 is success.
pub(super) fn base_resp(body: &Value) -> Option<String> {
    spelled(body.get("base_resp")?.get("status_code")?).filter(|code| code != "0")
}
