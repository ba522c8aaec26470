//! A sealed job has one content, whatever its publisher shows beside it.

use super::edits::{expect, judged_car};
use super::outcomes::judged;
use super::world::{FROM_S, World};
use crate::cid::Cid;
use crate::content::Content;
use crate::keys::{RootKey, TransportKey};
use crate::keyset::Keyset;
use crate::leaf::{Leaf, Statement};
use crate::proof::Summary::{Incomplete, Invalid, Sealed};
use crate::wire;
use ipld_core::ipld::Ipld;
use std::collections::BTreeMap;

/// The content that a verifier names for the job of this world; it must be sealed.
fn sealed(world: &World) -> Cid {
    let verdict = judged(world);
    assert_eq!(verdict.summary, Sealed, "{:#?}", verdict.lines());
    verdict.job.unwrap().content
}

#[test]
fn a_job_leaf_that_stands_twice_makes_no_other_content() {
    let mut world = World::sealed();
    let content = sealed(&world);
    let again = world.say(&world.at.author.clone(), Statement::Job(world.job.clone()));
    assert_eq!((again.hash, again.index == world.at.index), (world.at.hash, false));
    let second = world.cert(&again, FROM_S + 26, 3);
    world.certs.push(second.clone());
    assert_eq!(sealed(&world), content, "both are shown");
    world.certs.retain(|cert| cert.leaf != second.leaf);
    world.certs.push(second);
    assert_eq!(sealed(&world), content, "the second alone is shown");
    let leaf = world.node(&again.author).leaves[again.index as usize].clone();
    world.certs.retain(|cert| cert.leaf != leaf);
    expect(&judged(&world), Incomplete, "no cert is shown");
}

#[test]
fn a_keyset_that_is_in_no_log_makes_no_other_content() {
    let mut world = World::sealed();
    let content = sealed(&world);
    // the same keys but for the transport key, vouched for by all four
    let at = world.nodes.iter().position(|node| node.id == world.executor(0)).unwrap();
    let seed = |role: u8| [role + at as u8 + 1; 32];
    let (root, other) = (RootKey::from_seed(&seed(0)), TransportKey::from_seed(&[77; 32]));
    let node = &world.nodes[at];
    assert_eq!(root.public().node_id(), node.id);
    let keyset = Keyset::make(&world.net, &root, &other, &node.log, &node.witness);
    let statement = Statement::Keyset(Box::new(keyset));
    let leaf = Leaf { net: world.net, author: node.id, statement }.encode();
    assert_ne!(leaf, node.leaves[0]);
    world.keysets.retain(|known| *known != node.leaves[0]);
    world.keysets.push(leaf);
    assert_eq!(sealed(&world), content);
}

#[test]
fn keysets_of_strangers_have_no_place_in_the_certs() {
    let mut world = World::sealed();
    let stranger = super::world::node(&world.net, 40, 1);
    world.keysets.push(stranger.leaves[0].clone());
    expect(&judged(&world), Invalid, "neither a member, nor the author, nor a listed executor");
}

#[test]
fn nothing_can_be_added_to_a_content() {
    let world = World::sealed();
    let made = world.content();
    let bytes = &made.blocks.iter().find(|(cid, _)| *cid == made.root).unwrap().1;
    let content: Content = wire::decode(bytes).unwrap();
    let mut wider: BTreeMap<String, Ipld> = serde_ipld_dagcbor::from_slice(bytes).unwrap();
    wider.insert("index".into(), Ipld::Integer(3));
    let refused = wire::decode::<Content>(&wire::encode(&wider)).unwrap_err();
    assert!(refused.to_string().contains("index"), "{refused}");
    for edit in [
        (|content: &mut Content| content.v = 1) as fn(&mut Content),
        |content| content.announces.reverse(),
        |content| content.announces.truncate(1),
        |content| content.statements.reverse(),
        |content| content.job = content.suite,
        |content| content.genesis = content.suite,
    ] {
        let mut changed = content.clone();
        edit(&mut changed);
        let car = world.car_with(|content, _| *content = changed);
        expect(&judged_car(&world, &car), Invalid, "");
    }
}
