//! Semantic edits, every id computed anew: none verifies as sealed, and each says why.

use super::outcomes::{judged, trust};
use super::world::{COMMIT_BY_S, FROM_S, Plot, REVEAL_BY_S, World};
use crate::cid::Cid;
use crate::id::{NetId, Signature};
use crate::leaf::{Cert, Leaf, LeafRef, Statement};
use crate::log::{TlogProof, leaf_hash};
use crate::proof::{Car, Summary, Trust, Verdict, verify_car};
use crate::receipt::Receipts;
use crate::statement::{Ack, AckItem, AckVerdict, Decline, Final, StatementList};
use crate::wire;
use Summary::{Incomplete, Invalid, Sealed};

pub(super) fn expect(verdict: &Verdict, summary: Summary, reason: &str) {
    assert_eq!(verdict.summary, summary, "{:#?}", verdict.lines());
    assert!(verdict.reasons.iter().any(|r| r.contains(reason)), "{reason:?} not in {:#?}", verdict.reasons);
}

pub(super) fn judged_car(world: &World, car: &Car) -> Verdict {
    verify_car(&car.to_bytes(), &trust(world))
}

fn typ(world: &World, cert: &Cert) -> &'static str {
    Leaf::decode(&cert.leaf, &world.net).unwrap().statement.typ()
}

fn first_cert(world: &World, kind: &str) -> usize {
    world.certs.iter().position(|c| typ(world, c) == kind).unwrap()
}

/// Takes the list anew from some statements, with the report that belongs to it.
fn list_anew(world: &mut World, statements: Vec<LeafRef>) {
    world.list = StatementList::new(world.id, statements);
    world.statements = world.leaves(&world.list);
    let (cid, bytes) = world.compile(&world.list);
    world.blocks.insert(cid, bytes);
    world.report = Some(cid);
}

/// Replaces the receipts of slot 0 and everything that names them: block, reveal, list, cert.
fn rewrite_receipts(world: &mut World, edit: impl FnOnce(&mut Receipts)) {
    let (at, mut reveal) = (world.said[0], world.reveal(0));
    let mut receipts: Receipts = wire::decode(&world.blocks[&reveal.receipts]).unwrap();
    edit(&mut receipts);
    reveal.receipts = world.put(&receipts);
    let bytes = Leaf { net: world.net, author: at.author, statement: Statement::Reveal(reveal) }.encode();
    let old = world.node(&at.author).leaves[at.index as usize].clone();
    let node = world.nodes.iter_mut().find(|n| n.id == at.author).unwrap();
    node.leaves[at.index as usize] = bytes.clone();
    for cert in world.certs.iter_mut().filter(|c| c.leaf == old) {
        cert.leaf = bytes.clone();
    }
    world.said[0] = LeafRef { hash: leaf_hash(&bytes), ..at };
    let statements = world.said.clone();
    list_anew(world, statements);
}

#[test]
fn a_dropped_reveal_is_missed_by_the_finals() {
    let mut world = World::sealed();
    let kept = vec![world.said[0]];
    list_anew(&mut world, kept);
    expect(&judged(&world), Invalid, "a quorum agrees on another set");
}

#[test]
fn a_dropped_receipt_is_not_what_was_signed() {
    let mut world = World::sealed();
    rewrite_receipts(&mut world, |receipts| {
        receipts.cells.pop();
    });
    let verdict = judged(&world);
    expect(&verdict, Invalid, "the proof does not lead to the root");
    expect(&verdict, Invalid, "bad(hash)");
}

#[test]
fn swapped_answers_are_not_what_was_signed() {
    let mut world = World::sealed();
    rewrite_receipts(&mut world, |receipts| {
        let [a, b] = receipts.cells.as_mut_slice() else { panic!() };
        core::mem::swap(&mut a.output, &mut b.output);
    });
    expect(&judged(&world), Invalid, "bad(hash)");
}

#[test]
fn a_forged_cosignature_is_invalid_even_beside_a_quorum() {
    let mut world = World::sealed();
    let at = first_cert(&world, "final");
    for cosigners in [3, 4] {
        let last = Leaf::decode(&world.certs[at].leaf, &world.net).unwrap();
        let index = TlogProof::parse(&world.certs[at].proof).unwrap().index;
        world.certs[at] = world.cert(&last.reference(index), FROM_S + 25, cosigners);
        let mut proof = TlogProof::parse(&world.certs[at].proof).unwrap();
        proof.checkpoint.cosignatures[0].cosignature.signature = Signature([7; 64]);
        world.certs[at].proof = proof.to_text();
        expect(&judged(&world), Invalid, "does not verify");
    }
}

#[test]
fn a_backdated_cosignature_or_another_key_in_its_name_is_invalid() {
    let mut world = World::sealed();
    let at = first_cert(&world, "reveal");
    let good = world.certs[at].clone();
    let mut proof = TlogProof::parse(&good.proof).unwrap();
    proof.checkpoint.cosignatures[0].cosignature.time -= 1;
    world.certs[at].proof = proof.to_text();
    expect(&judged(&world), Invalid, "does not verify");

    let mut proof = TlogProof::parse(&good.proof).unwrap();
    proof.checkpoint.cosignatures[0].key_id = [1, 2, 3, 4];
    world.certs[at].proof = proof.to_text();
    expect(&judged(&world), Invalid, "by another key");

    let mut proof = TlogProof::parse(&good.proof).unwrap();
    proof.checkpoint.cosignatures[0].name = "example.org/witness".into();
    world.certs[at].proof = proof.to_text();
    expect(&judged(&world), Invalid, "which is no member's");
}

#[test]
fn another_network_is_refused() {
    let world = World::sealed();
    let bytes = world.car().to_bytes();
    let verdict = verify_car(&bytes, &Trust::Hash(NetId([9; 32])));
    expect(&verdict, Invalid, "it belongs to network");
    let renamed = world.car_with(|content, _| content.net = NetId([9; 32]));
    expect(&judged_car(&world, &renamed), Invalid, "");
    let other = World::new(&Plot { seed: 40, ..Plot::default() });
    assert_eq!(judged(&other).summary, Sealed);
    expect(&judged_car(&world, &other.car()), Invalid, "it belongs to network");
}

#[test]
fn another_genesis_is_refused() {
    let mut world = World::sealed();
    let mut genesis = world.genesis.clone();
    genesis.gap_s_min += 1;
    let cid = world.put(&genesis);
    let car = world.car_with(|content, _| content.genesis = cid);
    expect(&judged_car(&world, &car), Invalid, "its genesis has the hash");
}

#[test]
fn a_dropped_ack_or_final_or_cert_is_missed() {
    for (kind, reason) in [
        ("ack", "no ack of 2 listed statements is shown"),
        ("final", "2 are shown of the 3"),
        ("reveal", "no cert is shown"),
        ("job", "no cert is shown"),
    ] {
        let mut world = World::sealed();
        let at = first_cert(&world, kind);
        world.certs.remove(at);
        expect(&judged(&world), Incomplete, reason);
    }
}

#[test]
fn a_dropped_keyset_is_missed() {
    let mut world = World::new(&Plot { volunteer: true, ..Plot::default() });
    assert_eq!(judged(&world).summary, Sealed);
    world.keysets.pop();
    expect(&judged(&world), Incomplete, "it is not shown");
}

#[test]
fn one_cosignature_too_few_is_not_enough() {
    for (kind, reason) in [("final", "2 are shown of the 3"), ("reveal", "cosigned by 2 of the 3")] {
        let mut world = World::sealed();
        let at = first_cert(&world, kind);
        let mut proof = TlogProof::parse(&world.certs[at].proof).unwrap();
        proof.checkpoint.cosignatures.pop();
        world.certs[at].proof = proof.to_text();
        expect(&judged(&world), Incomplete, reason);
    }
}

#[test]
fn a_reordered_list_is_not_canonical() {
    let mut world = World::sealed();
    let mut list = world.list.clone();
    list.statements.reverse();
    let cid = world.put(&list);
    let car = world.car_with(|content, _| {
        content.statements.reverse();
        content.list = cid;
    });
    expect(&judged_car(&world, &car), Invalid, "must be sorted");
    let car = world.car_with(|content, _| content.statements.reverse());
    expect(&judged_car(&world, &car), Invalid, "not the one that the list names");
    let car = world.car_with(|_, certs| certs.certs.reverse());
    expect(&judged_car(&world, &car), Invalid, "not sorted");
    let car = world.car_with(|_, certs| certs.keysets.reverse());
    expect(&judged_car(&world, &car), Invalid, "must be sorted");
}

#[test]
fn receipts_of_another_executor_are_bad_whoever_signs() {
    let plot = Plot { receipts: |r| r.slot = 1 - r.slot, ..Plot::default() };
    expect(&judged(&World::new(&plot)), Invalid, "bad(receipts)");
    let plot = Plot { receipts: |r| r.cells.reverse(), ..Plot::default() };
    expect(&judged(&World::new(&plot)), Invalid, "bad(cells)");
}

#[test]
fn late_commits_and_reveals_do_not_seal() {
    // cosigners sign a second apart, the last one first: two of three are late
    let late = World::new(&Plot { commit_s: COMMIT_BY_S + 2, ..Plot::default() });
    expect(&judged(&late), Invalid, "bad(proof)");
    let late = World::new(&Plot { reveal_s: REVEAL_BY_S + 2, ..Plot::default() });
    expect(&judged(&late), Incomplete, "not shown to be in time");
    let in_time = Plot { commit_s: COMMIT_BY_S, reveal_s: REVEAL_BY_S, ..Plot::default() };
    assert_eq!(judged(&World::new(&in_time)).summary, Sealed);
}

#[test]
fn an_extra_statement_has_no_place() {
    for by_executor in [true, false] {
        let mut world = World::sealed();
        let executors = [world.executor(0), world.executor(1)];
        let other = world.nodes.iter().map(|n| n.id).find(|n| !executors.contains(n)).unwrap();
        let author = if by_executor { executors[0] } else { other };
        let decline = Decline { job: world.id, slot: 0, reason: "never mind".into() };
        let at = world.say(&author, Statement::Decline(decline));
        world.certs.push(world.cert(&at, FROM_S + 6, 3));
        let all = [world.said.clone(), vec![at]].concat();
        list_anew(&mut world, all);
        let reason = if by_executor { "listed twice" } else { "not assigned to its author" };
        let verdict = judged(&world);
        expect(&verdict, Invalid, reason);
        expect(&verdict, Invalid, "a quorum agrees on another set");
    }
}

#[test]
fn an_altered_report_is_found_by_recomputing() {
    let mut world = World::sealed();
    let mut bytes = world.blocks[&world.report.unwrap()].clone();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let altered = Cid::dag_cbor(&bytes);
    world.blocks.insert(altered, bytes.clone());
    world.report = Some(altered);
    expect(&judged(&world), Invalid, "gives another one than the bundle shows");

    let mut signed = World::new(&Plot { report: Some(altered), ..Plot::default() });
    expect(&judged(&signed), Invalid, "3 Finals name");
    signed.blocks.insert(altered, bytes);
    signed.report = Some(altered);
    expect(&judged(&signed), Invalid, "gives another one than the bundle shows");
}

#[test]
fn a_stray_block_or_cert_is_refused() {
    let world = World::sealed();
    let mut car = world.car();
    car.blocks.insert(Cid::raw(b"stowaway"), b"stowaway".to_vec());
    expect(&judged_car(&world, &car), Invalid, "nothing links it");

    let mut world = World::sealed();
    let author = world.executor(0);
    let other = crate::id::JobId([5; 32]);
    let at = world.say(&author, Statement::Decline(Decline { job: other, slot: 0, reason: "no".into() }));
    world.certs.push(world.cert(&at, FROM_S + 6, 3));
    expect(&judged(&world), Invalid, "has no place here");
}

#[test]
fn another_job_or_assignment_is_not_what_was_signed() {
    let world = World::sealed();
    let car = world.car_with(|content, _| content.announces.swap(0, 1));
    expect(&judged_car(&world, &car), Invalid, "executor list");
    let car = world.car_with(|content, _| content.suite = content.executors);
    expect(&judged_car(&world, &car), Invalid, "another suite");
}

fn finished(world: &World) -> (crate::id::NodeId, Final) {
    let cert = &world.certs[first_cert(world, "final")];
    let leaf = Leaf::decode(&cert.leaf, &world.net).unwrap();
    match leaf.statement {
        Statement::Final(last) => (leaf.author, last),
        _ => panic!(),
    }
}

#[test]
fn a_second_final_is_said_and_the_first_counts() {
    let mut world = World::sealed();
    let (member, last) = finished(&world);
    let second = Final { count: 0, root: crate::log::empty_root(), ..last };
    let at = world.say(&member, Statement::Final(second));
    world.certs.push(world.cert(&at, FROM_S + 26, 3));
    let verdict = judged(&world);
    assert_eq!(verdict.summary, Sealed, "{:#?}", verdict.lines());
    assert!(verdict.remarks[0].contains("two Finals"), "{:?}", verdict.remarks);
    let keysets: Vec<_> = world.nodes.iter().map(|n| n.keyset.clone()).collect();
    let accused = verdict.evidence[0].verify(&world.genesis, &keysets).unwrap();
    assert_eq!(accused.node, member);
}

#[test]
fn an_ack_after_the_final_is_said_and_does_not_count() {
    let mut world = World::sealed();
    let (member, last) = finished(&world);
    let item =
        AckItem { statement: world.said[0], verdict: AckVerdict::Bad(crate::statement::BadCode::Hash) };
    let at = world.say(&member, Statement::Ack(Ack { job: last.job, items: vec![item] }));
    world.certs.push(world.cert(&at, FROM_S + 26, 3));
    let verdict = judged(&world);
    assert_eq!(verdict.summary, Sealed, "{:#?}", verdict.lines());
    assert!(verdict.remarks[0].contains("after its Final"), "{:?}", verdict.remarks);
    let keysets: Vec<_> = world.nodes.iter().map(|n| n.keyset.clone()).collect();
    assert!(verdict.evidence[0].verify(&world.genesis, &keysets).is_ok());
}

#[test]
fn a_final_that_leaves_out_an_ack_does_not_count() {
    let mut world = World::sealed();
    // the member who has not finalised yet says bad of what it said ok of before
    let silent = world.nodes[3].id;
    let bad = AckVerdict::Bad(crate::statement::BadCode::Cells);
    let item = AckItem { statement: world.said[0], verdict: bad };
    let at = world.say(&silent, Statement::Ack(Ack { job: world.id, items: vec![item] }));
    world.certs.push(world.cert(&at, FROM_S + 24, 3));
    let (_, last) = finished(&world);
    let at = world.say(&silent, Statement::Final(last));
    world.certs.push(world.cert(&at, FROM_S + 25, 3));
    let verdict = judged(&world);
    assert_eq!((verdict.summary, verdict.quorum.have, verdict.quorum.finals.len()), (Sealed, 3, 4));
    assert!(verdict.remarks[0].contains("both ok and bad"), "{:?}", verdict.remarks);
}

#[test]
fn a_fork_within_a_bundle_is_invalid_and_proves_itself() {
    let mut world = World::sealed();
    let (member, last) = finished(&world);
    // the same member, having acknowledged the same set in another order
    let mut voices = Plot::default().voices;
    let number = world.nodes.iter().position(|n| n.id == member).unwrap();
    voices[number].acks.reverse();
    let other = World::new(&Plot { voices, ..Plot::default() });
    let (ack, same) = (place(&world, "ack", &member), place(&world, "final", &member));
    let index = TlogProof::parse(&world.certs[ack].proof).unwrap().index;
    let leaf = Leaf::decode(&world.certs[ack].leaf, &world.net).unwrap();
    world.certs[ack] = world.cert(&leaf.reference(index), FROM_S + 25, 3);
    world.certs[same] = other.certs[place(&other, "final", &member)].clone();
    let verdict = judged(&world);
    expect(&verdict, Invalid, "two heads of size");
    let keysets: Vec<_> = world.nodes.iter().map(|n| n.keyset.clone()).collect();
    assert_eq!(verdict.evidence[0].verify(&world.genesis, &keysets).unwrap().node, member);
    assert_eq!(last.list, Cid::dag_cbor(&wire::encode(&world.list)));
}

fn place(world: &World, kind: &str, author: &crate::id::NodeId) -> usize {
    let by_author = |cert: &Cert| {
        let leaf = Leaf::decode(&cert.leaf, &world.net).unwrap();
        leaf.author == *author && leaf.statement.typ() == kind
    };
    world.certs.iter().position(by_author).unwrap()
}
