//! The Unicode tables behind the figures come from libraries and the compiler: other tables are
//! another version.

use crate::compare::*;
use crate::hash::sha256;
use unicode_segmentation::UnicodeSegmentation;

/// SHA-256 over every character normalised, and over how it joins words and sentences.
const TABLES: &str = "05209e15ee7e07c0461ff765a6412eed567853a8203c724f666e61227213c7e8";

#[test]
fn the_unicode_tables_are_those_of_this_version() {
    let mut out = String::new();
    // planes 0 to 3 and the tags; above them nothing is assigned but private use
    for c in ('\0'..'\u{40000}').chain('\u{e0000}'..'\u{e0200}') {
        out.push_str(&normalise(&format!("{c}x")));
        let pieces = format!("a{c}a{c}1{c}{c}");
        out.extend(pieces.split_word_bound_indices().map(|(i, _)| char::from(b'0' + i as u8)));
        out.extend(sentences(&format!("a.{c} {c}a.{c}B")).map(|s| char::from(b'0' + s.len() as u8)));
    }
    let found = sha256(out.as_bytes()).to_string();
    assert_eq!((COMPARE_VERSION, found.as_str()), (4, TABLES), "other tables are another version");
}

#[test]
fn what_normalisation_folds() {
    for (text, expected) in [
        ("  A\t\u{a0}b\u{2003}\r\n C ", "a b c"),
        ("\u{201e}Gr\u{fc}\u{df}e\u{201c}", "\"gr\u{fc}\u{df}e\""),
        ("don\u{2019}t", "don't"),
        ("e\u{301}", "\u{e9}"),
        ("\u{39f}\u{394}\u{39f}\u{3a3}", "\u{3bf}\u{3b4}\u{3bf}\u{3c3}"),
        ("\u{3bf}\u{3b4}\u{3bf}\u{3c2}", "\u{3bf}\u{3b4}\u{3bf}\u{3c3}"),
        ("\u{feff}soft\u{ad}hyphen\u{200b}s non\u{2011}breaking", "softhyphens non-breaking"),
        ("\u{212b}", "\u{e5}"),
        (
            "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}",
            "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}",
        ),
        ("3,5 – 4", "3,5 – 4"),
        (" \u{200b}\n", ""),
    ] {
        assert_eq!(normalise(text), expected, "{text:?}");
    }
}

#[test]
fn nothing_steers_the_terminal() {
    let hostile = "a\u{1b}[2J\u{9b}31m\rb\u{202e}c\u{2066}d\u{200b}\n\te\u{301}";
    let shown = "a\\u{1b}[2J\\u{9b}31m\\u{d}b\\u{202e}c\\u{2066}d\\u{200b}\n\te\u{301}";
    assert_eq!(escape_terminal(hostile), shown);
    assert_eq!(escape_line(hostile), shown.replace('\n', "\\u{a}").replace('\t', "\\u{9}"));
    let piled = format!("z{}", "\u{301}".repeat(100));
    assert_eq!(escape_terminal(&piled).matches('\u{301}').count(), 8);
    for plain in ["日本語 नमस्ते 👩\u{200d}🔬 \u{5e9}\u{5dc}\u{5d5}\u{5dd}", "C:\\u{1b}"] {
        assert_eq!(escape_terminal(plain), plain);
    }
}
