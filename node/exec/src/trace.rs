//! What tells that a part of a key stands in a text, whatever it is wrapped in.
//!
//! A key is looked for by its windows: all runs of [`WINDOW`] characters of its private part. A text is read as it
//! stands; then with its escapes undone, its runs of base64 decoded, its runs of hexadecimal digits decoded; then each of
//! those in the same way, [`LAYERS`] deep. So a key in base64 within a percent-encoded address is found as a bare one is.

use std::collections::VecDeque;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use crate::plain::{Escapes, Plain};

/// Characters in a row that give a part of a key away. Eight of a random key occur by chance in one text of 2^40
/// characters.
pub(crate) const WINDOW: usize = 8;

/// How many encodings, one in another, are undone.
const LAYERS: usize = 3;

/// Most bytes read for one text, all layers together. Honest text takes little more than its own size; the longest body
/// in base64 alone takes five times as much. What unfolds further is read as far as this, the outer layers first.
const BYTES_MAX: usize = 16 << 20;

/// Fewest digits of a run that can hold a window: of base64, and of hexadecimal digits.
const BASE64_MIN: usize = 11;
const HEX_MIN: usize = 2 * WINDOW;

/// Between two runs in a decoded view; no key holds it.
const BREAK: u8 = 0xff;

/// Words in a filter of windows, a power of two: 32 KiB, so that it stays in a processor's nearest cache.
const FILTER_WORDS: usize = 4096;

/// The windows of one key.
pub(crate) struct Trace {
    /// In lower case, sorted.
    windows: Zeroizing<Vec<u64>>,
    /// One bit for each hash of a window: most text is passed by with this alone.
    filter: Zeroizing<Vec<u64>>,
    /// For a key of plain words: all of it, in lower case; its first window alone says nothing.
    words: Option<Zeroizing<Vec<u8>>>,
}

impl Trace {
    /// The trace of a key's private part, which has at least [`WINDOW`] characters.
    pub(crate) fn of(private: &[u8]) -> Self {
        let lower = Zeroizing::new(private.to_ascii_lowercase());
        let is_words = is_words(private);
        let mut windows = Zeroizing::new(Vec::new());
        if is_words {
            windows.extend(lower.get(..WINDOW).map(packed));
        } else {
            windows.extend(lower.windows(WINDOW).map(packed));
            for form in &folded(private) {
                windows.extend(form.windows(WINDOW).map(packed));
            }
        }
        windows.sort_unstable();
        windows.dedup();
        let mut filter = Zeroizing::new(vec![0; FILTER_WORDS]);
        for window in windows.iter() {
            let (word, bit) = place(*window);
            if let Some(word) = filter.get_mut(word) {
                *word |= bit;
            }
        }
        Self { windows, filter, words: is_words.then_some(lower) }
    }

    /// Whether a part of the key stands in `text`, in any letter case and any of the encodings.
    pub(crate) fn is_in(&self, text: &[u8]) -> bool {
        let mut views = VecDeque::from([(Plain::of(text).bytes, 0)]);
        let mut read = 0usize;
        while let Some((view, layer)) = views.pop_front() {
            read = read.saturating_add(view.len());
            if read > BYTES_MAX.max(text.len()) {
                // what unpacks to so much is no answer that anybody misses, and may hide the key
                return true;
            }
            if self.stands_in(&view) {
                return true;
            }
            if layer < LAYERS {
                views.extend(decoded(view).into_iter().map(|view| (view, layer + 1)));
            }
        }
        false
    }

    /// Whether it stands there as it is, in any letter case.
    fn stands_in(&self, view: &[u8]) -> bool {
        let mut window = 0u64;
        view.iter().enumerate().any(|(at, byte)| {
            window = (window << 8) | u64::from(byte.to_ascii_lowercase());
            at + 1 >= WINDOW
                && self.has(window)
                && self.goes_on(view.get(at + 1 - WINDOW..).unwrap_or_default())
        })
    }

    fn has(&self, window: u64) -> bool {
        let (word, bit) = place(window);
        self.filter.get(word).is_some_and(|bits| bits & bit != 0)
            && self.windows.binary_search(&window).is_ok()
    }

    /// Whether a found window is enough: for a key of words all of it must follow.
    fn goes_on(&self, from: &[u8]) -> bool {
        self.words.as_ref().is_none_or(|words| {
            from.get(..words.len()).is_some_and(|found| found.eq_ignore_ascii_case(words))
        })
    }
}

/// Whether a key is made of plain words: letters of one case (or capitalised), at most 12 in a row, between `-`, `_` and
/// `.`. Such keys are what people write where no key is checked (`not-needed`, `lm-studio`); a part of one is a word of
/// the language, which honest answers use. No random key looks like this: it has digits, mixed case, or long runs.
fn is_words(private: &[u8]) -> bool {
    private.split(|byte| b"-_.".contains(byte)).all(|word| {
        let tail = word.get(1..).unwrap_or_default();
        let one_case = tail.iter().all(u8::is_ascii_lowercase)
            || (word.first().is_none_or(u8::is_ascii_uppercase) && tail.iter().all(u8::is_ascii_uppercase));
        word.len() <= 12 && word.iter().all(u8::is_ascii_alphabetic) && one_case
    })
}

/// The base64 of a key in lower case, for each of the three ways in which it can lie in a longer text, without the
/// characters at its ends that hold bits of its neighbours: so it is found where letter case was lost.
fn folded(private: &[u8]) -> Vec<Zeroizing<Vec<u8>>> {
    let mut forms = Vec::new();
    for before in 0..3 {
        let padded = Zeroizing::new([vec![0; before].as_slice(), private].concat());
        let clean = (8 * before).div_ceil(6)..8 * padded.len() / 6;
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let form = Zeroizing::new(engine.encode(padded.as_slice()));
            let form = form.as_bytes().get(clean.clone()).unwrap_or_default();
            forms.push(Zeroizing::new(form.to_ascii_lowercase()));
        }
    }
    forms
}

fn packed(window: &[u8]) -> u64 {
    window.iter().fold(0, |packed, byte| (packed << 8) | u64::from(*byte))
}

/// Word and bit of a window in the filter, by multiplicative hashing (the multiplier is 2^64 over the golden ratio).
fn place(window: u64) -> (usize, u64) {
    let hash = window.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    let word = usize::try_from(hash >> 6).unwrap_or(0) % FILTER_WORDS;
    (word, 1 << (hash & 63))
}

/// What a view may be an encoding of.
fn decoded(view: Vec<u8>) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let sextets = runs(&view, BASE64_MIN, sextet);
    let nibbles = runs(&view, HEX_MIN, nibble);
    found.extend((0..4).filter_map(|skipped| bytes_of(&sextets, 6, skipped)));
    found.extend((0..2).filter_map(|skipped| bytes_of(&nibbles, 4, skipped)));
    if Plain::may_hold_escapes(&view) {
        found.extend(Plain::of(&view).undo(Escapes::All).map(|plain| plain.bytes));
    }
    found
}

/// What a character is to a run of digits.
enum Digit {
    Of(u8),
    /// Nothing: it may stand between two digits.
    Between,
    /// The digit before it was none: the 0 of `0x`.
    TakeBack,
    No,
}

fn sextet(byte: u8) -> Digit {
    match byte {
        b'A'..=b'Z' => Digit::Of(byte - b'A'),
        b'a'..=b'z' => Digit::Of(byte - b'a' + 26),
        b'0'..=b'9' => Digit::Of(byte - b'0' + 52),
        b'+' | b'-' => Digit::Of(62),
        b'/' | b'_' => Digit::Of(63),
        b'\r' | b'\n' => Digit::Between,
        _ => Digit::No,
    }
}

fn nibble(byte: u8) -> Digit {
    match byte {
        b'0'..=b'9' => Digit::Of(byte - b'0'),
        b'a'..=b'f' => Digit::Of(byte - b'a' + 10),
        b'A'..=b'F' => Digit::Of(byte - b'A' + 10),
        b'x' | b'X' => Digit::TakeBack,
        b' ' | b':' | b'-' | b'_' | b',' | b'.' | b'\r' | b'\n' => Digit::Between,
        _ => Digit::No,
    }
}

/// The runs of at least `min` digits in a text.
fn runs(text: &[u8], min: usize, digit: fn(u8) -> Digit) -> Vec<Vec<u8>> {
    let mut runs = Vec::new();
    let mut run = Vec::new();
    for byte in text {
        match digit(*byte) {
            Digit::Of(value) => run.push(value),
            Digit::Between => {}
            Digit::TakeBack if run.last() == Some(&0) => {
                run.pop();
            }
            Digit::TakeBack | Digit::No if run.len() >= min => runs.push(std::mem::take(&mut run)),
            Digit::TakeBack | Digit::No => run.clear(),
        }
    }
    if run.len() >= min {
        runs.push(run);
    }
    runs
}

/// The bytes that runs of digits of so many bits stand for, where the first `skipped` belong to something else.
fn bytes_of(runs: &[Vec<u8>], bits: u32, skipped: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for run in runs {
        let (mut held, mut count) = (0u32, 0);
        for digit in run.get(skipped..).unwrap_or_default() {
            held = (held << bits) | u32::from(*digit);
            count += bits;
            if count >= 8 {
                count -= 8;
                bytes.push(u8::try_from((held >> count) & 0xff).unwrap_or(BREAK));
            }
        }
        bytes.push(BREAK);
    }
    (bytes.len() > WINDOW).then_some(bytes)
}

#[cfg(test)]
mod tests;
