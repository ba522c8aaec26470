//! Random values of every wire type come back as they were; random bytes are refused, or are the encoding of what they mean.

mod leaves;
mod parts;
mod values;

use crate::sources;
use crate::tokens::variants;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use std::collections::BTreeSet;
use std::fmt::Debug;
use vantage_protocol::id::NetId;
use vantage_protocol::leaf::Leaf;
use vantage_protocol::wire::{self, Wire};
use vantage_tests::vectors::vectors;

/// Values tried for each type: a guess, enough to meet every variant many times over.
const CASES: u32 = 128;

/// A failure prints its value; no files are left in the sources.
fn config() -> ProptestConfig {
    ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() }
}

fn comes_back<T: Wire + PartialEq + Debug>(value: T) -> Result<(), TestCaseError> {
    let bytes = wire::encode(&value);
    prop_assert_eq!(wire::decode::<T>(&bytes), Ok(value));
    Ok(())
}

/// One test for each type of `values`.
macro_rules! round_trips {
    ($($name:ident),* $(,)?) => {
        proptest! {
            #![proptest_config(config())]
            $(
                #[test]
                fn $name(value in values::$name()) {
                    comes_back(value)?;
                }
            )*
        }
    };
}

round_trips!(
    genesis,
    suite,
    executors,
    receipts,
    statement_list,
    cert,
    content,
    bundle,
    certs,
    record,
    heads,
    witness_request,
    witness_answer,
    log_request,
    log_answer,
    certs_request,
    certs_answer,
    evidence,
);

proptest! {
    #![proptest_config(config())]

    #[test]
    fn leaf(net in parts::hash32(), author in parts::node(), statement in leaves::statement()) {
        let leaf = Leaf { net: NetId(net), author, statement };
        let bytes = leaf.encode();
        prop_assert_eq!(Leaf::decode(&bytes, &leaf.net), Ok(leaf));
        prop_assert!(Leaf::decode(&bytes, &NetId([0; 32])).is_err());
    }

    #[test]
    fn noise_is_refused_or_means_itself(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for vector in vectors() {
            if let Ok(again) = (vector.decode)(&bytes) {
                prop_assert_eq!(&again, &bytes, "{}", vector.path());
            }
        }
    }

    #[test]
    fn splices_are_refused_or_mean_themselves(one: prop::sample::Index, cut: prop::sample::Index, other: prop::sample::Index, from: prop::sample::Index) {
        let vectors = vectors();
        let (one, other) = (one.get(vectors), other.get(vectors));
        let spliced = [&one.bytes[..cut.index(one.bytes.len())], &other.bytes[from.index(other.bytes.len())..]].concat();
        for vector in [one, other] {
            if let Ok(again) = (vector.decode)(&spliced) {
                prop_assert_eq!(&again, &spliced, "{}", vector.path());
            }
        }
    }
}

/// Every type of leaf is among the random statements.
#[test]
fn all_statements_are_tried() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut draw = || leaves::statement().new_tree(&mut runner).map(|tree| tree.current().typ().to_owned());
    let drawn: BTreeSet<String> = (0..200).map(|_| draw().expect("a statement")).collect();
    assert_eq!(drawn, variants(&sources::file("protocol/src/leaf.rs").text, "Statement"));
}
