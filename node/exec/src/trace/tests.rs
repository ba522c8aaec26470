use base64::engine::general_purpose::STANDARD;

use super::*;

const PRIVATE: &str = "Zq7RtY2mKp0Lx9Wv4BnC";

fn is_in(text: &str) -> bool {
    Trace::of(PRIVATE.as_bytes()).is_in(text.as_bytes())
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn utf16(text: &str) -> String {
    text.chars().flat_map(|c| [c, '\0']).collect()
}

fn each(text: &str, form: impl Fn(u8) -> String) -> String {
    text.bytes().map(form).collect()
}

fn entities(text: &str) -> String {
    each(text, |byte| format!("&#{byte};"))
}

/// As a string within JSON.
fn json(text: &str) -> String {
    serde_json::json!({ "a": [text] }).to_string()
}

/// A way of writing a text.
type Way = fn(&str) -> String;

/// Every way that is to be seen through.
fn ways() -> Vec<(&'static str, Way)> {
    vec![
        ("bare", str::to_owned),
        ("upper case", |text| text.to_uppercase()),
        ("hex", hex),
        ("HEX", |text| hex(text).to_uppercase()),
        ("hex dump", |text| text.bytes().map(|byte| format!("{byte:02x}:")).collect()),
        ("hex list", |text| text.bytes().map(|byte| format!("0x{byte:02X}, ")).collect()),
        ("percent", percent),
        ("decimal entities", |text| text.bytes().map(|byte| format!("&#{byte};")).collect()),
        ("hex entities", |text| text.bytes().map(|byte| format!("&#x{byte:x}")).collect()),
        ("padded entities", |text| text.bytes().map(|byte| format!("&#00{byte};")).collect()),
        ("JSON escapes", |text| text.bytes().map(|byte| format!("\\u{byte:04X}")).collect()),
        ("JSON escapes, twice", |text| text.bytes().map(|byte| format!("\\\\u{byte:04x}")).collect()),
        ("octal", |text| text.bytes().map(|byte| format!("\\{byte:03o}")).collect()),
        ("base64", |text| STANDARD.encode(text)),
        ("base64 one off", |text| STANDARD.encode(format!("?{text}?"))),
        ("base64 two off", |text| URL_SAFE_NO_PAD.encode(format!("??{text}??"))),
        ("base64, case lost", |text| STANDARD.encode(text).to_lowercase()),
        ("base64 in lines", |text| {
            let encoded = STANDARD.encode(text);
            let (head, tail) = encoded.split_at(encoded.len() / 2);
            format!("{head}\\r\\n{tail}")
        }),
        ("percent of base64", |text| percent(&STANDARD.encode(text))),
        ("base64 of percent", |text| STANDARD.encode(percent(text))),
        ("base64 of base64", |text| STANDARD.encode(STANDARD.encode(text))),
        ("hex of base64", |text| hex(&STANDARD.encode(text))),
        ("base64 of hex of percent", |text| STANDARD.encode(hex(&percent(text)))),
        ("base64 of UTF-16", |text| STANDARD.encode(utf16(text))),
        ("base64 of hex of percent of UTF-16", |text| STANDARD.encode(hex(&percent(&utf16(text))))),
        ("base64 of hex of entities within JSON's strings", |text| {
            json(&json(&STANDARD.encode(json(&hex(&json(&entities(text)))))))
        }),
        ("entities whose ampersands are entities", |text| entities(text).replace('&', "&amp")),
        ("base64 in groups", |text| {
            let encoded = STANDARD.encode(text);
            encoded.as_bytes().chunks(4).map(|four| format!("{} ", String::from_utf8_lossy(four))).collect()
        }),
        ("hex in an array", |text| format!("[{}]", each(text, |byte| format!("\"{byte:02x}\", ")))),
        ("numbers in an array", |text| format!("[{}]", each(text, |byte| format!("{byte},\n  ")))),
        ("numbers in base64", |text| STANDARD.encode(each(text, |byte| format!("{byte} ")))),
        ("quoted-printable", |text| each(text, |byte| format!("={byte:02X}"))),
        ("quoted-printable in lines", |text| each(text, |byte| format!("={byte:02X}=\r\n"))),
    ]
}

#[test]
fn every_window_is_found_in_every_encoding() {
    for (name, way) in ways() {
        for start in 0..=PRIVATE.len() - WINDOW {
            let window = &PRIVATE[start..start + WINDOW];
            for text in [way(window), format!("{{\"a\":\"key {} here\"}}", way(window))] {
                assert!(is_in(&text), "{name}, from {start}: {text}");
            }
        }
    }
}

#[test]
fn seven_characters_are_none() {
    // base64 is looked for with its letter case lost, too, and eight of its characters are six of the key
    for (name, way) in ways().into_iter().filter(|(name, _)| !name.contains("base64")) {
        assert!(!is_in(&way(&PRIVATE[3..3 + WINDOW - 1])), "{name}");
    }
}

#[test]
fn a_key_within_other_letters_and_digits_is_found() {
    assert!(is_in(&format!("aa{}bb", hex(PRIVATE))) && is_in(&format!("a{}b", hex(PRIVATE))));
    for junk in ["", "A", "AB", "ABC", "ABCD"] {
        assert!(is_in(&format!("{junk}{}{junk}", STANDARD.encode(PRIVATE))), "{junk}");
    }
}

#[test]
fn ordinary_text_holds_no_key() {
    let words = "The capital of Australia is Canberra; see https://example.org/a%20b?c=d&amp;e=f. ";
    let text: String =
        (0..2000).map(|n| format!("{words}{n} {:x} {}", n * 7919, STANDARD.encode(words))).collect();
    assert!(!is_in(&text));
}

#[test]
fn what_unfolds_without_end_is_given_up_in_bounded_time() {
    let mut text = "A".repeat(2 << 20);
    assert!(!is_in(&text));
    text.push_str(PRIVATE);
    assert!(is_in(&text), "the outer layer is always read");
}

#[test]
fn large_texts_of_one_encoding_are_searched_to_their_end() {
    let trace = Trace::of(PRIVATE.as_bytes());
    let mut state = 7u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(512 * 1024)
    .collect();
    assert!(!trace.is_in(STANDARD.encode(&noise).as_bytes()));
    let hex: String = noise.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(!trace.is_in(hex.as_bytes()));
}
