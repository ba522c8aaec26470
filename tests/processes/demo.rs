//! The demo keeps its promises, and no flipped bit of its bundle verifies as sealed.

use crate::turn;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use vantage_protocol::genesis::Genesis;
use vantage_protocol::proof::{Summary, Trust, verify_car};
use vantage_testnet::demo::{Deadlines, DemoArgs, run};

/// Flips tried: issue A asks for this many.
const FLIPS: u32 = 2_000;

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_seals_and_no_flip_of_its_bundle_does() {
    let _turn = turn().await;
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("demo");
    let arguments = DemoArgs {
        keep: false,
        json: true,
        require_model: true,
        golem: false,
        dir: Some(at.clone()),
        deadlines: Deadlines::default(),
    };
    if let Err(e) = run(&arguments).await {
        panic!("{e}; kept for a look: {}", dir.keep().display());
    }
    let genesis = Genesis::from_toml(&std::fs::read_to_string(at.join("genesis.toml")).unwrap()).unwrap();
    let trust = Trust::Hash(genesis.net());
    let mut car = std::fs::read(at.join("demo.car")).unwrap();
    assert_eq!(verify_car(&car, &trust).summary, Summary::Sealed);
    let mut rng = ChaCha8Rng::seed_from_u64(2_000);
    for _ in 0..FLIPS {
        let at = (rng.next_u64() % car.len() as u64) as usize;
        let mask = 1 << (rng.next_u64() % 8);
        car[at] ^= mask;
        let verdict = verify_car(&car, &trust);
        assert_ne!(verdict.summary, Summary::Sealed, "byte {at}, mask {mask:#04x}");
        car[at] ^= mask;
    }
}
