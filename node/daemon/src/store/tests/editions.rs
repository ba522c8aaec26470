//! Stores of other formats. The fixture is the store that a released program of format 1 has left: of a member of a network
//! of one, which had run a job.

use super::*;
use crate::store::format::FORMAT;

/// A copy of the old store in a directory, and whose it is.
fn of_format_1(dir: &Path) -> (NetId, NodeId) {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/tests/format_1");
    fs::copy(fixture.join(FILE), dir.join(FILE)).unwrap();
    let id = |key: &str| read(dir, |meta| meta.get(key).unwrap().unwrap().value().try_into().unwrap());
    (NetId(id("net")), NodeId(id("node")))
}

fn read<T>(dir: &Path, look: impl FnOnce(&redb::ReadOnlyTable<&'static str, &'static [u8]>) -> T) -> T {
    let db = Database::open(dir.join(FILE)).unwrap();
    look(&db.begin_read().unwrap().open_table(META).unwrap())
}

/// Format, and whether a program has written its version.
fn format_of(dir: &Path) -> (u64, bool) {
    read(dir, |meta| {
        let format = meta.get("format").unwrap().unwrap().value().try_into().unwrap();
        (u64::from_be_bytes(format), meta.get("written_by").unwrap().is_some())
    })
}

fn records(dir: &Path) -> u64 {
    let db = Database::open(dir.join(FILE)).unwrap();
    db.begin_read().unwrap().open_table(RECORDS).unwrap().len().unwrap()
}

#[test]
fn a_directory_of_an_older_edition_is_refused_with_what_to_do_and_left_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let (net, node) = of_format_1(dir.path());
    let refused = [
        Store::open(dir.path(), &net, &node).unwrap_err(),
        Store::open(dir.path(), &NET, &NODE).unwrap_err(),
        Store::reopen(dir.path()).unwrap_err(),
    ];
    for error in refused {
        let error = error.to_string();
        for words in ["node.redb has format 1", "edition 1", "edition 2", "`vantage init`", ".key files"] {
            assert!(error.contains(words), "{words}: {error}");
        }
    }
    assert_eq!((format_of(dir.path()), records(dir.path())), ((1, false), 18));
}

#[test]
fn a_format_between_releases_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    assert_eq!(format_of(dir.path()), (FORMAT, true));
    for format in [0, 2, 3] {
        let db = Database::open(dir.path().join(FILE)).unwrap();
        let transaction = db.begin_write().unwrap();
        transaction.open_table(META).unwrap().insert("format", u64::to_be_bytes(format).as_slice()).unwrap();
        transaction.commit().unwrap();
        drop(db);
        let error = Store::open(dir.path(), &NET, &NODE).unwrap_err().to_string();
        assert!(error.contains(&format!("has format {format}")) && error.contains("edition 1"), "{error}");
        assert_eq!(format_of(dir.path()).0, format);
    }
}
