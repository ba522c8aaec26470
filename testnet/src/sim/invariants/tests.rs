//! Planted violations: each check finds what it is there for.

use super::super::event::Index;
use super::super::mirror::{Branch, Reader};
use super::*;
use crate::sim::dice::Dice;
use crate::sim::{Action, Bug, Scenario, Step, Strategy};
use serde_bytes::ByteBuf;
use std::rc::Rc;
use vantage_protocol::attester::{Effect, Record, Stream, Verdict};
use vantage_protocol::cid::Cid;
use vantage_protocol::id::Hash;
use vantage_protocol::leaf::Leaf;
use vantage_protocol::message::WitnessAnswer;
use vantage_protocol::proof::{Car, Trust, verify_car};
use vantage_protocol::statement::{Decline, Final, StatementList};
use vantage_protocol::wire;

fn finished() -> World {
    let mut world = World::new(&Scenario::calm(7));
    world.run();
    assert_eq!(violations(&world), Vec::<String>::new());
    world
}

fn library(world: &World) -> Library {
    Library::of(world.ear.mirrors.values(), &world.cast.genesis.net())
}

/// What one check says of a world.
fn check(world: &World, check: fn(&Evidence<'_>) -> Vec<String>) -> Vec<String> {
    check_with(world, check, |_| ())
}

fn check_with(
    world: &World,
    check: fn(&Evidence<'_>) -> Vec<String>,
    change: impl FnOnce(&mut Evidence<'_>),
) -> Vec<String> {
    let library = library(world);
    let mut evidence = Evidence::of(world, &library, world.jobs[0]);
    change(&mut evidence);
    check(&evidence)
}

/// Rewrites every leaf of a log, in one node's account of it or in everybody's.
fn rewrite(world: &mut World, at: Option<Index>, log: NodeId, change: &dyn Fn(Statement) -> Statement) {
    let net = world.cast.genesis.net();
    for (_, mirror) in world.ear.mirrors.iter_mut().filter(|(i, _)| at.is_none_or(|at| at == **i)) {
        let Some(branch) = mirror.logs.get_mut(&log) else { continue };
        let changed = branch.leaves.iter().map(|bytes| {
            let leaf = Leaf::decode(bytes, &net).expect("an honest leaf");
            Leaf { statement: change(leaf.statement), ..leaf }.encode()
        });
        branch.replace(&changed.collect::<Vec<_>>());
    }
}

fn members(world: &World) -> Vec<NodeId> {
    world.cast.genesis.committee.iter().map(|m| m.root.node_id()).collect()
}

fn found(violations: Vec<String>, invariant: &str) -> bool {
    violations.iter().any(|v| v.starts_with(invariant))
}

#[test]
fn i1_a_rival_certified_head() {
    let mut world = finished();
    let log = members(&world)[0];
    let branch: &mut Branch = world.ear.mirrors.get_mut(&1).unwrap().logs.get_mut(&log).unwrap();
    let (size, mut head) = branch.heads.pop_last().unwrap();
    Rc::make_mut(&mut head).checkpoint.root = Hash([1; 32]);
    branch.heads.insert(size, head);
    assert!(found(logs::one_branch(&world), "I1"));
}

#[test]
fn i1_too_many_forked_members() {
    let mut caught = 0;
    for seed in 24..40 {
        let scenario = Scenario { byzantine: 2, strategy: Some(Strategy::Fork), ..Scenario::rough(seed) };
        let mut world = World::new(&scenario);
        world.run();
        caught += usize::from(found(violations(&world), "I1"));
    }
    assert!(caught > 0, "two forked members of four break nothing in sixteen seeds");
}

#[test]
fn i2_another_statement_first() {
    let mut world = finished();
    let (slot, executor) =
        Evidence::pairs(&world.nodes[0].attester.as_ref().unwrap().job(&world.jobs[0]).unwrap())[0];
    let decline = |statement| match statement {
        Statement::Commit(c) if c.slot == slot => {
            Statement::Decline(Decline { job: c.job, slot, reason: "planted".into() })
        }
        other => other,
    };
    rewrite(&mut world, Some(1), executor, &decline);
    assert!(found(check(&world, logs::one_statement), "I2"));
}

#[test]
fn i3_a_reveal_before_all() {
    let mut world = finished();
    world.ear.released.insert(world.jobs[0], 0);
    assert!(found(check(&world, logs::nothing_after_reveal), "I3"));
}

#[test]
fn i4_i5_finals_that_leave_out_what_is_acknowledged() {
    let mut world = finished();
    let nothing = StatementList::new(world.jobs[0], Vec::new());
    let (root, list) = (nothing.root(), Cid::dag_cbor(&wire::encode(&nothing)));
    world.nodes[0].disk.put(list, wire::encode(&nothing), true);
    let empty = |statement| match statement {
        Statement::Final(f) => Statement::Final(Final { count: 0, root, list, ..f }),
        other => other,
    };
    for member in members(&world).into_iter().take(3) {
        rewrite(&mut world, None, member, &empty);
    }
    let found_here = check(&world, finality::sealed_sets);
    assert!(found(found_here.clone(), "I4") && found(found_here, "I5"));
}

#[test]
fn i5_two_sealed_sets() {
    let mut world = finished();
    let other = |statement| match statement {
        Statement::Final(f) => Statement::Final(Final { root: Hash([2; 32]), ..f }),
        other => other,
    };
    for member in members(&world).into_iter().take(2) {
        rewrite(&mut world, None, member, &other);
    }
    let found_here = check_with(&world, finality::sealed_sets, |evidence| evidence.quorum = 2);
    assert!(found(found_here, "I5: 2 sets"));
}

#[test]
fn i6_a_job_without_an_outcome() {
    let apart = Action::Partition { groups: vec![vec![0], vec![1]], for_ms: None };
    let script = vec![Step::at(0, apart)];
    let mut world = World::new(&Scenario { executors: 0, script, ..Scenario::calm(1) });
    world.run();
    assert!(found(violations(&world), "I6"));
}

#[test]
fn i7_records_that_a_crash_loses() {
    let mut caught = 0;
    for seed in 0..6 {
        let mut world =
            World::new(&Scenario { crashes: 3, bug: Some(Bug::SkipPersist), ..Scenario::calm(seed) });
        world.run();
        caught += usize::from(found(violations(&world), "I"));
    }
    assert!(caught > 0, "lost records are never noticed in six seeds");
}

#[test]
fn i7_messages_before_records() {
    let mut world = World::new(&Scenario { bug: Some(Bug::SendFirst), ..Scenario::calm(1) });
    world.run();
    assert!(found(violations(&world), "I7"));
}

#[test]
fn i7_a_statement_made_twice() {
    let mut world = finished();
    let member = members(&world)[0];
    let index = world.nodes.iter().position(|n| n.identity.node == member).unwrap();
    let mut reader = Reader::new(world.cast.policy());
    let mirror = world.ear.mirrors.get_mut(&index).unwrap();
    let last = mirror.own().unwrap().leaves.last().cloned().unwrap();
    mirror.persist(&Record::OwnLeaf(ByteBuf::from(last)), &mut reader).unwrap();
    assert!(found(logs::said_once(&world, &library(&world)), "I7"));
}

#[test]
fn i8_a_block_that_is_gone_and_an_assignment_of_its_own() {
    let mut world = finished();
    let shifted = check_with(&world, content::recomputable, |evidence| {
        let slots = &mut evidence.views.get_mut(&0).unwrap().slots;
        slots[0].executor = slots[1].executor;
    });
    assert!(found(shifted, "I8: 2 assignments"));
    let bundle = world.nodes[0].attester.as_ref().unwrap().job(&world.jobs[0]).unwrap().bundle.unwrap();
    world.nodes[0].disk.lose(&bundle);
    assert!(found(check(&world, content::recomputable), "I8: the bundle"));
}

#[test]
fn i9_an_answer_that_too_few_hold() {
    let mut world = finished();
    let text = "The answer to question number 1 is 7.";
    let answer = Cid::raw(text.as_bytes());
    assert!(world.nodes[0].disk.serve(&answer).is_some(), "everybody holds the answers of a calm run");
    world.nodes.iter_mut().take(2).for_each(|node| node.disk.lose(&answer));
    assert_eq!(check(&world, held::acknowledged), Vec::<String>::new(), "two members still hold it");
    world.nodes[2].disk.lose(&answer);
    assert!(found(check(&world, held::acknowledged), "I9"));
}

#[test]
fn i10_a_file_that_hides_a_change() {
    let world = finished();
    assert_eq!(check(&world, verdicts::independent), Vec::<String>::new());
    // the writer of shuffled files is a writer of good files: in ids' order it is the library's own order
    let view = world.nodes[0].attester.as_ref().unwrap().job(&world.jobs[0]).unwrap();
    let disk = &world.nodes[0].disk;
    let car = Car::collect(view.bundle.unwrap(), &|cid| disk.serve(cid).map(<[u8]>::to_vec)).unwrap();
    let file = verdicts::file(car.root, car.blocks.iter().map(|(cid, b)| (*cid, b.as_slice())));
    assert_eq!(Car::parse(&file), Ok(car.clone()));
    let trust = Trust::Hash(world.cast.genesis.net());
    let sealed = verify_car(&file, &trust);
    // a verdict that differs and a change that is not seen are found
    let mut other = sealed.clone();
    other.cells_total += 1;
    let mut dice = Dice::new(1, 9);
    assert!(verdicts::shuffled(&car, &other, &trust, &mut dice).is_some());
    assert!(verdicts::shuffled(&car, &sealed, &trust, &mut dice).is_none());
    assert!(verdicts::taken(&[sealed]).is_some(), "a changed file that verifies is a violation");
}

#[test]
fn i11_a_leaf_that_encodes_otherwise() {
    let mut world = finished();
    assert_eq!(encoding::canonical(&world), Vec::<String>::new());
    // {"a": 0} with the number in two bytes instead of one
    let padded = vec![0xa1, 0x61, b'a', 0x18, 0x00];
    assert!(!encoding::is_canonical(&padded));
    assert!(encoding::is_canonical(&[0xa1, 0x61, b'a', 0x00]));
    let log = members(&world)[0];
    let branch = world.ear.mirrors.get_mut(&1).unwrap().logs.get_mut(&log).unwrap();
    let mut leaves = branch.leaves.clone();
    leaves.push(padded);
    branch.replace(&leaves);
    assert!(found(encoding::canonical(&world), "I11"));
}

#[test]
fn i12_whatever_is_taken_from_a_foreign_message() {
    use crate::sim::foreign::taken;
    let record = Effect::Persist(Record::OwnLeaf(ByteBuf::new()));
    assert!(taken(&record, 1, None).is_some());
    let judged = |verdict| Effect::Judge { token: 1, verdict };
    assert!(taken(&judged(Verdict::Accept), 1, None).is_some());
    assert!(taken(&judged(Verdict::Reject), 1, None).is_none());
    let refused = WitnessAnswer { status: 403, size: None, retry_s: None, cosignature: None, why: None };
    let reply = Effect::Reply { token: 1, bytes: wire::encode(&refused) };
    assert!(taken(&reply, 1, Some(Stream::Witness)).is_none());
    assert!(taken(&reply, 1, Some(Stream::Log)).is_some(), "anything but unknown tells something");
}
