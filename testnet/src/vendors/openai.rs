//! `sim:openai`: a server with the wire format of OpenAI's chat completions and prepared answers.
//!
//! The region of a call is known from the path it came in on and from nothing else, as with real regional endpoints:
//! `http://127.0.0.1:<port>/<region>` is the base address, and request bytes are the same everywhere.

mod ledger;
mod routes;
mod wire;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::fault::Fault;
use super::plant::{Plant, PlantError};
use ledger::Ledger;
pub use ledger::RecordedRequest;

/// The API key that the simulated vendor wants unless told otherwise. It opens nothing else.
pub const SIM_KEY: &str = "sk-sim-0123456789abcdef0123456789abcdef";

/// How a simulated vendor behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimConfig {
    /// Equal seeds give equal answers, call by call.
    pub seed: u64,
    /// The regions with a base path.
    pub regions: Vec<String>,
    /// What is answered differently where.
    pub plants: Vec<Plant>,
    /// Time before each answer, milliseconds.
    pub latency_ms: u64,
    /// The bearer key that callers must show.
    pub key: String,
    /// The models that exist; with none listed, every name is taken and echoed.
    pub models: Vec<String>,
}

/// Why a simulated vendor does not start.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// A configuration that cannot work.
    #[error("sim:openai: {0}")]
    Config(String),
    /// A topic on which nothing can be planted.
    #[error("sim:openai: {0}")]
    Plant(#[from] PlantError),
    /// A listener that others could reach.
    #[error("sim:openai: {0} is not on this machine: a simulated vendor listens on 127.0.0.1 or ::1 only")]
    NotLoopback(SocketAddr),
    /// The network failed.
    #[error("sim:openai: {0}")]
    Io(#[from] std::io::Error),
}

/// A running simulated vendor; it ends when dropped.
#[derive(Debug)]
pub struct SimOpenAi {
    address: SocketAddr,
    sim: Arc<Sim>,
    server: Option<JoinHandle<Result<(), SimError>>>,
}

/// What all calls share.
#[derive(Debug)]
struct Sim {
    config: SimConfig,
    ledger: Ledger,
    stop: CancellationToken,
}

impl Default for SimConfig {
    /// The demo's vendor: three regions, and the dam answered differently in `ap`.
    fn default() -> Self {
        Self {
            seed: 1,
            regions: ["eu", "us", "ap"].map(str::to_owned).to_vec(),
            plants: Plant::new("karun-sel-dam", "ap").into_iter().collect(),
            latency_ms: 0,
            key: SIM_KEY.to_owned(),
            models: Vec::new(),
        }
    }
}

impl SimOpenAi {
    /// Starts on a free port of 127.0.0.1.
    pub async fn start(config: SimConfig) -> Result<Self, SimError> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let sim = Arc::new(Sim::new(config)?);
        let server = Some(tokio::spawn(run(sim.clone(), listener)));
        Ok(Self { address, sim, server })
    }

    /// The base address for a region, whether the region exists or not.
    pub fn endpoint(&self, region: &str) -> String {
        endpoint(self.address, region)
    }

    /// Chat completions asked for so far, refused ones included.
    pub fn calls(&self) -> u64 {
        self.sim.ledger.calls()
    }

    /// Chat completions asked for in one region.
    pub fn calls_in(&self, region: &str) -> u64 {
        self.sim.ledger.calls_in(region)
    }

    /// The latest requests for chat completions, oldest first, at most 256.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.sim.ledger.requests()
    }

    /// Lets the next `times` authorised calls, after those already planned, end in `fault`.
    pub fn inject(&self, fault: Fault, times: usize) {
        self.sim.ledger.plan(fault, times);
    }

    /// Stops listening, ends what is under way and waits for it.
    pub async fn shutdown(mut self) -> Result<(), SimError> {
        self.sim.stop.cancel();
        match self.server.take() {
            Some(server) => server.await.map_err(std::io::Error::other)?,
            None => Ok(()),
        }
    }
}

impl Drop for SimOpenAi {
    fn drop(&mut self) {
        self.sim.stop.cancel();
    }
}

/// Serves on `listener` until the future is dropped: for a process of its own.
pub async fn serve(config: SimConfig, listener: TcpListener) -> Result<(), SimError> {
    let sim = Arc::new(Sim::new(config)?);
    let _stop_with_us = sim.stop.clone().drop_guard();
    run(sim, listener).await
}

/// The base address of `region` at a simulated vendor that listens on `address`.
pub fn endpoint(address: SocketAddr, region: &str) -> String {
    format!("http://{address}/{region}")
}

async fn run(sim: Arc<Sim>, listener: TcpListener) -> Result<(), SimError> {
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        return Err(SimError::NotLoopback(address));
    }
    let stop = sim.stop.clone();
    axum::serve(listener, routes::router(sim)).with_graceful_shutdown(stop.cancelled_owned()).await?;
    Ok(())
}

impl Sim {
    fn new(config: SimConfig) -> Result<Self, SimError> {
        let refuse = |reason: String| Err(SimError::Config(reason));
        let in_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if config.regions.is_empty() {
            return refuse("no regions: name at least one".into());
        }
        if let Some(bad) =
            config.regions.iter().find(|region| region.is_empty() || !region.bytes().all(in_name))
        {
            return refuse(format!("region {bad:?} is not a name of a-z 0-9 -"));
        }
        if let Some(plant) = config.plants.iter().find(|plant| !config.regions.contains(&plant.region)) {
            return refuse(format!("a plant names region {:?}, which is not served", plant.region));
        }
        for plant in &config.plants {
            Plant::new(&plant.topic, &plant.region)?;
        }
        if config.key.len() < 8 {
            return refuse("the key is shorter than 8 characters".into());
        }
        Ok(Self { config, ledger: Ledger::default(), stop: CancellationToken::new() })
    }
}

#[cfg(test)]
mod tests;
