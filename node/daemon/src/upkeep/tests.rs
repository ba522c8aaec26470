use super::*;
use crate::store::Batch;
use vantage_protocol::id::{NetId, NodeId};

const NOW_S: u64 = 1_800_000_000;

/// A store with blocks of a mebibyte, and jobs that need some of them.
fn store(dir: &std::path::Path, blocks: u8) -> Store {
    let store = Store::open(dir, &NetId([1; 32]), &NodeId([2; 32])).unwrap();
    for n in 0..blocks {
        let mut batch = Batch::default();
        batch.put(&cid(n), vec![n; MIB as usize], true);
        store.commit(batch).unwrap();
    }
    store
}

fn cid(n: u8) -> Cid {
    // the store keeps blocks by their hash; a walk begins at a structured one
    Cid::dag_cbor(&vec![n; MIB as usize])
}

fn brief(id: u8, days_ago: u64, blocks: &[u8]) -> Brief {
    Brief {
        id: JobId([id; 32]),
        final_by_s: NOW_S - days_ago * DAY_S - 1,
        over: true,
        precious: false,
        roots: blocks.iter().map(|n| cid(*n)).collect(),
    }
}

fn jobs(plan: &Plan) -> Vec<u8> {
    plan.jobs.iter().map(|job| job.0[0]).collect()
}

#[test]
fn without_a_limit_no_block_goes() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path(), 2);
    let briefs = [brief(1, 1000, &[0]), Brief { over: false, ..brief(2, 0, &[1]) }];
    let plan = Plan::make(&store, &briefs, &Keep::default(), NOW_S).unwrap();
    assert_eq!((jobs(&plan), plan.blocks.len()), (vec![], 0));
    assert_eq!(plan.over, BTreeSet::from([JobId([1; 32])]), "only progress that leads nowhere");
}

#[test]
fn days_let_old_jobs_go_and_keep_what_others_need() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path(), 9);
    let keep = Keep { job_days: Some(30), ..Keep::default() };
    let briefs = [
        brief(1, 40, &[0, 1]),
        brief(2, 31, &[1, 2, 3]),
        brief(3, 29, &[3, 4]),
        Brief { precious: true, ..brief(4, 400, &[5]) },
        Brief { over: false, ..brief(5, 50, &[6]) },
    ];
    let plan = Plan::make(&store, &briefs, &keep, NOW_S).unwrap();
    assert_eq!(jobs(&plan), [1, 2], "oldest first");
    let gone: BTreeSet<Hash> = [0, 1, 2].map(|n| cid(n).digest).into();
    assert_eq!((&plan.blocks, plan.bytes), (&gone, 3 * MIB), "3 is needed by a job that is kept");
    let shown = plan.carry_out(&store, NOW_S, true).unwrap();
    assert!(store.block(&cid(0)).is_some(), "for show");
    let done = plan.carry_out(&store, NOW_S, false).unwrap();
    assert_eq!((shown, done.block_bytes, done.jobs), (done, 3 * MIB, 2));
    let held = |n| store.block(&cid(n)).is_some();
    assert_eq!(
        (0..9).filter(|n| held(*n)).collect::<Vec<_>>(),
        [3, 4, 5, 6, 7, 8],
        "7 and 8 belong to no job"
    );
    // what has gone once is not looked for again
    let again = Plan::make(&store, &briefs, &keep, NOW_S).unwrap();
    assert_eq!(jobs(&again), [] as [u8; 0]);
}

#[test]
fn a_limit_in_bytes_lets_the_oldest_go_until_it_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path(), 6);
    let briefs = [brief(1, 3, &[0, 1]), brief(2, 2, &[2]), brief(3, 1, &[3, 4])];
    for (most, gone) in
        [(6, vec![]), (5, vec![1]), (4, vec![1]), (3, vec![1, 2]), (2, vec![1, 2, 3]), (0, vec![1, 2, 3])]
    {
        let keep = Keep { blocks_mib_max: Some(most), ..Keep::default() };
        let plan = Plan::make(&store, &briefs, &keep, NOW_S).unwrap();
        assert_eq!(jobs(&plan), gone, "{most} MiB");
    }
}
