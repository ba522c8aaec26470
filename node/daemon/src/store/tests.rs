mod editions;
mod history;
mod pruning;

use super::*;
use crate::lock::DataLock;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use vantage_net::BlockSource as _;
use vantage_protocol::attester::{Blocks as _, Record};
use vantage_protocol::cid::Cid;
use vantage_protocol::id::{Hash, JobId};

const NET: NetId = NetId([1; 32]);
const NODE: NodeId = NodeId([2; 32]);

fn open(dir: &Path) -> Store {
    Store::open(dir, &NET, &NODE).unwrap()
}

fn note(n: u64) -> Record {
    Record::Witnessed { node: NODE, size: n, root: Hash([0; 32]), time_s: n }
}

/// A block of so many bytes that is different for each `n`.
fn block(n: u64, bytes: usize) -> (Cid, Vec<u8>) {
    let block: Vec<u8> = n.to_be_bytes().into_iter().cycle().take(bytes).collect();
    (Cid::raw(&block), block)
}

fn sizes(store: &Store) -> Vec<u64> {
    let mut sizes = Vec::new();
    let replayed = store.replay(|record| match record {
        Record::Witnessed { size, .. } => {
            sizes.push(size);
            Ok(())
        }
        other => Err(format!("{other:?}")),
    });
    assert_eq!(replayed.unwrap(), sizes.len() as u64);
    sizes
}

fn library(cid: &Cid) -> vantage_net::Cid {
    vantage_net::Cid::try_from(cid.to_bytes()).unwrap()
}

#[test]
fn records_come_back_in_their_order_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..3 {
        let store = open(dir.path());
        assert_eq!(sizes(&store), (0..round * 100).collect::<Vec<_>>());
        for n in (round * 100..(round + 1) * 100).step_by(4) {
            let mut batch = Batch::default();
            (n..n + 4).for_each(|n| batch.record(&note(n)));
            store.commit(batch).unwrap();
        }
    }
}

#[test]
fn a_record_that_does_not_fit_ends_the_replay() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut batch = Batch::default();
    (0..3).for_each(|n| batch.record(&note(n)));
    store.commit(batch).unwrap();
    let mut seen = 0;
    let error = store.replay(|_| {
        seen += 1;
        if seen == 2 { Err("it does not fit".into()) } else { Ok(()) }
    });
    let error = error.unwrap_err().to_string();
    assert!(error.contains("node.redb, record 1: it does not fit"), "{error}");
    store
        .write(|t| {
            t.open_table(RECORDS)?.insert(3, b"\xff".as_slice())?;
            Ok(())
        })
        .unwrap();
    let error = store.replay(|_| Ok(())).unwrap_err().to_string();
    assert!(error.contains("record 3"), "{error}");
}

#[test]
fn small_and_large_blocks_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let sizes = [0, 1, files::FILE_BYTES_MIN - 1, files::FILE_BYTES_MIN, 1024 * 1024];
    let store = open(dir.path());
    let mut batch = Batch::default();
    for (n, bytes) in (0..).zip(sizes) {
        let (cid, bytes) = block(n, bytes);
        batch.put(&cid, bytes, true);
    }
    store.commit(batch).unwrap();
    drop(store);
    let store = open(dir.path());
    for (n, bytes) in (0..).zip(sizes) {
        let (cid, bytes) = block(n, bytes);
        assert_eq!(store.block(&cid).unwrap(), bytes);
        assert_eq!(store.public_block(&cid).unwrap(), bytes);
    }
    assert_eq!(store.counts().unwrap(), Counts { records: 0, blocks: 5, blocks_private: 0 });
    let (absent, _) = block(9, 9);
    assert_eq!(store.block(&absent), None);
}

#[test]
fn a_private_block_is_served_to_nobody_before_its_release() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(open(dir.path()));
    let served = PublicBlocks(store.clone());
    for (n, bytes) in [(1, 10), (2, files::FILE_BYTES_MIN)] {
        let (cid, bytes) = block(n, bytes);
        let mut batch = Batch::default();
        batch.put(&cid, bytes.clone(), false);
        store.commit(batch).unwrap();
        assert_eq!(store.block(&cid).as_ref(), Some(&bytes));
        assert_eq!(store.public_block(&cid), None);
        assert_eq!((served.get(&library(&cid)), served.has(&library(&cid))), (None, None));
        let by_other_codec = vantage_net::Cid::new_v1(0x71, *library(&cid).hash());
        assert_eq!(served.get(&by_other_codec), None, "whatever it is called");

        let mut batch = Batch::default();
        batch.release(&[cid]);
        store.commit(batch).unwrap();
        assert_eq!(served.get(&library(&cid)).unwrap(), bytes);
        assert_eq!(served.has(&library(&cid)), Some(bytes.len()));

        let mut batch = Batch::default();
        batch.put(&cid, bytes.clone(), false);
        store.commit(batch).unwrap();
        assert!(served.get(&library(&cid)).is_some(), "what is public stays public");
    }
}

#[test]
fn a_private_block_that_is_put_again_as_public_is_public() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let (cid, bytes) = block(1, 10);
    for public in [false, true] {
        let mut batch = Batch::default();
        batch.put(&cid, bytes.clone(), public);
        store.commit(batch).unwrap();
    }
    assert!(store.public_block(&cid).is_some());
    let (cid, bytes) = block(2, 10);
    let mut batch = Batch::default();
    batch.put(&cid, bytes.clone(), false);
    batch.release(&[cid]);
    batch.put(&cid, bytes, false);
    store.commit(batch).unwrap();
    assert!(store.public_block(&cid).is_some(), "also within one batch");
}

#[test]
fn the_core_sees_blocks_before_they_are_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let ((staged, bytes), (kept, kept_bytes)) = (block(1, 100), block(2, 100));
    let mut batch = Batch::default();
    batch.put(&kept, kept_bytes.clone(), true);
    store.commit(batch).unwrap();
    let mut batch = Batch::default();
    batch.put(&staged, bytes.clone(), false);
    let view = Staged { store: &store, batch: &batch };
    assert_eq!((view.get(&staged), view.get(&kept)), (Some(bytes.clone()), Some(kept_bytes)));
    assert_eq!(store.block(&staged), None);
    store.commit(batch).unwrap();
    assert_eq!(store.block(&staged), Some(bytes));
}

#[test]
fn a_damaged_block_counts_as_missing_and_can_be_put_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let (cid, bytes) = block(1, files::FILE_BYTES_MIN);
    let put = || {
        let mut batch = Batch::default();
        batch.put(&cid, bytes.clone(), true);
        store.commit(batch).unwrap();
    };
    put();
    let name = cid.digest.to_string();
    let path = dir.path().join("blocks").join(&name[..2]).join(&name);
    let mut damaged = bytes.clone();
    damaged[7] ^= 1;
    fs::write(&path, &damaged).unwrap();
    assert_eq!(store.block(&cid), None);
    fs::remove_file(&path).unwrap();
    assert_eq!(store.block(&cid), None);
    put();
    assert_eq!(store.block(&cid).unwrap(), bytes);
}

#[test]
fn a_batch_that_cannot_be_written_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    // what a full or dying disk does to the block's file, for root too
    fs::remove_dir_all(dir.path().join("blocks")).unwrap();
    fs::write(dir.path().join("blocks"), b"").unwrap();
    let (cid, bytes) = block(1, files::FILE_BYTES_MIN);
    let mut batch = Batch::default();
    batch.record(&note(0));
    batch.put(&cid, bytes, true);
    let error = store.commit(batch).unwrap_err().to_string();
    assert!(error.contains("blocks") && error.contains("is the disk full"), "{error}");
    assert!(sizes(&store).is_empty());
    assert_eq!(store.block(&cid), None);
}

#[test]
fn progress_survives() {
    let dir = tempfile::tempdir().unwrap();
    let (job, other) = (JobId([3; 32]), JobId([4; 32]));
    let store = open(dir.path());
    let mut batch = Batch::default();
    for (prompt, repeat) in [(2, 0), (0, 1), (0, 0)] {
        batch.cell(job, 5, &crate::execution::sample_receipt(prompt, repeat));
    }
    batch.cell(job, 6, &crate::execution::sample_receipt(7, 0));
    store.commit(batch).unwrap();
    drop(store);
    let store = open(dir.path());
    let cells = store.cells(&job, 5).unwrap();
    assert_eq!(cells.keys().copied().collect::<Vec<_>>(), [(0, 0), (0, 1), (2, 0)]);
    assert_eq!(store.cells(&other, 5).unwrap().len(), 0);
}

#[test]
fn another_format_network_or_node_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    let error = Store::open(dir.path(), &NetId([9; 32]), &NODE).unwrap_err().to_string();
    assert!(error.contains("another net"), "{error}");
    let error = Store::open(dir.path(), &NET, &NodeId([9; 32])).unwrap_err().to_string();
    assert!(error.contains("another node"), "{error}");
    let store = open(dir.path());
    store
        .write(|t| {
            let mut meta = t.open_table(META)?;
            meta.insert("format", 7u64.to_be_bytes().as_slice())?;
            meta.insert("written_by", b"vantage 9.9.9".as_slice())?;
            Ok(())
        })
        .unwrap();
    drop(store);
    for _ in 0..2 {
        let error = Store::open(dir.path(), &NET, &NODE).unwrap_err().to_string();
        assert!(error.contains("format 7, written by vantage 9.9.9"), "{error}");
        assert!(error.contains("knows format 4") && error.contains("use the version"), "{error}");
    }
    assert!(matches!(Store::reopen(dir.path()), Err(StoreError::Format { found: 7, .. })));
}

/// Where a node has run its memory is never made anew: it would sign a second log under the same keys.
#[test]
fn a_store_that_is_gone_where_a_node_has_run_is_not_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE);
    // an interrupted first start has left an empty file, and nothing else
    fs::write(&path, "").unwrap();
    drop(open(dir.path()));
    let refused = |said: &str| {
        for error in [Store::open(dir.path(), &NET, &NODE), Store::reopen(dir.path()).map(Option::unwrap)] {
            let error = error.unwrap_err().to_string();
            for words in [said, "contradict its own log", "vantage restore", "vantage init --data NEW"] {
                assert!(error.contains(words), "{words}: {error}");
            }
        }
    };
    // what every node has, and what one has whose keyset is gone, too
    let [keyset, blocks] = ["keyset.leaf", "blocks/ab"].map(|name| dir.path().join(name));
    for left in [&keyset, &blocks] {
        fs::create_dir_all(left).unwrap();
        fs::write(&path, "").unwrap();
        refused("is empty");
        assert_eq!(fs::metadata(&path).unwrap().len(), 0, "left as it is");
        fs::remove_file(&path).unwrap();
        refused("is missing");
        assert!(!path.exists());
        drop(Database::create(&path).unwrap());
        let error = Store::open(dir.path(), &NET, &NODE).unwrap_err().to_string();
        assert!(error.contains("nothing of any node"), "{error}");
        fs::remove_file(&path).unwrap();
        fs::remove_dir(left).unwrap();
    }
    drop(open(dir.path()));
}

/// A look at a store finds what a start would stumble over.
#[test]
fn a_look_sees_what_a_start_sees() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE);
    let store = open(dir.path());
    for n in 0..50 {
        let mut batch = Batch::default();
        (0..50).for_each(|m| batch.record(&note(50 * n + m)));
        store.commit(batch).unwrap();
    }
    drop(store);
    let whole = fs::read(&path).unwrap();
    assert_eq!(Store::peek(dir.path(), Some((&NET, &NODE)), |_| Ok(())).unwrap().unwrap().records, 2500);
    assert_eq!(fs::read(&path).unwrap(), whole, "a look changes nothing");
    for keep in [1, 100, 4096, whole.len() / 4, whole.len() / 2, whole.len() - 4096, whole.len() - 1] {
        fs::write(&path, &whole[..keep]).unwrap();
        let looked = Store::peek(dir.path(), Some((&NET, &NODE)), |_| Ok(()));
        let opened = Store::open(dir.path(), &NET, &NODE).map(|store| sizes(&store).len());
        match opened {
            Ok(records) => assert_eq!(records, 2500, "{keep}"),
            Err(error) => assert!(looked.is_err(), "{keep}: {error}"),
        }
    }
    fs::write(&path, &whole).unwrap();
    assert_eq!(Store::peek(dir.path(), Some((&NET, &NODE)), |_| Ok(())).unwrap().unwrap().records, 2500);
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(FILE), b"not a database, but long enough to look at".repeat(1000)).unwrap();
    let error = Store::open(dir.path(), &NET, &NODE).unwrap_err().to_string();
    assert!(error.contains("node.redb"), "{error}");
}

#[test]
fn whoever_fails_after_the_disk_was_full_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let vague = || StoreError::Unrecorded("the call could not be booked".to_owned());
    let later = || store.failed(redb::Error::PreviousIo);
    assert!(!store.reason(vague()).is_full() && !later().is_full());
    store.met_full.store(true, Ordering::Release);
    assert!(store.reason(vague()).is_full() && later().is_full());
    // what has a reason of its own keeps it
    let other = StoreError::Foreign { path: FILE.into(), what: "node".to_owned() };
    assert!(matches!(store.reason(other), StoreError::Foreign { .. }));
}

#[test]
fn nothing_in_the_store_is_readable_by_others() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("node");
    let store = open(&data);
    let (cid, bytes) = block(1, files::FILE_BYTES_MIN);
    let mut batch = Batch::default();
    batch.put(&cid, bytes, false);
    store.commit(batch).unwrap();
    let mut pending = vec![data];
    while let Some(path) = pending.pop() {
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", path.display());
        if path.is_dir() {
            pending.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
}

/// Names the data directory for the child of [`a_killed_writer_loses_nothing_that_it_acknowledged`].
const CHILD_DIR: &str = "VANTAGE_STORE_TEST_DIR";

/// The child: writes records and blocks, and says what is durable, until it is killed. Without a directory it checks
/// that it was not meant.
#[test]
fn child_that_writes_until_it_is_killed() {
    let Some(dir) = std::env::var_os(CHILD_DIR) else {
        assert!(std::env::args().all(|arg| arg != "--exact"), "the child's directory is not set");
        return;
    };
    let dir = Path::new(&dir);
    let _lock = DataLock::take(dir).unwrap();
    let store = open(dir);
    let first = sizes(&store).len() as u64;
    for n in first.. {
        let mut batch = Batch::default();
        batch.record(&note(n));
        let bytes = if n % 3 == 0 { files::FILE_BYTES_MIN + n as usize } else { 100 };
        let (cid, bytes) = block(n, bytes);
        batch.put(&cid, bytes, n % 2 == 0);
        store.commit(batch).unwrap();
        println!("\ndurable {n}");
    }
}

#[test]
fn a_killed_writer_loses_nothing_that_it_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = 0;
    for round in 0..8u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::tests::child_that_writes_until_it_is_killed", "--nocapture"])
            .env(CHILD_DIR, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said =
            said.map_while(Result::ok).filter_map(|line| line.strip_prefix("durable ")?.parse::<u64>().ok());
        let upto = acknowledged + 3 + 7 * round;
        let last = said.find(|n| *n >= upto).expect("the child writes on");
        child.kill().unwrap();
        // what it said between our last look and its end counts too
        acknowledged = said.last().unwrap_or(last) + 1;
        child.wait().unwrap();

        let _lock = DataLock::take(dir.path()).unwrap();
        let store = open(dir.path());
        let records = sizes(&store);
        assert!(records.len() as u64 >= acknowledged, "{} records of {acknowledged}", records.len());
        assert!(records.iter().copied().eq(0..records.len() as u64));
        for n in 0..records.len() as u64 {
            let bytes = if n % 3 == 0 { files::FILE_BYTES_MIN + n as usize } else { 100 };
            let (cid, bytes) = block(n, bytes);
            assert_eq!(store.block(&cid).as_ref(), Some(&bytes), "block {n}");
            assert_eq!(store.public_block(&cid).is_some(), n % 2 == 0, "block {n}");
        }
    }
}
