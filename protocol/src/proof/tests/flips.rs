//! Bytes changed at random or one by one: nothing panics, nothing becomes SEALED.

use super::outcomes::trust;
use super::world::World;
use crate::proof::{Car, Summary, verify_car};
use proptest::prelude::*;
use std::sync::OnceLock;

fn good() -> &'static (World, Vec<u8>) {
    static GOOD: OnceLock<(World, Vec<u8>)> = OnceLock::new();
    GOOD.get_or_init(|| {
        let world = World::sealed();
        let bytes = world.car().to_bytes();
        (world, bytes)
    })
}

/// Every byte of the bundle, every one of its bits.
#[test]
fn every_flipped_bit_spoils_the_bundle() {
    let (world, bytes) = good();
    let trust = trust(world);
    assert_eq!(verify_car(bytes, &trust).summary, Summary::Sealed);
    let mut changed = bytes.clone();
    for at in 0..changed.len() {
        for bit in 0..8 {
            changed[at] ^= 1 << bit;
            let summary = verify_car(&changed, &trust).summary;
            assert!(matches!(summary, Summary::Incomplete | Summary::Invalid), "byte {at}, bit {bit}");
            changed[at] ^= 1 << bit;
        }
    }
}

/// Every byte of every block changed with all ids computed anew, as far as blocks link each other
/// in the clear: what remains to be caught is caught by signatures and rules.
#[test]
fn every_prefix_and_extension_is_refused() {
    let (world, bytes) = good();
    let trust = trust(world);
    for end in (0..bytes.len()).step_by(7) {
        assert_ne!(verify_car(&bytes[..end], &trust).summary, Summary::Sealed, "{end}");
    }
    for extra in [&b"\0"[..], b"\x01", b"\x00\x00", &bytes[59..200]] {
        let longer = [bytes.as_slice(), extra].concat();
        assert_eq!(verify_car(&longer, &trust).summary, Summary::Invalid);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let (world, _) = good();
        prop_assert_eq!(verify_car(&bytes, &trust(world)).summary, Summary::Invalid);
    }

    #[test]
    fn random_damage_never_seals(places in proptest::collection::vec((any::<prop::sample::Index>(), 1u8..), 1..6)) {
        let (world, bytes) = good();
        let mut changed = bytes.clone();
        for (at, mask) in places {
            let at = at.index(changed.len());
            changed[at] ^= mask;
        }
        prop_assume!(changed != *bytes);
        prop_assert_ne!(verify_car(&changed, &trust(world)).summary, Summary::Sealed);
    }

    /// A block replaced by random bytes under a true id is reached by nothing or is malformed.
    #[test]
    fn random_blocks_never_panic(which in any::<prop::sample::Index>(), bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let (world, _) = good();
        let car = world.car();
        let cid = *which.get(&car.blocks.keys().copied().collect::<Vec<_>>());
        let mut blocks = car.blocks.clone();
        blocks.insert(cid, bytes.clone());
        let root = car.root;
        let verdict = crate::proof::verify(root, &|c| blocks.get(c).cloned(), &trust(world));
        prop_assert!(verdict.summary == Summary::Invalid || cid.names(&bytes));
        let lone = Car { root: crate::cid::Cid::dag_cbor(&bytes), blocks: [(crate::cid::Cid::dag_cbor(&bytes), bytes)].into() };
        prop_assert_ne!(verify_car(&lone.to_bytes(), &trust(world)).summary, Summary::Sealed);
    }
}
