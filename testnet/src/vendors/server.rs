//! A simulated vendor: a server with prepared answers that speaks one vendor's wire format.
//!
//! The region of a call is known from the path it came in on and from nothing else, as with real regional endpoints:
//! `http://127.0.0.1:<port>/<region>` is the base address, and request bytes are the same everywhere.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use vantage_protocol::target::Dialect;

use super::calls::{Calls, RecordedRequest};
use super::fault::Fault;
use super::plant::{Plant, PlantError, PlantKind};
use super::{routes, wire};

/// The API key that a simulated vendor wants unless told otherwise. It opens nothing else.
pub const SIM_KEY: &str = "sk-sim-c41e7b09d85f2a63907bde14c8a5f206";

/// How a simulated vendor behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimConfig {
    /// Whose wire format is spoken.
    pub dialect: Dialect,
    /// Equal seeds give equal answers, call by call.
    pub seed: u64,
    /// The regions with a base path.
    pub regions: Vec<String>,
    /// What is answered differently where.
    pub plants: Vec<Plant>,
    /// The regions in which every answer breaks off half way, under status 200 and with the vendor's own word for it.
    pub torn: Vec<String>,
    /// Time before each answer, milliseconds.
    pub latency_ms: u64,
    /// The key that callers must show.
    pub key: String,
    /// The models that exist; with none listed, every name is taken and echoed.
    pub models: Vec<String>,
}

/// Why a simulated vendor does not start.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// A configuration that cannot work.
    #[error("simulated vendor: {0}")]
    Config(String),
    /// A topic on which nothing can be planted.
    #[error("simulated vendor: {0}")]
    Plant(#[from] PlantError),
    /// A listener that others could reach.
    #[error(
        "simulated vendor: {0} is not on this machine: a simulated vendor listens on 127.0.0.1 or ::1 only"
    )]
    NotLoopback(SocketAddr),
    /// The network failed.
    #[error("simulated vendor: {0}")]
    Io(#[from] std::io::Error),
}

/// A running simulated vendor; it ends when dropped.
#[derive(Debug)]
pub struct SimVendor {
    address: SocketAddr,
    sim: Arc<Sim>,
    server: Option<JoinHandle<Result<(), SimError>>>,
}

/// What all calls share.
#[derive(Debug)]
pub(super) struct Sim {
    pub(super) config: SimConfig,
    pub(super) calls: Calls,
    pub(super) stop: CancellationToken,
}

impl Default for SimConfig {
    /// `sim:openai` in three regions, the fact about the dam changed in `ap`.
    fn default() -> Self {
        Self {
            dialect: Dialect::OpenAi,
            seed: 1,
            regions: ["eu", "us", "ap"].map(str::to_owned).to_vec(),
            plants: Plant::new("karun-sel-dam", "ap", PlantKind::ChangedFact).into_iter().collect(),
            torn: Vec::new(),
            latency_ms: 0,
            key: SIM_KEY.to_owned(),
            models: Vec::new(),
        }
    }
}

impl SimVendor {
    /// Starts on a free port of 127.0.0.1.
    pub async fn start(config: SimConfig) -> Result<Self, SimError> {
        Self::start_on(config, TcpListener::bind(("127.0.0.1", 0)).await?)
    }

    /// Starts on a listener, which must be on this machine.
    pub fn start_on(config: SimConfig, listener: TcpListener) -> Result<Self, SimError> {
        let address = listener.local_addr()?;
        if !address.ip().is_loopback() {
            return Err(SimError::NotLoopback(address));
        }
        let sim = Arc::new(Sim::new(config)?);
        let server = Some(tokio::spawn(run(sim.clone(), listener)));
        Ok(Self { address, sim, server })
    }

    /// The target's name, such as `sim:openai`.
    pub fn target(&self) -> String {
        format!("sim:{}", wire::name(self.sim.config.dialect))
    }

    /// The base address for a region, whether the region exists or not.
    pub fn endpoint(&self, region: &str) -> String {
        endpoint(self.address, region)
    }

    /// Answers asked for so far, refused ones included.
    pub fn calls(&self) -> u64 {
        self.sim.calls.calls()
    }

    /// Answers asked for in one region.
    pub fn calls_in(&self, region: &str) -> u64 {
        self.sim.calls.calls_in(region)
    }

    /// The latest requests for answers, oldest first, at most 256.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.sim.calls.requests()
    }

    /// Lets the next `times` authorised calls, after those already planned, end in `fault`.
    pub fn inject(&self, fault: Fault, times: usize) {
        self.sim.calls.plan(fault, times);
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

impl Drop for SimVendor {
    fn drop(&mut self) {
        self.sim.stop.cancel();
    }
}

/// The base address of `region` at a simulated vendor that listens on `address`.
pub fn endpoint(address: SocketAddr, region: &str) -> String {
    format!("http://{address}/{region}")
}

async fn run(sim: Arc<Sim>, listener: TcpListener) -> Result<(), SimError> {
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
        if let Some(torn) = config.torn.iter().find(|torn| !config.regions.contains(torn)) {
            return refuse(format!("answers are to be torn in region {torn:?}, which is not served"));
        }
        for plant in &config.plants {
            Plant::new(&plant.topic, &plant.region, plant.kind)?;
        }
        if config.key.len() < 8 {
            return refuse("the key is shorter than 8 characters".into());
        }
        Ok(Self { config, calls: Calls::default(), stop: CancellationToken::new() })
    }
}

#[cfg(test)]
mod tests;
