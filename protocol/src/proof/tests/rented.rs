//! Who served whom on Golem, over all slots.

use super::world::World;
use crate::job::JobTarget;
use crate::leaf::Statement;
use crate::proof::source::Lookup;
use crate::proof::verdict::Verdict;
use crate::proof::{Compared, OnGolem};
use crate::receipt::{Golem, GolemAttempt, GolemWorker, ProviderRegion, Receipt, Receipts};
use crate::statement::Reveal;
use crate::target::Surface;
use crate::wire;
use std::collections::BTreeSet;

/// A slot: which node took it, who worked for it, and whether answers came of it.
struct Hired(usize, &'static str, bool);

/// What receipts tell of a job's slots: two of each target in each of two regions.
fn gathered(world: &mut World, targets: &[&str], slots: &[Hired]) -> OnGolem {
    let pattern = world.reveal(0);
    let receipts: Receipts = wire::decode(&world.blocks[&pattern.receipts]).unwrap();
    let target = |name: &&str| JobTarget { target: name.parse().unwrap(), repeats: 1 };
    (world.job.targets, world.job.replicas) = (targets.iter().map(target).collect(), 2);
    let (mut statements, mut assignment) = (Vec::new(), Vec::new());
    for (slot, hired) in (0_u32..).zip(slots) {
        let executor = world.nodes[hired.0].id;
        let cells = receipts.cells.iter().map(|receipt| on_golem(receipt, slot, hired)).collect();
        let receipts = world.put(&Receipts { slot, executor, cells, ..receipts.clone() });
        statements.push((executor, Statement::Reveal(Reveal { slot, receipts, ..pattern.clone() })));
        assignment.push(Some(executor));
    }
    let compared = Compared {
        net: world.net,
        genesis: &world.genesis,
        id: world.id,
        job: &world.job,
        suite: &world.suite,
        study: None,
        assignment: &assignment,
        statements: &statements,
    };
    OnGolem::gather(&compared, &Lookup(&|cid| world.blocks.get(cid).cloned()))
}

fn on_golem(receipt: &Receipt, slot: u32, hired: &Hired) -> Receipt {
    let failure = (!hired.2).then(|| "lost".to_owned());
    let worker = GolemWorker {
        provider: hired.1.into(),
        runtime: "vm 0.4.2".into(),
        agreement: format!("agreement of slot {slot}"),
        activity: None,
        hour_nanoglm: 1,
        cpu_second_nanoglm: 1,
        start_nanoglm: 0,
    };
    let attempt = GolemAttempt { began_ms: 1, ended_ms: 2, worker: Some(worker), failure: failure.clone() };
    Receipt {
        surface: Surface::Golem,
        sim: false,
        output: receipt.output.filter(|_| hired.2),
        failure,
        golem: Some(Golem {
            image: "0".repeat(56),
            platform: "erc20-polygon-glm".into(),
            test_money: false,
            region: ProviderRegion::Unmeasured,
            attempts: vec![attempt],
        }),
        ..receipt.clone()
    }
}

#[test]
fn a_provider_of_several_operators_is_named() {
    let mut world = World::sealed();
    let slots =
        [Hired(0, "0xAA", true), Hired(1, "0xaa", true), Hired(2, "0xbb", true), Hired(2, "0xbb", true)];
    let found = gathered(&mut world, &["golem:m"], &slots);
    assert_eq!((found.rows.len(), found.shared_left_out), (4, 0));
    let [shared] = found.shared.as_slice() else { panic!("{:?}", found.shared) };
    let operator = |node: usize| world.genesis.operator(&world.nodes[node].id).label().to_owned();
    assert_eq!((shared.provider.as_str(), shared.target.as_str()), ("0xaa", "golem:m"));
    assert_eq!(shared.operators, BTreeSet::from([operator(0), operator(1)]));

    let mut verdict = Verdict::new(world.net);
    verdict.golem = found;
    let [first, second] = [0, 1].map(operator);
    let (first, second) = (first.clone().min(second.clone()), first.max(second));
    let line = format!(
        "golem: provider 0xaa served 2 operators ({first}, {second}) for golem:m: \
         their answers are no independent witnesses"
    );
    assert!(verdict.lines().contains(&line), "{:#?}", verdict.lines());
}

#[test]
fn who_gave_no_answer_or_answered_other_targets_is_no_shared_provider() {
    let slots = [Hired(0, "0xaa", true), Hired(1, "0xaa", false)];
    assert!(gathered(&mut World::sealed(), &["golem:m"], &slots).shared.is_empty());
    let slots =
        [Hired(0, "0xaa", true), Hired(0, "0xbb", true), Hired(1, "0xaa", true), Hired(2, "0xcc", true)];
    assert!(gathered(&mut World::sealed(), &["golem:m", "golem:n"], &slots).shared.is_empty());
}
