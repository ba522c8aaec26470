//! Exact chances, intervals and evidence of the core, recomputed by SciPy and statsmodels.

use crate::environment::python;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::{Value, json};
use vantage_protocol::compare::infer::{
    Block, Chance, Draws, Evidence, Exchange, Labels, Stratum, Texts, false_discovery, flip_chance,
    half_width_ppm, holm, strata_chance, text_chance,
};
use vantage_protocol::id::{JobId, NetId};

/// How far a chance may be from the oracle's.
const CLOSE: f64 = 1e-9;
/// Cases of each kind.
const CASES: usize = 40;

/// Numbers from a seed.
struct Dice(ChaCha8Rng);

impl Dice {
    fn below(&mut self, n: u32) -> u32 {
        self.0.next_u32() % n
    }

    fn list<T>(&mut self, most: u32, mut item: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let count = 1 + self.below(most);
        (0..count).map(|_| item(self)).collect()
    }
}

/// Distances between the answers of a prompt: of those in one group less than across.
fn texts(dice: &mut Dice, answers: u32) -> Texts {
    let pull = dice.below(3) * 150_000;
    let n = answers as usize;
    let mut distances_ppm = vec![0; n * n];
    for one in 0..n {
        for other in 0..one {
            let across = (one < n / 2) != (other < n / 2);
            let distance = 100_000 + dice.below(500_000) + if across { pull } else { 0 };
            distances_ppm[one * n + other] = distance;
            distances_ppm[other * n + one] = distance;
        }
    }
    Texts { distances_ppm, holders: Vec::new(), answers }
}

fn close(ours: Chance, theirs: &Value, what: &str) {
    let (ours, theirs) = (ours.parts() as f64 / 1e12, theirs.as_f64().unwrap());
    assert!((ours - theirs).abs() < CLOSE, "{what}: {ours} here, {theirs} there");
}

#[tokio::test]
async fn scipy_and_statsmodels_come_to_the_same() {
    let mut dice = Dice(ChaCha8Rng::seed_from_u64(5));
    let cases = || 0..CASES;
    let flips: Vec<Vec<i64>> = cases().map(|_| dice.list(9, |dice| i64::from(dice.below(13)) - 6)).collect();
    let moves: Vec<(u32, u32)> = cases().map(|_| (dice.below(300), 1 + dice.below(300))).collect();
    let stratum = |dice: &mut Dice| {
        let answers = [1 + dice.below(8), 1 + dice.below(8)];
        Stratum { answers, yes: answers.map(|n| dice.below(n + 1)) }
    };
    let strata: Vec<Vec<Stratum>> = cases().map(|_| dice.list(30, stratum)).collect();
    let energies: Vec<Texts> = (0..6).map(|_| texts(&mut dice, 8)).collect();
    let evidence: Vec<(u32, u32)> = cases().map(|_| (dice.below(60), dice.below(60))).collect();
    let widths: Vec<(u64, u32)> =
        cases().map(|_| (1 + u64::from(dice.below(5000)), 1 + dice.below(50_000))).collect();
    let families: Vec<Vec<Chance>> = cases()
        .map(|_| dice.list(12, |dice| Chance::from_parts(u64::from(dice.below(100_000)) * 1_000_000)))
        .collect();

    let portion = |chance: &Chance| chance.parts() as f64 / 1e12;
    let told = python(
        "oracle.py",
        &json!({
            "flips": flips,
            "moves": moves,
            "strata": strata,
            "energy": energies.iter().map(|e| json!({ "distances": e.distances_ppm, "answers": e.answers })).collect::<Vec<_>>(),
            "evidence": evidence,
            "half_widths": widths.iter().map(|(units, miss)| (units, f64::from(*miss) / 1e6)).collect::<Vec<_>>(),
            "families": families.iter().map(|f| f.iter().map(portion).collect::<Vec<_>>()).collect::<Vec<_>>(),
        })
        .to_string(),
    )
    .await;

    for (case, theirs) in flips.iter().zip(told["flips"].as_array().unwrap()) {
        close(flip_chance(case).unwrap(), theirs, &format!("flips {case:?}"));
    }
    for ((up, down), theirs) in moves.iter().zip(told["moves"].as_array().unwrap()) {
        let differences: Vec<i64> = (0..up + down).map(|at| if at < *up { 3 } else { -3 }).collect();
        close(flip_chance(&differences).unwrap(), theirs, &format!("{up} up, {down} down"));
    }
    for (case, theirs) in strata.iter().zip(told["strata"].as_array().unwrap()) {
        close(strata_chance(case).unwrap(), theirs, &format!("strata {case:?}"));
    }
    for (case, theirs) in energies.iter().zip(told["energy"].as_array().unwrap()) {
        let block = Block { operator: 0, first: 0x0f, second: 0xf0 };
        let draws = Draws::new(&NetId([0; 32]), &JobId([0; 32]), 0);
        let labels = Labels::new(&[vec![block]], Exchange::Splits, 1999, &draws).unwrap();
        let found = text_chance(core::slice::from_ref(case), &labels).unwrap();
        close(found.alone[0], &theirs["chance"], "energy");
        let energy = theirs["energy_ppm"].as_f64().unwrap();
        assert!((found.energy_ppm as f64 - energy).abs() <= 1.0, "{} and {energy}", found.energy_ppm);
    }
    for ((up, down), theirs) in evidence.iter().zip(told["evidence"].as_array().unwrap()) {
        let ours = Evidence::of_moves(*up, *down).log2() as f64 / 4_294_967_296.0;
        let theirs = theirs.as_f64().unwrap();
        assert!(ours <= theirs + CLOSE && ours > theirs - 1e-6, "{up} up, {down} down: {ours} and {theirs}");
    }
    for ((units, miss), theirs) in widths.iter().zip(told["half_widths"].as_array().unwrap()) {
        let ours = half_width_ppm(2_000_000, *units, Chance::from_parts(u64::from(*miss) * 1_000_000)) as f64;
        let theirs = theirs.as_f64().unwrap();
        assert!(ours >= theirs - 1e-3 && ours < theirs + 3.0, "{units} units: {ours} and {theirs}");
    }
    families_agree(&families, &told);
}

/// Chances adjusted for their families.
fn families_agree(families: &[Vec<Chance>], told: &Value) {
    for (at, case) in families.iter().enumerate() {
        for (ours, theirs) in holm(case, case.len()).iter().zip(told["holm"][at].as_array().unwrap()) {
            close(*ours, theirs, "Holm");
        }
        for (ours, theirs) in
            false_discovery(case).iter().zip(told["false_discovery"][at].as_array().unwrap())
        {
            close(*ours, theirs, "Benjamini and Hochberg");
        }
    }
}
