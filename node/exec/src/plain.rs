//! Text with its escapes undone, each byte with the place that it came from.

/// Text without escapes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plain {
    /// The text.
    pub(crate) bytes: Vec<u8>,
    /// Where each byte began in the source, and at the end the source's length.
    from: Vec<u32>,
}

/// Which escapes are undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escapes {
    /// Those behind a backslash, as in the strings of JSON.
    Backslash,
    /// Those, and NULs go, so that text of two bytes a character can be read.
    Strings,
    /// Those, percent signs, HTML's character references, quoted-printable text, and dots in brackets
    /// (`192[.]0[.]2[.]1`, `192[dot]0`); characters that look like ASCII's, and those that nobody sees.
    All,
    /// The same, but of quoted-printable text dots and colons alone: `ip=192.0.2.1` is none.
    Around,
}

/// Stands for a character outside ASCII: neither addresses nor keys hold one.
const FOREIGN: u8 = 0xff;

/// Named character references of ASCII's punctuation: HTML's own names, and names of look-alikes.
const NAMES: [(&str, u8); 43] = [
    ("excl", b'!'),
    ("quot", b'"'),
    ("QUOT", b'"'),
    ("num", b'#'),
    ("dollar", b'$'),
    ("percnt", b'%'),
    ("apos", b'\''),
    ("lpar", b'('),
    ("rpar", b')'),
    ("ast", b'*'),
    ("midast", b'*'),
    ("plus", b'+'),
    ("comma", b','),
    ("hyphen", b'-'),
    ("dash", b'-'),
    ("minus", b'-'),
    ("period", b'.'),
    ("sol", b'/'),
    ("colon", b':'),
    ("semi", b';'),
    ("lt", b'<'),
    ("LT", b'<'),
    ("equals", b'='),
    ("gt", b'>'),
    ("GT", b'>'),
    ("quest", b'?'),
    ("commat", b'@'),
    ("lsqb", b'['),
    ("lbrack", b'['),
    ("bsol", b'\\'),
    ("rsqb", b']'),
    ("rbrack", b']'),
    ("Hat", b'^'),
    ("lowbar", b'_'),
    ("UnderBar", b'_'),
    ("grave", b'`'),
    ("lcub", b'{'),
    ("lbrace", b'{'),
    ("verbar", b'|'),
    ("vert", b'|'),
    ("rcub", b'}'),
    ("rbrace", b'}'),
    ("nbsp", b' '),
];

/// Longest number in a character reference, in digits; HTML allows leading zeros.
const DIGITS_MAX: usize = 12;

/// The text with its escapes undone once; `None` if it holds none.
pub(crate) fn undone(source: &[u8], escapes: Escapes) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let is_any = undo(source, escapes, |part, _| bytes.extend_from_slice(part));
    is_any.then_some(bytes)
}

impl Plain {
    /// The text as it stands.
    pub(crate) fn of(source: &[u8]) -> Self {
        let len = u32::try_from(source.len()).unwrap_or(u32::MAX);
        Self { bytes: source.to_vec(), from: (0..=len).collect() }
    }

    /// The text with its escapes undone once; `None` if it holds none.
    pub(crate) fn undo(&self, escapes: Escapes) -> Option<Self> {
        let mut plain = Self { bytes: Vec::new(), from: Vec::new() };
        let is_any = undo(&self.bytes, escapes, |part, at| {
            plain.bytes.extend_from_slice(part);
            plain.from.extend_from_slice(self.from.get(at..at + part.len()).unwrap_or_default());
        });
        plain.from.extend(self.from.last());
        is_any.then_some(plain)
    }

    /// Where the byte at `at` began in the source.
    pub(crate) fn origin(&self, at: usize) -> usize {
        let from = self.from.get(at).or(self.from.last()).copied().unwrap_or(0);
        usize::try_from(from).unwrap_or(usize::MAX)
    }
}

/// Gives `take` each part of the text without its escapes, and where in the source it begins; whether there were any. A
/// character that an escape stands for is a part of its own, of one byte.
fn undo(source: &[u8], escapes: Escapes, mut take: impl FnMut(&[u8], usize)) -> bool {
    let (mut at, mut plain, mut is_any) = (0, 0, false);
    let marks = |byte: &u8| {
        matches!(byte, b'\\' | 0 | b'%' | b'&' | b'[' | b'(' | b'{' | b'=')
            || (!byte.is_ascii() && matches!(escapes, Escapes::All | Escapes::Around))
    };
    while let Some(skipped) = source.get(at..).and_then(|rest| rest.iter().position(marks)) {
        at += skipped;
        let Some((byte, len)) = escape(source.get(at..).unwrap_or_default(), escapes) else {
            at += 1;
            continue;
        };
        take(source.get(plain..at).unwrap_or_default(), plain);
        if let Some(byte) = byte {
            take(&[byte], at);
        }
        is_any = true;
        at += len;
        plain = at;
    }
    if is_any {
        take(source.get(plain..).unwrap_or_default(), plain);
    }
    is_any
}

/// The escape at the start of `rest`: what it stands for (nothing, for what is dropped), and its length.
fn escape(rest: &[u8], escapes: Escapes) -> Option<(Option<u8>, usize)> {
    let is_more = matches!(escapes, Escapes::All | Escapes::Around);
    let (byte, len) = match rest.first()? {
        b'\\' => backslash(rest)?,
        0 if escapes != Escapes::Backslash => return Some((None, 1)),
        b'%' if is_more => percent(rest)?,
        b'&' if is_more => reference(rest)?,
        b'[' | b'(' | b'{' if is_more => bracketed(rest)?,
        b'=' if is_more => return quoted_printable(rest, escapes),
        0xc2..=0xf4 if is_more => return like_ascii(rest),
        _ => return None,
    };
    Some((Some(byte), len))
}

/// A character that is read as one of ASCII's, such as full-width digits and the leader of one dot; one that is not seen at
/// all stands for nothing.
fn like_ascii(rest: &[u8]) -> Option<(Option<u8>, usize)> {
    let len = match rest.first()? {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        _ => 4,
    };
    let code = u32::from(std::str::from_utf8(rest.get(..len)?).ok()?.chars().next()?);
    let digit = |zero: u32| u8::try_from((code - zero) % 10).ok().map(|digit| b'0' + digit);
    let byte = match code {
        0xad | 0x180e | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x2069 | 0xfeff => None,
        0xff01..=0xff5e => Some(u8::try_from(code - 0xff01).ok()? + b'!'),
        0xb7 | 0x2024 | 0x3002 | 0xff61 => Some(b'.'),
        0x2236 | 0xa789 => Some(b':'),
        0x2010 | 0x2011 => Some(b'-'),
        0x660..=0x669 => digit(0x660),
        0x6f0..=0x6f9 => digit(0x6f0),
        0x966..=0x96f => digit(0x966),
        0x1d7ce..=0x1d7ff => digit(0x1d7ce),
        _ => return None,
    };
    Some((byte, len))
}

/// A dot or a colon that was put in brackets so that nothing makes a link of it.
fn bracketed(rest: &[u8]) -> Option<(u8, usize)> {
    let close = match rest.first()? {
        b'[' => b']',
        b'(' => b')',
        _ => b'}',
    };
    let len = rest.iter().take("[colon]".len()).position(|byte| *byte == close)?;
    let named = match rest.get(1..len)? {
        b"." | b"dot" | b"DOT" | b"Dot" => b'.',
        b":" | b"colon" | b"COLON" | b"Colon" => b':',
        _ => return None,
    };
    Some((named, len + 1))
}

/// `=5A`, and the end of a line that goes on (RFC 2045, 6.7).
fn quoted_printable(rest: &[u8], escapes: Escapes) -> Option<(Option<u8>, usize)> {
    match rest.get(1)? {
        b'\n' => return Some((None, 2)),
        b'\r' if rest.get(2) == Some(&b'\n') => return Some((None, 3)),
        _ => {}
    }
    let byte = number(rest.get(1..3)?, 16)?;
    let is_taken = escapes == Escapes::All || matches!(byte, b'.' | b':');
    is_taken.then_some((Some(byte), 3))
}

fn backslash(rest: &[u8]) -> Option<(u8, usize)> {
    let next = rest.get(1)?;
    match next {
        b'u' if rest.get(2) == Some(&b'{') => {
            let len = rest.get(3..)?.iter().take(DIGITS_MAX).position(|byte| *byte == b'}')?;
            Some((number(rest.get(3..3 + len)?, 16)?, len + 4))
        }
        b'u' => Some((number(rest.get(2..6)?, 16)?, 6)),
        b'U' if number(rest.get(2..10).unwrap_or_default(), 16).is_some() => {
            Some((number(rest.get(2..10)?, 16)?, 10))
        }
        b'x' if number(rest.get(2..4).unwrap_or_default(), 16).is_some() => {
            Some((number(rest.get(2..4)?, 16)?, 4))
        }
        b'0'..=b'3' if number(rest.get(1..4).unwrap_or_default(), 8).is_some() => {
            Some((number(rest.get(1..4)?, 8)?, 4))
        }
        b'n' | b'r' | b't' | b'b' | b'f' => Some((b'\n', 2)),
        _ => Some((*next, 2)),
    }
}

/// `%73`, and `%u0073` of old scripts.
fn percent(rest: &[u8]) -> Option<(u8, usize)> {
    if rest.get(1) == Some(&b'u') {
        return Some((number(rest.get(2..6)?, 16)?, 6));
    }
    let digits = std::str::from_utf8(rest.get(1..3)?).ok()?;
    let both = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    both.then(|| u8::from_str_radix(digits, 16).ok()).flatten().map(|byte| (byte, 3))
}

/// `&#115;`, `&#x73;` (the semicolon may be missing, as browsers allow), `&period;`.
fn reference(rest: &[u8]) -> Option<(u8, usize)> {
    let after = |len: usize| len + usize::from(rest.get(len) == Some(&b';'));
    if rest.get(1) != Some(&b'#') {
        // browsers take an ampersand's reference without its semicolon for one, and what stands in it may be a reference
        if matches!(rest.get(1..4)?, b"amp" | b"AMP") {
            return Some((b'&', after(4)));
        }
        let named = NAMES.iter().find(|(name, _)| {
            rest.get(1..=name.len()) == Some(name.as_bytes()) && rest.get(name.len() + 1) == Some(&b';')
        });
        return named.map(|(name, byte)| (*byte, name.len() + 2));
    }
    let (start, radix) = if matches!(rest.get(2)?, b'x' | b'X') { (3, 16) } else { (2, 10) };
    let digits = rest.get(start..)?.iter().take(DIGITS_MAX);
    let len = digits.take_while(|byte| char::from(**byte).is_digit(radix)).count();
    Some((number(rest.get(start..start + len)?, radix)?, after(start + len)))
}

/// The character with this number, if all of `digits` are digits.
fn number(digits: &[u8], radix: u32) -> Option<u8> {
    if digits.is_empty() || !digits.iter().all(|byte| char::from(*byte).is_digit(radix)) {
        return None;
    }
    let code = u64::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()?;
    Some(u8::try_from(code).ok().filter(u8::is_ascii).unwrap_or(FOREIGN))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        let plain = Plain::of(text.as_bytes()).undo(Escapes::All)?;
        assert_eq!(plain.from.len(), plain.bytes.len() + 1);
        assert_eq!(undone(text.as_bytes(), Escapes::All).as_deref(), Some(&plain.bytes[..]));
        Some(plain.bytes.iter().map(|byte| if *byte == FOREIGN { '?' } else { char::from(*byte) }).collect())
    }

    #[test]
    fn each_kind_of_escape_is_undone() {
        for (text, plain) in [
            (r"\u0073\x6b\u{2d}\U00000061\162", "sk-ar"),
            (r"a\/b\\c\nd", "a/b\\c\nd"),
            ("%73%6B%2d%u0061", "sk-a"),
            ("&#115;&#x6B;&#0045;&#97", "sk-a"),
            ("192&period;0&#46;2%2E1", "192.0.2.1"),
            ("192[.]0[.]2[.]1", "192.0.2.1"),
            ("s\0k\0", "sk"),
            (r"caf\u00e9 1", "caf? 1"),
            ("&amp#81;&ampamp;&amp;#82", "&#81;&amp;&#82"),
            ("192[dot]0(.)2{DOT}1[colon]8", "192.0.2.1:8"),
            ("=5A=71=\r\n=37=\n.", "Zq7."),
        ] {
            assert_eq!(shown(text).as_deref(), Some(plain), "{text}");
        }
    }

    #[test]
    fn what_is_no_escape_stays() {
        for text in [
            "100% of [it] & more",
            "%",
            "&",
            "\\",
            "&#;",
            "&#x;",
            "%u12",
            "50%&co;",
            "a[.",
            "&quotient;",
            "a=b",
            "[dott]",
            "f(dotted)",
            "(.",
            "x=zz",
        ] {
            assert_eq!(shown(text), None, "{text}");
        }
    }

    #[test]
    fn each_byte_knows_where_it_came_from() {
        let once = Plain::of(b"a%2525b").undo(Escapes::All).unwrap();
        assert_eq!(once.bytes, b"a%25b");
        let twice = once.undo(Escapes::All).unwrap();
        assert_eq!(twice.bytes, b"a%b");
        assert_eq!((0..4).map(|at| twice.origin(at)).collect::<Vec<_>>(), [0, 1, 6, 7]);
        assert_eq!(Plain::of(b"%2e").undo(Escapes::Backslash), None);
        assert_eq!(undone(b"x=192=2E0", Escapes::Around).unwrap(), b"x=192.0");
        let wide =
            Plain::of("\u{ff11}\u{200b}\u{2024}\u{661}x\u{e9}".as_bytes()).undo(Escapes::Around).unwrap();
        assert_eq!(wide.bytes, "1.1x\u{e9}".as_bytes());
        assert_eq!((0..5).map(|at| wide.origin(at)).collect::<Vec<_>>(), [0, 6, 9, 11, 12]);
        assert_eq!(undone(b"a\0b%41\\n", Escapes::Strings).unwrap(), b"ab%41\n");
    }
}
