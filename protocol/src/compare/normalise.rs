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
    let mut folded = String::with_capacity(text.len());
    let mut space = false;
    for c in text.nfc() {
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
    match is_nfc_quick(folded.chars()) {
        IsNormalized::Yes => folded,
        _ => folded.nfc().collect(),
    }
}

fn push_folded(out: &mut String, c: char) {
    match c {
        '\u{2018}'..='\u{201b}' | '\u{2039}' | '\u{203a}' => out.push('\''),
        '\u{201c}'..='\u{201f}' | '\u{ab}' | '\u{bb}' => out.push('"'),
        '\u{2010}' | '\u{2011}' => out.push('-'),
        'ς' => out.push('σ'),
        c => out.extend(c.to_lowercase()),
    }
}
