//! Proofs as text: golden bytes, strictness, inclusion.

use super::*;
use crate::log::sample::{cosigned, leaf, member, policy, tree};
use proptest::prelude::*;

/// Leaf 5 of 11 in the golden note's log.
const GOLDEN: &str = "\
c2sp.org/tlog-proof@v1
index 5
gxFfiUeVX6/cKifn9MCFS72Nonuxs+NAXbVxya+Nvho=
brzFS2cQ7gYQp/yCzeUXE9soDj3IRRW96WMqGbZaC5M=
T2MQhKFXxU9U/Psj/164ZQxLoWDClbsTqYMrEJ1SZ34=
TtorR3MgCZLu9sh3uvxlnFyIlS2f3AeykI5dJgJW+xQ=

vantage/af2bdbe1aa9b6ec1/e0/8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c
11
tubAHcNe8yoG1ShcXR8u5hcSynqvU9EI/ULCvRwUFgc=

— vantage/af2bdbe1aa9b6ec1/e0/8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c cqT/30nghVaNxGGJUk4xdulwSU1OiL5oSQ8z5UrCGAk0MHFhArvPziXZZ0OPwD6DEaY4Korzs0zB0SpRgYlsMvQLAg4=
— vantage/af2bdbe1aa9b6ec1/e0/8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394/witness DZ4gkAAAAABoTuGC0HVia4KREUyEIMl4kTlWM2Dw+jPcv7jyqEErH5uwUgfhjp5xT2AFMrLo9TCz7N1NYlfG1lFe/6U437hYKz0GDQ==
— vantage/af2bdbe1aa9b6ec1/e0/8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c/witness 1H9rEwAAAABoTuGBNYfYw+M+SFTmaFht8OwJ1XgAwdwV2SjJ4XBTp3TQn5kyYq7X9vr+ilw4F7yhHKtCVbX/XHUSgcHQGbWVSAtOCA==
— vantage/af2bdbe1aa9b6ec1/e0/ed4928c628d1c2c6eae90338905995612959273a5c63f93636c14614ac8737d1/witness c+wuFwAAAABoTuGDcUd85yc6zwYLmWy2Jhp/t2tT+48zX5LYeyChHncWF8nhufYNoOeKuIihbtdCaHCQsXOtmRfpGbnLlSrw3m91CA==
";

fn proof(index: u64, size: u64) -> TlogProof {
    let path = tree(size).inclusion(index, size).unwrap();
    TlogProof { index, path, checkpoint: cosigned(size, 3), extra: None }
}

#[test]
fn the_golden_proof_is_what_we_write_and_read() {
    let proof = proof(5, 11);
    assert_eq!(proof.to_text(), GOLDEN);
    let parsed = TlogProof::parse(GOLDEN).unwrap();
    assert_eq!(parsed, proof);
    parsed.verify_inclusion(&leaf(5)).unwrap();
    parsed.checkpoint.verify_log(&member(1).log.public()).unwrap();
    policy(3, 3).check(&parsed.checkpoint).unwrap();
    assert!(parsed.verify_inclusion(&leaf(6)).is_err());
}

#[test]
fn every_leaf_has_its_proof() {
    for size in 1..=20 {
        for index in 0..size {
            let text = proof(index, size).to_text();
            let parsed = TlogProof::parse(&text).unwrap();
            parsed.verify_inclusion(&leaf(index)).unwrap();
            assert!(parsed.verify_inclusion(&leaf(index + 1)).is_err());
            assert_eq!(parsed.to_text(), text);
        }
    }
}

#[test]
fn a_log_of_one_leaf_has_an_empty_path() {
    let text = proof(0, 1).to_text();
    assert!(text.starts_with("c2sp.org/tlog-proof@v1\nindex 0\n\nvantage/"));
}

#[test]
fn extra_data_round_trips_up_to_its_limit() {
    for size in [1, 2, 3, MAX_EXTRA_BYTES] {
        let proof = TlogProof { extra: Some(vec![0xfb; size]), ..proof(5, 11) };
        let text = proof.to_text();
        assert!(text.starts_with("c2sp.org/tlog-proof@v1\nextra "));
        assert_eq!(TlogProof::parse(&text), Ok(proof));
    }
    let long = TlogProof { extra: Some(vec![0; MAX_EXTRA_BYTES + 1]), ..proof(5, 11) };
    assert!(TlogProof::parse(&long.to_text()).is_err());
    // no data and no line are the same thing
    let empty = TlogProof { extra: Some(vec![]), ..proof(5, 11) };
    assert_eq!(empty.to_text(), GOLDEN);
    assert!(TlogProof::parse(&GOLDEN.replace("index", "extra \nindex")).is_err());
}

#[test]
fn what_is_not_our_form_is_refused() {
    let hash = GOLDEN.lines().nth(2).unwrap();
    let bad = [
        String::new(),
        GOLDEN.replace("proof@v1", "proof@v2"),
        GOLDEN.replace("c2sp.org/", ""),
        GOLDEN.replace("index 5", "index 05"),
        GOLDEN.replace("index 5", "index  5"),
        GOLDEN.replace("index 5", "index -5"),
        GOLDEN.replace("index 5", "index 9223372036854775808"),
        GOLDEN.replace("index 5", "Index 5"),
        GOLDEN.replace("index 5\n", ""),
        GOLDEN.replace("index 5\n", "index 5\n\n"),
        GOLDEN.replace("index 5\n", "index 5\nindex 5\n"),
        GOLDEN.replace("index 5\n", "index 5\nextra AAAA\n"),
        GOLDEN.replace("index 5\n", "extra AAAA\nextra AAAA\nindex 5\n"),
        GOLDEN.replace("index 5\n", "extraAAAA\nindex 5\n"),
        GOLDEN.replace("index 5\n", "extra AA\nindex 5\n"),
        GOLDEN.replace(hash, &format!("{hash} ")),
        GOLDEN.replace(hash, hash.trim_end_matches('=')),
        GOLDEN.replacen("\n\n", "\n", 1),
        GOLDEN.replacen("\n\n", "\n\n\n", 1),
        GOLDEN.replace('\n', "\r\n"),
        format!("{GOLDEN}\n"),
        format!("\n{GOLDEN}"),
    ];
    for text in bad {
        assert!(TlogProof::parse(&text).is_err(), "{text}");
    }
}

#[test]
fn the_path_is_bounded_and_errors_count_lines_from_the_top() {
    let mut long = proof(5, 11);
    long.path = vec![Hash([1; 32]); MAX_PATH_HASHES];
    assert_eq!(TlogProof::parse(&long.to_text()).unwrap(), long);
    long.path.push(Hash([1; 32]));
    let limit = MAX_PATH_HASHES;
    assert_eq!(TlogProof::parse(&long.to_text()), Err(NoteError::TooManyLines { limit }));
    // header, index, 4 hashes, empty line, origin: the size stands in line 9
    let error = TlogProof::parse(&GOLDEN.replace("\n11\n", "\n011\n")).unwrap_err();
    assert!(error.to_string().starts_with("line 9: expected a tree size"), "{error}");
}

proptest! {
    #[test]
    fn an_edited_proof_is_refused_or_prints_back(at in 0..GOLDEN.len(), bit in 0..8u8) {
        let mut text = GOLDEN.as_bytes().to_vec();
        text[at] ^= 1 << bit;
        if let Ok(text) = str::from_utf8(&text) && let Ok(parsed) = TlogProof::parse(text) {
            prop_assert_eq!(parsed.to_text(), text);
            let holds = parsed.verify_inclusion(&leaf(5)).is_ok()
                && parsed.checkpoint.verify_log(&member(1).log.public()).is_ok()
                && policy(3, 3).check(&parsed.checkpoint).is_ok();
            prop_assert!(!holds);
        }
    }
}
