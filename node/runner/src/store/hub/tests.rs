use super::*;
use crate::store::tests::{URL, names, remote_spec};
use crate::store::{ModelStore, PullSource, PulledModel};
use crate::tiny;
use std::cell::RefCell;

/// A server: sends what it holds from the byte asked for, or from the start; breaks off after so many bytes.
struct Server {
    bytes: Vec<u8>,
    knows_ranges: bool,
    breaks_after: usize,
    asked: RefCell<Vec<u64>>,
}

impl Server {
    fn new(bytes: &[u8]) -> Self {
        let asked = RefCell::new(Vec::new());
        Self { bytes: bytes.to_vec(), knows_ranges: true, breaks_after: usize::MAX, asked }
    }

    fn pull(&self, store: &ModelStore, spec: &ModelSpec) -> Result<PulledModel, PullError> {
        let fetch = |url: &str, held: u64| {
            assert_eq!(url, URL);
            self.asked.borrow_mut().push(held);
            let from = if self.knows_ranges { held } else { 0 };
            let rest = self.bytes.get(usize::try_from(from).unwrap()..).unwrap_or(&[]).to_vec();
            let reader: Box<dyn Read> = if rest.len() > self.breaks_after {
                Box::new(io::Cursor::new(rest[..self.breaks_after].to_vec()).chain(Cut))
            } else {
                Box::new(io::Cursor::new(rest))
            };
            Ok(Fetched { from, reader })
        };
        store.pull(spec, PullSource::Hub(&fetch), &mut |_| ())
    }
}

/// A connection that is cut.
struct Cut;

impl Read for Cut {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::ConnectionReset.into())
    }
}

#[test]
fn a_download_goes_on_where_it_was_cut() {
    let (dir, bytes) = (tempfile::tempdir().unwrap(), tiny::gguf());
    let (store, spec) = (ModelStore::new(dir.path()), remote_spec(&bytes));
    let piece = bytes.len() / 4;
    let server = Server { breaks_after: piece, ..Server::new(&bytes) };
    server.pull(&store, &spec).unwrap();
    let piece = piece as u64;
    assert_eq!(server.asked.borrow()[..4], [0, piece, 2 * piece, 3 * piece]);
    assert_eq!(names(dir.path()), [".tiny.lock", "tiny"]);
}

#[test]
fn the_next_pull_goes_on_with_what_an_earlier_one_has_left() {
    let (dir, bytes) = (tempfile::tempdir().unwrap(), tiny::gguf());
    let (store, spec) = (ModelStore::new(dir.path()), remote_spec(&bytes));
    // so slow that no pull gets there by itself
    let piece = bytes.len() / 12;
    let server = Server { breaks_after: piece, ..Server::new(&bytes) };
    let error = server.pull(&store, &spec).unwrap_err();
    assert!(matches!(error, PullError::Hub { .. }), "{error}");
    let part = format!(".tiny.{}.part", spec.sha256);
    assert_eq!(names(dir.path()), [part, ".tiny.lock".to_owned()]);
    let held = server.asked.borrow().len() * piece;
    let server = Server::new(&bytes);
    server.pull(&store, &spec).unwrap();
    assert_eq!(*server.asked.borrow(), [held as u64]);
    assert_eq!(names(dir.path()), [".tiny.lock", "tiny"]);
}

#[test]
fn a_server_without_ranges_sends_the_whole_again() {
    let (dir, bytes) = (tempfile::tempdir().unwrap(), tiny::gguf());
    let (store, spec) = (ModelStore::new(dir.path()), remote_spec(&bytes));
    let half = Server { knows_ranges: false, breaks_after: bytes.len() / 2, ..Server::new(&bytes) };
    let error = half.pull(&store, &spec).unwrap_err();
    assert!(matches!(error, PullError::Hub { .. }), "{error}");
    assert_eq!(half.asked.borrow().len(), 2, "nothing new came the second time");
    Server { knows_ranges: false, ..Server::new(&bytes) }.pull(&store, &spec).unwrap();
}

#[test]
fn parts_of_two_files_are_found_out_and_the_whole_is_fetched_once() {
    let (dir, bytes) = (tempfile::tempdir().unwrap(), tiny::gguf());
    let (store, spec) = (ModelStore::new(dir.path()), remote_spec(&bytes));
    let part = dir.path().join(format!(".tiny.{}.part", spec.sha256));
    fs::write(&part, vec![7; bytes.len() / 2]).unwrap();
    let server = Server::new(&bytes);
    server.pull(&store, &spec).unwrap();
    assert_eq!(*server.asked.borrow(), [bytes.len() as u64 / 2, 0]);

    // another file under the same address: refused, and nothing of it is kept
    fs::remove_dir_all(dir.path().join("tiny")).unwrap();
    let mut altered = bytes;
    altered[5000] ^= 1;
    let server = Server::new(&altered);
    let error = server.pull(&store, &spec).unwrap_err();
    assert!(matches!(error, PullError::WrongHash { .. }), "{error}");
    assert_eq!(*server.asked.borrow(), [0]);
    assert_eq!(names(dir.path()), [".tiny.lock"]);
}

#[test]
fn more_than_the_pinned_size_is_neither_kept_nor_asked_for_again() {
    let (dir, bytes) = (tempfile::tempdir().unwrap(), tiny::gguf());
    let (store, spec) = (ModelStore::new(dir.path()), remote_spec(&bytes));
    let part = dir.path().join(format!(".tiny.{}.part", spec.sha256));
    fs::write(&part, [bytes.clone(), vec![0; 100]].concat()).unwrap();
    let server = Server::new(&bytes);
    server.pull(&store, &spec).unwrap();
    assert_eq!(*server.asked.borrow(), [0]);
}
