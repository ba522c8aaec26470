use super::*;
use std::collections::BTreeSet;

#[test]
fn superseded_records_go_and_the_others_keep_their_order() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let (other, job) = (NodeId([7; 32]), JobId([1; 32]));
    let cosigned = |node, size| Record::Witnessed { node, size, root: Hash([0; 32]), time_s: size };
    let leaf = |n: u8| Record::OwnLeaf(vec![n].into());
    let published = |n: u8| {
        let cid = Cid::raw(&[n]);
        Record::Published { job, content: cid, bundle: cid }
    };
    let all = [
        leaf(0),
        cosigned(NODE, 1),
        cosigned(other, 1),
        leaf(1),
        cosigned(NODE, 1),
        published(1),
        cosigned(NODE, 2),
        published(2),
        leaf(2),
    ];
    let mut batch = Batch::default();
    all.iter().for_each(|record| batch.record(record));
    store.commit(batch).unwrap();
    let kept = |store: &Store| {
        let mut kept = Vec::new();
        store
            .replay(|record| {
                kept.push(record);
                Ok(())
            })
            .unwrap();
        kept
    };
    let (count, bytes) = store.compact_records(true).unwrap();
    assert_eq!(kept(&store).len(), all.len(), "for show");
    assert_eq!(store.compact_records(false).unwrap(), (count, bytes));
    let left = [leaf(0), cosigned(other, 1), leaf(1), cosigned(NODE, 2), published(2), leaf(2)];
    assert_eq!((kept(&store), count), (left.to_vec(), 3));
    assert!(bytes > 0);
    assert_eq!(store.compact_records(false).unwrap(), (0, 0));
    // what comes next follows
    let mut batch = Batch::default();
    batch.record(&leaf(3));
    store.commit(batch).unwrap();
    drop(store);
    assert_eq!(kept(&open(dir.path())).last(), Some(&leaf(3)));
}

#[test]
fn blocks_and_their_files_go_but_private_ones_stay() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let (small, large, hidden) =
        (block(1, 100), block(2, files::FILE_BYTES_MIN), block(3, files::FILE_BYTES_MIN));
    let mut batch = Batch::default();
    batch.put(&small.0, small.1.clone(), true);
    batch.put(&large.0, large.1.clone(), true);
    batch.put(&hidden.0, hidden.1.clone(), false);
    store.commit(batch).unwrap();
    let lengths = store.block_lengths().unwrap();
    assert_eq!(lengths[&large.0.digest], files::FILE_BYTES_MIN as u64);
    let digests = BTreeSet::from([small.0.digest, large.0.digest, hidden.0.digest]);
    store.forget_blocks(&digests, &[JobId([1; 32])], 99).unwrap();
    assert_eq!((store.block(&small.0), store.block(&large.0)), (None, None));
    assert_eq!(store.block(&hidden.0), Some(hidden.1), "not revealed yet");
    assert!(!store.files.path(&large.0.digest).exists());
    assert_eq!(store.pruned_jobs().unwrap(), BTreeSet::from([JobId([1; 32])]));
    let mut batch = Batch::default();
    batch.put(&large.0, large.1.clone(), true);
    store.commit(batch).unwrap();
    assert_eq!(store.block(&large.0), Some(large.1), "it may come back");
}

#[test]
fn progress_of_jobs_that_are_over_goes() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let (old, new) = (JobId([1; 32]), JobId([2; 32]));
    let mut batch = Batch::default();
    for job in [old, new] {
        batch.cell(job, 0, &crate::execution::sample_receipt(0, 0));
    }
    store.commit(batch).unwrap();
    for (ticket, job) in [(1, old), (2, new)] {
        let booking = Booking { of: Some((job, 0)), vendor: "v".to_owned(), day: 1, most_microusd: 5 };
        store.change_books(|books| books.book(ticket, &booking)).unwrap();
        store.take(&job, 0, 1000).unwrap();
    }
    let over = BTreeSet::from([old]);
    assert_eq!(store.forget_progress(&over, true).unwrap(), 4);
    assert_eq!(store.forget_progress(&over, false).unwrap(), 4);
    assert_eq!(store.forget_progress(&over, false).unwrap(), 0);
    assert!(store.cells(&old, 0).unwrap().is_empty() && !store.is_taken(&old, 0).unwrap());
    assert!(store.is_taken(&new, 0).unwrap() && store.cells(&new, 0).unwrap().len() == 1);
    let calls =
        |job| store.change_books(|books| Ok((books.slot_calls(&job, 0)?, books.whole_job(&job)?.calls)));
    assert_eq!((calls(old).unwrap(), calls(new).unwrap()), ((0, 0), (1, 1)));
    assert_eq!(store.spent_on(1).unwrap()["v"].calls, 2, "what a day has seen stays");
}

#[test]
fn compaction_gives_room_back_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    for n in 0..200 {
        let mut batch = Batch::default();
        let (cid, bytes) = block(n, 50_000);
        batch.put(&cid, bytes, true);
        batch.record(&note(n));
        store.commit(batch).unwrap();
    }
    let gone: BTreeSet<Hash> = (0..190).map(|n| block(n, 50_000).0.digest).collect();
    store.forget_blocks(&gone, &[], 1).unwrap();
    assert_eq!(store.compact(false).unwrap(), 0, "not worth it yet");
    assert!(store.compact(true).unwrap() > 1_000_000);
    drop(store);
    let store = open(dir.path());
    assert_eq!(sizes(&store), (0..200).collect::<Vec<_>>());
    assert!((190..200).all(|n| store.block(&block(n, 50_000).0).is_some()));
}

#[test]
fn the_latest_time_is_kept_and_never_goes_back() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    assert_eq!(store.clock_s().unwrap(), 0);
    for (now_s, kept_s) in [(100, 100), (50, 100), (200, 200)] {
        let mut batch = Batch::default();
        batch.clock(now_s);
        assert!(batch.is_empty(), "a time alone is not worth a sync");
        batch.record(&note(now_s));
        store.commit(batch).unwrap();
        assert_eq!(store.clock_s().unwrap(), kept_s);
    }
}
