//! What a runner process and its parent say to each other: one JSON object a line, each way.
//!
//! The parent says [`Ask::Load`] once, then [`Ask::Generate`] again and again; every line is answered by one.

use crate::chat::Message;
use crate::engine::{GenerateError, Generation};
use crate::facts::EngineFacts;
use crate::sampler::Sampling;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, Read, Write};

/// Longest line: the longest conversation with every byte escaped (6 bytes each), and room to spare.
const LINE_BYTES_MAX: u64 = 2 << 20;

/// Parent to runner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Ask {
    /// Load a model of a store.
    Load { store: String, model: String },
    /// Answer a conversation.
    Generate {
        id: u64,
        messages: Vec<Message>,
        max_tokens: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sampling: Option<Sampling>,
    },
}

/// Runner to parent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Say {
    /// The model is loaded.
    Ready { facts: EngineFacts, context_tokens: u32 },
    /// The runner gives up, and ends.
    Failed { reason: String },
    /// An answer to the request of that id.
    Answer { id: u64, generation: Generation },
    /// No answer to the request of that id.
    Refused { id: u64, error: GenerateError },
}

/// Reads one line; `None` at the end of the input. A longer or unreadable line is [`io::ErrorKind::InvalidData`].
pub(crate) fn read<T: DeserializeOwned>(input: &mut impl BufRead) -> io::Result<Option<T>> {
    let mut line = Vec::new();
    let count = input.take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
    if count == 0 {
        return Ok(None);
    }
    if line.pop() != Some(b'\n') {
        let what = if count as u64 == LINE_BYTES_MAX { "is too long" } else { "ends in the middle" };
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a line of {count} bytes {what}")));
    }
    Ok(Some(serde_json::from_slice(&line)?))
}

/// Writes one line and flushes.
pub(crate) fn write<T: Serialize>(output: &mut (impl Write + ?Sized), value: &T) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    output.write_all(&line)?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::Seed;

    #[test]
    fn lines_come_back_as_they_were() {
        let asks = [
            Ask::Load { store: "/m".into(), model: "a".into() },
            Ask::Generate {
                id: 7,
                messages: vec![Message::user("a\nb\u{0}\u{2028}\"")],
                max_tokens: 3,
                sampling: None,
            },
            Ask::Generate {
                id: 8,
                messages: vec![Message::user("a")],
                max_tokens: 3,
                sampling: Some(Sampling { temperature_milli: 700, seed: Seed::from_bytes([7; 32]) }),
            },
        ];
        let mut bytes = Vec::new();
        asks.iter().for_each(|ask| write(&mut bytes, ask).unwrap());
        assert_eq!(bytes.iter().filter(|byte| **byte == b'\n').count(), 3);
        let mut input = bytes.as_slice();
        for ask in asks {
            assert_eq!(read::<Ask>(&mut input).unwrap(), Some(ask));
        }
        assert_eq!(read::<Ask>(&mut input).unwrap(), None);
    }

    #[test]
    fn the_longest_conversation_fits_a_line() {
        let content = "\u{1}".repeat(crate::CONVERSATION_BYTES_MAX);
        let ask = Ask::Generate {
            id: u64::MAX,
            messages: vec![Message::user(content)],
            max_tokens: u32::MAX,
            sampling: None,
        };
        let mut bytes = Vec::new();
        write(&mut bytes, &ask).unwrap();
        assert_eq!(read::<Ask>(&mut bytes.as_slice()).unwrap(), Some(ask));
    }

    #[test]
    fn bad_lines_are_refused() {
        let endless = vec![b' '; LINE_BYTES_MAX as usize + 1];
        for bad in [
            &b"{}\n"[..],
            b"\n",
            b"{\"load\":{\"store\":\"a\"}}\n",
            b"{\"load\":",
            b"\xff\n",
            endless.as_slice(),
        ] {
            assert!(
                read::<Ask>(&mut &bad[..]).is_err(),
                "{:?}",
                String::from_utf8_lossy(&bad[..bad.len().min(20)])
            );
        }
        let unknown = b"{\"load\":{\"store\":\"a\",\"model\":\"b\",\"c\":1}}\n";
        assert!(read::<Ask>(&mut &unknown[..]).is_err());
    }
}
