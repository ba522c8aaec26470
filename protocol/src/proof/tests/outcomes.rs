//! What honest and half-honest worlds come to.

use super::world::{FROM_S, Plot, Voice, World, gather};
use crate::proof::{Car, Role, Summary, Trust, Verdict, closure, verify, verify_car};
use crate::wire;
use std::collections::BTreeMap;

pub(super) fn trust(world: &World) -> Trust {
    Trust::Hash(world.net)
}

pub(super) fn judged(world: &World) -> Verdict {
    verify_car(&world.car().to_bytes(), &trust(world))
}

fn voice(acks: &[u32], finalises: bool) -> Voice {
    Voice { acks: acks.to_vec(), finalises }
}

#[test]
fn a_good_bundle_is_sealed_and_says_each_part() {
    let world = World::sealed();
    let verdict = judged(&world);
    assert_eq!(verdict.summary, Summary::Sealed, "{:#?}", verdict.lines());
    assert!(verdict.reasons.is_empty() && verdict.remarks.is_empty());
    assert!(verdict.integrity.complete && verdict.network.matches);
    assert_eq!((verdict.quorum.need, verdict.quorum.have), (3, 3));
    assert_eq!(verdict.quorum.root, Some(world.list.root()));
    assert_eq!(verdict.quorum.cosigners.len(), 3);
    assert_eq!((verdict.independence.executors, verdict.independence.executor_regions.len()), (2, 2));
    assert_eq!((verdict.region_confidence, verdict.origin_grade), ("declared", "self"));
    assert_eq!(verdict.time.commits.unwrap().latest_s, FROM_S + 5);
    assert_eq!(verdict.time.finals.unwrap().earliest_s, FROM_S + 23);
    assert_eq!(verdict.comparison.recomputed, world.report);
    assert_eq!((verdict.comparison.attested_by, verdict.comparison.attested), (3, true));
    let cells = verdict.cells.as_ref().unwrap();
    assert_eq!((cells.total(), cells.answered, verdict.cells_total), (4, 4, 4));
    let labels = verdict.labels.join("\n");
    for label in ["executors: author-chosen", "assignment: predictable", "copyable", "simulated: sim:openai"]
    {
        assert!(labels.contains(label), "{labels}");
    }
    assert!(verdict.not_shown.iter().any(|line| line.contains("which weights")));
    assert!(verdict.lines().iter().any(|line| line == "summary: SEALED"));
    assert_eq!(verdict.job.unwrap().content, world.content().root);
    assert!(verdict.report.is_some());
}

#[test]
fn a_genesis_in_hand_gives_the_same_verdict_as_its_hash() {
    let world = World::sealed();
    let car = world.car();
    let by_hash = verify_car(&car.to_bytes(), &trust(&world));
    let by_genesis = verify_car(&car.to_bytes(), &Trust::Genesis(Box::new(world.genesis.clone())));
    assert_eq!(by_hash, by_genesis);
    assert_eq!(by_hash, verify(car.root, &|cid| car.blocks.get(cid).cloned(), &trust(&world)));
}

/// Network, content, bundle and file of the small world: a change here is a change of the wire.
#[test]
fn the_small_bundle_is_pinned() {
    let world = World::sealed();
    let car = world.car();
    let found = [
        world.net.to_string(),
        world.content().root.to_string(),
        car.root.to_string(),
        crate::hash::sha256(&car.to_bytes()).to_string(),
    ];
    let pinned = [
        "b6bcfdc8f08e6ff1fb12c2b0faca8a9224672d0b956674b1b47701a745545b01",
        "bafyreielywk2pbj7x25n33wyg2b36f5fhtcmicmzkpg5hzpx4lwuxxqtkm",
        "bafyreialxhdi6wfl6qvszlpvqkfcdkbs4md3ecwap4hogpjv3yepr6iwti",
        "52c48d88145eb581ac56ba2b0243523105b7b54ccac43b820cf1be2204b992a6",
    ];
    assert_eq!(found, pinned);
}

#[test]
fn another_quorum_seals_the_same_content() {
    let all = || vec![voice(&[0, 1], true); 4];
    let mut world = World::new(&Plot { voices: all(), ..Plot::default() });
    let full = judged(&world);
    assert_eq!((full.summary, full.quorum.have), (Summary::Sealed, 4));
    world.certs.pop();
    let fewer = judged(&world);
    assert_eq!((fewer.summary, fewer.quorum.have), (Summary::Sealed, 3), "{:#?}", fewer.lines());
    assert_eq!(full.job.unwrap().content, fewer.job.unwrap().content);
    assert_eq!(World::sealed().content(), world.content());
}

#[test]
fn a_volunteer_may_be_the_author_and_a_slot_may_be_declined() {
    let world = World::new(&Plot { volunteer: true, decline: true, ..Plot::default() });
    let verdict = judged(&world);
    assert_eq!(verdict.summary, Summary::Sealed, "{:#?}", verdict.lines());
    let cells = verdict.cells.unwrap();
    assert_eq!((cells.answered, cells.declined.get("no budget"), cells.total()), (2, Some(&2), 4));
    let job = verdict.job.unwrap();
    assert_eq!((job.author_operator.as_str(), job.reveals, job.declines), ("volunteers", 1, 1));
}

#[test]
fn small_committees_are_labelled() {
    let world = World::new(&Plot { members: 3, voices: vec![voice(&[0, 1], true); 3], ..Plot::default() });
    let verdict = judged(&world);
    assert_eq!(verdict.summary, Summary::Sealed, "{:#?}", verdict.lines());
    assert!(verdict.labels.iter().any(|l| l.contains("f = 0")));
}

fn bounded() -> World {
    let voices = vec![voice(&[0, 1], true), voice(&[0, 1], true), voice(&[0], true), voice(&[], false)];
    World::new(&Plot { voices, ..Plot::default() })
}

fn listing(world: &mut World, slots: &[usize]) -> Verdict {
    let listed = slots.iter().map(|s| world.said[*s]).collect();
    world.list = crate::statement::StatementList::new(world.id, listed);
    world.statements = world.leaves(&world.list);
    let (cid, bytes) = world.compile(&world.list);
    world.blocks.insert(cid, bytes);
    world.report = Some(cid);
    judged(world)
}

#[test]
fn finals_that_differ_bound_what_a_quorum_acknowledged() {
    let mut world = bounded();
    let verdict = listing(&mut world, &[0]);
    assert_eq!(verdict.summary, Summary::Bounded, "{:#?}", verdict.lines());
    assert_eq!(verdict.cells.unwrap().not_in_set, 2);

    let more = listing(&mut world, &[0, 1]);
    assert_eq!(more.summary, Summary::Incomplete);
    assert!(more.reasons[0].contains("2 acks are shown of the 3"), "{:?}", more.reasons);

    let less = listing(&mut world, &[]);
    assert_eq!(less.summary, Summary::Invalid);
    assert!(less.reasons.iter().any(|r| r.contains("it is not listed")), "{:?}", less.reasons);
}

#[test]
fn a_content_alone_is_incomplete_but_compared() {
    let world = World::sealed();
    let car = world.car();
    let content = world.content().root;
    let verdict = verify(content, &|cid| car.blocks.get(cid).cloned(), &trust(&world));
    assert_eq!(verdict.summary, Summary::Incomplete);
    assert!(verdict.reasons.iter().any(|r| r.starts_with("no certs")), "{:?}", verdict.reasons);
    assert_eq!(verdict.comparison.recomputed, world.report);
}

#[test]
fn every_missing_block_is_named() {
    let world = World::sealed();
    let car = world.car();
    for cid in car.blocks.keys() {
        let mut less = car.clone();
        less.blocks.remove(cid);
        let lost = closure(less.root, &|c| less.blocks.get(c).cloned());
        let below = gather(less.root, &less.blocks);
        let verdict = verify_car(&below.to_bytes(), &trust(&world));
        assert_eq!(verdict.summary, Summary::Incomplete, "{cid}: {:#?}", verdict.lines());
        assert!(verdict.reasons.iter().any(|r| r.contains(&cid.to_string())), "{:?}", verdict.reasons);
        assert_eq!(lost.missing.len(), verdict.integrity.missing);
    }
}

#[test]
fn order_of_blocks_does_not_matter() {
    let world = World::sealed();
    let car = world.car();
    let bytes = car.to_bytes();
    assert_eq!(Car::parse(&bytes).unwrap(), car);
    let first = verify_car(&bytes, &trust(&world));
    let cids: Vec<_> = car.blocks.keys().copied().collect();
    for turn in [1, cids.len() / 2, cids.len() - 1] {
        let mut order = cids.clone();
        order.rotate_left(turn);
        order.reverse();
        let shuffled = car.write_in_order(&order);
        assert_ne!(shuffled, bytes);
        assert_eq!(verify_car(&shuffled, &trust(&world)), first);
    }
}

#[test]
fn the_walk_goes_root_first_and_names_roles() {
    let world = World::sealed();
    let car = world.car();
    let walked = closure(car.root, &|cid| car.blocks.get(cid).cloned());
    assert_eq!(walked.held.len(), car.blocks.len());
    assert_eq!(walked.held.first(), Some(&car.root));
    assert!(walked.missing.is_empty() && walked.malformed.is_empty());
    let mut less: BTreeMap<_, _> = car.blocks.clone();
    let receipts = world.reveal(0).receipts;
    less.remove(&receipts);
    let walked = closure(car.root, &|cid| less.get(cid).cloned());
    assert_eq!(
        walked.missing.iter().map(|l| (l.role, l.cid)).collect::<Vec<_>>(),
        [(Role::Receipts, receipts)]
    );
    assert!(Car::collect(car.root, &|cid| less.get(cid).cloned()).is_err());
    assert_eq!(Car::collect(car.root, &|cid| car.blocks.get(cid).cloned()).unwrap(), car);
}

#[test]
fn a_verdict_encodes_for_programs() {
    let verdict = judged(&World::sealed());
    assert!(!wire::encode(&verdict).is_empty());
}

#[test]
fn lines_cannot_steer_a_terminal() {
    let mut verdict = judged(&World::sealed());
    verdict.reasons.push("red \u{1b}[31m, reversed \u{202e}, and\nsummary: SEALED".into());
    for line in verdict.lines() {
        assert!(!line.contains(['\u{1b}', '\u{202e}', '\n']), "{line:?}");
    }
}
