//! From format 1. The fixture is a data directory that a program of that format has left: a member of a network of one,
//! which had run a job.

use super::*;
use crate::store::format::FORMAT;
use redb::{ReadableTable as _, TableDefinition as Table, TableHandle as _};
use std::path::PathBuf;

/// The layout of format 1, written down here once more: what the code says today may change.
const META_1: Table<&str, &[u8]> = Table::new("meta");
const RECORDS_1: Table<u64, &[u8]> = Table::new("records");
const BLOCKS_1: Table<&[u8; 32], &[u8]> = Table::new("blocks");
const PRIVATE_1: Table<&[u8; 32], ()> = Table::new("private");
const CELLS_1: Table<(&[u8; 32], u32, u32, u32), &[u8]> = Table::new("cells");
const CALLS_1: Table<(&[u8; 32], u32), (&str, u32, u32)> = Table::new("calls");

/// What stands in a directory of format 1, read by its own layout.
struct Old {
    net: NetId,
    node: NodeId,
    announced: Vec<u8>,
    records: Vec<Vec<u8>>,
    blocks: Vec<([u8; 32], Vec<u8>)>,
    private: u64,
    cells: Vec<(JobId, u32)>,
    calls: Vec<(JobId, u32)>,
}

/// The old directory.
fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/tests/format_1")
}

/// A copy of its database in a directory, and what stands in it.
fn written(dir: &Path) -> Old {
    fs::copy(fixture().join(FILE), dir.join(FILE)).unwrap();
    read_old(dir)
}

fn read_old(dir: &Path) -> Old {
    let db = Database::open(dir.join(FILE)).unwrap();
    let transaction = db.begin_read().unwrap();
    let meta = transaction.open_table(META_1).unwrap();
    let value = |key: &str| meta.get(key).unwrap().unwrap().value().to_vec();
    let records = transaction.open_table(RECORDS_1).unwrap();
    let blocks = transaction.open_table(BLOCKS_1).unwrap();
    let cells = transaction.open_table(CELLS_1).unwrap();
    let calls = transaction.open_table(CALLS_1).unwrap();
    Old {
        net: NetId(value("net").try_into().unwrap()),
        node: NodeId(value("node").try_into().unwrap()),
        announced: value("announced"),
        records: records.iter().unwrap().map(|e| e.unwrap().1.value().to_vec()).collect(),
        blocks: blocks
            .iter()
            .unwrap()
            .map(|e| {
                let (digest, place) = e.unwrap();
                (*digest.value(), place.value().to_vec())
            })
            .collect(),
        private: transaction.open_table(PRIVATE_1).unwrap().len().unwrap(),
        cells: cells
            .iter()
            .unwrap()
            .map(|e| {
                let (key, _) = e.unwrap();
                (JobId(*key.value().0), key.value().1)
            })
            .collect(),
        calls: calls
            .iter()
            .unwrap()
            .map(|e| {
                let (key, _) = e.unwrap();
                (JobId(*key.value().0), key.value().1)
            })
            .collect(),
    }
}

/// Format and version of the program, as they stand in the database.
fn format_of(dir: &Path) -> (u64, Option<Vec<u8>>) {
    let db = Database::open(dir.join(FILE)).unwrap();
    let transaction = db.begin_read().unwrap();
    let meta = transaction.open_table(META_1).unwrap();
    let format = meta.get("format").unwrap().unwrap().value().try_into().unwrap();
    (u64::from_be_bytes(format), meta.get("written_by").unwrap().map(|by| by.value().to_vec()))
}

/// Everything of format 1 is there, and what later ones add.
fn is_up_to_date(dir: &Path, old: &Old) {
    let store = Store::open(dir, &old.net, &old.node).unwrap();
    let mut records = Vec::new();
    store
        .replay(|record| {
            records.push(vantage_protocol::wire::encode(&record));
            Ok(())
        })
        .unwrap();
    assert_eq!(records, old.records, "every record, in order");
    let counts = store.counts().unwrap();
    assert_eq!((counts.blocks, counts.blocks_private), (old.blocks.len() as u64, old.private));
    assert_eq!(store.announced().unwrap().unwrap(), old.announced);
    for (digest, place) in &old.blocks {
        let block = store.block_for(blocks::Eyes::Own, &Hash(*digest)).unwrap();
        assert_eq!(block, place[1..], "a block that is kept in the database");
    }
    let last = store.clock_s().unwrap();
    assert!(last > 1_795_000_000, "the latest time that the old node signed: {last}");
    for (job, slot) in old.cells.iter().chain(&old.calls) {
        assert!(store.is_taken(job, *slot).unwrap(), "what was begun is not asked about again");
        assert!(!store.cells(job, *slot).unwrap().is_empty());
    }
    for (job, slot) in &old.calls {
        let counted =
            store.change_books(|books| Ok((books.slot_calls(job, *slot)?, books.whole_job(job)?.calls)));
        let (slot_calls, job_calls) = counted.unwrap();
        assert!(slot_calls > 0 && job_calls == u64::from(slot_calls), "budgets go on from what was counted");
    }
    assert_eq!(store.taken_since(last).unwrap().len(), 1);
    assert!(store.pruned_jobs().unwrap().is_empty());
    assert!(store.glm_open().unwrap().is_empty());
}

#[test]
fn a_directory_of_the_previous_format_is_brought_up_to_date_whole() {
    let dir = tempfile::tempdir().unwrap();
    let old = written(dir.path());
    assert_eq!((old.records.len(), old.blocks.len(), old.cells.len(), old.calls.len()), (18, 18, 2, 1));
    assert_eq!(format_of(dir.path()), (1, None));
    is_up_to_date(dir.path(), &old);
    let by = concat!("vantage ", env!("CARGO_PKG_VERSION")).as_bytes().to_vec();
    assert_eq!(format_of(dir.path()), (FORMAT, Some(by)));
    is_up_to_date(dir.path(), &old);
    // the program of format 1 asks for exactly its own format, and refuses this one
    let error = Store::open(dir.path(), &NetId([9; 32]), &old.node).unwrap_err().to_string();
    assert!(error.contains("another net"), "{error}");
}

/// Format 2 had no ledger for Golem, and nothing else that is different.
#[test]
fn a_directory_of_format_2_gets_the_ledger_for_golem() {
    let dir = tempfile::tempdir().unwrap();
    let old = written(dir.path());
    is_up_to_date(dir.path(), &old);
    let db = Database::open(dir.path().join(FILE)).unwrap();
    let transaction = db.begin_write().unwrap();
    for name in ["glm_open", "glm_days", "glm_jobs"] {
        let untyped = transaction.list_tables().unwrap().find(|table| table.name() == name).unwrap();
        assert!(transaction.delete_table(untyped).unwrap(), "{name}");
    }
    transaction.open_table(META_1).unwrap().insert("format", 2u64.to_be_bytes().as_slice()).unwrap();
    transaction.commit().unwrap();
    drop(db);
    is_up_to_date(dir.path(), &old);
    assert_eq!(format_of(dir.path()).0, FORMAT);
}

#[test]
fn another_nodes_directory_is_not_touched_by_a_refusal() {
    let dir = tempfile::tempdir().unwrap();
    let old = written(dir.path());
    assert!(Store::open(dir.path(), &old.net, &NODE).is_err());
    assert_eq!(format_of(dir.path()), (1, None));
}

/// Names the data directory for the child of [`a_kill_in_the_middle_leaves_the_old_format`].
const CHILD_DIR: &str = "VANTAGE_MIGRATION_TEST_DIR";

/// The child: stands still in the middle of a migration until it is killed.
#[test]
fn child_that_stands_still_in_a_migration() {
    let Some(dir) = std::env::var_os(CHILD_DIR) else {
        assert!(std::env::args().all(|arg| arg != "--exact"), "the child's directory is not set");
        return;
    };
    let old = read_old(Path::new(&dir));
    let _ = Store::open_with(Path::new(&dir), &old.net, &old.node, &mut || {
        println!("\nin the middle");
        loop {
            std::thread::park();
        }
    });
    unreachable!("it was to be killed");
}

#[test]
fn a_kill_in_the_middle_leaves_the_old_format() {
    let dir = tempfile::tempdir().unwrap();
    let old = written(dir.path());
    for _ in 0..2 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "store::tests::migration::child_that_stands_still_in_a_migration",
                "--nocapture",
            ])
            .env(CHILD_DIR, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        assert!(said.any(|line| line == "in the middle"));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(format_of(dir.path()), (1, None), "nothing of it counts");
    }
    is_up_to_date(dir.path(), &old);
}
