//! One daemon.

use crate::process::Process;
use crate::rest::Rest;
use crate::{BedError, Yagna, cache, port};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Longest time for a daemon to answer: a guess; it takes 2 s on a machine with nothing else to do.
const READY_TIME_MAX: Duration = Duration::from_secs(60);
/// Time between two looks at a condition.
const LOOK: Duration = Duration::from_millis(50);

/// A daemon with its directory and addresses. It can be stopped and started again on the same data; it is killed when
/// dropped.
#[derive(Debug)]
pub struct Daemon {
    name: &'static str,
    program: PathBuf,
    dir: PathBuf,
    hub_port: u16,
    gsb_port: u16,
    api_port: u16,
    app_key: String,
    environment: Vec<(String, String)>,
    process: Option<Process>,
    rest: Rest,
    node_id: String,
}

impl Daemon {
    /// Lays out a daemon below `dir`, without starting it. `hub_port` is the bus port of the daemon that is the hub,
    /// this one or another.
    pub(crate) fn new(
        yagna: &Yagna,
        name: &'static str,
        dir: &Path,
        (gsb_port, hub_port): (u16, u16),
        environment: Vec<(String, String)>,
    ) -> Result<Self, BedError> {
        let dir = dir.join(name);
        for folder in ["data", "home"] {
            let path = dir.join(folder);
            fs::create_dir_all(&path).map_err(BedError::io(&path))?;
        }
        let (api_port, app_key) = (port::any()?, cache::random_hex::<16>()?);
        let rest = Rest::new(format!("http://127.0.0.1:{api_port}"), app_key.clone());
        Ok(Self {
            name,
            program: yagna.program().to_owned(),
            dir,
            hub_port,
            gsb_port,
            api_port,
            app_key,
            environment,
            process: None,
            rest,
            node_id: String::new(),
        })
    }

    /// Base of its REST API, without a slash at the end.
    pub fn api_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.api_port)
    }

    /// The key for its REST API.
    pub fn app_key(&self) -> &str {
        &self.app_key
    }

    /// Its bus, as `tcp://127.0.0.1:PORT`.
    pub fn gsb_url(&self) -> String {
        format!("tcp://127.0.0.1:{}", self.gsb_port)
    }

    /// Its identity on the network, an Ethereum address.
    pub fn node_id(&self) -> &str {
        &self.node_id
    }

    /// Its data directory.
    pub fn data_dir(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// Where all of it is: data, home, log.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What it printed.
    pub fn log(&self) -> PathBuf {
        self.dir.join("log")
    }

    /// Its process, while there is one.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Process::pid)
    }

    /// Starts it on its data and addresses, and waits until it answers.
    pub async fn start(&mut self) -> Result<(), BedError> {
        self.stop();
        self.process = Some(Process::spawn(self.name, self.command(), &self.log())?);
        let me = self.answers("/me").await?;
        self.node_id = me["identity"].as_str().unwrap_or_default().to_owned();
        Ok(())
    }

    /// SIGTERM, and waits until it is gone. Blocks for as long as that takes, under a second as a rule.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.terminate();
        }
    }

    /// SIGKILL, and waits until it is gone.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// One call of its REST API, for a condition to look at; `None` unless it says 200 with JSON.
    pub async fn get(&self, path: &str) -> Option<serde_json::Value> {
        self.rest.get(path).await.ok()
    }

    /// The same; an error says the status, or why there was no answer.
    pub async fn try_get(&self, path: &str) -> Result<serde_json::Value, BedError> {
        self.rest.get(path).await
    }

    /// One call of its REST API with a JSON body; the answer's JSON.
    pub async fn post(&self, path: &str, body: &serde_json::Value) -> Result<serde_json::Value, BedError> {
        self.rest.post(path, body).await
    }

    /// One call of its REST API that ends something.
    pub async fn delete(&self, path: &str) -> Result<serde_json::Value, BedError> {
        self.rest.delete(path).await
    }

    /// Waits until a call of its REST API is answered.
    pub(crate) async fn answers(&mut self, path: &str) -> Result<serde_json::Value, BedError> {
        let started = Instant::now();
        let what = format!("no answer to {path}");
        loop {
            let seen = match self.rest.get(path).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let waited = started.elapsed();
            let Some(process) = self.process.as_mut() else {
                return Err(BedError::Spawn {
                    program: self.name.to_owned(),
                    why: std::io::Error::other("it was stopped"),
                });
            };
            if let Some(status) = process.ended() {
                return Err(process.not_ready(&what, waited, &format!("it ended: {status}")));
            }
            if waited > READY_TIME_MAX {
                return Err(process.not_ready(&what, waited, &seen.to_string()));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The command line, in an environment that holds nothing of ours.
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(["service", "run", "--disable-metrics-push"])
            .current_dir(&self.dir)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.dir.join("home"))
            .env("YAGNA_DATADIR", self.data_dir())
            .env("YAGNA_LOG_DIR", "")
            .env("GSB_URL", self.gsb_url())
            .env("YAGNA_API_URL", self.api_url())
            .env("YAGNA_AUTOCONF_APPKEY", &self.app_key)
            .env("YA_NET_TYPE", "central")
            .env("CENTRAL_NET_HOST", format!("127.0.0.1:{}", self.hub_port))
            // an offer published before the other's first demand would wait a minute otherwise
            .env("OFFER_BROADCAST_DELAY", "200ms")
            .env("MEAN_CYCLIC_BCAST_INTERVAL", "1s")
            .env("MEAN_CYCLIC_UNSUBSCRIBES_INTERVAL", "5s")
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}
