use super::*;
use crate::pip::PipError;
use crate::spec::{ModelSource, NameError, WheelSource};
use crate::tiny;
use std::cell::Cell;
use std::fs;
use std::io::{self, Read};
use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};

pub(super) const URL: &str = "https://hub.example/tiny.gguf";

/// A pin of the tiny model that names a wheel and a hub.
pub(super) fn remote_spec(bytes: &[u8]) -> ModelSpec {
    let source = ModelSource::Wheel(WheelSource {
        package: "tiny".to_owned(),
        version: "1.0".to_owned(),
        wheel_sha256: ModelHash::from_bytes([0; 32]),
        path: "tiny/tiny.gguf".to_owned(),
        hub_url: Some(URL.to_owned()),
    });
    ModelSpec { source, ..tiny::spec(bytes) }
}

fn hub(bytes: Vec<u8>) -> impl Fn(&str, u64) -> io::Result<Fetched> {
    move |url, _| {
        assert_eq!(url, URL);
        Ok(Fetched { from: 0, reader: Box::new(io::Cursor::new(bytes.clone())) })
    }
}

fn pull(store: &ModelStore, spec: &ModelSpec, served: Vec<u8>) -> Result<PulledModel, PullError> {
    store.pull(spec, PullSource::Hub(&hub(served)), &mut |_| ())
}

pub(super) fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_pulled_model_is_complete_and_deterministic() {
    let (dir, bytes) = (tempfile::tempdir().unwrap(), tiny::gguf());
    let spec = remote_spec(&bytes);
    let mut steps = Vec::new();
    let store = ModelStore::new(dir.path().join("a/b"));
    let model =
        store.pull(&spec, PullSource::Hub(&hub(bytes.clone())), &mut |step| steps.push(step)).unwrap();
    assert_eq!(names(store.dir()), [".tiny.lock", "tiny"]);
    assert_eq!(names(&store.dir().join("tiny")), ["model.json", "original.gguf", "weights.gguf"]);
    assert_eq!(fs::read(model.original_path()).unwrap(), bytes);
    assert_eq!(tiny::hash(&fs::read(model.weights_path()).unwrap()), model.weights_sha256());
    assert_eq!((model.quantisation(), model.licence()), ("Q4_1 as F32", "CC0-1.0"));
    let total_bytes = bytes.len() as u64;
    assert!(steps.contains(&Progress::Downloading { done_bytes: total_bytes, total_bytes }), "{steps:?}");
    assert!(
        steps.iter().any(|step| matches!(step, Progress::Converting { done_tensors: 20, total_tensors: 20 }))
    );

    let again = pull(&ModelStore::new(dir.path().join("c")), &spec, bytes).unwrap();
    assert_eq!(again.weights_sha256(), model.weights_sha256(), "one original gives one conversion");
    let pinned = ModelSpec { weights_sha256: Some(ModelHash::from_bytes([1; 32])), ..spec };
    let error = pull(&ModelStore::new(dir.path().join("d")), &pinned, tiny::gguf()).unwrap_err();
    assert!(error.to_string().contains("the F32 conversion of tiny"), "{error}");
}

#[test]
fn what_is_not_the_pinned_file_is_refused_and_leaves_nothing() {
    let (dir, bytes) = (tempfile::tempdir().unwrap(), tiny::gguf());
    let (store, spec) = (ModelStore::new(dir.path()), remote_spec(&bytes));
    let mut altered = bytes.clone();
    altered[5000] ^= 1;
    let error = pull(&store, &spec, altered.clone()).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, PullError::WrongHash { .. }), "{text}");
    assert!(
        text.contains(&spec.sha256.to_string()) && text.contains(&tiny::hash(&altered).to_string()),
        "{text}"
    );

    let longer = [bytes.clone(), vec![0; 1 << 20]].concat();
    for (served, found) in
        [(vec![], 0), (bytes[1..].to_vec(), spec.size_bytes - 1), (longer, spec.size_bytes + 1)]
    {
        match pull(&store, &spec, served).unwrap_err() {
            PullError::WrongSize { expected, found: seen, .. } => {
                assert_eq!((expected, seen), (spec.size_bytes, found))
            }
            other => panic!("{other}"),
        }
    }
    let not_a_model = b"not a model".to_vec();
    assert!(matches!(
        pull(&store, &remote_spec(&not_a_model), not_a_model.clone()),
        Err(PullError::Model(_))
    ));
    assert_eq!(names(dir.path()), [".tiny.lock"]);
    assert!(matches!(store.open("tiny"), Err(OpenError::NotPulled { .. })));
}

#[test]
fn a_killed_pull_leaves_no_half_model_and_hinders_nothing() {
    let (dir, bytes) = (tempfile::tempdir().unwrap(), tiny::gguf());
    let store = ModelStore::new(dir.path());
    // what a kill leaves: the staging directory with whatever was written by then
    let staging = dir.path().join(".tiny.staging");
    fs::create_dir_all(staging.join("pip/wheels")).unwrap();
    fs::write(staging.join("weights.gguf"), "half").unwrap();
    assert!(matches!(store.open("tiny"), Err(OpenError::NotPulled { .. })));
    let model = pull(&store, &remote_spec(&bytes), bytes).unwrap();
    assert_eq!(store.verify("tiny", &mut |_, _| ()).unwrap(), model);
    assert_eq!(names(dir.path()), [".tiny.lock", "tiny"]);
}

#[test]
fn pulls_at_the_same_time_do_the_work_once() {
    let (dir, bytes) = (tempfile::tempdir().unwrap(), tiny::gguf());
    let (downloads, start) = (AtomicU32::new(0), Barrier::new(4));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let fetch = |_: &str, _: u64| {
                    downloads.fetch_add(1, Ordering::SeqCst);
                    Ok(Fetched { from: 0, reader: Box::new(io::Cursor::new(bytes.clone())) })
                };
                start.wait();
                ModelStore::new(dir.path())
                    .pull(&remote_spec(&bytes), PullSource::Hub(&fetch), &mut |_| ())
                    .unwrap();
            });
        }
    });
    assert_eq!(downloads.load(Ordering::SeqCst), 1);
}

#[test]
fn damage_is_found_told_and_repaired_by_pulling_again() {
    let (dir, bytes) = (tempfile::tempdir().unwrap(), tiny::gguf());
    let (store, spec) = (ModelStore::new(dir.path()), remote_spec(&bytes));
    let model = pull(&store, &spec, bytes.clone()).unwrap();
    let flip = |path: &Path| {
        let mut bytes = fs::read(path).unwrap();
        bytes[4000] ^= 1;
        fs::write(path, bytes).unwrap();
    };
    let cut = |path: &Path| fs::write(path, "").unwrap();
    let record = dir.path().join("tiny/model.json");
    let damages: [(&str, &dyn Fn()); 6] = [
        ("was altered: expected sha256", &|| flip(model.original_path())),
        ("was altered: expected sha256", &|| flip(model.weights_path())),
        ("has 0 bytes instead of", &|| cut(model.weights_path())),
        ("cannot read", &|| fs::remove_file(model.original_path()).unwrap()),
        ("is damaged", &|| cut(&record)),
        ("is of \"huge\"", &|| {
            let text = fs::read_to_string(&record).unwrap().replace("\"tiny\",\n", "\"huge\",\n");
            fs::write(&record, text).unwrap();
        }),
    ];
    for (expected, damage) in damages {
        damage();
        let error = store.verify("tiny", &mut |_, _| ()).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains("tiny"), "{expected}: {error}");
        pull(&store, &spec, bytes.clone()).unwrap();
        assert_eq!(store.verify("tiny", &mut |_, _| ()).unwrap(), model);
    }
}

#[test]
fn another_pin_of_the_same_name_replaces_the_model() {
    let dir = tempfile::tempdir().unwrap();
    let store = ModelStore::new(dir.path());
    let (one, two) =
        (tiny::gguf(), tiny::gguf_with(|metadata| drop(metadata.remove("llama.rope.freq_base"))));
    pull(&store, &remote_spec(&one), one.clone()).unwrap();
    let model = pull(&store, &remote_spec(&two), two.clone()).unwrap();
    assert_eq!(store.open("tiny").unwrap(), model);
    assert_eq!(model.model_sha256(), tiny::hash(&two));
}

#[test]
fn a_known_name_cannot_be_given_to_another_file() {
    let (dir, bytes) = (tempfile::tempdir().unwrap(), tiny::gguf());
    let file = dir.path().join("tiny.gguf");
    fs::write(&file, &bytes).unwrap();
    let store = ModelStore::new(dir.path().join("store"));
    let spec = ModelSpec { name: "smollm2-135m".to_owned(), ..tiny::spec(&bytes) };
    let error = store.import(&spec, &file, &mut |_| ()).unwrap_err();
    assert!(matches!(error, PullError::Name(NameError::Taken { .. })), "{error}");
    assert!(ModelSpec::local_file("smollm2-135m", spec.sha256, spec.size_bytes, "MIT").is_err());
    // whoever puts it there by hand is found out
    store.import(&tiny::spec(&bytes), &file, &mut |_| ()).unwrap();
    fs::rename(store.dir().join("tiny"), store.dir().join("smollm2-135m")).unwrap();
    let record = store.dir().join("smollm2-135m/model.json");
    let text = fs::read_to_string(&record).unwrap().replace("\"tiny\"", "\"smollm2-135m\"");
    fs::write(&record, text).unwrap();
    assert!(matches!(store.open("smollm2-135m"), Err(OpenError::Altered { .. })));
    assert!(matches!(store.list()[0].state, ModelState::Broken { .. }));
}

#[test]
fn a_failing_way_leads_to_the_other_or_to_both_reasons() {
    let (dir, bytes) = (tempfile::tempdir().unwrap(), tiny::gguf());
    let store = ModelStore::new(dir.path().join("s")).with_python(dir.path().join("no-python"));
    let spec = remote_spec(&bytes);
    let error = store.pull(&spec, PullSource::Pip, &mut |_| ()).unwrap_err();
    assert!(matches!(error, PullError::Pip(PipError::NoPython { .. })), "{error}");

    let down = |_: &str, _: u64| Err(io::Error::new(io::ErrorKind::ConnectionRefused, "refused"));
    let error = store.pull(&spec, PullSource::PipThenHub(&down), &mut |_| ()).unwrap_err().to_string();
    assert!(error.contains("no-python") && error.contains(URL) && error.contains("refused"), "{error}");

    let breaks = |_: &str, _: u64| {
        let broken = io::Cursor::new(vec![0; 100]).chain(Broken(Cell::new(false)));
        Ok(Fetched { from: 0, reader: Box::new(broken) })
    };
    let error = store.pull(&spec, PullSource::Hub(&breaks), &mut |_| ()).unwrap_err();
    assert!(
        matches!(&error, PullError::Hub { source, .. } if source.to_string() == "cable pulled"),
        "{error}"
    );

    store.pull(&spec, PullSource::PipThenHub(&hub(bytes)), &mut |_| ()).unwrap();
}

/// A reader that is interrupted once and then fails.
struct Broken(Cell<bool>);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        match self.0.replace(true) {
            false => Err(io::ErrorKind::Interrupted.into()),
            true => Err(io::Error::other("cable pulled")),
        }
    }
}

#[test]
fn a_local_file_is_imported_by_its_hash_only() {
    let (dir, bytes) = (tempfile::tempdir().unwrap(), tiny::gguf());
    let (store, file) = (ModelStore::new(dir.path().join("store")), dir.path().join("my.gguf"));
    let spec = ModelSpec::local_file("mine", tiny::hash(&bytes), bytes.len() as u64, "MIT").unwrap();
    let error = store.import(&spec, &file, &mut |_| ()).unwrap_err();
    assert!(error.to_string().contains("my.gguf"), "{error}");
    assert!(matches!(store.pull(&spec, PullSource::Pip, &mut |_| ()), Err(PullError::NoSource { .. })));
    fs::write(&file, &bytes).unwrap();
    store.import(&spec, &file, &mut |_| ()).unwrap();
    let states: Vec<_> = store.list().into_iter().map(|info| (info.name, info.state)).collect();
    assert!(matches!(&states[0], (name, ModelState::Ready { .. }) if name == "mine"), "{states:?}");
    assert_eq!(states[1], ("smollm2-135m".to_owned(), ModelState::Absent));
}

#[test]
fn an_empty_store_lists_what_could_be_pulled() {
    let dir = tempfile::tempdir().unwrap();
    let store = ModelStore::new(dir.path().join("none"));
    let listed = store.list();
    assert_eq!(listed.len(), ModelSpec::known().len());
    assert!(listed.iter().all(|info| info.state == ModelState::Absent && info.sha256.is_some()));
    let error = store.open("smollm2-135m").unwrap_err().to_string();
    assert!(error.contains("vantage model pull smollm2-135m"), "{error}");
    assert!(matches!(store.open("../x"), Err(OpenError::Name(_))));
    assert!(!store.dir().exists(), "looking makes no directories");
}

#[test]
fn a_store_that_cannot_be_written_is_an_error() {
    let (dir, bytes) = (tempfile::tempdir().unwrap(), tiny::gguf());
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let error = pull(&ModelStore::new(file.join("store")), &remote_spec(&bytes), bytes).unwrap_err();
    assert!(matches!(error, PullError::Io { .. }), "{error}");
}
