//! Planted violations: each check finds what it is there for.

use super::super::event::Index;
use super::super::mirror::Branch;
use super::*;
use crate::sim::{Bug, Scenario, Strategy};
use serde_bytes::ByteBuf;
use vantage_protocol::attester::{Effect, Record, Stream, Verdict};
use vantage_protocol::id::Hash;
use vantage_protocol::leaf::Leaf;
use vantage_protocol::message::WitnessAnswer;
use vantage_protocol::statement::{Decline, Final, StatementList};
use vantage_protocol::wire;

fn finished() -> World {
    let mut world = World::new(Scenario::calm(7));
    world.run();
    assert_eq!(violations(&world), Vec::<String>::new());
    world
}

fn evidence(world: &World) -> Evidence<'_> {
    let job = world.job.expect("a job was submitted");
    let views = world.nodes.iter().enumerate();
    let views = views.filter_map(|(i, n)| Some((i, n.attester.as_ref()?.job(&job)?))).collect();
    let (net, quorum) = (world.cast.genesis.net(), world.cast.genesis.quorum());
    Evidence { world, net, quorum, job, views }
}

/// Rewrites every leaf of a log, in one node's account of it or in everybody's.
fn rewrite(world: &mut World, at: Option<Index>, log: NodeId, change: &dyn Fn(Statement) -> Statement) {
    let net = world.cast.genesis.net();
    for (_, mirror) in world.ear.mirrors.iter_mut().filter(|(i, _)| at.is_none_or(|at| at == **i)) {
        let Some(branch) = mirror.logs.get_mut(&log) else { continue };
        for bytes in &mut branch.leaves {
            let leaf = Leaf::decode(bytes, &net).expect("an honest leaf");
            *bytes = Leaf { statement: change(leaf.statement), ..leaf }.encode();
        }
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
    head.checkpoint.root = Hash([1; 32]);
    branch.heads.insert(size, head);
    assert!(found(logs::one_branch(&world), "I1"));
}

#[test]
fn i1_too_many_forked_members() {
    let mut caught = 0;
    for seed in 24..40 {
        let scenario = Scenario { byzantine: 2, strategy: Some(Strategy::Fork), ..Scenario::rough(seed) };
        let mut world = World::new(scenario);
        world.run();
        caught += usize::from(found(violations(&world), "I1"));
    }
    assert!(caught > 0, "two forked members of four break nothing in sixteen seeds");
}

#[test]
fn i2_another_statement_first() {
    let mut world = finished();
    let (slot, executor) = Evidence::pairs(&evidence(&world).views[&0])[0];
    let decline = |statement| match statement {
        Statement::Commit(c) if c.slot == slot => {
            Statement::Decline(Decline { job: c.job, slot, reason: "planted".into() })
        }
        other => other,
    };
    rewrite(&mut world, Some(1), executor, &decline);
    assert!(found(logs::one_statement(&evidence(&world)), "I2"));
}

#[test]
fn i3_a_reveal_before_all() {
    let mut world = finished();
    world.ear.released = Some(0);
    assert!(found(logs::nothing_after_reveal(&evidence(&world)), "I3"));
}

#[test]
fn i4_i5_finals_that_leave_out_what_is_acknowledged() {
    let mut world = finished();
    let nothing = StatementList::new(world.job.unwrap(), Vec::new());
    let (root, list) = (nothing.root(), vantage_protocol::cid::Cid::dag_cbor(&wire::encode(&nothing)));
    world.nodes[0].disk.put(list, wire::encode(&nothing), true);
    let empty = |statement| match statement {
        Statement::Final(f) => Statement::Final(Final { count: 0, root, list, ..f }),
        other => other,
    };
    for member in members(&world).into_iter().take(3) {
        rewrite(&mut world, None, member, &empty);
    }
    let found_here = finality::sealed_sets(&evidence(&world));
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
    let mut evidence = evidence(&world);
    evidence.quorum = 2;
    assert!(found(finality::sealed_sets(&evidence), "I5: 2 sets"));
}

#[test]
fn i6_a_job_without_an_outcome() {
    let mut world = World::new(Scenario { members: 4, volunteers: 0, ..Scenario::calm(1) });
    for node in 0..2 {
        world.nodes[node].cut = true;
    }
    world.run();
    assert!(found(violations(&world), "I6"));
}

#[test]
fn i7_records_that_a_crash_loses() {
    let mut caught = 0;
    for seed in 0..6 {
        let mut world =
            World::new(Scenario { crashes: 3, bug: Some(Bug::SkipPersist), ..Scenario::calm(seed) });
        world.run();
        caught += usize::from(found(violations(&world), "I"));
    }
    assert!(caught > 0, "lost records are never noticed in six seeds");
}

#[test]
fn i7_messages_before_records() {
    let mut world = World::new(Scenario { bug: Some(Bug::SendFirst), ..Scenario::calm(1) });
    world.run();
    assert!(found(violations(&world), "I7"));
}

#[test]
fn i7_a_statement_made_twice() {
    let mut world = finished();
    let member = members(&world)[0];
    let index = world.nodes.iter().position(|n| n.identity.node == member).unwrap();
    let policy = world.cast.policy();
    let mirror = world.ear.mirrors.get_mut(&index).unwrap();
    let last = mirror.own().unwrap().leaves.last().cloned().unwrap();
    mirror.persist(&Record::OwnLeaf(ByteBuf::from(last)), &policy).unwrap();
    assert!(found(logs::said_once(&world), "I7"));
}

#[test]
fn i8_a_block_that_is_gone_and_an_assignment_of_its_own() {
    let mut world = finished();
    let mut shifted = evidence(&world);
    let slots = &mut shifted.views.get_mut(&0).unwrap().slots;
    slots[0].executor = slots[1].executor;
    assert!(found(content::recomputable(&shifted), "I8: 2 assignments"));
    let bundle = evidence(&world).views[&0].bundle.unwrap();
    world.nodes[0].disk.lose(&bundle);
    assert!(found(content::recomputable(&evidence(&world)), "I8: the bundle"));
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
