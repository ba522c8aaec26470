//! Who counts, once, and whose bad line spoils the note.

use super::*;
use crate::log::sample::{TIME, add, cosigned, member, policy};
use crate::log::{Cosignature, MAX_COSIGNATURES};

#[test]
fn a_quorum_of_distinct_members_certifies() {
    let policy = policy(4, 3);
    assert_eq!(policy.quorum(), 3);
    let mut expected: Vec<_> = (1..=3).map(|n| (member(n).node, TIME + u64::from(n))).collect();
    expected.sort();
    assert_eq!(policy.check(&cosigned(5, 3)), Ok(expected));
    assert_eq!(policy.check(&cosigned(5, 2)), Err(PolicyError::NoQuorum { have: 2, need: 3 }));
    assert_eq!(policy.check(&cosigned(5, 0)), Err(PolicyError::NoQuorum { have: 0, need: 3 }));
}

#[test]
fn two_times_of_one_member_count_once() {
    let mut signed = cosigned(5, 2);
    add(&mut signed, 1, TIME + 50);
    assert_eq!(signed.cosignatures.len(), 3);
    assert_eq!(policy(3, 3).check(&signed), Err(PolicyError::NoQuorum { have: 2, need: 3 }));
    let cosigners = policy(3, 2).cosigners(&signed).unwrap();
    let one = cosigners.iter().find(|cosigner| cosigner.member == member(1).node).unwrap();
    assert_eq!((one.first, one.last), (TIME + 1, TIME + 50));
    let checked = policy(3, 2).check(&signed).unwrap();
    assert!(checked.contains(&(member(1).node, TIME + 1)));
}

#[test]
fn two_keys_of_one_member_count_once() {
    let (one, two) = (member(1), member(2));
    let second = (one.node, two.origin.clone(), two.witness.public());
    let members = vec![(one.node, one.origin, one.witness.public()), second];
    let policy = Policy::new(members, 2);
    assert_eq!(policy.check(&cosigned(5, 2)), Err(PolicyError::NoQuorum { have: 1, need: 2 }));
}

#[test]
fn a_quorum_of_nobody_is_not_accepted() {
    assert_eq!(policy(3, 0).check(&cosigned(5, 0)), Err(PolicyError::NoQuorum { have: 0, need: 1 }));
    assert!(Policy::new(vec![], 0).check(&cosigned(5, 3)).is_err());
}

#[test]
fn unknown_lines_are_ignored() {
    let mut signed = cosigned(5, 3);
    let mut line = signed.cosignatures[0].clone();
    line.cosignature.signature.0 = [0; 64];
    // a known name with another id, a known id with another name: different keys
    signed.cosignatures.push(CosignatureLine { key_id: [0; 4], ..line.clone() });
    signed.cosignatures.push(CosignatureLine { name: "witness.example".to_owned(), ..line });
    assert_eq!(policy(3, 3).check(&signed).unwrap().len(), 3);
    // members 2 and 3 are nobody to a committee of one
    assert_eq!(policy(1, 1).check(&signed).unwrap().len(), 1);
}

#[test]
fn an_invalid_line_of_a_member_spoils_the_note() {
    let mut signed = cosigned(5, 4);
    let name = format!("{}/witness", member(4).origin);
    for line in &mut signed.cosignatures {
        if line.name == name {
            line.cosignature.time += 1;
        }
    }
    let invalid = PolicyError::InvalidSignature { who: member(4).node };
    let policy = policy(4, 3);
    assert_eq!(policy.check(&signed), Err(invalid.clone()));
    assert_eq!(policy.cosigners(&signed), Err(invalid.clone()));
    assert_eq!(policy.export(&signed, Pick::Earliest), Err(invalid.clone()));
    let mut into = cosigned(5, 3);
    assert_eq!(policy.merge(&mut into, &signed), Err(invalid));
    assert_eq!(into, cosigned(5, 3), "a refused note leaves nothing behind");
}

#[test]
fn a_cosignature_does_not_carry_over_to_another_head() {
    let mut signed = cosigned(5, 3);
    signed.cosignatures = cosigned(6, 3).cosignatures;
    assert!(matches!(policy(3, 3).check(&signed), Err(PolicyError::InvalidSignature { .. })));
    let policy = policy(3, 3);
    let other = policy.merge(&mut cosigned(5, 1), &cosigned(6, 3));
    assert_eq!(other, Err(PolicyError::OtherCheckpoint));
}

#[test]
fn merging_is_a_union_in_any_order() {
    let policy = policy(4, 3);
    let mut parts = Vec::new();
    for (number, time) in [(1, 5), (2, 3), (1, 9), (3, 4), (2, 3), (1, 7), (4, 1)] {
        let mut part = cosigned(5, 0);
        add(&mut part, number, TIME + time);
        parts.push(part);
    }
    let merged = |order: &mut dyn Iterator<Item = &SignedCheckpoint>| {
        let mut all = cosigned(5, 0);
        for part in order {
            policy.merge(&mut all, part).unwrap();
        }
        all
    };
    let all = merged(&mut parts.iter());
    assert_eq!(all, merged(&mut parts.iter().rev()));
    assert_eq!(all.cosignatures.len(), 5, "two of member 1, one of each other");
    let mut again = all.clone();
    assert_eq!(policy.merge(&mut again, &all), Ok(false));
    assert_eq!(again, all);
}

#[test]
fn strangers_cannot_crowd_out_members() {
    let policy = policy(4, 3);
    let mut crowded = cosigned(5, 1);
    let stranger = member(9);
    for time in 0..MAX_COSIGNATURES as u64 {
        let cosignature = Cosignature::make(&crowded.checkpoint, &stranger.witness, time);
        let line = CosignatureLine::new(&stranger.origin, &stranger.witness.public(), cosignature);
        crowded.cosignatures.push(line);
    }
    let mut into = crowded.clone();
    assert_eq!(policy.merge(&mut into, &cosigned(5, 3)), Ok(true));
    assert_eq!(into, cosigned(5, 3));
    let mut into = cosigned(5, 3);
    assert_eq!(policy.merge(&mut into, &crowded), Ok(false));
    assert_eq!(into, cosigned(5, 3));
}

fn exported_times(signed: &SignedCheckpoint) -> Vec<u64> {
    let mut times: Vec<u64> = signed.cosignatures.iter().map(|l| l.cosignature.time - TIME).collect();
    times.sort_unstable();
    times
}

#[test]
fn an_export_shows_the_wanted_times_of_a_quorum() {
    let policy = policy(4, 3);
    let mut signed = cosigned(5, 4);
    add(&mut signed, 1, TIME + 40);
    add(&mut signed, 4, TIME + 30);
    let first = policy.export(&signed, Pick::Earliest).unwrap();
    assert_eq!(exported_times(&first), [1, 2, 3]);
    let last = policy.export(&signed, Pick::Latest).unwrap();
    assert_eq!(exported_times(&last), [3, 30, 40]);
    for exported in [first, last] {
        assert_eq!(policy.check(&exported).unwrap().len(), 3);
        assert_eq!(SignedCheckpoint::parse(&exported.to_note()), Ok(exported));
    }
    let too_few = policy.export(&cosigned(5, 2), Pick::Latest);
    assert_eq!(too_few, Err(PolicyError::NoQuorum { have: 2, need: 3 }));
}

#[test]
fn the_largest_committee_fits_a_note_and_its_quorum_an_export() {
    // 22 members, floor(2 * 22 / 3) + 1 = 15 of them a quorum: 16 signatures with the log's
    let policy = policy(22, 15);
    let mut signed = cosigned(5, 22);
    for number in 1..=22 {
        add(&mut signed, number, TIME + 100);
    }
    assert_eq!(signed.cosignatures.len(), 44);
    let note = signed.to_note();
    assert_eq!(SignedCheckpoint::parse(&note), Ok(signed.clone()));
    let exported = policy.export(&signed, Pick::Earliest).unwrap();
    assert_eq!(exported.to_note().matches("— ").count(), 16);
    assert_eq!(policy.check(&exported).unwrap().len(), 15);
}
