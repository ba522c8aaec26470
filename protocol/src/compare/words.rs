//! Words by UAX #29.

use std::collections::BTreeMap;
use unicode_segmentation::{UWordBounds, UnicodeSegmentation};

/// The pieces of a text between word boundaries, one after the other: together they are the text.
pub(super) fn pieces(text: &str) -> Pieces<'_> {
    if text.is_ascii() { Pieces::Ascii(text) } else { Pieces::Any(text.split_word_bounds()) }
}

/// The pieces that say something.
pub(super) fn spoken(text: &str) -> impl Iterator<Item = &str> {
    pieces(text).filter(|piece| super::sentence::says_something(piece))
}

/// What [`pieces`] gives. Of a text in ASCII, where few of the rules can apply, they are found without tables.
pub(super) enum Pieces<'a> {
    Ascii(&'a str),
    Any(UWordBounds<'a>),
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        match self {
            Self::Any(bounds) => bounds.next(),
            Self::Ascii("") => None,
            Self::Ascii(rest) => {
                let (piece, after) = rest.split_at_checked(first(rest.as_bytes()))?;
                *rest = after;
                Some(piece)
            }
        }
    }
}

/// Bytes of the first piece of a text in ASCII.
fn first(text: &[u8]) -> usize {
    match text {
        [b'\r', b'\n', ..] => 2,
        [b' ', ..] => text.iter().take_while(|byte| **byte == b' ').count(),
        [byte, ..] if joins(*byte) => joined(text),
        _ => 1,
    }
}

/// Bytes of letters, digits and underscores, with single marks between two letters or two digits (rules WB5 to WB13).
fn joined(text: &[u8]) -> usize {
    let mut length = 1;
    while let Some(rest) = text.get(length - 1..) {
        length += match rest {
            [_, byte, ..] if joins(*byte) => 1,
            [before, b'.' | b'\'' | b':', after, ..]
                if before.is_ascii_alphabetic() && after.is_ascii_alphabetic() =>
            {
                2
            }
            [before, b'.' | b'\'' | b',' | b';', after, ..]
                if before.is_ascii_digit() && after.is_ascii_digit() =>
            {
                2
            }
            _ => break,
        };
    }
    length
}

fn joins(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// A map from words. Those of up to eight bytes are looked up as numbers: most are that short, and texts have many.
pub(super) struct WordMap<V> {
    short: BTreeMap<u64, V>,
    long: BTreeMap<String, V>,
}

impl<V> Default for WordMap<V> {
    fn default() -> Self {
        Self { short: BTreeMap::new(), long: BTreeMap::new() }
    }
}

impl<V> WordMap<V> {
    pub(super) fn get(&self, word: &str) -> Option<&V> {
        match short(word) {
            Some(number) => self.short.get(&number),
            None => self.long.get(word),
        }
    }

    /// What a word stands for, put there first if it was not.
    pub(super) fn get_or_insert_with(&mut self, word: &str, new: impl FnOnce() -> V) -> &mut V {
        match short(word) {
            Some(number) => self.short.entry(number).or_insert_with(new),
            None => self.long.entry(word.to_owned()).or_insert_with(new),
        }
    }
}

/// Such a map that is only read: a list of this project's, whose words are few to a shelf whatever is looked up.
pub(super) struct WordList<V> {
    shelves: Vec<Vec<(u64, V)>>,
    long: BTreeMap<String, V>,
}

/// Shelves, as a power of two.
const SHELVES: u32 = 10;

impl<V> From<WordMap<V>> for WordList<V> {
    fn from(map: WordMap<V>) -> Self {
        let mut shelves: Vec<Vec<(u64, V)>> = (0..1 << SHELVES).map(|_| Vec::new()).collect();
        for (number, value) in map.short {
            if let Some(shelf) = shelves.get_mut(shelf(number)) {
                shelf.push((number, value));
            }
        }
        Self { shelves, long: map.long }
    }
}

impl<V> WordList<V> {
    pub(super) fn get(&self, word: &str) -> Option<&V> {
        let Some(number) = short(word) else { return self.long.get(word) };
        let shelf = self.shelves.get(shelf(number))?;
        shelf.iter().find(|(own, _)| *own == number).map(|(_, value)| value)
    }
}

/// The shelf of a word: the higher bits of a product that mixes all of its bytes.
fn shelf(number: u64) -> usize {
    (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - SHELVES)) as usize
}

/// A word of up to eight bytes as a number: filled up with what no text holds.
fn short(word: &str) -> Option<u64> {
    let mut bytes = [0xff; 8];
    bytes.get_mut(..word.len())?.copy_from_slice(word.as_bytes());
    Some(u64::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_are_told_apart() {
        let words = ["", "\0", "a", "a\0", "eightlet", "nineletter", "eightle", "ß"];
        let mut map = WordMap::default();
        for (number, word) in words.iter().enumerate() {
            assert_eq!(map.get(word), None, "{word:?}");
            map.get_or_insert_with(word, || number);
        }
        assert!(words.iter().enumerate().all(|(number, word)| map.get(word) == Some(&number)));
        let list = WordList::from(map);
        assert!(words.iter().enumerate().all(|(number, word)| list.get(word) == Some(&number)));
        assert_eq!((list.get("b"), list.get("ninelettes")), (None, None));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn ascii_is_cut_as_the_tables_cut_it(text in "[a-cA-C0-2_.,;:' \r\n\t!-]{0,24}|[\\x00-\\x7f]{0,24}") {
            let pieces: Vec<&str> = pieces(&text).collect();
            prop_assert_eq!(pieces, text.split_word_bounds().collect::<Vec<_>>());
        }
    }
}
