//! Normalisation v1: what does not count as a difference.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The text without what nobody would call a difference in an answer:
///
/// 1. Unicode NFC;
/// 2. U+00AD, U+200B, U+2060 and U+FEFF (soft hyphen, zero-width space, word joiner, byte order
///    mark) dropped;
/// 3. every run of white space (Unicode `White_Space`) one space, none at either end;
/// 4. typographic quotation marks `'` or `"`, the hyphens U+2010 and U+2011 `-`;
/// 5. lower case character by character (`ς` as `σ`), without any locale;
/// 6. NFC once more.
///
/// Idempotent. Punctuation, digits, accents, dashes and joiners stay.
pub fn normalise(text: &str) -> String {
    if text.is_ascii() {
        return fold_ascii(text);
    }
    // most texts are in this form; to look is a tenth of the work of putting them into it
    let folded = match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => fold(text.chars(), text.len()),
        _ => fold(text.nfc(), text.len()),
    };
    if is_nfc_quick(folded.chars()) == IsNormalized::Yes { folded } else { folded.nfc().collect() }
}

/// All steps, for ASCII.
fn fold_ascii(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let is_space = |byte: u8| char::from(byte).is_whitespace();
    for word in text.as_bytes().split(|byte| is_space(*byte)).filter(|word| !word.is_empty()) {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(core::str::from_utf8(word).unwrap_or_default());
    }
    folded.make_ascii_lowercase();
    folded
}

/// Steps 2 to 5.
fn fold(chars: impl Iterator<Item = char>, length: usize) -> String {
    let mut folded = String::with_capacity(length);
    let mut space = false;
    for c in chars {
        match c {
            '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}' => {}
            c if c.is_whitespace() => space = !folded.is_empty(),
            c => {
                if space {
                    folded.push(' ');
                    space = false;
                }
                push_folded(&mut folded, c);
            }
        }
    }
    folded
}

fn push_folded(out: &mut String, c: char) {
    match c {
        c if c.is_ascii() => out.push(c.to_ascii_lowercase()),
        '\u{2018}'..='\u{201b}' | '\u{2039}' | '\u{203a}' => out.push('\''),
        '\u{201c}'..='\u{201f}' | '\u{ab}' | '\u{bb}' => out.push('"'),
        '\u{2010}' | '\u{2011}' => out.push('-'),
        'ς' => out.push('σ'),
        c => out.extend(c.to_lowercase()),
    }
}
