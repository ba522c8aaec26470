use super::*;
use std::os::unix::fs::PermissionsExt as _;
use vantage_protocol::genesis::{EDITION, Member};

fn genesis(name: &str, root: PublicKey) -> Genesis {
    Genesis {
        v: EDITION,
        name: name.into(),
        founded_s: 1,
        test: true,
        gap_s_min: 2,
        output_bytes_max: 4096,
        founders: vec![],
        committee: vec![Member { root, operator: "a".into(), region: "eu".into() }],
    }
}

#[test]
fn keys_are_made_private_and_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("node");
    let public = create(&data).unwrap();
    assert_eq!(fs::metadata(&data).unwrap().permissions().mode() & 0o777, 0o700);
    for name in [ROOT_KEY, TRANSPORT_KEY, LOG_KEY, WITNESS_KEY] {
        let meta = fs::metadata(data.join(name)).unwrap();
        assert_eq!((meta.permissions().mode() & 0o777, meta.len()), (0o600, 65), "{name}");
    }
    let genesis = genesis("a", public.root);
    let identity = load(&data, &genesis).unwrap();
    assert_eq!(identity.node, public.root.node_id());
    assert_eq!((identity.log.public(), identity.witness.public()), (public.log, public.witness));
    assert_eq!(identity.keyset.transport, public.transport);
    assert!(!format!("{identity:?}").contains(fs::read_to_string(data.join(LOG_KEY)).unwrap().trim()));
}

#[test]
fn the_root_key_is_needed_once() {
    let dir = tempfile::tempdir().unwrap();
    let public = create(dir.path()).unwrap();
    let genesis = genesis("a", public.root);
    let (root, away) = (dir.path().join(ROOT_KEY), dir.path().join("away"));
    fs::rename(&root, &away).unwrap();
    assert!(matches!(load(dir.path(), &genesis), Err(KeysError::RootNeeded { .. })));
    fs::rename(&away, &root).unwrap();
    let mut first = load(dir.path(), &genesis).unwrap();
    assert!(!dir.path().join(KEYSET).exists(), "the store comes first");
    first.keep(&genesis.net()).unwrap();
    fs::rename(&root, &away).unwrap();
    assert_eq!(load(dir.path(), &genesis).unwrap().keyset, first.keyset);
}

#[test]
fn keys_are_never_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    create(dir.path()).unwrap();
    let before = fs::read(dir.path().join(ROOT_KEY)).unwrap();
    assert!(create(dir.path()).unwrap_err().to_string().contains("never overwritten"));
    assert_eq!(fs::read(dir.path().join(ROOT_KEY)).unwrap(), before);
}

#[test]
fn a_key_that_others_may_read_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let public = create(dir.path()).unwrap();
    let path = dir.path().join(WITNESS_KEY);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let error = load(dir.path(), &genesis("a", public.root)).unwrap_err().to_string();
    assert!(
        error.contains("witness.key") && error.contains("0640") && error.contains("chmod 600"),
        "{error}"
    );
}

/// Whoever may put a file in a directory may put another key in the place of one.
#[test]
fn a_key_that_everybody_may_replace_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("node");
    let public = create(&data).unwrap();
    let genesis = genesis("a", public.root);
    for (mode, taken) in [(0o777, false), (0o702, false), (0o1777, true), (0o770, true), (0o700, true)] {
        fs::set_permissions(&data, fs::Permissions::from_mode(mode)).unwrap();
        let loaded = load(&data, &genesis).map(drop).map_err(|error| error.to_string());
        assert_eq!(loaded.is_ok(), taken, "{mode:o}: {loaded:?}");
        assert!(taken || loaded.unwrap_err().contains("chmod go-w"), "{mode:o}");
    }
}

#[test]
fn a_file_that_is_no_key_is_refused_without_showing_it() {
    let dir = tempfile::tempdir().unwrap();
    let public = create(dir.path()).unwrap();
    let path = dir.path().join(LOG_KEY);
    for bad in ["", "secret-nonsense", &"A".repeat(64), &"0".repeat(66)] {
        fs::write(&path, bad).unwrap();
        let error = load(dir.path(), &genesis("a", public.root)).unwrap_err().to_string();
        assert!(error.contains("log.key") && !error.contains("secret-nonsense"), "{error}");
    }
    fs::remove_file(&path).unwrap();
    assert!(matches!(load(dir.path(), &genesis("a", public.root)), Err(KeysError::Missing { .. })));
}

#[test]
fn a_data_directory_belongs_to_one_network_and_one_set_of_keys() {
    let dir = tempfile::tempdir().unwrap();
    let public = create(dir.path()).unwrap();
    let net = genesis("a", public.root).net();
    load(dir.path(), &genesis("a", public.root)).unwrap().keep(&net).unwrap();
    let error = load(dir.path(), &genesis("b", public.root)).unwrap_err().to_string();
    assert!(error.contains("belongs to network"), "{error}");

    let other = tempfile::tempdir().unwrap();
    create(other.path()).unwrap();
    fs::copy(other.path().join(LOG_KEY), dir.path().join(LOG_KEY)).unwrap();
    let error = load(dir.path(), &genesis("a", public.root)).unwrap_err().to_string();
    assert!(error.contains("another log key"), "{error}");
}
