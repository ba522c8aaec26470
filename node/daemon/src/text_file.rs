//! Text that people write and programs change on the way: byte order marks, line ends, encodings.

use std::fmt;
use vantage_exec::may_be_key;

/// Bytes that are no text in UTF-8; which.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotText {
    /// Text in UTF-16, with or without a mark.
    Utf16,
    /// Text in UTF-32.
    Utf32,
    /// A file that was packed.
    Packed,
    /// Lines that end in CR alone, as no program of today reads them.
    Returns,
    /// Something else: where it stops to be UTF-8.
    Byte {
        /// Line, from 1.
        line: usize,
        /// Offset, from 0.
        at: usize,
    },
}

impl fmt::Display for NotText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Utf16 => f.write_str("the file is text in UTF-16, and UTF-8 is read: save it as UTF-8"),
            Self::Utf32 => f.write_str("the file is text in UTF-32, and UTF-8 is read: save it as UTF-8"),
            Self::Returns => {
                f.write_str("all lines of the file end in CR alone: save it with the line ends of Unix (LF)")
            }
            Self::Packed => f.write_str("the file is packed (gzip, zip): unpack it first"),
            Self::Byte { line, at } => write!(
                f,
                "the file is not text in UTF-8: line {line}, byte {at}: check that it is the right file, saved as UTF-8"
            ),
        }
    }
}

/// The text of a file that people edit. A byte order mark is dropped and each CR LF is one LF, so that a file means
/// the same, and has the same hash, whichever editor, mail program or version control it went through.
pub fn read(bytes: Vec<u8>) -> Result<String, NotText> {
    if let Some(kind) = kind(&bytes) {
        return Err(kind);
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let lines = error.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count();
        NotText::Byte { line: 1 + lines, at }
    })?;
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    if text.trim_end().contains('\r') && !text.contains('\n') {
        return Err(NotText::Returns);
    }
    Ok(if text.contains("\r\n") { without_returns(&text) } else { text })
}

/// Text without the CRs before an LF: a file that was converted twice has two.
fn without_returns(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        match line.strip_suffix('\n') {
            Some(line) => {
                out.push_str(line.trim_end_matches('\r'));
                out.push('\n');
            }
            None => out.push_str(line),
        }
    }
    out
}

/// Text of a format of lines, after a way through mail: it ends with one newline, whatever empty lines stood there.
pub fn lines(text: &str) -> String {
    format!("{}\n", text.trim_end_matches(['\n', '\r', ' ', '\t']))
}

fn kind(bytes: &[u8]) -> Option<NotText> {
    match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Some(NotText::Utf32),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some(NotText::Utf16),
        [0x1f, 0x8b, ..] | [b'P', b'K', 3, 4, ..] => Some(NotText::Packed),
        // without a mark: the first letters of a file are ASCII, and TOML has no NUL
        [a, 0, b, 0, ..] | [0, a, 0, b, ..] if *a != 0 && *b != 0 => Some(NotText::Utf16),
        _ => None,
    }
}

/// The decoder's message without the value that it quotes: in the wrong place it may be a key, or an address with a
/// password. The line says where it stands. The name of a field is quoted unless it could be a key as well.
pub fn without_value(message: &str) -> String {
    for what in ["invalid type: ", "invalid value: ", "unknown variant"] {
        let quoted = message.strip_prefix(what).and_then(|rest| rest.rsplit_once(", expected"));
        if let Some((value, expected)) = quoted {
            let kind = value.split(['`', '"']).next().unwrap_or_default().trim_end();
            return format!("{what}{kind}, expected{expected}");
        }
    }
    let parts = message.split_inclusive(['`', '"', '\'']).enumerate().map(|(at, part)| {
        let name = part.trim_end_matches(['`', '"', '\'']);
        let is_quoted = at % 2 == 1;
        if is_quoted && (name.len() > NAME_LEN_MAX || may_be_key(name)) { "…`" } else { part }
    });
    parts.collect()
}

/// Longest name of a field that an error quotes, in bytes.
const NAME_LEN_MAX: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_line_ends_change_nothing() {
        let plain = "a = 1\nb = \"x\\ry\"\n";
        for changed in [
            plain.to_owned(),
            format!("\u{feff}{plain}"),
            plain.replace('\n', "\r\n"),
            plain.replace('\n', "\r\r\n"),
        ] {
            assert_eq!(read(changed.into_bytes()).unwrap(), plain);
        }
        // one alone is no line end
        assert_eq!(read(b"a\rb\r\n\r".to_vec()).unwrap(), "a\rb\n\r");
        assert_eq!(read(Vec::new()).unwrap(), "");
        assert_eq!(lines("x\n\n \n"), "x\n");
        assert_eq!(lines("x"), "x\n");
    }

    #[test]
    fn other_encodings_are_named() {
        let utf16 = |mark: &[u8], big: bool| -> Vec<u8> {
            let units =
                "v = 1".encode_utf16().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() });
            mark.iter().copied().chain(units).collect()
        };
        for bytes in
            [utf16(&[0xff, 0xfe], false), utf16(&[0xfe, 0xff], true), utf16(&[], false), utf16(&[], true)]
        {
            assert_eq!(read(bytes), Err(NotText::Utf16));
        }
        assert_eq!(read(b"\xff\xfe\0\0v\0\0\0".to_vec()), Err(NotText::Utf32));
        assert_eq!(read(b"\x1f\x8b\x08".to_vec()), Err(NotText::Packed));
        assert_eq!(read(b"v = 1\rname = 2\r".to_vec()), Err(NotText::Returns));
        assert_eq!(read(b"v = 1\nname = \"caf\xe9\"".to_vec()), Err(NotText::Byte { line: 2, at: 17 }));
    }
}
