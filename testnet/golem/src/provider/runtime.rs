//! Carrying out commands: fetching the image, moving files, running programs of the image.
//!
//! There is no virtual machine and no isolation here: the program runs as a child of the test.

use super::batch::Outcome;
use super::meter::Meter;
use super::network::{self, Network};
use super::options::Faults;
use super::script::{OUTPUT_BYTES_MAX, Run, Wanted};
use crate::process::guard;
use crate::{BedError, image};
use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Mutex, OnceCell};

/// Largest image and file that are fetched, and the longest time for one: guesses for loopback.
const FETCHED_BYTES_MAX: u64 = 2 << 30;
const FETCH_TIME_MAX: Duration = Duration::from_secs(120);
/// How often a program that is open for writing is tried, ten milliseconds apart. A guess: a fork lasts a few.
const SPAWN_MAX: u32 = 100;

/// Images that were fetched, checked and unpacked, by hash: an image is unpacked once, however many activities want it.
#[derive(Debug)]
pub(super) struct Images {
    dir: PathBuf,
    known: Mutex<HashMap<String, Arc<OnceCell<PathBuf>>>>,
    http: reqwest::Client,
}

impl Images {
    pub(super) fn new(dir: PathBuf) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap_or_default();
        Self { dir, known: Mutex::default(), http }
    }

    /// The directory of an image that a demand names as `hash:sha3:<hash>:<url>`.
    async fn unpacked(&self, task_package: &str) -> Result<PathBuf, BedError> {
        let (hash, url) = parse(task_package)?;
        let cell = Arc::clone(self.known.lock().await.entry(hash.clone()).or_default());
        let root = cell.get_or_try_init(|| self.get(&hash, &url)).await?;
        Ok(root.clone())
    }

    async fn get(&self, hash: &str, url: &str) -> Result<PathBuf, BedError> {
        let (file, root) = (self.dir.join(format!("{hash}.gvmi")), self.dir.join(hash));
        // what an earlier attempt left
        let _ = std::fs::remove_dir_all(&root);
        std::fs::create_dir_all(&root).map_err(BedError::io(&root))?;
        fetch(&self.http, url, &file).await?;
        let hash = hash.to_owned();
        let unpacking = tokio::task::spawn_blocking(move || {
            let found = image::sha3_224(&file)?;
            if found != hash {
                return Err(BedError::Image(format!("its sha3-224 is {found}, the demand says {hash}")));
            }
            image::unpack(&file, &root)?;
            Ok(root)
        });
        unpacking.await.map_err(|e| BedError::Image(e.to_string()))?
    }
}

fn parse(task_package: &str) -> Result<(String, String), BedError> {
    let refused = || BedError::Image(format!("{task_package:?} is not hash:sha3:<hash>:<url>"));
    let rest = task_package.strip_prefix("hash:sha3:").ok_or_else(refused)?;
    let (hash, url) = rest.split_once(':').ok_or_else(refused)?;
    let is_hash = hash.len() == 56 && hash.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase());
    if !is_hash {
        return Err(refused());
    }
    Ok((hash.to_owned(), url.to_owned()))
}

/// Fetches a file over HTTP from this machine; nothing of a test comes from elsewhere.
async fn fetch(http: &reqwest::Client, url: &str, file: &Path) -> Result<(), BedError> {
    let failed = |why: String| BedError::Download { what: url.to_owned(), why };
    if !url.starts_with("http://127.0.0.1:") {
        return Err(failed("it is not on loopback".to_owned()));
    }
    let answer = http.get(url).timeout(FETCH_TIME_MAX).send().await;
    let mut answer =
        answer.and_then(reqwest::Response::error_for_status).map_err(|e| failed(e.to_string()))?;
    let mut out = tokio::fs::File::create(file).await.map_err(BedError::io(file))?;
    let mut fetched = 0;
    while let Some(chunk) = answer.chunk().await.map_err(|e| failed(e.to_string()))? {
        fetched += chunk.len() as u64;
        if fetched > FETCHED_BYTES_MAX {
            return Err(failed("it is too large".to_owned()));
        }
        out.write_all(&chunk).await.map_err(BedError::io(file))?;
    }
    out.flush().await.map_err(BedError::io(file))
}

/// The runtime of one activity.
#[derive(Debug)]
pub(super) struct Runtime {
    images: Arc<Images>,
    task_package: String,
    /// What the activity wrote itself; looked at before the image, as if it lay over it.
    dir: PathBuf,
    root: OnceCell<PathBuf>,
    network: Network,
    faults: Faults,
}

impl Runtime {
    pub(super) fn new(
        images: Arc<Images>,
        activity: &str,
        task_package: String,
        network: Network,
        faults: Faults,
    ) -> Self {
        let dir = images.dir.join(format!("activity-{activity}"));
        Self { images, task_package, dir, root: OnceCell::new(), network, faults }
    }

    pub(super) async fn deploy(&self) -> Outcome {
        let made = async {
            tokio::fs::create_dir_all(&self.dir).await.map_err(BedError::io(&self.dir))?;
            self.root.get_or_try_init(|| self.images.unpacked(&self.task_package)).await
        };
        match made.await {
            Ok(_) => Outcome::ok(),
            Err(error) => Outcome::error(error.to_string()),
        }
    }

    pub(super) async fn transfer(&self, from: &str, to: &str) -> Outcome {
        let moved = async {
            match (from.strip_prefix("container:"), to.strip_prefix("container:")) {
                (None, Some(inside)) => {
                    let path = self.written(inside)?;
                    let parent = path.parent().unwrap_or(&path);
                    tokio::fs::create_dir_all(parent).await.map_err(BedError::io(parent))?;
                    fetch(&self.images.http, from, &path).await
                }
                (Some(inside), None) => {
                    let path = self.found(inside)?;
                    let content = tokio::fs::read(&path).await.map_err(BedError::io(&path))?;
                    let failed = |why: reqwest::Error| BedError::Download {
                        what: to.to_owned(),
                        why: why.to_string(),
                    };
                    let put = self.images.http.put(to).body(content).timeout(FETCH_TIME_MAX).send();
                    put.await.and_then(reqwest::Response::error_for_status).map(drop).map_err(failed)
                }
                _ => Err(BedError::Image(format!("no transfer from {from} to {to}"))),
            }
        };
        match moved.await {
            Ok(()) => Outcome::ok(),
            Err(error) => Outcome::error(error.to_string()),
        }
    }

    pub(super) async fn run(&self, run: &Run, meter: &Meter) -> Outcome {
        let program = match self.found(&run.entry_point) {
            Ok(program) => program,
            Err(error) => return Outcome::error(error.to_string()),
        };
        if self.faults.endless_run {
            std::future::pending::<()>().await;
        }
        let _computing = meter.computes();
        let (status, stdout, stderr) = match self.output(&program, &run.args).await {
            Ok(output) => output,
            Err(error) => return Outcome::error(format!("{}: {error}", run.entry_point)),
        };
        let captured = |mode, output: &[u8]| Wanted::parse(mode).map(|wanted| wanted.part(output));
        let mut outcome = if status.success() {
            Outcome::ok()
        } else {
            let code = status.code().unwrap_or(-1);
            Outcome::error(format!("ExeScript command exited with code {code}"))
        };
        outcome.stdout = captured(run.capture.stdout.as_ref(), &self.falsified(stdout));
        outcome.stderr = captured(run.capture.stderr.as_ref(), &stderr);
        outcome
    }

    /// Runs a program to its end. Whatever it started ends too, should nobody wait for it any more or should we be
    /// killed.
    async fn output(
        &self,
        program: &Path,
        args: &[String],
    ) -> std::io::Result<(std::process::ExitStatus, Vec<u8>, Vec<u8>)> {
        let mut command = self.command(program, args).await?;
        command
            .args(args)
            .current_dir(&self.dir)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        let mut child = spawn(&mut command).await?;
        let group = child.id().ok_or_else(|| std::io::Error::other("it has no number"))?;
        let mut guard = tokio::process::Command::from(guard(group)).spawn()?;
        let (out, errors) = (child.stdout.take(), child.stderr.take());
        let (status, out, errors) = tokio::join!(child.wait(), kept(out), kept(errors));
        if let Some(mut pipe) = guard.stdin.take() {
            pipe.write_all(b"well\n").await?;
        }
        guard.wait().await?;
        Ok((status?, out, errors))
    }

    /// A program with the network that was agreed upon.
    async fn command(&self, program: &Path, args: &[String]) -> std::io::Result<tokio::process::Command> {
        if self.network == Network::Closed {
            if network::can_be_closed().await {
                let mut command = tokio::process::Command::new("unshare");
                command.args(["--net", "--"]).arg(program);
                return Ok(command);
            }
            if args.first().is_some_and(|arg| arg == "probe") {
                return Err(std::io::Error::other("it has no network"));
            }
        }
        Ok(tokio::process::Command::new(program))
    }

    fn falsified(&self, mut output: Vec<u8>) -> Vec<u8> {
        if let Some(length) = self.faults.output_bytes {
            return vec![b'x'; length];
        }
        if self.faults.wrong_output
            && let Some(last) = output.iter_mut().rfind(|byte| byte.is_ascii_alphanumeric())
        {
            *last = if *last == b'0' { b'1' } else { b'0' };
        }
        output
    }

    /// Where the activity writes a file.
    fn written(&self, inside: &str) -> Result<PathBuf, BedError> {
        let refused = || BedError::Image(format!("the path {inside}"));
        image::below(&self.dir, Path::new(inside)).ok_or_else(refused)
    }

    /// Where a file is found: what the activity wrote, then the image.
    fn found(&self, inside: &str) -> Result<PathBuf, BedError> {
        let own = self.written(inside)?;
        if own.exists() {
            return Ok(own);
        }
        let root = self.root.get().ok_or_else(|| BedError::Image("nothing is deployed".to_owned()))?;
        let in_image = image::below(root, Path::new(inside)).filter(|path| path.exists());
        in_image.ok_or_else(|| BedError::Image(format!("there is no {inside}")))
    }
}

/// Starts a program. One that was unpacked just now may be open for writing still, in a child of ours that another thread
/// forked meanwhile and that has not become its own program yet.
async fn spawn(command: &mut tokio::process::Command) -> std::io::Result<tokio::process::Child> {
    let mut tried = 0;
    loop {
        match command.spawn() {
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy && tried < SPAWN_MAX => {
                tried += 1;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            spawned => return spawned,
        }
    }
}

/// Reads a stream to its end and keeps a bounded part of it.
async fn kept(from: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let (mut kept, mut chunk) = (Vec::new(), vec![0; 64 * 1024]);
    let Some(mut from) = from else { return kept };
    loop {
        match from.read(&mut chunk).await {
            Ok(0) | Err(_) => return kept,
            Ok(count) => {
                let room = OUTPUT_BYTES_MAX.saturating_sub(kept.len()).min(count);
                kept.extend_from_slice(chunk.get(..room).unwrap_or_default());
            }
        }
    }
}

#[cfg(test)]
mod tests;
