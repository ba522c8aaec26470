//! Wire bytes are pinned, decoders accept one encoding of a value, and no kind is left out.

use crate::sources;
use crate::tokens::{implementors, variants};
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use vantage_protocol::id::{NetId, hex};
use vantage_protocol::leaf::Leaf;
use vantage_tests::vectors::{Vector, folder, forgeries, mutants, read, vectors, write};

/// Types of the core that come from outside and have no vector of their own, each with the reason.
const WITHOUT_VECTOR: [(&str, &str); 0] = [];

#[test]
fn bytes_are_pinned_and_every_file_is_read() {
    let mut files = read(&folder()).expect("vector files");
    let mut differences = Vec::new();
    for vector in vectors() {
        match files.remove(&vector.path()) {
            None => differences.push(format!("{}: no files", vector.path())),
            Some((bytes, description)) => {
                if bytes != vector.bytes {
                    differences.push(format!("{}: other bytes", vector.path()));
                }
                if description != vector.description() {
                    differences.push(format!("{}: other description", vector.path()));
                }
            }
        }
    }
    differences.extend(files.keys().map(|path| format!("{path}: no code makes it")));
    assert!(
        differences.is_empty(),
        "the wire format changed; if that is meant: cargo run -p vantage-tests --example vectors -- --write\n{}",
        differences.join("\n")
    );
}

#[test]
fn every_vector_decodes_to_itself() {
    for vector in vectors() {
        assert_eq!((vector.decode)(&vector.bytes), Ok(vector.bytes.clone()), "{}", vector.path());
    }
    let paths: BTreeSet<String> = vectors().iter().map(Vector::path).collect();
    assert_eq!(paths.len(), vectors().len(), "each path once");
}

/// I11: whatever is accepted encodes to the very bytes that came.
#[test]
fn no_mutant_is_accepted_as_something_else() {
    let vectors = vectors();
    let (next, tried) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let found = Mutex::new(Vec::new());
    let work = || {
        while let Some(vector) = vectors.get(next.fetch_add(1, Ordering::Relaxed)) {
            let (forged, accepted) = forgeries(&vector.bytes, vector.decode);
            tried.fetch_add(accepted, Ordering::Relaxed);
            let forged = forged.iter().map(|mutant| described(vector, mutant));
            found.lock().expect("no other thread failed").extend(forged.take(3));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    let found = found.into_inner().expect("no thread failed");
    assert!(found.is_empty(), "accepted, and encoded otherwise:\n{}", found.join("\n"));
    assert!(tried.into_inner() > 10_000, "some mutants are good encodings of other values");
}

/// Where a mutant departs from the vector, and what it says there.
fn described(vector: &Vector, mutant: &[u8]) -> String {
    let at = vector.bytes.iter().zip(mutant).take_while(|(one, other)| one == other).count();
    let there = &mutant[at..mutant.len().min(at + 16)];
    format!("{}, {} bytes, from byte {at}: {}", vector.path(), mutant.len(), hex(there))
}

/// The search finds a lax decoder: one that ignores case, and one that ignores what follows.
#[test]
fn lax_decoders_are_caught() {
    let lower = |bytes: &[u8]| Ok(bytes.to_ascii_lowercase());
    assert!(!forgeries(b"abc", lower).0.is_empty());
    let prefix = |bytes: &[u8]| bytes.get(..3).map(<[u8]>::to_vec).ok_or_else(String::new);
    assert!(!forgeries(b"abc", prefix).0.is_empty());
    let strict = |bytes: &[u8]| Ok(bytes.to_vec());
    assert_eq!(forgeries(b"abc", strict), (Vec::new(), mutants(b"abc").count()));
}

/// I12: no leaf is read under another network's name.
#[test]
fn leaves_of_another_network_are_refused() {
    let leaves: Vec<&Vector> = vectors().iter().filter(|vector| vector.rust == "Leaf").collect();
    let kinds: BTreeSet<&str> = leaves.iter().map(|vector| vector.kind).collect();
    let said = variants(&sources::file("protocol/src/leaf.rs").text, "Statement");
    assert_eq!(kinds.into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), said, "every type of leaf");
    for vector in leaves {
        let refused = Leaf::decode(&vector.bytes, &NetId([7; 32])).map_err(|error| error.to_string());
        assert!(refused.is_err_and(|why| why.contains("network")), "{}", vector.path());
    }
}

/// No kind's bytes are read as another kind.
#[test]
fn kinds_are_not_mistaken_for_each_other() {
    let vectors = vectors();
    let mut mistaken = Vec::new();
    for vector in vectors {
        let others = vectors.iter().filter(|other| other.kind != vector.kind && !same_decoder(vector, other));
        let accepting = others.filter(|other| (other.decode)(&vector.bytes).is_ok()).map(|other| other.kind);
        for kind in accepting.collect::<BTreeSet<_>>() {
            mistaken.push(format!("{} is read as {kind}", vector.path()));
        }
    }
    assert!(mistaken.is_empty(), "{}", mistaken.join("\n"));
}

/// Leaves share one decoder, which tells their types apart by itself.
fn same_decoder(one: &Vector, other: &Vector) -> bool {
    one.rust == "Leaf" && other.rust == "Leaf"
}

/// Whatever in the core implements `Wire` has a vector.
#[test]
fn no_wire_type_is_left_out() {
    let covered: BTreeSet<&str> = vectors().iter().map(|vector| vector.rust).collect();
    let (core, _) = sources::core();
    let wired: BTreeSet<String> = core.iter().flat_map(|source| implementors(&source.text, "Wire")).collect();
    assert!(wired.contains("Genesis") && wired.len() > 10, "the search finds them: {wired:?}");
    let excused = |name: &str| WITHOUT_VECTOR.iter().any(|(excused, _)| *excused == name);
    let missing: Vec<&String> =
        wired.iter().filter(|name| !covered.contains(name.as_str()) && !excused(name)).collect();
    assert!(missing.is_empty(), "no vector for {missing:?}: add one in tests/src/vectors");
}

/// The loader notices files that belong to nothing, and halves.
#[test]
fn stray_files_are_noticed() {
    let folder = tempfile::tempdir().expect("a folder");
    let some = &vectors()[..2];
    write(folder.path(), some).expect("written");
    assert_eq!(read(folder.path()).expect("read").len(), 2);
    write(folder.path(), &some[..1]).expect("written again");
    assert_eq!(read(folder.path()).expect("read").len(), 1, "files of no vector are removed");
    let path = folder.path().join(some[0].path());
    std::fs::write(path.with_extension("txt"), "?").expect("a stray file");
    assert!(read(folder.path()).is_err_and(|error| error.to_string().contains("no vector has such a file")));
    std::fs::remove_file(path.with_extension("txt")).expect("removed");
    std::fs::remove_file(path.with_extension("json")).expect("removed");
    assert!(read(folder.path()).is_err_and(|error| error.to_string().contains("a .hex and a .json")));
    std::fs::write(path.with_extension("json"), "{").expect("a broken file");
    assert!(read(folder.path()).is_err());
}
