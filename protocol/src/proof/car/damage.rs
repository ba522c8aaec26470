//! Traces of what damages files on their way. They are hints for people: they decide nothing.

/// Zeros in a row that no block of ours has. A guess: the size of a sector.
const ZEROS: usize = 512;
/// Line ends, or marks of characters that were no text, that make it no accident. A guess.
const MARKS: usize = 8;
/// What a program writes for bytes that are no text.
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

/// What seems to have happened to a file that cannot be read.
pub(super) fn trace(bytes: &[u8]) -> Option<String> {
    let ends = bytes.iter().filter(|byte| **byte == b'\n').count();
    let converted = bytes.windows(2).filter(|pair| *pair == b"\r\n").count();
    if ends >= MARKS && ends == converted {
        return Some("each line end in it is CR LF, as after a transfer as text".to_owned());
    }
    if bytes.windows(REPLACEMENT.len()).filter(|window| *window == REPLACEMENT).count() >= MARKS {
        return Some("a program has read it as text and written it again".to_owned());
    }
    let (at, length) = longest_zeros(bytes);
    if length < ZEROS {
        return None;
    }
    Some(match at + length == bytes.len() {
        true => format!(
            "from byte {at} to its end it holds nothing but zeros, as after a transfer that broke off"
        ),
        false => format!("from byte {at} on it holds {length} zeros, as where a part of it never arrived"),
    })
}

/// Where the longest run of zeros begins, and how long it is.
fn longest_zeros(bytes: &[u8]) -> (usize, usize) {
    let (mut longest, mut from) = ((0, 0), 0);
    for (at, byte) in bytes.iter().enumerate() {
        if *byte != 0 {
            from = at + 1;
        } else if at + 1 - from > longest.1 {
            longest = (from, at + 1 - from);
        }
    }
    longest
}
