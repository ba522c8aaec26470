use super::*;
use crate::keys;
use crate::store::{Batch, Store};
use std::fs;
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use tempfile::TempDir;
use vantage_protocol::attester::Record;
use vantage_protocol::cid::Cid;
use vantage_protocol::id::{Hash, NetId, NodeId};

const NET: NetId = NetId([1; 32]);
const NODE: NodeId = NodeId([2; 32]);

/// A data directory with keys, a record, a small block and a large one.
fn made(dir: &TempDir) -> (PathBuf, Store) {
    let data = dir.path().join("node");
    keys::create(&data).unwrap();
    fs::write(data.join(crate::config::FILE), "genesis = \"genesis.toml\"\n").unwrap();
    let store = Store::open(&data, &NET, &NODE).unwrap();
    let mut batch = Batch::default();
    batch.record(&Record::Witnessed { node: NODE, size: 1, root: Hash([0; 32]), time_s: 7 });
    for bytes in [100, 200 * 1024] {
        let block = vec![bytes as u8; bytes];
        batch.put(&Cid::raw(&block), block, true);
    }
    store.commit(batch).unwrap();
    (data, store)
}

fn records(store: &Store) -> Vec<Record> {
    let mut records = Vec::new();
    store
        .replay(|record| {
            records.push(record);
            Ok(())
        })
        .unwrap();
    records
}

#[test]
fn what_somebody_else_made_beside_a_backup_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (data, store) = made(&dir);
    let file = dir.path().join("node.backup");
    let [part, snapshot] = ["node.backup.part", "node.backup.snapshot"].map(|name| dir.path().join(name));
    for path in [&part, &snapshot] {
        fs::write(path, "mine").unwrap();
    }
    let error = write(&store, &data, &file, false).unwrap_err();
    assert!(matches!(&error, BackupError::Unfinished { path } if *path == part), "{error}");
    assert!(!file.exists());
    assert_eq!(fs::read_to_string(&part).unwrap(), "mine");
    // an interrupted one is a directory
    fs::remove_file(&part).unwrap();
    fs::create_dir(&part).unwrap();
    fs::write(part.join("archive"), "half").unwrap();
    let error = write(&store, &data, &file, false).unwrap_err().to_string();
    assert!(error.contains("nothing of it is touched"), "{error}");
    assert_eq!(fs::read_to_string(part.join("archive")).unwrap(), "half");
    // a file of the name that once was used is in nobody's way
    fs::remove_dir_all(&part).unwrap();
    write(&store, &data, &file, false).unwrap();
    assert_eq!(fs::read_to_string(&snapshot).unwrap(), "mine");
    assert!(!part.exists() && file.is_file());
}

#[test]
fn a_backup_of_a_store_in_use_comes_back_whole_and_marked() {
    let dir = tempfile::tempdir().unwrap();
    let (data, store) = made(&dir);
    let file = dir.path().join("node.backup");
    let written = write(&store, &data, &file, false).unwrap();
    assert_eq!(written.bytes, fs::metadata(&file).unwrap().len());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let error = write(&store, &data, &file, false).unwrap_err().to_string();
    assert!(error.contains("nothing is overwritten"), "{error}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "nothing else is left behind");

    // what comes later is not in it
    let mut batch = Batch::default();
    batch.record(&Record::Vouched);
    store.commit(batch).unwrap();
    let to = dir.path().join("restored");
    let manifest = restore(&file, &to).unwrap();
    assert_eq!((manifest.node, manifest.net, manifest.root_key), (NODE, NET, false));
    assert!(!to.join(keys::ROOT_KEY).exists());
    for name in [keys::LOG_KEY, keys::WITNESS_KEY, keys::TRANSPORT_KEY] {
        assert_eq!(fs::read(to.join(name)).unwrap(), fs::read(data.join(name)).unwrap());
        assert_eq!(fs::metadata(to.join(name)).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let copy = Store::open(&to, &NET, &NODE).unwrap();
    assert_eq!(records(&copy).len(), 2);
    assert_eq!(records(&copy)[1], Record::Restored, "whoever runs on it asks first");
    for bytes in [100, 200 * 1024] {
        let block = vec![bytes as u8; bytes];
        assert_eq!(copy.public_block(&Cid::raw(&block)), Some(block));
    }
    let error = restore(&file, &to).unwrap_err().to_string();
    assert!(error.contains("nothing is overwritten"), "{error}");

    let with_root = dir.path().join("with-root.backup");
    write(&store, &data, &with_root, true).unwrap();
    let to = dir.path().join("with-root");
    assert!(restore(&with_root, &to).unwrap().root_key && to.join(keys::ROOT_KEY).exists());
}

#[test]
fn a_damaged_or_invented_backup_makes_no_directory() {
    let dir = tempfile::tempdir().unwrap();
    let (data, store) = made(&dir);
    let file = dir.path().join("node.backup");
    let written = write(&store, &data, &file, true).unwrap();
    let to = dir.path().join("restored");
    let refused = || {
        let error = restore(&file, &to).unwrap_err();
        assert!(matches!(error, BackupError::Damaged { .. }), "{error}");
        assert!(!to.exists() && !dir.path().join("restored.restoring").exists());
    };
    // a bit in every kind of part: manifest, its name, database, keys, block
    for place in [0, 20, 600, 50_000, written.bytes / 2, written.bytes - 100 * 1024] {
        flip(&file, place);
        refused();
        flip(&file, place);
    }
    let whole = fs::read(&file).unwrap();
    for length in [0, 511, 5_000, whole.len() / 2, whole.len() - 150 * 1024] {
        fs::write(&file, &whole[..length]).unwrap();
        refused();
    }
    fs::write(&file, &whole).unwrap();
    restore(&file, &to).unwrap();
}

fn flip(file: &std::path::Path, place: u64) {
    let mut file = fs::OpenOptions::new().read(true).write(true).open(file).unwrap();
    let mut byte = [0];
    file.seek(std::io::SeekFrom::Start(place)).unwrap();
    file.read_exact(&mut byte).unwrap();
    file.seek(std::io::SeekFrom::Start(place)).unwrap();
    file.write_all(&[byte[0] ^ 1]).unwrap();
}

#[test]
fn names_that_lead_elsewhere_have_no_place() {
    let part = |name: &str| Part { name: name.into(), bytes: 0, sha256: Hash([0; 32]) };
    let manifest = |names: &[&str]| Manifest {
        backup: 1,
        written_by: "x".into(),
        at_s: 0,
        node: NODE,
        net: NET,
        root_key: false,
        parts: names.iter().map(|name| part(name)).collect(),
    };
    let block = format!("blocks/ab/ab{}", "0".repeat(62));
    assert_eq!(manifest(&["node.redb", "log.key", &block]).bad_name(), None);
    let elsewhere = format!("blocks/ac/ab{}", "0".repeat(62));
    for name in ["../log.key", "/etc/passwd", "lock", "retired.json", "blocks/ab/../../x", &elsewhere, ""] {
        assert_eq!(manifest(&["node.redb", name]).bad_name(), Some(name));
    }
    assert_eq!(manifest(&["log.key", "log.key"]).bad_name(), Some("log.key"));
}

/// What is kept elsewhere and linked to comes along; what leads nowhere ends the move before anything is retired.
#[test]
fn a_move_follows_links() {
    let dir = tempfile::tempdir().unwrap();
    let (data, store) = made(&dir);
    drop(store);
    let elsewhere = dir.path().join("real.redb");
    std::fs::rename(data.join("node.redb"), &elsewhere).unwrap();
    let link = |to: &str| std::os::unix::fs::symlink(to, data.join("node.redb")).unwrap();
    link("../nowhere");
    let to = dir.path().join("moved");
    assert!(relocate(&data, &to).is_err());
    refuse_retired(&data).unwrap();
    std::fs::remove_file(data.join("node.redb")).unwrap();
    link("../real.redb");
    relocate(&data, &to).unwrap();
    assert!(std::fs::symlink_metadata(to.join("node.redb")).unwrap().is_file());
    assert_eq!(records(&Store::open(&to, &NET, &NODE).unwrap()).len(), 1);
}

#[test]
fn a_move_leaves_one_node() {
    let dir = tempfile::tempdir().unwrap();
    let (data, store) = made(&dir);
    drop(store);
    let to = dir.path().join("moved");
    let held = crate::lock::DataLock::take(&data).unwrap();
    assert!(matches!(relocate(&data, &to), Err(BackupError::Lock(_))), "the node still runs");
    drop(held);
    assert!(matches!(relocate(&data, &data.join("below")), Err(BackupError::Inside { .. })));
    assert!(relocate(&data, &to).unwrap() > 200 * 1024);
    refuse_retired(&to).unwrap();
    let error = refuse_retired(&data).unwrap_err().to_string();
    assert!(error.contains("was moved to") && error.contains("moved"), "{error}");
    let store = Store::open(&to, &NET, &NODE).unwrap();
    assert_eq!(records(&store).len(), 1, "a move is no restored backup");
    for other in [dir.path().join("again"), to.clone()] {
        assert!(matches!(relocate(&data, &other), Err(BackupError::Retired { .. })), "{}", other.display());
    }
    assert!(matches!(write(&store, &data, &dir.path().join("b"), false), Err(BackupError::Retired { .. })));
}

#[test]
fn a_move_that_was_broken_off_is_finished_by_the_same_call() {
    for crash in 0..3 {
        let dir = tempfile::tempdir().unwrap();
        let (data, store) = made(&dir);
        drop(store);
        let (to, staged) = (dir.path().join("moved"), dir.path().join("moved.moving"));
        let from = fs::canonicalize(&data).unwrap();
        // the steps of a move, up to the one in which it died
        private_file_dir(&staged);
        Retired::Arriving { from: from.clone() }.put(&staged).unwrap();
        if crash >= 1 {
            fs::remove_dir_all(&staged).unwrap();
            relocate(&data, &to).unwrap();
            Retired::Arriving { from }.put(&to).unwrap();
        }
        if crash == 1 {
            fs::rename(&to, &staged).unwrap();
        }
        let running = if crash == 2 { &to } else { &staged };
        assert!(refuse_retired(running).is_err(), "half of a move never runs");
        relocate(&data, &to).unwrap();
        refuse_retired(&to).unwrap();
        assert!(refuse_retired(&data).is_err());
        assert_eq!(records(&Store::open(&to, &NET, &NODE).unwrap()).len(), 1);
        assert!(!staged.exists());
    }
}

fn private_file_dir(path: &std::path::Path) {
    crate::private_file::make_dir(path).unwrap();
}
