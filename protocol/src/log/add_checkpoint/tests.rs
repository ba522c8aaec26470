//! Requests as text: golden bytes, strictness, consistency.

use super::*;
use crate::keys::{LogKey, WitnessKey};
use crate::log::sample::{cosigned, tree};
use crate::log::{AnyOrigin, CheckpointOf, Cosignature};

/// From 6 to 11 leaves of the golden note's log, signed by the log alone.
const GOLDEN: &str = "\
old 6
dauSgmjIb0TaXUJBGI7XHkqrLU131tUBF9rZSoQu3gM=
brzFS2cQ7gYQp/yCzeUXE9soDj3IRRW96WMqGbZaC5M=
T2MQhKFXxU9U/Psj/164ZQxLoWDClbsTqYMrEJ1SZ34=
TtorR3MgCZLu9sh3uvxlnFyIlS2f3AeykI5dJgJW+xQ=

vantage/af2bdbe1aa9b6ec1/e0/8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c
11
tubAHcNe8yoG1ShcXR8u5hcSynqvU9EI/ULCvRwUFgc=

— vantage/af2bdbe1aa9b6ec1/e0/8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c cqT/30nghVaNxGGJUk4xdulwSU1OiL5oSQ8z5UrCGAk0MHFhArvPziXZZ0OPwD6DEaY4Korzs0zB0SpRgYlsMvQLAg4=
";

fn request(old: u64, new: u64) -> AddCheckpoint {
    let proof = tree(new).consistency(old, new).unwrap();
    AddCheckpoint { old, proof, checkpoint: cosigned(new, 0) }
}

#[test]
fn the_golden_request_is_what_we_write_and_read() {
    let request = request(6, 11);
    assert_eq!(request.to_text(), GOLDEN);
    let parsed = AddCheckpoint::parse(GOLDEN).unwrap();
    assert_eq!(parsed, request);
    parsed.extends(Some((6, tree(6).root()))).unwrap();
    assert!(parsed.extends(Some((6, tree(7).root()))).is_err());
    assert_eq!(parsed.extends(Some((7, tree(7).root()))), Err(ExtendError::Size(7)));
    assert_eq!(parsed.extends(None), Err(ExtendError::Size(0)));
}

#[test]
fn every_growth_has_its_request() {
    for new in 0..=20 {
        for old in 0..=new {
            let text = request(old, new).to_text();
            let parsed = AddCheckpoint::parse(&text).unwrap();
            parsed.extends(Some((old, tree(old).root()))).unwrap();
            assert_eq!(parsed.to_text(), text);
            // one leaf more or less behind us is another request
            let other = AddCheckpoint { old: old + 1, ..parsed };
            assert_eq!(other.extends(Some((old, tree(old).root()))), Err(ExtendError::Size(old)));
        }
    }
}

#[test]
fn a_first_request_and_a_repeated_one_have_no_proof() {
    for old in [0, 11] {
        let request = request(old, 11);
        assert!(request.to_text().starts_with(&format!("old {old}\n\nvantage/")));
        let padded = AddCheckpoint { proof: vec![Hash([0; 32])], ..request };
        let refused = padded.extends(Some((old, tree(old).root())));
        assert!(matches!(refused, Err(ExtendError::Proof(_))), "{refused:?}");
    }
}

#[test]
fn a_way_back_is_told_the_size() {
    let backwards = AddCheckpoint { old: 12, ..request(6, 11) };
    assert_eq!(backwards.extends(Some((12, tree(12).root()))), Err(ExtendError::Size(12)));
}

/// Checkpoints of other logs are read, cosigned and held to the same rule.
#[test]
fn a_log_that_is_not_ours_is_witnessed_by_the_same_rule() {
    let (log, witness) = (LogKey::from_seed(&[1; 32]), WitnessKey::from_seed(&[2; 32]));
    let origin: AnyOrigin = "log.example/2026".parse().unwrap();
    let head = |size| CheckpointOf { origin: origin.clone(), size, root: tree(size).root() };
    let proof = tree(11).consistency(6, 11).unwrap();
    let text = AddCheckpointOf { old: 6, proof, checkpoint: head(11).sign(&log) }.to_text();
    assert!(AddCheckpoint::parse(&text).is_err(), "not one of ours");
    let parsed = AddCheckpointOf::<AnyOrigin>::parse(&text).unwrap();
    assert_eq!(parsed.to_text(), text);
    parsed.checkpoint.verify_log(&log.public()).unwrap();
    parsed.extends(Some((6, tree(6).root()))).unwrap();
    assert_eq!(parsed.extends(Some((7, tree(7).root()))), Err(ExtendError::Size(7)));
    let cosignature = Cosignature::make(&parsed.checkpoint.checkpoint, &witness, 1_750_000_000);
    cosignature.verify(&head(11), &witness.public()).unwrap();
    assert!(cosignature.verify(&head(12), &witness.public()).is_err());
    for bad in ["", "log example", "log+example", "a\tb", &"x".repeat(257)] {
        assert!(bad.parse::<AnyOrigin>().is_err(), "{bad:?}");
    }
}

#[test]
fn what_is_not_our_form_is_refused() {
    let hash = GOLDEN.lines().nth(1).unwrap();
    let bad = [
        String::new(),
        GOLDEN.replace("old 6\n", ""),
        GOLDEN.replace("old 6", "old 06"),
        GOLDEN.replace("old 6", "old +6"),
        GOLDEN.replace("old 6", "old  6"),
        GOLDEN.replace("old 6", "old\t6"),
        GOLDEN.replace("old 6", "Old 6"),
        GOLDEN.replace("old 6", "old 9223372036854775808"),
        GOLDEN.replace("old 6\n", "old 6\n\n"),
        GOLDEN.replace(hash, &format!(" {hash}")),
        GOLDEN.replace(hash, &hash[1..]),
        GOLDEN.replacen("\n\n", "\n", 1),
        GOLDEN.replacen("\n\n", "\n\n\n", 1),
        GOLDEN.replace('\n', "\r\n"),
        format!("{GOLDEN}\n"),
        GOLDEN.trim_end().to_owned(),
    ];
    for text in bad {
        assert!(AddCheckpoint::parse(&text).is_err(), "{text}");
    }
    let mut long = request(6, 11);
    long.proof = vec![Hash([1; 32]); MAX_PATH_HASHES];
    assert_eq!(AddCheckpoint::parse(&long.to_text()).unwrap(), long);
    long.proof.push(Hash([1; 32]));
    assert!(AddCheckpoint::parse(&long.to_text()).is_err());
}
