use super::*;
use crate::cid::Cid;
use crate::log::{Checkpoint, Tree, empty_root, leaf_hash};
use crate::proof::tests::world::{FROM_S, World};
use crate::statement::{Ack, AckItem, AckVerdict, Final};
use crate::wire;

fn keysets(world: &World) -> Vec<Keyset> {
    world.nodes.iter().map(|n| n.keyset.clone()).collect()
}

/// A head of member 0's log over so many made-up leaves.
fn head(world: &World, tree: &Tree, size: u64) -> String {
    let node = &world.nodes[0];
    let origin = world.genesis.origin(node.id);
    let root = tree.root_at(size).unwrap();
    Checkpoint { origin, size, root }.sign(&node.log).to_note()
}

fn tree(leaves: &[&str]) -> Tree {
    let mut tree = Tree::new();
    leaves.iter().for_each(|leaf| tree.push(leaf_hash(leaf.as_bytes())));
    tree
}

fn convicted(world: &World, evidence: &Evidence) -> Result<Accused, String> {
    let bytes = wire::encode(evidence);
    assert_eq!(wire::decode::<Evidence>(&bytes).as_ref(), Ok(evidence));
    evidence.verify(&world.genesis, &keysets(world))
}

fn forked(accused: Result<Accused, String>, world: &World) {
    let expected = Accused { node: world.nodes[0].id, offence: Offence::Fork, job: None };
    assert_eq!(accused, Ok(expected));
    assert!(expected.to_string().contains("do not go together"));
}

#[test]
fn two_heads_of_one_size_convict() {
    let world = World::sealed();
    let (a, b) = (tree(&["a", "b"]), tree(&["a", "c"]));
    let fork = Evidence::Fork { first: head(&world, &a, 2), second: head(&world, &b, 2) };
    forked(convicted(&world, &fork), &world);
    // one head twice, or of two sizes: nothing wrong
    let same = Evidence::Fork { first: head(&world, &a, 2), second: head(&world, &a, 2) };
    assert!(convicted(&world, &same).is_err());
    let grown = Evidence::Fork { first: head(&world, &a, 1), second: head(&world, &a, 2) };
    assert!(convicted(&world, &grown).is_err());
}

#[test]
fn a_head_that_extends_another_tree_convicts() {
    let world = World::sealed();
    let (a, b) = (tree(&["a", "b", "c"]), tree(&["a", "x", "c", "d", "e"]));
    let evidence = |earlier: &Tree, root| Evidence::Inconsistent {
        earlier: head(&world, earlier, 2),
        later: head(&world, &b, 5),
        root,
        proof: b.consistency(2, 5).unwrap(),
    };
    forked(convicted(&world, &evidence(&a, b.root_at(2).unwrap())), &world);
    // an honest log, and a proof that does not hold
    assert!(convicted(&world, &evidence(&b, b.root_at(2).unwrap())).is_err());
    assert!(convicted(&world, &evidence(&a, empty_root())).is_err());
}

#[test]
fn words_after_the_final_convict_members() {
    let mut world = World::sealed();
    let (node, job) = (world.nodes[0].id, world.id);
    let last = |count| Final { job, count, root: empty_root(), list: Cid::dag_cbor(b""), report: None };
    let item = AckItem { statement: world.said[0], verdict: AckVerdict::Ok };
    let ack = world.say(&node, Statement::Ack(Ack { job, items: vec![item] }));
    let first = world.say(&node, Statement::Final(last(0)));
    let second = world.say(&node, Statement::Final(last(1)));
    let late = world.say(&node, Statement::Ack(Ack { job, items: vec![world_item(&world)] }));
    let cert = |world: &World, at| world.cert(at, FROM_S + 27, 3);
    let (ack, first) = (cert(&world, &ack), cert(&world, &first));
    let (second, late) = (cert(&world, &second), cert(&world, &late));

    let finals = Evidence::TwoFinals { first: first.clone(), second: second.clone() };
    assert_eq!(convicted(&world, &finals).unwrap().offence, Offence::TwoFinals);
    let after = Evidence::AckAfterFinal { last: first.clone(), ack: late.clone() };
    assert_eq!(
        convicted(&world, &after).unwrap(),
        Accused { node, offence: Offence::AckAfterFinal, job: Some(job) }
    );
    // in order, or one and the same, it is no offence
    for innocent in [
        Evidence::AckAfterFinal { last: first.clone(), ack },
        Evidence::TwoFinals { first: first.clone(), second: first.clone() },
        Evidence::TwoFinals { first: first.clone(), second: late.clone() },
        Evidence::AckAfterFinal { last: late, ack: second },
    ] {
        assert!(convicted(&world, &innocent).is_err(), "{innocent:?}");
    }
}

fn world_item(world: &World) -> AckItem {
    AckItem { statement: world.said[1], verdict: AckVerdict::Ok }
}

#[test]
fn nobody_is_convicted_by_others_signatures() {
    let world = World::sealed();
    let (a, b) = (tree(&["a", "b"]), tree(&["a", "c"]));
    let fork = Evidence::Fork { first: head(&world, &a, 2), second: head(&world, &b, 2) };
    // without the keyset, with a broken one, in another network
    assert!(fork.verify(&world.genesis, &[]).is_err());
    let mut broken = world.nodes[0].keyset.clone();
    broken.log_signature.0[0] ^= 1;
    assert!(fork.verify(&world.genesis, &[broken]).is_err());
    let mut genesis = world.genesis.clone();
    genesis.name = "elsewhere".into();
    assert!(fork.verify(&genesis, &keysets(&world)).is_err());
    // signed by another node's log key
    let origin = world.genesis.origin(world.nodes[0].id);
    let forged = Checkpoint { origin, size: 2, root: b.root() }.sign(&world.nodes[1].log).to_note();
    let evidence = Evidence::Fork { first: head(&world, &a, 2), second: forged };
    assert!(evidence.verify(&world.genesis, &keysets(&world)).is_err());
    let noise = Evidence::Fork { first: String::new(), second: "x\n".into() };
    assert!(noise.verify(&world.genesis, &keysets(&world)).is_err());
}
