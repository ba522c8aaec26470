//! A virtual environment with the vendors' clients, made once for a list of versions and kept.

use serde_json::Value;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;
use vantage_protocol::hash::sha256;

/// The clients and all that they need, in exact versions.
const REQUIREMENTS: &str = include_str!("requirements.txt");
/// What stands in an environment that is complete.
const COMPLETE: &str = "complete";

/// Runs a script of ours in the environment and reads the JSON that it prints.
pub async fn python(script: &str, argument: &str) -> Value {
    let environment = environment().await;
    let script = folder().join(script);
    let output = Command::new(environment.join("bin").join("python"))
        .arg(&script)
        .arg(argument)
        .env("NO_PROXY", "*")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null())
        .output()
        .await
        .expect("the environment's python");
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

/// The environment for these versions; made if it is not there. One process makes it at a time.
async fn environment() -> PathBuf {
    let versions = sha256(REQUIREMENTS.as_bytes()).to_string();
    let name: String = versions.chars().take(16).collect();
    let kept = kept();
    let environment = kept.join(name);
    fs::create_dir_all(&kept).expect("a directory for environments");
    let lock = File::create(kept.join("lock")).expect("a lock file");
    lock.lock().expect("the lock");
    if !environment.join(COMPLETE).exists() {
        if environment.exists() {
            fs::remove_dir_all(&environment).expect("to remove what was not completed");
        }
        let place = environment.display().to_string();
        run("python3", &["-m", "venv", &place]).await;
        let pip = environment.join("bin").join("pip").display().to_string();
        let cache = kept.join("downloads").display().to_string();
        let list = folder().join("requirements.txt").display().to_string();
        let quiet = ["install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"];
        run(&pip, &[&quiet[..], &["--cache-dir", &cache, "--requirement", &list]].concat()).await;
        fs::write(environment.join(COMPLETE), REQUIREMENTS).expect("to mark the environment as complete");
    }
    environment
}

async fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().await;
    let output = output.unwrap_or_else(|error| {
        panic!("{program} cannot be run ({error}): this test needs Python 3 with venv and pip")
    });
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{program} {}: {}\n{errors}\nthis test needs Python 3 with venv and pip, and the package index once",
        arguments.join(" "),
        output.status
    );
}
