//! A network of real processes on loopback: a bootstrap node, committee members, volunteers.
//!
//! Everything is made on the spot in one directory: keys, genesis, configurations, logs. Processes
//! end when their handle is dropped.

mod binaries;
mod control;
mod found;
mod process;

pub use binaries::{Binaries, BuildError, build, build_release};
pub use control::{ControlError, watch};
pub(crate) use found::vantage;
pub use found::{FoundError, GolemPlan, LandmarkPlan, NodePlan, Plan};
pub use process::{Process, ProcessError};

use crate::vendors::{SimConfig, SimError, SimVendor};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use vantage_api::{JobView, Status};

/// Longest time for a network to come together: a guess, far above the few
/// seconds that it takes on a machine with nothing else to do.
const GATHER_S_MAX: u64 = 600;
/// Time between two looks at a condition.
const LOOK_MS: u64 = 100;

/// A running network.
#[derive(Debug)]
pub struct Cluster {
    /// Everything is in here.
    pub dir: PathBuf,
    /// The genesis file.
    pub genesis: PathBuf,
    /// The network's hash: all that a verifier has to trust.
    pub net: String,
    /// The programs that run.
    pub binaries: Binaries,
    /// The entry point.
    pub bootstrap: Process,
    /// Address of the entry point, ending in `/p2p/…`.
    pub entry: String,
    /// Members first, then volunteers.
    pub nodes: Vec<Node>,
    /// The simulated vendors.
    pub vendors: Vec<SimVendor>,
}

/// One node of it.
#[derive(Debug)]
pub struct Node {
    /// What it was planned as.
    pub plan: NodePlan,
    /// Its data directory.
    pub data: PathBuf,
    /// Its root public key.
    pub id: String,
    /// The running process.
    pub process: Process,
    /// Addresses to dial, as told when it was ready.
    pub listen: Vec<String>,
}

/// Why a network does not stand.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// Keys, genesis or configuration could not be made.
    #[error(transparent)]
    Found(#[from] FoundError),
    /// A process did not start or ended.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// A node did not answer on its control socket.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// A simulated vendor did not start.
    #[error(transparent)]
    Vendor(#[from] SimError),
    /// A condition did not come about in time.
    #[error("after {waited_s} s still not so: {what}; see the logs in {dir}")]
    Timeout {
        /// What was waited for.
        what: String,
        /// How long, seconds.
        waited_s: u64,
        /// Where the logs are.
        dir: PathBuf,
    },
}

impl Cluster {
    /// Founds the network in an empty directory and starts everything.
    pub async fn start(
        dir: &Path,
        plan: &Plan,
        sims: Vec<SimConfig>,
        binaries: Binaries,
    ) -> Result<Self, ClusterError> {
        let mut vendors = Vec::new();
        for sim in sims {
            vendors.push(SimVendor::start(sim).await?);
        }
        let founded = found::found(dir, plan, &binaries).await?;
        let (bootstrap, entry) =
            start_bootstrap(dir, &founded.net, "/ip4/127.0.0.1/tcp/0", &binaries).await?;
        let mut nodes = Vec::new();
        for (plan_of_node, (data, id)) in plan.nodes.iter().zip(&founded.nodes) {
            found::configure(data, plan, plan_of_node, &founded.genesis, &entry, &vendors)?;
            let (process, listen) = start_node(data, &plan_of_node.name, &binaries).await?;
            nodes.push(Node {
                plan: plan_of_node.clone(),
                data: data.clone(),
                id: id.clone(),
                process,
                listen,
            });
        }
        let genesis = founded.genesis;
        Ok(Self {
            dir: dir.to_owned(),
            genesis,
            net: founded.net,
            binaries,
            bootstrap,
            entry,
            nodes,
            vendors,
        })
    }

    /// Waits until every node's log is certified and every node knows every other's announce.
    pub async fn gathered(&self) -> Result<(), ClusterError> {
        let all = self.nodes.len();
        for node in &self.nodes {
            let what = format!("node {} knows all {all} logs and its own log is certified", node.plan.name);
            self.until(&what, GATHER_S_MAX, || async {
                let status = self.status(node).await.ok()?;
                let certified = status.log_size >= 2 && status.log_size == status.certified_size;
                (certified && status.logs >= all).then_some(())
            })
            .await?;
        }
        Ok(())
    }

    /// A node's status, as its control socket tells it.
    pub async fn status(&self, node: &Node) -> Result<Status, ClusterError> {
        Ok(control::status(&node.data).await?)
    }

    /// A job as a node sees it.
    pub async fn job(&self, node: &Node, id: &str) -> Result<JobView, ClusterError> {
        Ok(control::job(&node.data, id).await?)
    }

    /// Waits for a condition to give something.
    pub async fn until<T, F, Fut>(&self, what: &str, limit_s: u64, mut look: F) -> Result<T, ClusterError>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Option<T>>,
    {
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(limit_s) {
            if let Some(found) = look().await {
                return Ok(found);
            }
            tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
        }
        Err(ClusterError::Timeout { what: what.to_owned(), waited_s: limit_s, dir: self.dir.clone() })
    }

    /// Starts a node's process again on the same data and addresses.
    pub async fn restart(&mut self, index: usize) -> Result<(), ClusterError> {
        let (data, name) = (self.nodes[index].data.clone(), self.nodes[index].plan.name.clone());
        let (process, listen) = start_node(&data, &name, &self.binaries).await?;
        self.nodes[index].process = process;
        self.nodes[index].listen = listen;
        Ok(())
    }

    /// Starts the bootstrap process again on the same address.
    pub async fn restart_bootstrap(&mut self) -> Result<(), ClusterError> {
        let address = self.entry.split("/p2p/").next().unwrap_or(&self.entry).to_owned();
        let (process, entry) = start_bootstrap(&self.dir, &self.net, &address, &self.binaries).await?;
        self.bootstrap = process;
        self.entry = entry;
        Ok(())
    }

    /// Ends every process in good order.
    pub async fn shutdown(mut self) {
        for node in &mut self.nodes {
            node.process.terminate().await;
        }
        self.bootstrap.terminate().await;
        for vendor in self.vendors {
            // its tasks end with it in any case
            let _ = vendor.shutdown().await;
        }
    }
}

async fn start_node(
    data: &Path,
    name: &str,
    binaries: &Binaries,
) -> Result<(Process, Vec<String>), ClusterError> {
    let mut process = Process::spawn(
        name,
        &binaries.node,
        &["run", "--json", "--data", &data.to_string_lossy()],
        &data.with_extension("log"),
    )?;
    let ready = process.ready(|line| line.get("ready") == Some(&Value::Bool(true))).await?;
    Ok((process, texts(&ready, "listen")))
}

async fn start_bootstrap(
    dir: &Path,
    net: &str,
    listen: &str,
    binaries: &Binaries,
) -> Result<(Process, String), ClusterError> {
    let data = dir.join("bootstrap");
    let arguments =
        ["--net", net, "--listen", listen, "--data", &data.to_string_lossy(), "--allow-private", "--json"];
    let mut process =
        Process::spawn("bootstrap", &binaries.bootstrap, &arguments, &data.with_extension("log"))?;
    let ready = process.ready(|line| line.get("listening").is_some()).await?;
    let entry = texts(&ready, "listening").into_iter().next().unwrap_or_default();
    Ok((process, entry))
}

fn texts(value: &Value, key: &str) -> Vec<String> {
    let items = value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}
