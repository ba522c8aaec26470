//! What a verdict hands to a series.

use super::world::{Plot, Voice, World};
use crate::compare::{Operator, Told};
use crate::id::NetId;
use crate::proof::{Summary, Trust, Verdict, verify_car};
use crate::series::follow;
use crate::study::StudyPlan;

const PLAN: &str = r#"
v = 1
name = "week 1"
alpha_ppm = 50_000
[[codings]]
prompt = "who"
read = { option = { yes = "slot 0", others = ["slot 1"] } }
[series]
name = "weekly"
lines = [{ measure = "coded", target = "sim:openai" }]
"#;

fn plot() -> Plot {
    Plot { study: Some(StudyPlan::from_toml(PLAN).unwrap()), ..Plot::default() }
}

fn verdict(world: &World) -> Verdict {
    verify_car(&world.car().to_bytes(), &Trust::Hash(world.net))
}

/// The comparison is the one that members made without counting anything for a series, and the counts are of its answers.
#[test]
fn a_sealed_job_of_a_series_is_an_entry_with_its_counts() {
    let world = World::new(&plot());
    let found = verdict(&world);
    assert_eq!((found.summary, found.comparison.attested), (Summary::Sealed, true), "{:?}", found.reasons);
    let entry = found.entry.unwrap();
    let job = found.job.unwrap();
    assert_eq!(
        (entry.job, entry.content, entry.author, entry.sealed),
        (world.id, job.content, job.author, true)
    );
    assert_eq!(entry.suite, world.job.suite);
    let span = found.time.job.unwrap();
    assert_eq!(entry.dated_s, Some([span.earliest_s, span.latest_s]));
    // one answer to each of two prompts in each of two regions; the first prompt is coded
    assert_eq!(entry.tallies.told.len(), 4);
    for (region, yes) in [(0, 1), (1, 0)] {
        let told: Vec<(&Operator, &Told)> = entry.tallies.told[&(0, 0, region)].iter().collect();
        assert_eq!(told.len(), 1);
        assert!(matches!(told[0].0, Operator::Vouched(_)));
        assert_eq!((told[0].1.coded.count(), told[0].1.coded.yes_of(1)), (1, yes), "region {region}");
        assert_eq!(
            entry.tallies.told[&(0, 1, region)].values().map(|told| told.coded.count()).sum::<u32>(),
            0
        );
    }
    let series = follow(&[*entry], world.id).unwrap();
    assert_eq!((series.void, series.jobs.len(), series.next.unwrap().calibration), (None, 1, Some(world.id)));
}

#[test]
fn what_is_not_sealed_is_no_sealed_entry_and_what_is_invalid_none() {
    let voice = |finalises| Voice { acks: vec![0, 1], finalises };
    let alone = Plot { voices: vec![voice(true), voice(true), voice(false), voice(false)], ..plot() };
    let found = verdict(&World::new(&alone));
    assert_ne!(found.summary, Summary::Sealed);
    assert!(found.entry.is_none_or(|entry| !entry.sealed));
    let world = World::new(&plot());
    let other = verify_car(&world.car().to_bytes(), &Trust::Hash(NetId([9; 32])));
    assert_eq!((other.summary, other.entry), (Summary::Invalid, None));
    let without = verdict(&World::sealed());
    assert_eq!((without.summary, without.entry), (Summary::Sealed, None), "a job of no series");
}
