//! The commands of a script, and how much of their output is wanted.

use serde::Deserialize;
use serde_json::{Value, json};

/// Most bytes of one stream of output that are kept. A guess: far above any limit of a requestor's, far below what
/// would exhaust memory.
pub(super) const OUTPUT_BYTES_MAX: usize = 8 << 20;
/// Most commands of a script. A guess.
pub(super) const COMMANDS_MAX: usize = 1000;

/// One command, as a requestor writes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Command {
    /// Fetch the image.
    Deploy {},
    /// Be ready for work.
    Start {},
    /// Run a program of the image.
    Run(Run),
    /// Bring a file in or out.
    Transfer {
        /// From where.
        from: String,
        /// To where.
        to: String,
    },
    /// End the activity.
    Terminate {},
}

/// A program of the image and what is wanted of its output.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Run {
    pub(super) entry_point: String,
    #[serde(default)]
    pub(super) args: Vec<String>,
    #[serde(default)]
    pub(super) capture: Capture,
}

/// Which streams are wanted, and how.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Capture {
    pub(super) stdout: Option<Value>,
    pub(super) stderr: Option<Value>,
}

/// How one stream is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Wanted {
    head: usize,
    tail: usize,
    binary: bool,
    /// As events while the batch runs, and not in the results.
    pub(super) streamed: bool,
}

impl Wanted {
    /// Reads `{"atEnd": {"head"|"tail"|"headTail": n, "format": "str"|"bin"}}` or `{"stream": {…}}`.
    pub(super) fn parse(mode: Option<&Value>) -> Option<Self> {
        let mode = mode?;
        let (streamed, how) = match (mode.get("atEnd"), mode.get("stream")) {
            (Some(how), _) => (false, how),
            (None, Some(how)) => (true, how),
            (None, None) => return None,
        };
        let number = |key: &str| how.get(key).and_then(Value::as_u64).map(|n| n as usize);
        let (head, tail) = match (number("head"), number("tail"), number("headTail")) {
            (Some(n), _, _) => (n, 0),
            (None, Some(n), _) => (0, n),
            (None, None, Some(n)) => (n / 2, n - n / 2),
            (None, None, None) => (number("limit").unwrap_or(OUTPUT_BYTES_MAX), 0),
        };
        let binary = how.get("format").and_then(Value::as_str).is_some_and(|f| f.starts_with("bin"));
        let bound = |n: usize| n.min(OUTPUT_BYTES_MAX);
        Some(Self { head: bound(head), tail: bound(tail), binary, streamed })
    }

    /// The wanted part of the output, as a result or an event holds it.
    pub(super) fn part(&self, output: &[u8]) -> Value {
        let kept = if output.len() <= self.head.saturating_add(self.tail) {
            output.to_vec()
        } else {
            let head = output.get(..self.head).unwrap_or_default();
            let tail = output.get(output.len() - self.tail..).unwrap_or_default();
            [head, tail].concat()
        };
        match self.binary {
            true => json!(kept),
            false => json!(String::from_utf8_lossy(&kept)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_read_as_requestors_write_it() {
        let script = json!([
            {"deploy": {}}, {"start": {"args": []}},
            {"run": {"entry_point": "/bin/x", "args": ["1"], "capture": {"stdout": {"atEnd": {"format": "str"}}}}},
            {"transfer": {"from": "http://127.0.0.1/x", "to": "container:/x"}}, {"terminate": {}}
        ]);
        let commands: Vec<Command> = serde_json::from_value(script).unwrap();
        assert_eq!(commands.len(), 5);
        assert!(serde_json::from_value::<Vec<Command>>(json!([{"sign": {}}])).is_err());
    }

    #[test]
    fn output_is_cut_as_wanted() {
        let cut = |mode: Value| Wanted::parse(Some(&mode)).map(|w| w.part(b"abcdef"));
        assert_eq!(cut(json!({"atEnd": {}})), Some(json!("abcdef")));
        assert_eq!(cut(json!({"atEnd": {"head": 2}})), Some(json!("ab")));
        assert_eq!(cut(json!({"atEnd": {"tail": 2}})), Some(json!("ef")));
        assert_eq!(cut(json!({"atEnd": {"headTail": 4, "format": "str"}})), Some(json!("abef")));
        assert_eq!(cut(json!({"stream": {"limit": 1, "format": "bin"}})), Some(json!([97])));
        assert_eq!(cut(json!({"other": {}})), None);
        assert_eq!(Wanted::parse(None), None);
    }
}
