//! Where an API key comes from: the environment or a private file, never the configuration itself.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::secret::{KEY_LEN_MAX, Secret, SecretError, is_key_like};

mod mode;

use mode::Fault;
pub use mode::Openness;

/// Where the key is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeySource {
    /// The vendor wants no key.
    #[default]
    None,
    /// An environment variable.
    Env(String),
    /// A file that only its owner can read; the key is all it holds.
    File(PathBuf),
    /// A file, and the directories that the configuration declares shared: what delivers a key into one sees to who reads
    /// it.
    #[serde(rename = "file", serialize_with = "only_path")]
    Shared {
        /// The file.
        path: PathBuf,
        /// The directories.
        dirs: Vec<PathBuf>,
        /// The user whose process loads it; none: this process's.
        user: Option<u32>,
    },
    /// Some other text stood there, perhaps the key itself. It is not kept, and loading refuses it.
    Misplaced,
}

/// Why the key could not be had. It shows names and paths, never a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Something else than a source.
    #[error(
        "key must be {{ env = \"NAME\" }}, {{ file = \"/path\" }} or \"none\"; never write the key itself into the \
         configuration (if you did, revoke it)"
    )]
    Misplaced,
    /// The variable's name is none, perhaps it is the key itself.
    #[error("key.env is not a variable's name (A-Z 0-9 _): name the variable, do not write the key itself")]
    VariableName,
    /// The variable is not set.
    #[error("environment variable {0} is not set or empty: export it before starting, or use key.file")]
    VariableMissing(String),
    /// The variable holds something that cannot be a key.
    #[error("environment variable {0} {1}")]
    VariableValue(String, SecretError),
    /// The path depends on the working directory, or is the key itself.
    #[error("key.file must be an absolute path")]
    PathRelative,
    /// The path looks like a key, and nothing is there.
    #[error(
        "key.file is not there and looks like a key itself, so it is not shown (if it is one, revoke it): name a file that \
         holds the key, under a name that is made of words"
    )]
    PathIsKey,
    /// The file cannot be read.
    #[error("key file {0}: {1}")]
    File(PathBuf, std::io::Error),
    /// Not a regular file.
    #[error("key file {0} is not a regular file")]
    NotAFile(PathBuf),
    /// Others can read or write the file.
    #[error(
        "key file {path} has mode {mode:04o}, {openness}: chmod 600 {path}; where a service manager or a container's \
         runtime delivers it readable, name its directory under [secrets] shared"
    )]
    Mode {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// Who may do what.
        openness: Openness,
    },
    /// Somebody else owns the file.
    #[error(
        "key file {path} belongs to user {owner}, who could read and replace it: chown it to the user that the node runs \
         as, or to root; where a service manager or a container's runtime delivers it, name its directory under [secrets] \
         shared"
    )]
    Owner {
        /// The file.
        path: PathBuf,
        /// The owner's number.
        owner: u32,
    },
    /// The file holds something that cannot be a key.
    #[error("key file {0} {1}")]
    FileValue(PathBuf, SecretError),
}

impl KeyError {
    /// Whether another process may have the key all the same: its environment is another one, or its service manager has
    /// delivered a file to it that this process does not see, or does not know for a delivered one.
    pub fn is_of_surroundings(&self) -> bool {
        match self {
            Self::VariableMissing(_) | Self::VariableValue(..) => true,
            Self::File(_, error) => {
                matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::PermissionDenied)
            }
            Self::Mode { path, mode, openness: Openness::Read } => mode::may_be_delivered(path, *mode),
            _ => false,
        }
    }
}

impl KeySource {
    /// The same source, where these directories are declared shared.
    pub fn declared(self, dirs: &[PathBuf]) -> Self {
        match self {
            Self::File(path) if !dirs.is_empty() => Self::Shared { path, dirs: dirs.to_vec(), user: None },
            other => other,
        }
    }

    /// The same source, as a process of this user would load it.
    pub fn run_by(self, user: u32) -> Self {
        match self {
            Self::File(path) => Self::Shared { path, dirs: Vec::new(), user: Some(user) },
            Self::Shared { path, dirs, .. } => Self::Shared { path, dirs, user: Some(user) },
            other => other,
        }
    }

    /// Loads the key; `None` where no key is wanted.
    pub fn load(&self) -> Result<Option<Secret>, KeyError> {
        match self {
            Self::None => Ok(None),
            Self::Env(name) => from_environment(name).map(Some),
            Self::File(path) => from_file(path, &[], None).map(Some),
            Self::Shared { path, dirs, user } => from_file(path, dirs, *user).map(Some),
            Self::Misplaced => Err(KeyError::Misplaced),
        }
    }
}

fn from_environment(name: &str) -> Result<Secret, KeyError> {
    let in_name = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    if name.is_empty() || name.len() > 64 || !name.bytes().all(in_name) || is_key_like(name) {
        return Err(KeyError::VariableName);
    }
    let Some(value) = std::env::var_os(name).filter(|value| !value.is_empty()) else {
        return Err(KeyError::VariableMissing(name.to_owned()));
    };
    let value = value.into_string().map_err(|_| SecretError::NotPrintable);
    value.and_then(Secret::new).map_err(|error| KeyError::VariableValue(name.to_owned(), error))
}

fn from_file(path: &Path, shared: &[PathBuf], user: Option<u32>) -> Result<Secret, KeyError> {
    if !path.is_absolute() {
        return Err(KeyError::PathRelative);
    }
    if is_path_key_like(path) {
        return Err(KeyError::PathIsKey);
    }
    let failed = |error| KeyError::File(path.to_owned(), error);
    // A pipe would block the opening, so the kind is looked at before; the mode is read from the open file, which
    // nobody can exchange any more.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(KeyError::NotAFile(path.to_owned()));
    }
    let file = File::open(path).map_err(failed)?;
    let path = path.to_owned();
    match mode::fault(&path, &file, shared, user).map_err(failed)? {
        None => {}
        Some(Fault::Open(mode, openness)) => return Err(KeyError::Mode { path, mode, openness }),
        Some(Fault::Owner(owner)) => return Err(KeyError::Owner { path, owner }),
    }
    // Room for everything that may be read, so that no copy is left behind by growing.
    let mut bytes = Zeroizing::new(Vec::with_capacity(KEY_LEN_MAX + 65));
    file.take(KEY_LEN_MAX as u64 + 64).read_to_end(&mut bytes).map_err(failed)?;
    let refused = |error| KeyError::FileValue(path.clone(), error);
    let text = std::str::from_utf8(&bytes).map_err(|_| refused(SecretError::NotPrintable))?;
    // an editor's byte order mark
    Secret::new(text.trim_start_matches('\u{feff}')).map_err(refused)
}

/// Whether a path may be the key itself: a name in it looks like one, and nothing is there under that name.
fn is_path_key_like(path: &Path) -> bool {
    let named = |part: &Path| {
        part.file_name().is_some_and(|name| name.to_str().is_none_or(|name| is_key_like(name.trim())))
    };
    path.ancestors().any(|part| named(part) && !part.exists())
}

fn only_path<S: Serializer>(
    path: &Path,
    _: &[PathBuf],
    _: &Option<u32>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    path.serialize(serializer)
}

impl<'de> Deserialize<'de> for KeySource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KeySourceVisitor)
    }
}

/// Takes any string, so that a key written in the wrong place is not quoted by the parser's error.
struct KeySourceVisitor;

impl<'de> Visitor<'de> for KeySourceVisitor {
    type Value = KeySource;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{ env = \"NAME\" }, { file = \"/path\" } or \"none\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<KeySource, E> {
        Ok(if text == "none" { KeySource::None } else { KeySource::Misplaced })
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<KeySource, E> {
        Ok(KeySource::Misplaced)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<KeySource, E> {
        Ok(KeySource::Misplaced)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<KeySource, E> {
        Ok(KeySource::Misplaced)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<KeySource, E> {
        Ok(KeySource::Misplaced)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<KeySource, A::Error> {
        let mut source = None;
        while let Some(name) = map.next_key::<String>()? {
            let value: String = map.next_value()?;
            source = Some(match (name.as_str(), source) {
                ("env", None) => KeySource::Env(value),
                ("file", None) => KeySource::File(value.into()),
                _ => KeySource::Misplaced,
            });
        }
        Ok(source.unwrap_or(KeySource::Misplaced))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const KEY: &str = "sk-file-7193058264";

    fn file_with(text: &str, mode: u32) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        (dir, path)
    }

    #[test]
    fn a_private_file_gives_its_key() {
        for mode in [0o600, 0o400] {
            let (_dir, path) = file_with(&format!("{KEY}\n"), mode);
            assert_eq!(KeySource::File(path).load().unwrap().unwrap().expose(), KEY);
        }
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        for mode in [0o644, 0o640, 0o602, 0o610] {
            let (_dir, path) = file_with(KEY, mode);
            let error = KeySource::File(path.clone()).load().unwrap_err().to_string();
            assert!(error.contains(&format!("{mode:04o}")) && error.contains("chmod 600"), "{error}");
            assert!(!error.contains(KEY));
        }
    }

    /// As Docker (0444), Kubernetes (0440, behind two symlinks in a directory that is open to all) and systemd deliver keys.
    #[test]
    fn a_file_in_a_directory_that_is_declared_shared_may_be_readable() {
        for mode in [0o400, 0o440, 0o444, 0o600, 0o640, 0o644] {
            let (dir, path) = file_with(&format!("\u{feff}{KEY}\r\n"), mode);
            fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o1777)).unwrap();
            fs::create_dir(dir.path().join("..2026")).unwrap();
            fs::rename(&path, dir.path().join("..2026/key")).unwrap();
            std::os::unix::fs::symlink("..2026", dir.path().join("..data")).unwrap();
            std::os::unix::fs::symlink("..data/key", &path).unwrap();
            let shared = KeySource::File(path.clone()).declared(&[dir.path().to_owned()]);
            assert_eq!(shared.load().unwrap().unwrap().expose(), KEY, "{mode:o}");
            assert_eq!(serde_json::to_value(&shared).unwrap(), serde_json::json!({ "file": path }));
            // a directory beside it is none of its
            let other = tempfile::tempdir().unwrap();
            let elsewhere = KeySource::File(path).declared(&[other.path().to_owned()]).load();
            assert_eq!(elsewhere.is_err(), mode & 0o077 != 0, "{mode:o}");
        }
    }

    #[test]
    fn a_file_of_another_user_is_refused_unless_it_is_delivered() {
        use std::os::unix::fs::MetadataExt as _;
        const OTHER: u32 = 54_321;
        let (dir, path) = file_with(KEY, 0o600);
        let me = fs::metadata(&path).unwrap().uid();
        let own = KeySource::File(path.clone());
        assert!(own.clone().run_by(me).load().is_ok());
        // whoever looks; the superuser's files are looked at for another in vain, so they are given away
        let (owner, looking) = match std::os::unix::fs::chown(&path, Some(OTHER), None) {
            Ok(()) => (OTHER, me),
            Err(_) => (me, OTHER),
        };
        let error = own.clone().run_by(looking).load().unwrap_err().to_string();
        assert!(error.contains(&format!("belongs to user {owner}")), "{error}");
        assert_eq!(own.load().is_ok(), owner == me, "for this process's own user");
        assert!(own.clone().run_by(owner).load().is_ok());
        assert!(own.declared(&[dir.path().to_owned()]).run_by(looking).load().is_ok());
    }

    #[test]
    fn what_others_could_change_is_refused_in_a_shared_directory_too() {
        for mode in [0o602, 0o620, 0o666] {
            let (dir, path) = file_with(KEY, mode);
            let error =
                KeySource::File(path).declared(&[dir.path().to_owned()]).load().unwrap_err().to_string();
            assert!(error.contains("others could change it") && !error.contains(KEY), "{error}");
        }
        // a link out of the directory leads out of the rule
        let (_elsewhere, readable) = file_with(KEY, 0o644);
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("key");
        std::os::unix::fs::symlink(&readable, &link).unwrap();
        let error = KeySource::File(link).declared(&[dir.path().to_owned()]).load().unwrap_err().to_string();
        assert!(error.contains("[secrets] shared") && error.contains("chmod 600"), "{error}");
    }

    #[test]
    fn files_that_hold_no_key_are_refused_with_their_path() {
        let (_dir, path) = file_with("", 0o600);
        let error = KeySource::File(path.clone()).load().unwrap_err().to_string();
        assert!(error.contains("has 0 characters") && error.contains(path.to_str().unwrap()), "{error}");
        let (_dir, path) = file_with(&"k".repeat(100_000), 0o600);
        assert!(KeySource::File(path.clone()).load().unwrap_err().to_string().contains("at most"));
        let dir = path.parent().unwrap().to_owned();
        assert!(matches!(KeySource::File(dir.clone()).load(), Err(KeyError::NotAFile(_))));
        assert!(matches!(KeySource::File(dir.join("absent")).load(), Err(KeyError::File(..))));
        assert!(matches!(KeySource::File("key".into()).load(), Err(KeyError::PathRelative)));
    }

    #[test]
    fn honest_names_are_no_keys() {
        for path in [
            "/run/secrets/openai_api_key",
            "/etc/vantage/sk-openai-key.txt",
            "/etc/vantage/key-openai-prod-2026",
            "/etc/vantage/keys/gemini-2.5-flash.key",
            "/run/credentials/vantage.service/openai",
        ] {
            assert!(!is_path_key_like(path.as_ref()), "{path}");
        }
        for name in ["OPENAI_API_KEY", "AZURE_OPENAI_V1_KEY_2026", "GPT4O_KEY", "VANTAGE_KEY_EU_WEST_1"] {
            assert!(!is_key_like(name), "{name}");
        }
    }

    #[test]
    fn a_key_that_is_not_bare_is_refused_from_a_file_too() {
        for text in ["\"a1B2c3D4e5F6\"", "OPENAI_API_KEY=a1B2c3D4e5F6", "{\"api_key\":\"a1B2c3D4e5F6\"}"] {
            let (_dir, path) = file_with(text, 0o600);
            let error = KeySource::File(path).load().unwrap_err().to_string();
            assert!(error.contains("write") && !error.contains("c3D4"), "{error}");
        }
    }

    #[test]
    fn what_another_process_may_have_is_told_apart() {
        let (dir, path) = file_with(KEY, 0o440);
        let of_surroundings = |source: KeySource| source.load().unwrap_err().is_of_surroundings();
        // as systemd delivers it, to whoever does not know that
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o550)).unwrap();
        assert!(of_surroundings(KeySource::File(path.clone())));
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        assert!(!of_surroundings(KeySource::File(path.clone())));
        for (mode, text) in [(0o444, KEY), (0o660, KEY), (0o600, "")] {
            let (dir, path) = file_with(text, mode);
            fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
            assert!(!of_surroundings(KeySource::File(path)), "{mode:o}");
        }
        assert!(of_surroundings(KeySource::File(dir.path().join("absent"))));
        assert!(of_surroundings(KeySource::Env("VANTAGE_TEST_NO_SUCH_KEY".into())));
        assert!(!of_surroundings(KeySource::Env("not a name".into())));
        assert!(!of_surroundings(KeySource::Misplaced));
        assert!(!of_surroundings(KeySource::File("key".into())));
    }

    #[test]
    fn the_environment_is_named_in_errors() {
        let error = KeySource::Env("VANTAGE_TEST_NO_SUCH_KEY".into()).load().unwrap_err().to_string();
        assert!(error.contains("VANTAGE_TEST_NO_SUCH_KEY is not set"), "{error}");
        // PATH is always there and holds a value that no key check knows to be wrong or right.
        assert!(!matches!(KeySource::Env("PATH".into()).load(), Err(KeyError::VariableMissing(_))));
    }

    #[test]
    fn a_key_in_the_wrong_place_is_refused_and_never_quoted() {
        #[derive(Debug, Deserialize)]
        struct Holder {
            key: KeySource,
        }
        for text in [
            format!("key = \"{KEY}\""),
            format!("key = {{ env = \"{KEY}\" }}"),
            format!("key = {{ file = \"{KEY}\" }}"),
            format!("key = {{ value = \"{KEY}\" }}"),
            format!("key = {{ env = \"A\", file = \"{KEY}\" }}"),
            format!("key = {{ file = \"/{KEY}\" }}"),
            format!("key = {{ file = \"/etc/{KEY}/key\" }}"),
            format!("key = {{ file = \"/etc/OPENAI_API_KEY={KEY}\" }}"),
            "key = { file = \"/A1B2C3D4E5F6G7H8\" }".to_owned(),
            "key = { file = \"/sk-proj-A1B2C3/D4E5F6G7H8J9K0\" }".to_owned(),
            "key = { env = \"A1B2C3D4\" }".to_owned(),
            "key = { env = \"A1B2C3IOSFODNNEXAMPLE\" }".to_owned(),
            "key = {}".to_owned(),
            "key = 1234567890123".to_owned(),
            "key = { env = \"A1B2C3D4E5F6G7H8\" }".to_owned(),
        ] {
            let holder: Holder = toml::from_str(&text).unwrap();
            let error = holder.key.load().unwrap_err();
            let said = format!("{error} {error:?}");
            assert!(![KEY, "123456", "719305", "A1B2C3"].iter().any(|part| said.contains(part)), "{error}");
        }
        let none: Holder = toml::from_str("key = \"none\"").unwrap();
        assert!(none.key.load().unwrap().is_none());
    }
}
