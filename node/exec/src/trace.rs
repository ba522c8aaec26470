//! What tells that a part of a key stands in a text, whatever it is wrapped in.
//!
//! A key is looked for by its windows: all runs of [`WINDOW`] characters of its private part. A text is read as it
//! stands; then with the escapes of strings undone; then with its other escapes undone, its runs of base64 decoded, its
//! runs of hexadecimal digits and its lists of numbers decoded; then each of those in the same way, [`LAYERS`] deep. So a
//! key in base64 within a percent-encoded address is found as a bare one is.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use crate::plain::{self, Escapes};

/// Characters in a row that give a part of a key away. Eight of a random key occur by chance in one text of 2^40
/// characters.
pub(crate) const WINDOW: usize = 8;

/// How many encodings, one in another, are undone. Backslashes and NULs are none of them: JSON in JSON is everywhere.
const LAYERS: usize = 3;

/// How often the escapes of strings are undone in one view, and count as no layer.
const STRINGS: usize = 3;

/// Most bytes read for one text, all layers together: honest text takes five times its own size, the longest body in
/// base64 of words seven times.
const BYTES_MAX: usize = 32 << 20;

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
}

impl Trace {
    /// The trace of a key's private part, which has at least [`WINDOW`] characters.
    pub(crate) fn of(private: &[u8]) -> Self {
        let lower = Zeroizing::new(private.to_ascii_lowercase());
        let mut windows = Zeroizing::new(Vec::new());
        windows.extend(lower.windows(WINDOW).map(packed));
        for form in &folded(private) {
            windows.extend(form.windows(WINDOW).map(packed));
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
        Self { windows, filter }
    }

    /// Whether a part of the key stands in `text`, in any letter case and any of the encodings.
    pub(crate) fn is_in(&self, text: &[u8]) -> bool {
        let mut views = vec![(Cow::Borrowed(text), 0)];
        let mut left = BYTES_MAX;
        while let Some((mut view, layer)) = views.pop() {
            let mut is_there = self.stands_in(&view);
            for _ in 0..STRINGS {
                let Some(undone) = plain::undone(&view, Escapes::Strings) else { break };
                is_there |= self.stands_in(&undone);
                view = Cow::Owned(undone);
            }
            // what unpacks to so much is no answer that anybody misses, and may hide the key
            let Some(rest) = left.checked_sub(view.len()).filter(|_| !is_there) else { return true };
            left = rest;
            if layer < LAYERS {
                views.extend(decoded(&view).into_iter().map(|view| (Cow::Owned(view), layer + 1)));
            }
        }
        false
    }

    /// Whether it stands there as it is, in any letter case.
    fn stands_in(&self, view: &[u8]) -> bool {
        // a window that is not full yet has NULs, and those of a key have none
        let mut window = 0u64;
        view.iter().any(|byte| {
            window = (window << 8) | u64::from(byte.to_ascii_lowercase());
            self.has(window)
        })
    }

    fn has(&self, window: u64) -> bool {
        let (word, bit) = place(window);
        self.filter.get(word).is_some_and(|bits| bits & bit != 0)
            && self.windows.binary_search(&window).is_ok()
    }
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
fn decoded(view: &[u8]) -> Vec<Vec<u8>> {
    let mut found = unpacked::<4>(view, &SEXTETS, 6, BASE64_MIN);
    found.extend(unpacked::<2>(view, &NIBBLES, 4, HEX_MIN));
    found.extend(numbers(view));
    found.extend(plain::undone(view, Escapes::All));
    found
}

/// What a character is to a run of digits, where it is none.
const BETWEEN: u8 = 0xfd; // nothing: it may stand between two digits
const TAKE_BACK: u8 = 0xfe; // the digit before it was none: the 0 of `0x`
const NO: u8 = 0xff;

/// The digits of base64, of both alphabets. Mails and people write it in lines and groups.
const SEXTETS: [u8; 256] = {
    let mut table = alphabet(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", b" \t\r\n");
    table[b'-' as usize] = 62;
    table[b'_' as usize] = 63;
    table
};

/// Hexadecimal digits, as dumps and lists in programs have them: `5a:71`, `0x5A, 0x71`, `["5a", "71"]`.
const NIBBLES: [u8; 256] = {
    let mut table = alphabet(b"0123456789abcdef", b" \t\r\n:-_,.;\"'[](){}");
    let upper = b"ABCDEF";
    let mut at = 0;
    while at < upper.len() {
        table[upper[at] as usize] = 10 + at as u8;
        at += 1;
    }
    table[b'x' as usize] = TAKE_BACK;
    table[b'X' as usize] = TAKE_BACK;
    table
};

const fn alphabet(digits: &[u8], between: &[u8]) -> [u8; 256] {
    let mut table = [NO; 256];
    let mut at = 0;
    while at < digits.len() {
        table[digits[at] as usize] = at as u8;
        at += 1;
    }
    at = 0;
    while at < between.len() {
        table[between[at] as usize] = BETWEEN;
        at += 1;
    }
    table
}

/// The bytes that the runs of at least `min` digits in a text stand for, in each of the ways in which bytes can begin.
fn unpacked<const WAYS: usize>(text: &[u8], table: &[u8; 256], bits: u32, min: usize) -> Vec<Vec<u8>> {
    let mut ways = vec![Vec::new(); WAYS];
    let mut run = Vec::new();
    let mut end = |run: &mut Vec<u8>| {
        if run.len() >= min {
            for (skipped, bytes) in ways.iter_mut().enumerate() {
                unpack(run.get(skipped..).unwrap_or_default(), bits, bytes);
            }
        }
        run.clear();
    };
    for byte in text {
        match table.get(usize::from(*byte)).copied().unwrap_or(NO) {
            BETWEEN => {}
            TAKE_BACK if run.last() == Some(&0) => drop(run.pop()),
            TAKE_BACK | NO => end(&mut run),
            digit => run.push(digit),
        }
    }
    end(&mut run);
    ways.retain(|bytes| bytes.len() > WINDOW);
    ways
}

/// Appends the bytes that a run of digits of so many bits stands for.
fn unpack(run: &[u8], bits: u32, bytes: &mut Vec<u8>) {
    let (mut held, mut count) = (0u32, 0);
    for digit in run {
        held = (held << bits) | u32::from(*digit);
        count += bits;
        if count >= 8 {
            count -= 8;
            let [.., byte] = (held >> count).to_be_bytes();
            bytes.push(byte);
        }
    }
    bytes.push(BREAK);
}

/// The bytes that lists of decimal numbers stand for, as JSON has them: `[90, 113, 55]`.
fn numbers(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes: Vec<u8> = Vec::new();
    let (mut run, mut value, mut len) = (0, 0u32, 0);
    for byte in text.iter().chain(b"!") {
        if byte.is_ascii_digit() {
            value = value.saturating_mul(10).saturating_add(u32::from(byte - b'0'));
            len += 1;
            continue;
        }
        let number = u8::try_from(value).ok().filter(|_| (1..=3).contains(&len));
        bytes.extend(number);
        let goes_on = (len == 0 || number.is_some()) && b" \t\r\n,;\"'".contains(byte);
        if !goes_on && bytes.len() - run < WINDOW {
            bytes.truncate(run);
        } else if !goes_on {
            bytes.push(BREAK);
        }
        run = if goes_on { run } else { bytes.len() };
        (value, len) = (0, 0);
    }
    (bytes.len() > WINDOW).then_some(bytes)
}

#[cfg(test)]
mod tests;
