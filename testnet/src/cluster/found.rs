//! Keys, genesis and configurations of a test network, made by the node's own commands.

use super::Binaries;
use crate::vendors::{SIM_KEY, SimVendor};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// What a network is to look like.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Name of the network.
    pub name: String,
    /// Members first, then volunteers.
    pub nodes: Vec<NodePlan>,
    /// Targets that every node offers.
    pub offers: Vec<String>,
    /// Pause between two cells, milliseconds.
    pub cell_gap_ms: u64,
    /// What nodes have under `[golem]`; none: nothing.
    pub golem: Option<GolemPlan>,
}

/// How nodes reach Golem: a simulated provider behind real daemons.
#[derive(Clone, Debug)]
pub struct GolemPlan {
    /// Address of the requestor's daemon.
    pub daemon: String,
    /// Its app-key.
    pub app_key: String,
    /// Payment platform.
    pub platform: String,
    /// Part of the market.
    pub subnet: String,
    /// Runtime of offers.
    pub runtime: String,
    /// Where the task image is.
    pub image_url: String,
    /// Its hash.
    pub image_sha3_224: String,
    /// Models in it.
    pub models: Vec<String>,
    /// Where round trips are measured to.
    pub landmarks: Vec<LandmarkPlan>,
}

/// A landmark, as nodes have it in their configuration.
#[derive(Clone, Debug)]
pub struct LandmarkPlan {
    /// Its name.
    pub name: String,
    /// Where it is said to stand.
    pub region: String,
    /// Where it answers.
    pub url: String,
}

/// What one node is to look like.
#[derive(Clone, Debug)]
pub struct NodePlan {
    /// Name for tables and directories.
    pub name: String,
    /// Who runs it; none for a volunteer.
    pub operator: Option<String>,
    /// Where it says it stands.
    pub region: String,
}

impl Plan {
    /// All regions.
    pub fn regions(&self) -> BTreeSet<String> {
        self.nodes.iter().map(|n| n.region.clone()).collect()
    }
}

/// Why a network could not be founded.
#[derive(Debug, thiserror::Error)]
pub enum FoundError {
    /// A file could not be written.
    #[error("{0}: {1}")]
    File(PathBuf, std::io::Error),
    /// A command of the node failed.
    #[error("vantage {command}: {why}")]
    Command {
        /// Its arguments.
        command: String,
        /// What it said.
        why: String,
    },
}

pub(super) struct Founded {
    pub(super) genesis: PathBuf,
    pub(super) net: String,
    pub(super) nodes: Vec<(PathBuf, String)>,
}

/// Makes keys for every node, then the genesis that names the members.
pub(super) async fn found(dir: &Path, plan: &Plan, binaries: &Binaries) -> Result<Founded, FoundError> {
    std::fs::create_dir_all(dir).map_err(|e| FoundError::File(dir.to_owned(), e))?;
    let mut nodes = Vec::new();
    for node in &plan.nodes {
        let data = dir.join(&node.name);
        let made = vantage(binaries, &["init", "--data", &data.to_string_lossy(), "--json"]).await?;
        nodes.push((data, text(&made, "node")));
    }
    let genesis = dir.join("genesis.toml");
    let path = genesis.to_string_lossy().into_owned();
    let mut arguments: Vec<String> =
        ["genesis", "create", "--name", &plan.name, "--test", "--gap", "2s", "--out", &path, "--json"]
            .map(str::to_owned)
            .to_vec();
    for (node, (_, id)) in plan.nodes.iter().zip(&nodes) {
        if let Some(operator) = &node.operator {
            arguments.extend(["--member".to_owned(), format!("{id},{operator},{}", node.region)]);
        }
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let made = vantage(binaries, &arguments).await?;
    Ok(Founded { genesis, net: text(&made, "net"), nodes })
}

/// Writes a node's configuration.
pub(super) fn configure(
    data: &Path,
    plan: &Plan,
    node: &NodePlan,
    genesis: &Path,
    entry: &str,
    vendors: &[SimVendor],
) -> Result<(), FoundError> {
    let key = data.join("sim.key");
    secret(&key, SIM_KEY)?;
    let (quoted, region) = (|s: &str| Value::from(s).to_string(), &node.region);
    let mut text = format!("genesis = {}\nallow_sim = true\n", quoted(&genesis.to_string_lossy()));
    if node.operator.is_none() {
        text.push_str(&format!("region = {}\n", quoted(region)));
    }
    text.push_str(&format!(
        "\n[net]\nlisten = [\"/ip4/127.0.0.1/tcp/0\", \"/ip4/127.0.0.1/udp/0/quic-v1\"]\nbootstrap = [{}]\n\
         allow_private = true\n\n[execution]\ngap_ms = {}\n\n[offers]\nslots_max = 16\n",
        quoted(entry),
        plan.cell_gap_ms
    ));
    for offer in &plan.offers {
        text.push_str(&format!("\n[[offers.targets]]\ntarget = {}\n", quoted(offer)));
    }
    for vendor in vendors {
        text.push_str(&format!(
            "\n[[vendor]]\ntarget = {}\nendpoints = {{ {region} = {} }}\nkey = {{ file = {} }}\n",
            quoted(&vendor.target()),
            quoted(&vendor.endpoint(region)),
            quoted(&key.to_string_lossy())
        ));
    }
    if let Some(golem) = &plan.golem {
        let key = data.join("yagna.key");
        secret(&key, &golem.app_key)?;
        text.push_str(&golem_table(golem, &key));
    }
    write(&data.join("config.toml"), &text)
}

fn golem_table(golem: &GolemPlan, key: &Path) -> String {
    let quoted = |text: &str| Value::from(text).to_string();
    let landmark = |landmark: &LandmarkPlan| {
        let LandmarkPlan { name, region, url } = landmark;
        format!("{{ name = {}, region = {}, url = {} }}", quoted(name), quoted(region), quoted(url))
    };
    let landmarks: Vec<String> = golem.landmarks.iter().map(landmark).collect();
    let entries = [
        ("daemon", quoted(&golem.daemon)),
        ("app_key", format!("{{ file = {} }}", quoted(&key.to_string_lossy()))),
        ("platform", quoted(&golem.platform)),
        ("subnet", quoted(&golem.subnet)),
        ("runtime", quoted(&golem.runtime)),
        ("image_url", quoted(&golem.image_url)),
        ("image_sha3_224", quoted(&golem.image_sha3_224)),
        ("models", Value::from(golem.models.clone()).to_string()),
        ("landmarks", format!("[{}]", landmarks.join(", "))),
        ("mem_gib_min", "1".to_owned()),
        ("storage_gib_min", "1".to_owned()),
        ("glm_max_per_job", quoted("1")),
        ("glm_max_per_day", quoted("5")),
        ("start_glm_max", quoted("0.001")),
        ("invoice_s_max", "30".to_owned()),
    ];
    let lines = entries.map(|(name, value)| format!("{name} = {value}\n"));
    format!("\n[golem]\n{}", lines.concat())
}

fn write(path: &Path, text: &str) -> Result<(), FoundError> {
    std::fs::write(path, text).map_err(|e| FoundError::File(path.to_owned(), e))
}

/// A file for its owner alone.
fn secret(path: &Path, text: &str) -> Result<(), FoundError> {
    write(path, text)?;
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(path, mode).map_err(|e| FoundError::File(path.to_owned(), e))
}

/// Runs one command of the node that prints JSON.
pub(crate) async fn vantage(binaries: &Binaries, arguments: &[&str]) -> Result<Value, FoundError> {
    let failed = |why: String| FoundError::Command { command: arguments.join(" "), why };
    let output = Command::new(&binaries.node)
        .args(arguments)
        .env("NO_COLOR", "1")
        .stdin(std::process::Stdio::null())
        .output()
        .await
        .map_err(|e| failed(e.to_string()))?;
    if !output.status.success() {
        let said = [&output.stderr[..], &output.stdout[..]].map(String::from_utf8_lossy).join("\n");
        return Err(failed(format!("{}: {}", output.status, said.trim())));
    }
    serde_json::from_slice(&output.stdout).map_err(|e| failed(e.to_string()))
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}
