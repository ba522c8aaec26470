//! Notes as text: golden bytes, strictness, and that no flipped bit goes unnoticed.

use super::*;
use crate::log::Checkpoint;
use crate::log::sample::{TIME, add, checkpoint, cosigned, leaf, member, policy, tree};
use crate::log::{ALG_WITNESS, leaf_hash};
use proptest::prelude::*;

/// Member 1's head of 11 sample leaves, cosigned by members 1 to 3.
const GOLDEN: &str = "\
vantage/af2bdbe1aa9b6ec1/e0/8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c
11
tubAHcNe8yoG1ShcXR8u5hcSynqvU9EI/ULCvRwUFgc=

— vantage/af2bdbe1aa9b6ec1/e0/8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c cqT/30nghVaNxGGJUk4xdulwSU1OiL5oSQ8z5UrCGAk0MHFhArvPziXZZ0OPwD6DEaY4Korzs0zB0SpRgYlsMvQLAg4=
— vantage/af2bdbe1aa9b6ec1/e0/8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394/witness DZ4gkAAAAABoTuGC0HVia4KREUyEIMl4kTlWM2Dw+jPcv7jyqEErH5uwUgfhjp5xT2AFMrLo9TCz7N1NYlfG1lFe/6U437hYKz0GDQ==
— vantage/af2bdbe1aa9b6ec1/e0/8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c/witness 1H9rEwAAAABoTuGBNYfYw+M+SFTmaFht8OwJ1XgAwdwV2SjJ4XBTp3TQn5kyYq7X9vr+ilw4F7yhHKtCVbX/XHUSgcHQGbWVSAtOCA==
— vantage/af2bdbe1aa9b6ec1/e0/ed4928c628d1c2c6eae90338905995612959273a5c63f93636c14614ac8737d1/witness c+wuFwAAAABoTuGDcUd85yc6zwYLmWy2Jhp/t2tT+48zX5LYeyChHncWF8nhufYNoOeKuIihbtdCaHCQsXOtmRfpGbnLlSrw3m91CA==
";

#[test]
fn the_golden_note_is_what_we_write_and_read() {
    let mut signed = cosigned(11, 3);
    assert_eq!(signed.to_note(), GOLDEN);
    assert_eq!(SignedCheckpoint::parse(GOLDEN).unwrap(), signed);
    signed.verify_log(&member(1).log.public()).unwrap();
    assert_eq!(policy(3, 3).check(&signed).unwrap().len(), 3);
    signed.cosignatures.clear();
    assert_eq!(SignedCheckpoint::parse(&signed.to_note()).unwrap(), signed);
}

#[test]
fn the_body_round_trips_alone() {
    let head = checkpoint(11);
    assert!(GOLDEN.starts_with(&format!("{}\n— ", head.body())));
    assert_eq!(Checkpoint::parse(&head.body()).unwrap(), head);
    let empty = Checkpoint { size: 0, root: tree(0).root(), ..head.clone() };
    assert!(empty.body().contains("\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"));
    assert_eq!(Checkpoint::parse(&empty.body()).unwrap(), empty);
    assert!(Checkpoint::parse(&format!("{}extension\n", head.body())).is_err());
    assert!(Checkpoint::parse(head.body().trim_end()).is_err());
}

/// Replaces exactly one occurrence.
fn edit(from: &str, to: &str) -> String {
    assert_eq!(GOLDEN.matches(from).count(), 1, "{from:?}");
    GOLDEN.replace(from, to)
}

fn line(number: usize) -> &'static str {
    GOLDEN.split_inclusive('\n').nth(number - 1).unwrap()
}

/// Every line but one.
fn without(number: usize) -> String {
    let kept = |(at, line)| if at + 1 == number { None } else { Some(line) };
    GOLDEN.split_inclusive('\n').enumerate().filter_map(kept).collect()
}

#[test]
fn what_is_not_our_form_is_refused() {
    let root = line(3).trim_end();
    let bad = [
        String::new(),
        "\n".to_owned(),
        GOLDEN.trim_end().to_owned(),
        format!("{GOLDEN}\n"),
        format!(" {GOLDEN}"),
        format!("\u{feff}{GOLDEN}"),
        GOLDEN.replace('\n', "\r\n"),
        edit("\n11\n", "\n011\n"),
        edit("\n11\n", "\n+11\n"),
        edit("\n11\n", "\n 11\n"),
        edit("\n11\n", "\n11 \n"),
        edit("\n11\n", "\n9223372036854775808\n"),
        edit("\n11\n", "\n-1\n"),
        edit(root, root.trim_end_matches('=')),
        edit(root, &format!("{root}=")),
        edit(root, &format!("{}==", &root[..42])),
        edit(root, &root.replace("c=", "d=")), // the same bytes with spare bits set
        edit(root, &root.replace('/', "_").replace('+', "-").replace('=', "*")),
        edit("\n\n", "\nextension\n\n"),
        edit("\n\n", "\n"),
        edit("\n\n", "\n\n\n"),
        without(5),
        format!("{}{}", without(5), line(6).replace(line(6).split(' ').nth(1).unwrap(), line(1).trim_end())),
        GOLDEN.replace("— ", "- "),
        GOLDEN.replace("— ", "—  "),
        edit(line(8), &line(8).replace("=\n", "= \n")),
        format!("{GOLDEN}— other.example AAAA\n"),
        format!("{GOLDEN}— other.example\n"),
        format!("{GOLDEN}—  {}", "A".repeat(104)),
        format!("{GOLDEN}no signature\n"),
    ];
    for note in bad {
        assert!(SignedCheckpoint::parse(&note).is_err(), "{note}");
    }
}

#[test]
fn names_of_others_keep_to_the_note_rules() {
    let payload = line(8).trim_end().rsplit(' ').next().unwrap();
    let accepted = |name: &str| {
        let note = format!("{GOLDEN}— {name} {payload}\n");
        let parsed = SignedCheckpoint::parse(&note);
        parsed.is_ok_and(|parsed| parsed.cosignatures.len() == 4 && parsed.to_note() == note)
    };
    assert!(accepted("witness.example/ü"));
    assert!(accepted(&"a".repeat(256)));
    for name in ["", "a b", "a+b", "a\u{a0}b", "a\u{2003}b", "a\tb", "a\u{7f}b", "a\0b", &"a".repeat(257)] {
        assert!(!accepted(name), "{name:?}");
    }
}

#[test]
fn a_time_beyond_2_to_the_63_is_refused() {
    let mut signed = cosigned(11, 1);
    signed.cosignatures[0].cosignature.time = i64::MAX as u64;
    assert_eq!(SignedCheckpoint::parse(&signed.to_note()).unwrap(), signed);
    signed.cosignatures[0].cosignature.time += 1;
    let parsed = SignedCheckpoint::parse(&signed.to_note()).unwrap();
    assert_eq!((parsed.cosignatures.len(), parsed.others.len()), (0, 1));
    let who = member(1).node;
    assert_eq!(policy(1, 1).check(&parsed), Err(PolicyError::InvalidSignature { who }));
}

#[test]
fn size_and_number_of_lines_are_bounded() {
    let mut signed = cosigned(11, 0);
    let stranger = member(9);
    let cosignature = Cosignature::make(&signed.checkpoint, &stranger.witness, TIME);
    let mut line = CosignatureLine::new(&stranger.origin, &stranger.witness.public(), cosignature);
    for time in 0..MAX_COSIGNATURES as u64 {
        line.cosignature.time = time;
        signed.cosignatures.push(line.clone());
    }
    let note = signed.to_note();
    assert_eq!(note.lines().count(), MAX_NOTE_LINES);
    assert!(note.len() <= MAX_NOTE_BYTES);
    assert_eq!(SignedCheckpoint::parse(&note).unwrap(), signed);
    let member = member(2);
    let cosignature = Cosignature::make(&signed.checkpoint, &member.witness, TIME);
    let full = signed.add(&member.origin, &member.witness.public(), cosignature);
    assert_eq!(full, Err(PolicyError::Full));
    line.cosignature.time += 1;
    let one_more = format!("{note}{}", line.to_line());
    let limit = MAX_NOTE_LINES;
    assert_eq!(SignedCheckpoint::parse(&one_more), Err(NoteError::TooManyLines { limit }));
    let long = format!("{note}{}\n", "x".repeat(MAX_NOTE_BYTES));
    assert!(matches!(SignedCheckpoint::parse(&long), Err(NoteError::TooLong { .. })));
}

#[test]
fn errors_name_the_line_and_shorten_what_they_found() {
    let error = SignedCheckpoint::parse(&edit("\n11\n", "\n011\n")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 2: expected a tree size in decimal, below 2^63 and without leading zeros, found \"011\""
    );
    let long = format!("{GOLDEN}{}\n", "x".repeat(5000));
    let Err(NoteError::Line { line: 9, found, .. }) = SignedCheckpoint::parse(&long) else { panic!() };
    assert_eq!(found.len(), 80);
    let cut = GOLDEN.trim_end();
    assert_eq!(SignedCheckpoint::parse(cut), Err(NoteError::Unterminated));
    let mailed = SignedCheckpoint::parse(&edit("\n11\n", "\n11\r\n")).unwrap_err().to_string();
    assert_eq!(mailed, "line 2: its end was changed: a carriage return stands before the newline");
    let blank = SignedCheckpoint::parse(&edit("\n11\n", "\n11 \n")).unwrap_err().to_string();
    assert!(blank.contains("line 2") && blank.contains("a blank"), "{blank}");
}

#[test]
fn only_the_registered_log_key_verifies() {
    let signed = cosigned(11, 0);
    let origin = signed.checkpoint.origin.to_string();
    let other = member(2).log.public();
    let error = NoteError::UnknownLogKey { origin: origin.clone() };
    assert_eq!(signed.verify_log(&other), Err(error));
    // the key id alone does not help a stranger
    let mut forged = signed.checkpoint.sign(&member(2).log);
    forged.log_key_id = signed.log_key_id;
    let error = NoteError::BadLogSignature { origin };
    assert_eq!(forged.verify_log(&member(1).log.public()), Err(error));
}

/// Whether the log's signature and all three cosignatures verify.
fn all_verify(note: &[u8]) -> bool {
    let Ok(note) = str::from_utf8(note) else { return false };
    let Ok(signed) = SignedCheckpoint::parse(note) else { return false };
    let log = signed.verify_log(&member(1).log.public());
    log.is_ok() && policy(3, 3).check(&signed).is_ok_and(|members| members.len() == 3)
}

#[test]
fn no_flipped_bit_goes_unnoticed() {
    assert!(all_verify(GOLDEN.as_bytes()));
    let mut note = GOLDEN.as_bytes().to_vec();
    for at in 0..note.len() {
        for bit in 0..8 {
            note[at] ^= 1 << bit;
            assert!(!all_verify(&note), "byte {at}, bit {bit}");
            note[at] ^= 1 << bit;
        }
    }
}

/// A note that verifies has the golden note's checkpoint, log signature and lines, and at most others by nobody known.
fn says_the_same(note: &[u8]) -> bool {
    if !all_verify(note) {
        return note != GOLDEN.as_bytes();
    }
    let parse = |note| SignedCheckpoint::parse(str::from_utf8(note).unwrap()).unwrap();
    let (golden, mut found) = (parse(GOLDEN.as_bytes()), parse(note));
    let known = policy(3, 3);
    let by_known = |line: &CosignatureLine| {
        known
            .cosigners(&SignedCheckpoint { cosignatures: vec![line.clone()], ..golden.clone() })
            .is_ok_and(|cosigners| !cosigners.is_empty())
    };
    found.cosignatures.retain(by_known);
    found.cosignatures.sort_by(|a, b| a.rank().cmp(&b.rank()));
    found.forget_others();
    found == golden
}

/// Half a name of one witness and half of another's make a third one, whom nobody knows.
#[test]
fn a_line_by_nobody_known_adds_nothing() {
    let mut note = GOLDEN.as_bytes().to_vec();
    let piece = note[431..546].to_vec();
    note.splice(431..431, piece);
    assert!(all_verify(&note) && says_the_same(&note));
}

proptest! {
    /// Whatever parses prints back to the same bytes, and verifies only if all of the golden note is in it: what an edit
    /// adds is a line by nobody known, which says nothing.
    #[test]
    fn an_edited_note_is_refused_or_says_no_more_than_before(
        edits in prop::collection::vec((0..GOLDEN.len(), 0..3u8, any::<u8>(), 0..120usize), 1..4)
    ) {
        let mut note = GOLDEN.as_bytes().to_vec();
        for (at, kind, byte, length) in edits {
            let at = at.min(note.len());
            let end = (at + length).min(note.len());
            match kind {
                0 => note.insert(at, byte),
                1 => drop(note.drain(at..end)),
                _ => { let piece = note[at..end].to_vec(); note.splice(at..at, piece); }
            }
        }
        if let Ok(text) = str::from_utf8(&note) && let Ok(parsed) = SignedCheckpoint::parse(text) {
            prop_assert_eq!(parsed.to_note(), text);
        }
        prop_assert!(says_the_same(&note), "{}", String::from_utf8_lossy(&note));
    }

    /// Any head in any network survives the way through its text.
    #[test]
    fn any_note_round_trips(
        net: [u8; 8], epoch: u64, node: [u8; 32], size in 0..=i64::MAX as u64, root: [u8; 32],
        times in prop::collection::vec(0..=i64::MAX as u64, 0..6),
    ) {
        let origin = Origin { net, epoch, node: crate::id::NodeId(node) };
        let head = Checkpoint { origin, size, root: crate::id::Hash(root) };
        let mut signed = head.sign(&member(1).log);
        for (number, time) in (1..).zip(times) {
            add(&mut signed, number, time);
        }
        prop_assert_eq!(SignedCheckpoint::parse(&signed.to_note()), Ok(signed));
    }
}

/// Lines that say nothing, wherever they stand: the note verifies by the others, prints back, and the library reads it alike.
#[test]
fn lines_of_unknown_keys_and_algorithms_are_kept_and_say_nothing() {
    let base64 = |bytes: &[u8]| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(bytes)
    };
    let (origin, log, last) = (line(1).trim_end(), line(5), line(8));
    let witness = last.split(' ').nth(1).unwrap();
    let strangers = [
        format!("— other.example {}\n", base64(&[7; 68])),
        format!("— other.example {}\n", base64(&[7; 5])),
        format!("— ml-dsa.example {}\n", base64(&[6; 4 + 2420])),
        format!("— {origin} {}\n", base64(&[9; 68])),
        format!("— {origin} {}\n", base64(&[9; 76])),
        format!("— {witness} {}\n", base64(&[9; 76])),
        format!("— {witness} {}\n", base64(&[9; 44])),
        log.to_owned(),
        last.to_owned(),
    ];
    let lines: Vec<&str> = GOLDEN.split_inclusive('\n').collect();
    for stranger in &strangers {
        for at in 4..=lines.len() {
            let note = [&lines[..at].concat(), stranger, &lines[at..].concat()].map(String::as_str).concat();
            let parsed = SignedCheckpoint::parse(&note).unwrap();
            assert_eq!(parsed.to_note(), note);
            let signed = parsed.by_log(&member(1).log.public());
            assert_eq!(signed.to_note(), note);
            assert!(says_the_same(note.as_bytes()) && signed_note::Note::from_bytes(note.as_bytes()).is_ok());
            signed.verify_log(&member(1).log.public()).unwrap();
            assert_eq!(policy(3, 3).check(&signed).unwrap().len(), 3);
            let exported = policy(3, 3).export(&signed, crate::log::Pick::Earliest).unwrap();
            assert_eq!(exported.to_note(), GOLDEN);
            let mut into = cosigned(11, 0);
            assert_eq!(policy(3, 3).merge(&mut into, &signed), Ok(true));
            assert_eq!(into.to_note(), GOLDEN);
        }
    }
    let all = format!("{GOLDEN}{}", strangers.concat());
    assert_eq!(SignedCheckpoint::parse(&all).unwrap().to_note(), all);
    // the lines in any order
    let turned: String = lines[..4].iter().chain(lines[4..].iter().rev()).copied().collect();
    let signed = SignedCheckpoint::parse(&turned).unwrap();
    assert!(signed.to_note() == turned && says_the_same(turned.as_bytes()));
}

/// A line that claims a known key and is no signature by it spoils the note, whatever its length is.
#[test]
fn a_known_key_whose_line_does_not_verify_spoils_the_note() {
    let golden = SignedCheckpoint::parse(GOLDEN).unwrap();
    let (known, log) = (policy(3, 3), member(1).log.public());
    for length in [1, 64, 72, 73, 2420] {
        let line = |name: &str, key_id| OtherLine {
            at: 9,
            name: name.to_owned(),
            key_id,
            signature: vec![3; length],
        };
        let witness = &golden.cosignatures[0];
        let note = format!("{GOLDEN}{}", line(&witness.name, witness.key_id).to_line());
        let signed = SignedCheckpoint::parse(&note).unwrap();
        assert!(matches!(known.check(&signed), Err(PolicyError::InvalidSignature { .. })), "{length}");
        let merged = known.merge(&mut cosigned(11, 0), &signed);
        assert!(matches!(merged, Err(PolicyError::InvalidSignature { .. })), "{length}");
        let origin = golden.checkpoint.origin.to_string();
        let note = format!("{GOLDEN}{}", line(&origin, golden.log_key_id).to_line());
        let refused = SignedCheckpoint::parse(&note).unwrap().verify_log(&log);
        assert!(matches!(refused, Err(NoteError::BadLogSignature { .. })), "{length}");
    }
}

#[test]
fn signed_note_agrees() {
    let log = member(1).log;
    let origin = member(1).origin.to_string();
    let key = ed25519_dalek::VerifyingKey::from_bytes(&log.public().to_bytes()).unwrap();
    let theirs = signed_note::Note::from_bytes(GOLDEN.as_bytes()).unwrap();
    assert_eq!(theirs.text(), checkpoint(11).body().as_bytes());
    // the verifier key as that library spells it: name+hash+base64(algorithm, key)
    let encoded = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode([&[1][..], key.as_bytes()].concat())
    };
    let id = u32::from_be_bytes(key_id(&origin, ALG_LOG, &log.public()));
    let vkey = format!("{origin}+{id:08x}+{encoded}");
    let verifier = signed_note::StandardVerifier::new(&vkey).unwrap();
    let mut verifiers: Vec<Box<dyn signed_note::Verifier>> = vec![Box::new(verifier)];
    verifiers.extend((1..=3).map(|number| Box::new(Witness::new(number)) as Box<dyn signed_note::Verifier>));
    let list = signed_note::VerifierList::new(verifiers);
    let (verified, unverified) = theirs.verify(&list).unwrap();
    assert_eq!((verified.len(), unverified.len()), (4, 0));
}

/// A sample witness as the library sees it; the check is plain RFC 8032 verification.
struct Witness {
    name: String,
    key: PublicKey,
}

impl Witness {
    fn new(number: u8) -> Self {
        let member = member(number);
        Self { name: format!("{}/witness", member.origin), key: member.witness.public() }
    }
}

impl signed_note::Verifier for Witness {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        u32::from_be_bytes(key_id(&self.name, ALG_WITNESS, &self.key))
    }

    fn verify(&self, msg: &[u8], sig: &[u8]) -> bool {
        use ed25519_dalek::Verifier as _;
        let Some((time, sig)) = sig.split_first_chunk::<8>() else { return false };
        let time = u64::from_be_bytes(*time);
        let message = [format!("cosignature/v1\ntime {time}\n").as_bytes(), msg].concat();
        let key = ed25519_dalek::VerifyingKey::from_bytes(&self.key.to_bytes());
        ed25519_dalek::Signature::from_slice(sig).is_ok_and(|sig| key.unwrap().verify(&message, &sig).is_ok())
    }
}

#[test]
fn a_witness_adds_its_line_and_keeps_its_first_and_last() {
    let mut signed = cosigned(11, 2);
    assert!(!add(&mut signed, 1, TIME + 1), "the same again");
    assert!(add(&mut signed, 1, TIME + 9));
    assert!(!add(&mut signed, 1, TIME + 5), "between the two");
    assert!(add(&mut signed, 1, TIME + 20));
    assert!(add(&mut signed, 1, TIME));
    let name = format!("{}/witness", member(1).origin);
    let mut times: Vec<u64> = Vec::new();
    for line in signed.cosignatures.iter().filter(|line| line.name == name) {
        times.push(line.cosignature.time);
    }
    assert_eq!(times, [TIME, TIME + 20]);
    assert_eq!(signed.cosignatures.len(), 3);
    let bad = Cosignature { time: TIME + 30, ..signed.cosignatures[0].cosignature.clone() };
    let member = member(1);
    let refused = signed.add(&member.origin, &member.witness.public(), bad);
    assert_eq!(refused, Err(PolicyError::InvalidSignature { who: member.node }));
}

#[test]
fn a_line_alone_round_trips() {
    let line = &cosigned(11, 1).cosignatures[0];
    let text = line.to_line();
    assert_eq!(CosignatureLine::parse(&text).unwrap(), *line);
    assert!(CosignatureLine::parse(text.trim_end()).is_err());
    assert!(CosignatureLine::parse(&format!("{text}{text}")).is_err());
    assert!(CosignatureLine::parse(&format!("{text}\n")).is_err());
    let other = Checkpoint { root: leaf_hash(&leaf(0)), ..checkpoint(11) };
    assert!(line.cosignature.verify(&other, &member(1).witness.public()).is_err());
    assert!(line.cosignature.verify(&checkpoint(11), &member(1).log.public()).is_err());
}
