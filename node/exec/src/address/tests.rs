use proptest::prelude::*;

use super::*;

fn clean(text: &str) -> String {
    redacted(text.as_bytes(), Kind::Text)
        .map_or_else(|| text.to_owned(), |bytes| String::from_utf8(bytes).unwrap())
}

#[test]
fn every_usual_form_goes() {
    for form in [
        "192.0.2.1",
        "192.000.002.001",
        "192.0.2.1:443",
        "192.0.2.0/24",
        "[192.0.2.1]",
        "192.0.2.1.51234",
        "192[.]0[.]2[.]1",
        "192%2E0%2E2%2E1",
        "192%252e0%252e2%252e1",
        "%31%39%32%2e%30%2e%32%2e%31",
        "192&#46;0&period;2&#x2e;1",
        "１９２．０．２．１",
        "１９２。０。２。１",
        "192\u{2024}0\u{2024}2\u{2024}1",
        "192\u{200b}.\u{200d}0.\u{2060}2.1",
        "1\u{ad}92.0.2.1",
        "\u{661}\u{669}\u{662}.\u{660}.\u{662}.\u{661}",
        "2001\u{ff1a}db8\u{ff1a}\u{ff1a}1",
        "203-0-113-9",
        "203\u{2011}0\u{2011}113\u{2011}9",
        "203-0-113-9:8080",
        "10-0-0-5",
        r"192\u002e0\u002e2\u002e1",
        r"\u0031\u0039\u0032.0.2.1",
        "2001:db8::1",
        "2001:DB8::1",
        "2001:db8:0:0:0:0:0:1",
        "2001:0db8:0000:0000:0000:0000:0000:0001",
        "2001:db8:1:2:3:4:192.0.2.1",
        "2001:db8::",
        "2001:db8::/32",
        "[2001:db8::1]",
        "[2001:db8::1]:443",
        "[2001:db8::1]/64",
        "fe80::1",
        "fe80::1%eth0",
        "fe80::1%25eth0",
        "[fe80::1%25en0]:8080",
        "fd12:3456:789a:1::1",
        "::1",
        "::ffff:192.0.2.1",
        "::ffff:c000:201",
        "64:ff9b::192.0.2.1",
        "::192.0.2.1",
        "2001%3Adb8%3A%3A1",
        "%5B2001%3adb8%3a%3a1%5D",
        r"2001\u003adb8\u003a\u003a1",
        "2001&colon;db8&#58;&#x3a;1",
        "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2",
    ] {
        for (head, tail) in [
            ("", ""),
            ("from ", " today"),
            ("(", ")"),
            ("\"", "\","),
            ("ip=", "&a=b"),
            ("is ", "."),
            ("https://", "/x"),
            ("a ", ", b"),
        ] {
            assert_eq!(clean(&format!("{head}{form}{tail}")), format!("{head}[ip]{tail}"), "{form}");
        }
        let kept = clean(&format!("ip:{form} IPv6:{form} addr={form}"));
        assert!(!kept.contains("0.2.1") && !kept.contains("db8") && !kept.contains("::1"), "{form}: {kept}");
    }
}

#[test]
fn names_made_of_an_address_go() {
    for (text, kept) in [
        ("ec2-203-0-113-25.compute-1.example.com", "ec2-[ip].compute-1.example.com"),
        ("ip-10-0-0-1", "ip-[ip]"),
        ("host 203-0-113-25.example.net", "host [ip].example.net"),
        ("static.203.0.113.25.example.net", "static.[ip].example.net"),
        ("static.203-0-113-25.example.net", "static.[ip].example.net"),
        ("host203-0-113-25", "host[ip]"),
        ("host203-0-113-25.example.net.", "host[ip].example.net."),
        ("web_203_0_113_25", "web_[ip]"),
        ("c.203-0-113-25.example", "c.[ip].example"),
        ("ip-1-2-3-4 node-10-0-0-1-eth0", "ip-[ip] node-[ip]-eth0"),
        ("203-0-113-25-static.example.net", "[ip]-static.example.net"),
        ("203[dot]0[dot]113[dot]25 203(.)0(.)113(.)25", "[ip] [ip]"),
        ("f.2001:db8::1 web.2001:db8:0:0:0:0:0:1", "f.[ip] web.[ip]"),
        ("2001:db8::1:2001:db8::2 to 2001:db8::1:2001:db8::2.", "[ip] to [ip]."),
        ("2001:db8:0:0:0:0:0:1:2001:db8:0:0:0:0:0:2", "[ip]"),
        ("192.0.2.1:192.0.2.2", "[ip]:[ip]"),
        ("192.0.2.1:2001:db8::1", "[ip]"),
        ("25.113.0.203.in-addr.arpa", "[ip].in-addr.arpa"),
        ("IP6 2001:db8::1.443 > ::ffff:192.0.2.1.53", "IP6 [ip].443 > [ip].53"),
        ("2001:db8::1.Add it", "[ip].Add it"),
    ] {
        assert_eq!(clean(text), kept);
    }
}

#[test]
fn ordinary_text_stays() {
    for text in [
        "at 12:34:56, or 12:34:56.789, on 2026-11-29T06:51:33Z",
        "1.2.3 and 1.2.3.4.5 and 3.14.15.926 and 1.3.6.1.4.1.311.21.20",
        "300.1.2.3 and 1234.5.6.7 and 1.2.3. 4",
        "std::vector<int> a::b Foo::Bar cafe::bad abc::def::ghi dead::beef ::abcd ::",
        "x[::2] x[1::2] x[::-1] s[2001::3] s[::1] f(a)[::1] Ada::Feed",
        "5 :: Double; a ? b : c; 16:9; Luke 3:16; a::1x; 1::",
        "00:1a:2b:3c:4d:5e",
        "sha256 ab:cd:ef:01:23:45:67:89:ab:cd:ef:01:23:45:67:89:ab:cd:ef:01",
        "1-2-3-4, 555-0100, 2026-11-29, 1-2-3-4-5, 10-20-30-40-50, 300-20-30-40, 10-20-30, 978-3-16-148410-0",
        "9-20-30-40, a 1-800-555-0199 b, 49-30-1234-56, 10_20_30_40, 1-10-20-30-40, 29-11-2026-10",
        "step-1-2-3-4, v1-2-3-4, stage 1-2-3-4., level1_2_3_4, 100_000_000_000",
        "1:2:3:4:5:6:7:8, 02:00:5e:ff:fe:10:00:01, 10:20:30:40:50:60:70:80:90",
        "ab:cd:ef:01:23:45:67:89:ab:cd:ef:01:23:45:67:89",
        "123e4567-e89b-12d3-a456-426614174000",
        "100% of 50%25 & more \\ [x] [.] 0.1.2",
        "1,234,567.89 and 10.000.000 and 192.168 and 1e3:2",
        "",
    ] {
        assert_eq!(clean(text), text);
    }
}

#[test]
fn an_address_in_wide_characters_goes_with_all_their_bytes() {
    assert_eq!(clean("\u{4ece}：１９２．０．２．１，x"), "\u{4ece}：[ip]，x");
    let body = serde_json::json!({ "a": "at １９２．０．２．１." }).to_string();
    assert_eq!(redacted(body.as_bytes(), Kind::Json).unwrap(), br#"{"a":"at [ip]."}"#);
    let plain = "\u{ff11}\u{ff10}：\u{ff13}\u{ff10}，\u{661}\u{662} \u{e9}\u{200d}x";
    assert_eq!(clean(plain), plain);
}

#[test]
fn several_stand_beside_one_another() {
    assert_eq!(clean("192.0.2.1,192.0.2.2 2001:db8::1|2001:db8::2"), "[ip],[ip] [ip]|[ip]");
    assert_eq!(clean("192.0.2.1-192.0.2.9 192.0.2.1/192.0.2.2"), "[ip]-[ip] [ip]/[ip]");
    assert_eq!(clean("1.2.3.4 is a version, too"), "[ip] is a version, too");
}

#[test]
fn a_body_stays_json() {
    for text in [
        r"é1.2.3.4",
        "a\n1.2.3.4",
        "\"1.2.3.4\"\\",
        "tab\tfe80::1\n2001:db8::1",
        r"C:\x31.2.3.4 \u00e91.2.3.4",
    ] {
        let quoted =
            serde_json::to_string(&serde_json::json!({ "a": text, "n": [1, 2.5, { "b": 3 }] })).unwrap();
        let escaped = quoted.replace('é', r"\u00e9").replace("1.2", r"1\u002e2");
        for body in [quoted, escaped] {
            let kept = redacted(body.as_bytes(), Kind::Json).unwrap();
            let read: serde_json::Value =
                serde_json::from_slice(&kept).unwrap_or_else(|e| panic!("{e}: {body}"));
            let said = read["a"].as_str().unwrap();
            assert!(said.contains("[ip]") && !said.contains("2.3.4") && !said.contains("fe80"), "{said}");
            assert_eq!(read["n"], serde_json::json!([1, 2.5, { "b": 3 }]));
        }
    }
    assert_eq!(redacted(br#"{"created":1764398400,"a":{"b":{"c":1}},"t":"12:34:56"}"#, Kind::Json), None);
}

#[test]
fn long_lists_take_no_longer_than_they_are() {
    for text in ["1-", "1.", "1:", "::", "a:", "[.]", "%31.", "2001:db8::1 "] {
        let list = text.repeat((1 << 18) / text.len());
        // a list that were read anew from each of its numbers would take minutes
        assert_eq!(redacted(list.as_bytes(), Kind::Json).is_some(), text.contains("db8"), "{text}");
    }
}

proptest! {
    /// Whatever an address is, and in whatever form it is printed, it goes; and what is read once stays as it is.
    #[test]
    fn any_address_goes(four in any::<std::net::Ipv4Addr>(), six in any::<[u16; 8]>(), around in "[ ,;()\"=<>]{1,3}") {
        let six = Ipv6Addr::from([0x2000 | (six[0] & 0x1fff), six[1], six[2], six[3], six[4], six[5], six[6], six[7]]);
        let mapped = four.to_ipv6_mapped();
        for form in [four.to_string(), six.to_string(), mapped.to_string(), format!("[{six}]:443"), format!("{four}/8")] {
            prop_assert_eq!(clean(&format!("{around}{form}{around}")), format!("{around}[ip]{around}"));
        }
    }

    #[test]
    fn nothing_falls_over_and_nothing_is_found_twice(bytes in prop::collection::vec(prop_oneof![
        Just(b':'), Just(b'.'), Just(b'-'), Just(b'%'), Just(b'['), Just(b']'), Just(b'\\'), Just(b'&'), Just(b'1'), Just(b'f'), any::<u8>()
    ], 0..64)) {
        for kind in [Kind::Json, Kind::Text] {
            if let Some(kept) = redacted(&bytes, kind) {
                prop_assert!(kept.windows(4).any(|four| four == ADDRESS));
            }
        }
    }
}
