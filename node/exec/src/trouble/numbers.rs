//! Numbers that are codes in one vendor's field alone: elsewhere they would be anything.

use serde_json::{Map, Value};

use super::Means::{self, Key, Quota, Rate, Region};
use super::{looked_up, spelled};

/// In `error_code`: Baidu's limits by the second and the minute, by the day and in all, and its tokens; Cloudflare's limit,
/// and its ban of a country.
const ERROR_CODE: [(Means, &[&str]); 4] = [
    (Rate, &["4", "18", "1015", "336501", "336502"]),
    (Quota, &["17", "19"]),
    (Key, &["14", "110", "111"]),
    (Region, &["1009"]),
];

/// In `code` beside iFlytek's id of a session, or in its `header`: its limits by the second and of calls at once, and the
/// limit by the day.
const IFLYTEK: [(Means, &[&str]); 2] = [(Rate, &["11202", "11203"]), (Quota, &["11201"])];

/// What the numbers of an object mean, with the number.
pub(super) fn means(object: &Map<String, Value>) -> Option<(String, Means)> {
    let among = |rows: &[(Means, &[&str])], code: Option<&Value>| {
        let code = code.and_then(spelled)?;
        let means = looked_up(rows, &code)?;
        Some((code, means))
    };
    let session = object.get("sid").and_then(|_| object.get("code"));
    let in_header = || object.get("header").and_then(|header| header.get("code"));
    among(&ERROR_CODE, object.get("error_code")).or_else(|| among(&IFLYTEK, session.or_else(in_header)))
}
