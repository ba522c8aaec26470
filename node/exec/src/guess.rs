//! Keys that are none: made up, or not given as they are. Parts of a made-up key stand in honest answers, which would be
//! taken for ones that give the key away.

use crate::trace::WINDOW;

/// Fewest different characters of a key: one drawn by chance from hexadecimal digits has eight among sixteen.
const KINDS_MIN: usize = 5;

/// Most digits behind a word: years have four.
const DIGITS_MAX: usize = 4;

/// Longest word of which it is sure that it is one, in letters.
const WORD_MAX: usize = 16;

/// What people type when they make a key up, forwards or backwards: the alphabet, digits, the rows and columns of
/// keyboards.
const ROWS: [&[u8]; 10] = [
    b"0123456789abcdefghijklmnopqrstuvwxyz",
    b"012345678901234567890",
    b"abcdefabcdef",
    b"qwertyuiopasdfghjklzxcvbnm",
    b"qwertzuiopasdfghjklyxcvbnm",
    b"azertyuiopqsdfghjklmwxcvbn",
    b"1q2w3e4r5t6y7u8i9o0p",
    b"1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    b"qazwsxedcrfvtgbyhnujmikolp",
    b"q1w2e3r4t5y6u7i8o9p0",
];

/// Shortest piece of a row that counts, in characters: three in a row are drawn by chance all the time.
const PIECE_MIN: usize = 4;

/// Whether the private part of a key is made up: of words alone (see [`is_wordy`]) and pieces of [`ROWS`] behind them, or
/// with a window of pieces alone.
pub(crate) fn is_made_up(private: &[u8]) -> bool {
    let pieces = pieces(private);
    let mut in_row = 0;
    let has_window = pieces.iter().any(|is_piece| {
        in_row = if *is_piece { in_row + 1 } else { 0 };
        in_row >= WINDOW
    });
    has_window || are_words(private, usize::MAX) || are_words(&without_digits(private, &pieces), usize::MAX)
}

/// `private` without the digits of its pieces.
fn without_digits(private: &[u8], pieces: &[bool]) -> Vec<u8> {
    let is_left = |(byte, is_piece): &(&u8, &bool)| !(**is_piece && byte.is_ascii_digit());
    private.iter().zip(pieces).filter(is_left).map(|(byte, _)| *byte).collect()
}

/// Which characters stand in a piece of a row.
fn pieces(private: &[u8]) -> Vec<bool> {
    let lower = private.to_ascii_lowercase();
    let mut marked = vec![false; lower.len()];
    let is_in = |piece: &[u8]| {
        let back: Vec<u8> = piece.iter().rev().copied().collect();
        ROWS.iter().any(|row| row.windows(PIECE_MIN).any(|part| part == piece || part == back))
    };
    for (start, piece) in lower.windows(PIECE_MIN).enumerate() {
        if is_in(piece) {
            marked.iter_mut().skip(start).take(PIECE_MIN).for_each(|mark| *mark = true);
        }
    }
    marked
}

/// Whether a text is words of one case (or capitalised) with few digits behind them, between marks, such as `not-needed`,
/// `password123` and `Qwen2-7b`, or has few different characters.
pub(crate) fn is_wordy(private: &[u8]) -> bool {
    are_words(private, WORD_MAX)
}

/// As [`is_wordy`], with words of up to so many letters.
fn are_words(private: &[u8], word_max: usize) -> bool {
    let mut kinds = private.to_vec();
    kinds.sort_unstable();
    kinds.dedup();
    let is_word = |word: &[u8]| {
        let letters = word.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let (word, digits) = word.split_at_checked(letters).unwrap_or((word, &[]));
        let tail = word.get(1..).unwrap_or_default();
        let one_case = tail.iter().all(u8::is_ascii_lowercase)
            || (word.first().is_none_or(u8::is_ascii_uppercase) && tail.iter().all(u8::is_ascii_uppercase));
        // `7b`, `2nd`
        let unit = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, unit) = digits.split_at_checked(unit).unwrap_or((digits, &[]));
        let is_unit = unit.len() <= 2 && unit.iter().all(u8::is_ascii_alphabetic);
        word.len() <= word_max && one_case && digits.len() <= DIGITS_MAX && is_unit
    };
    kinds.len() < KINDS_MIN || private.split(|byte| byte.is_ascii_punctuation()).all(is_word)
}

/// Names that stand before a key and a colon where it is copied out of something else.
const LABELS: [&str; 9] =
    ["api-key", "api_key", "apikey", "authorization", "bearer", "key", "secret", "token", "x-api-key"];

/// Why a printable text is not the bare key, if it is not: what was copied along with it, or in its stead. The text is not
/// guessed at, for what is sent must be what was meant.
pub(crate) fn beside(text: &str) -> Option<&'static str> {
    let lower = text.to_ascii_lowercase();
    let is_label = |(label, _): (&str, &str)| LABELS.contains(&label);
    let masks = ["**", "...", "xxxxxx"];
    Some(if text.contains(['"', '\'', '`']) {
        "quotes: write the key without them (docker's --env-file and files keep them)"
    } else if masks.iter().any(|mask| lower.contains(mask)) {
        "the signs of a masked key: its vendor shows it whole only once, so make a new one"
    } else if text.starts_with(['{', '[', '<', '(', '$', '%']) || text.ends_with(['}', ']', '>', ')']) {
        "brackets, or the name of a variable in place of its value: write the key alone"
    } else if lower.contains("://") {
        "an address: write the key alone"
    } else if text.trim_end_matches('=').contains('=') || lower.split_once(':').is_some_and(is_label) {
        "a name before the key: write what follows it alone"
    } else if text.starts_with([',', ';', ':']) || text.ends_with([',', ';', ':']) {
        "a comma, semicolon or colon around the key: leave it off"
    } else if text.contains('\\') {
        "a backslash: write the key without it"
    } else {
        return None;
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_make_up_is_told_from_what_was_drawn() {
        for made in [
            "abcdefghijklmnopqrstuvwxyz",
            "12345678901234567890",
            "0123456789abcdef0123456789abcdef",
            "test-key-1234567",
            "test-abcdefgh12345678",
            "qwertyuiop1234567890",
            "QWERTYUIOP0987654321",
            "zyxwvutsrqponm",
            "1q2w3e4r5t6y",
            "1qaz2wsx3edc",
            "asdfghjklasdfghjkl7",
            "a1b2-12345678",
            "mysecretapikeyfortesting2026",
            "my_api_key_123456",
        ] {
            assert!(is_made_up(made.as_bytes()), "{made}");
        }
        for drawn in [
            "a1B2c3D4e5F6",
            "9f2c1a7be04d4c3e8a6b5c4d3e2f1a0b",
            "c41e7b09d85f2a63907bde14c8a5f206",
            "Zq7Rt2mKp9Lx4Wv8BnC1",
            "0123Zq7Rt2mKp9Lx",
            "x7abcd91qk4efgh2",
            "evidence-7193058264",
            "123e4567-e89b-12d3-a456-426614174000",
        ] {
            assert!(!is_made_up(drawn.as_bytes()), "{drawn}");
        }
    }

    #[test]
    fn what_was_copied_along_is_named() {
        for (text, said) in [
            ("\"Zq7Rt2mKp9Lx4Wv8\"", "quotes"),
            ("'Zq7Rt2mKp9Lx4Wv8'", "quotes"),
            ("\"Zq7Rt2mKp9Lx4Wv8", "quotes"),
            ("{\"api_key\":\"Zq7Rt2mKp9Lx4Wv8\"}", "quotes"),
            ("OPENAI_API_KEY=Zq7Rt2mKp9Lx4Wv8", "name before"),
            ("OPENAI_API_KEY=Zq7Rt2mKp9Lx4Wv8==", "name before"),
            ("api_key:Zq7Rt2mKp9Lx4Wv8", "name before"),
            ("Zq7Rt2mKp9Lx4Wv8,", "comma"),
            ("Zq7Rt2mKp9Lx4Wv8;", "comma"),
            ("{Zq7Rt2mKp9Lx4Wv8}", "brackets"),
            ("$OPENAI_API_KEY", "brackets"),
            ("<your-key-here>", "brackets"),
            ("sk-proj-****************gUeA", "masked"),
            ("sk-...gUeA9q", "masked"),
            ("sk-xxxxxxxxxxxxgUeA", "masked"),
            ("https://Zq7Rt2mKp9Lx4Wv8.example", "address"),
            ("Zq7Rt2mKp9Lx4Wv8\\n", "backslash"),
        ] {
            assert!(beside(text).is_some_and(|why| why.contains(said)), "{text}: {:?}", beside(text));
        }
        // base64, keys of an id and a secret, tokens of three parts
        for bare in ["Zq7Rt2mK+p9Lx/4Wv8==", "123e4567-e89b:9f2c1a7be04d", "eyJhbGc.eyJpc3Mi.a1B2c3D4"] {
            assert_eq!(beside(bare), None, "{bare}");
        }
    }
}
