//! Text with its escapes undone, each byte with the place that it came from.

/// Text without escapes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plain {
    /// The text.
    pub(crate) bytes: Vec<u8>,
    /// Where each byte began in the source, and at the end the source's length.
    from: Vec<usize>,
}

/// Which escapes are undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escapes {
    /// Those behind a backslash, as in the strings of JSON.
    Backslash,
    /// Those, percent signs, HTML's character references, and dots in brackets (`192[.]0[.]2[.]1`). NULs go, so that
    /// text of two bytes a character can be read.
    All,
}

/// Stands for a character outside ASCII: neither addresses nor keys hold one.
const FOREIGN: u8 = 0xff;

/// Named character references of ASCII's punctuation: HTML's own names, and names of look-alikes.
const NAMES: [(&str, u8); 45] = [
    ("excl", b'!'),
    ("quot", b'"'),
    ("QUOT", b'"'),
    ("num", b'#'),
    ("dollar", b'$'),
    ("percnt", b'%'),
    ("amp", b'&'),
    ("AMP", b'&'),
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

impl Plain {
    /// The text as it stands.
    pub(crate) fn of(source: &[u8]) -> Self {
        Self { bytes: source.to_vec(), from: (0..=source.len()).collect() }
    }

    /// Whether it is worth a look: no escape does without one of these.
    pub(crate) fn may_hold_escapes(source: &[u8]) -> bool {
        source.iter().any(|byte| b"\\%&[\0".contains(byte))
    }

    /// The text with its escapes undone once; `None` if it holds none.
    pub(crate) fn undo(&self, escapes: Escapes) -> Option<Self> {
        let source = &self.bytes;
        let mut plain = Self { bytes: Vec::with_capacity(source.len()), from: Vec::new() };
        let mut at = 0;
        while let Some(rest) = source.get(at..).filter(|rest| !rest.is_empty()) {
            let (byte, len) = escape(rest, escapes).unwrap_or((rest.first().copied(), 1));
            if let Some(byte) = byte {
                plain.bytes.push(byte);
                plain.from.push(self.origin(at));
            }
            at += len;
        }
        plain.from.push(self.origin(source.len()));
        (plain.bytes.len() < source.len()).then_some(plain)
    }

    /// Where the byte at `at` began in the source.
    pub(crate) fn origin(&self, at: usize) -> usize {
        self.from.get(at).or(self.from.last()).copied().unwrap_or(0)
    }
}

/// The escape at the start of `rest`: what it stands for (nothing, for what is dropped), and its length.
fn escape(rest: &[u8], escapes: Escapes) -> Option<(Option<u8>, usize)> {
    let (byte, len) = match (rest.first()?, escapes) {
        (b'\\', _) => backslash(rest)?,
        (b'%', Escapes::All) => percent(rest)?,
        (b'&', Escapes::All) => reference(rest)?,
        (b'[', Escapes::All) => match rest.get(1..3)? {
            [dot @ (b'.' | b':'), b']'] => (*dot, 3),
            _ => return None,
        },
        (0, Escapes::All) => return Some((None, 1)),
        _ => return None,
    };
    Some((Some(byte), len))
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

    fn undone(text: &str) -> Option<String> {
        let plain = Plain::of(text.as_bytes()).undo(Escapes::All)?;
        assert_eq!(plain.from.len(), plain.bytes.len() + 1);
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
        ] {
            assert_eq!(undone(text).as_deref(), Some(plain), "{text}");
        }
    }

    #[test]
    fn what_is_no_escape_stays() {
        for text in
            ["100% of [it] & more", "%", "&", "\\", "&#;", "&#x;", "%u12", "50%&co;", "a[.", "&quotient;"]
        {
            assert_eq!(undone(text), None, "{text}");
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
    }
}
