//! Files as they come out of editors, mail programs, downloads and other tools: what means the same is taken as the same,
//! and everything else is called by its name.

use super::home::found;
use super::sealed::SEALED;
use super::{Ran, text, vantage};
use std::fs;
use std::path::Path;
use vantage_protocol::cid::Cid;
use vantage_protocol::request::Request;
use vantage_protocol::suite::Suite;

const SUITE: &str = "v = 1\nname = \"s\"\nlabel = \"a test\"\ntokens_max = 64\ntemperature_milli = 0\n\
    [[prompts]]\nid = \"a\"\ntopic = \"t\"\nkind = \"control\"\ntext = \"\"\"one\ntwo\\rthree\"\"\"\n";

/// The same text with a byte order mark, with CR LF, and with both.
fn changed(text: &str) -> [Vec<u8>; 3] {
    let (mark, crlf) = ("\u{feff}", text.replace('\n', "\r\n"));
    [format!("{mark}{text}"), crlf.clone(), format!("{mark}{crlf}")].map(String::into_bytes)
}

#[test]
fn a_suite_is_the_same_whatever_saved_it() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("s.toml");
    let checked = |bytes: &[u8]| {
        fs::write(&file, bytes).unwrap();
        vantage(&["suite", "check", text(&file), "--json"])
    };
    let plain = checked(SUITE.as_bytes()).json();
    for bytes in changed(SUITE) {
        assert_eq!(checked(&bytes).json(), plain);
    }
    let utf16: Vec<u8> = SUITE.encode_utf16().flat_map(u16::to_le_bytes).collect();
    checked(&[&[0xff, 0xfe], utf16.as_slice()].concat()).refused(2, &["UTF-16", "s.toml"]);
    checked(&utf16).refused(2, &["UTF-16"]);
    checked(b"v = 1\nname = \"caf\xe9\"\n").refused(2, &["line 2", "UTF-8"]);
    checked(SUITE.replace('\n', "\r").as_bytes()).refused(2, &["s.toml"]);
}

#[test]
fn genesis_and_configuration_are_the_same_whatever_saved_them() {
    let dir = tempfile::tempdir().unwrap();
    let (data, genesis) = (dir.path().join("node"), dir.path().join("genesis.toml"));
    found(&data, &genesis);
    let net = |file: &Path| vantage(&["genesis", "show", text(file), "--json"]).json();
    let (plain, before) = (fs::read_to_string(&genesis).unwrap(), net(&genesis));
    let config = data.join("config.toml");
    let written = fs::read_to_string(&config).unwrap().replace("genesis = \"", "genesis = \"../");
    for (founded, configured) in changed(&plain).into_iter().zip(changed(&written)) {
        fs::write(&genesis, founded).unwrap();
        assert_eq!(net(&genesis), before);
        fs::write(&config, configured).unwrap();
        let listed = vantage(&["target", "list", "--data", text(&data)]);
        assert_eq!(listed.code, 0, "{}", listed.err);
    }
}

/// Scripts from right to left, marks, characters that steer a terminal, NUL, and one letter in two forms.
#[test]
fn any_prompt_is_sent_as_it_is_and_steers_no_terminal() {
    let prompts = [
        "مرحبا \u{202e}abc",
        "שלום\u{2067}x",
        "nul \u{0} bell \u{7} \u{1b}[31m",
        "cr \r alone",
        "e\u{301} \u{e9}",
    ];
    let mut suite = SUITE.split("[[prompts]]").next().unwrap().to_owned();
    for (at, prompt) in prompts.iter().enumerate() {
        let value = toml::Value::from(*prompt);
        suite += &format!("[[prompts]]\nid = \"p{at}\"\ntopic = \"t\"\nkind = \"control\"\ntext = {value}\n");
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("s.toml");
    fs::write(&file, &suite).unwrap();
    for arguments in [&["suite", "check", text(&file)][..], &["suite", "check", text(&file), "--json"]] {
        let checked = vantage(arguments);
        assert_eq!(checked.code, 0, "{}", checked.err);
        assert!(!checked.out.contains(['\u{202e}', '\u{2067}', '\u{0}', '\u{1b}']));
    }
    let suite = Suite::from_toml(&suite).unwrap();
    for (prompt, written) in suite.prompts.iter().zip(prompts) {
        assert_eq!(prompt.text, written);
        let request = Request::of(&"sim:openai".parse().unwrap(), &suite, prompt);
        let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(body["messages"][0]["content"], written);
    }
}

#[test]
fn what_is_too_much_is_refused_with_the_limit() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("s.toml");
    let checked = |suite: &str| {
        fs::write(&file, suite).unwrap();
        vantage(&["suite", "check", text(&file)])
    };
    checked(&SUITE.replace("one", &"x".repeat(9000))).refused(2, &["prompt a", "8192 bytes"]);
    let (head, prompt) = SUITE.split_once("[[prompts]]").unwrap();
    let many: String =
        (0..300).map(|at| format!("[[prompts]]{}", prompt.replace("\"a\"", &format!("\"p{at}\"")))).collect();
    checked(&format!("{head}{many}")).refused(2, &["prompts: 300 items, at most 256"]);
}

fn verified(dir: &Path, bytes: &[u8]) -> Ran {
    let file = dir.join("job.car");
    fs::write(&file, bytes).unwrap();
    vantage(&["verify", text(&file), "--genesis", &SEALED.genesis.net().to_string()])
}

fn section(id: &[u8], block: &[u8]) -> Vec<u8> {
    let length = id.len() + block.len();
    let length =
        if length < 128 { vec![length as u8] } else { vec![length as u8 | 128, (length >> 7) as u8] };
    [&length, id, block].concat()
}

/// A file that is no bundle proves nothing either way: exit code 2, and words for what it is.
#[test]
fn a_file_that_is_no_bundle_is_named_and_not_called_invalid() {
    let dir = tempfile::tempdir().unwrap();
    let car = SEALED.car.to_bytes();
    let v2 = [&b"\x0a\xa1gversion\x02"[..], &[0; 16], &51u64.to_le_bytes(), &[0; 16], &car].concat();
    let identity = [&car[..], &section(b"\x01\x55\x00\x03abc", b"abc")].concat();
    let v0 = [&car[..], &section(&[&[0x12, 0x20][..], &[7; 32]].concat(), b"\x0a\x00")].concat();
    let pb = [&car[..], &section(&[&[1, 0x70, 0x12, 0x20][..], &[7; 32]].concat(), b"\x0a\x00")].concat();
    let stray = Cid::raw(b"");
    let stray = [&car[..], &section(&stray.to_bytes(), b"")].concat();
    for (bytes, said) in [
        (v2.as_slice(), &["CARv2", "make CARv1"][..]),
        (b"", &["empty"]),
        (b"\x1f\x8b\x08\0\0", &["gzip", "gunzip"]),
        (b"PK\x03\x04\x14\0", &["zip archive"]),
        (b"<!doctype html><html>504</html>", &["web page"]),
        (b"{\"error\":\"not found\"}", &["JSON"]),
        (b"404 page not found\n", &["text"]),
        (&car[..car.len() * 2 / 3], &["breaks off at byte", "block", "the download broke off"]),
        (&car[..40], &["the header", "breaks off at byte 40"]),
        (&[&car[..], &[0; 512]].concat(), &["512 bytes of zero", "head -c"]),
        (&[&car[..], b"\n"].concat(), &["1 bytes of line ends", "head -c"]),
        (&identity, &["identity CID"]),
        (&v0, &["CIDv0"]),
        (&pb, &["dag-pb"]),
        (&stray, &["1 blocks that nothing in it links", "ipfs dag export"]),
    ] {
        let ran = verified(dir.path(), bytes);
        ran.refused(2, said);
        let words = ran.out + &ran.err;
        assert!(!words.contains("INVALID") && !words.contains("contradict"), "{words}");
    }
}

#[test]
fn a_block_that_stands_again_changes_no_verdict() {
    let dir = tempfile::tempdir().unwrap();
    let car = SEALED.car.to_bytes();
    let root = SEALED.car.root;
    let again = section(&root.to_bytes(), &SEALED.car.blocks[&root]);
    let plain = verified(dir.path(), &car);
    let doubled = verified(dir.path(), &[&car[..], &again].concat());
    assert_eq!((plain.code, doubled.code), (0, 0), "{}{}", doubled.out, doubled.err);
    assert_eq!(plain.out, doubled.out);
}

/// Where two things speak against a file, the one about the evidence is said.
#[test]
fn evidence_that_contradicts_itself_stays_invalid_with_more_in_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let more = section(&Cid::raw(b"").to_bytes(), b"");
    fs::write(dir.path().join("job.car"), [SEALED.car.to_bytes(), more].concat()).unwrap();
    let other = vantage(&["verify", text(&dir.path().join("job.car")), "--genesis", &"ab".repeat(32)]);
    assert_eq!(other.code, 5, "{}", other.err);
}

#[test]
fn a_content_id_is_read_in_any_form() {
    let (net, cid) = (SEALED.genesis.net().to_string(), SEALED.content.to_string());
    for form in [cid.to_uppercase(), format!("ipfs://{cid}/"), format!("https://gateway.example/ipfs/{cid}")]
    {
        vantage(&["verify", &form, "--genesis", &net]).refused(2, &["no peer is named"]);
    }
    let v0 = "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG";
    vantage(&["verify", v0, "--genesis", &net]).refused(2, &["CIDv0", "bafyrei"]);
}
