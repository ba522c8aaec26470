//! Networks of real nodes in one process, on loopback, for tests.

use crate::node::{Node, NodeError};
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;
use vantage_api::{Client, Submit};
use vantage_daemon::config::{self, Config};
use vantage_daemon::keys;
use vantage_protocol::attester::{JobOrder, JobView};
use vantage_protocol::cid::Cid;
use vantage_protocol::genesis::{EDITION, Genesis, Member};
use vantage_protocol::id::JobId;
use vantage_protocol::job::JobTarget;
use vantage_protocol::suite::{Prompt, PromptKind, Suite};
use vantage_protocol::wire;
use vantage_testnet::vendors::{SIM_KEY, SimConfig, SimVendor};

/// Regions of members, in turn.
pub(crate) const REGIONS: [&str; 3] = ["eu", "us", "ap"];

/// Keys, genesis and a simulated vendor; nodes are started from it.
pub(crate) struct Bed {
    pub(crate) dir: TempDir,
    pub(crate) genesis: Genesis,
    pub(crate) vendor: SimVendor,
    pub(crate) gap_ms: u64,
}

impl Bed {
    /// So many members, each its own operator.
    pub(crate) async fn new(members: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let member = |n: usize| Member {
            root: keys::create(&dir.path().join(n.to_string())).unwrap().root,
            operator: format!("op{n}"),
            region: REGIONS[n % REGIONS.len()].into(),
        };
        let mut committee: Vec<Member> = (0..members).map(member).collect();
        committee.sort_by_key(|member| member.root);
        let genesis = Genesis {
            v: EDITION,
            name: "bed".into(),
            founded_s: 1,
            test: true,
            gap_s_min: 2,
            output_bytes_max: 64 * 1024,
            founders: vec![],
            committee,
        };
        fs::write(dir.path().join("genesis.toml"), genesis.to_toml()).unwrap();
        let vendor = SimVendor::start(SimConfig::default()).await.unwrap();
        Self { dir, genesis, vendor, gap_ms: 0 }
    }

    /// Data directory of a node.
    pub(crate) fn data(&self, n: usize) -> PathBuf {
        self.dir.path().join(n.to_string())
    }

    /// A node's configuration: it offers `sim:openai` and knows the nodes at `bootstrap`.
    pub(crate) fn config(&self, n: usize, bootstrap: &[String]) -> Config {
        let data = self.data(n);
        let key = data.join("sim.key");
        if !key.exists() {
            vantage_daemon::private_file::create(&key, SIM_KEY.as_bytes()).unwrap();
        }
        let region = REGIONS[n % REGIONS.len()];
        let text = format!(
            "genesis = \"../genesis.toml\"\nallow_sim = true\n\
             [net]\nlisten = [\"/ip4/127.0.0.1/tcp/0\"]\nallow_private = true\nbootstrap = {bootstrap:?}\n\
             [offers]\ntargets = [{{ target = \"sim:openai\" }}]\n\
             [execution]\ngap_ms = {}\n\
             [[vendor]]\ntarget = \"sim:openai\"\nkey = {{ file = {key:?} }}\n\
             endpoints = {{ {region} = {:?} }}\n",
            self.gap_ms,
            self.vendor.endpoint(region),
        );
        let file = data.join(config::FILE);
        fs::write(&file, text).unwrap();
        Config::load(&file).unwrap()
    }

    /// Starts a node that knows the others by their addresses.
    pub(crate) async fn start(&self, n: usize, others: &[&Node]) -> Result<Node, NodeError> {
        let bootstrap: Vec<String> = others.iter().flat_map(|node| node.ready().listen.clone()).collect();
        Node::start(self.config(n, &bootstrap)).await
    }

    /// Speaks with a node.
    pub(crate) async fn client(&self, n: usize) -> Client {
        Client::connect(&self.data(n)).await.unwrap()
    }

    /// Orders a job of `sim:openai` in some regions at a node, as soon as it knows executors for all slots.
    pub(crate) async fn submit(&self, n: usize, regions: &[&str], prompts: u32, commit_s: u64) -> JobId {
        let client = self.client(n).await;
        loop {
            let status = client.status().await.unwrap();
            let nodes = client.nodes().await.unwrap();
            let served = |region: &str| {
                let announces = nodes.iter().filter_map(|node| node.announce.as_ref());
                announces.into_iter().any(|announce| announce.regions.iter().any(|r| r == region))
            };
            if status.members_known == self.genesis.size() && regions.iter().all(|region| served(region)) {
                let (order, suite) = order(regions, prompts, commit_s);
                if let Ok(submitted) =
                    client.ask(&Submit { order, suite, study: Vec::new(), key: None }).await
                {
                    return submitted.id;
                }
            }
            tokio::task::yield_now().await;
        }
    }

    /// Watches a job at a node until it is done and published there.
    pub(crate) async fn done(&self, n: usize, id: &JobId) -> JobView {
        let client = self.client(n).await;
        loop {
            // the node may not know the job yet
            let mut last = None;
            let Ok(mut watched) = client.watch(&id.to_string()).await else {
                tokio::task::yield_now().await;
                continue;
            };
            while let Ok(Some(view)) = watched.next().await {
                last = Some(view);
            }
            match last {
                Some(view) => return view,
                None => tokio::task::yield_now().await,
            }
        }
    }
}

/// An order and its suite's block.
pub(crate) fn order(regions: &[&str], prompts: u32, commit_s: u64) -> (JobOrder, Vec<u8>) {
    let prompt = |n: u32| Prompt {
        id: format!("p{n}"),
        topic: "karun-sel-dam".into(),
        kind: PromptKind::Contested,
        text: format!("What about the dam, number {n}?"),
    };
    let suite = Suite {
        v: 1,
        name: "bed".into(),
        label: "for tests".into(),
        tokens_max: 32,
        temperature_milli: Some(0),
        seed: Some(1),
        prompts: (0..prompts).map(prompt).collect(),
    };
    let block = wire::encode(&suite);
    let mut regions: Vec<String> = regions.iter().map(|region| (*region).to_owned()).collect();
    regions.sort();
    let order = JobOrder {
        suite: Cid::dag_cbor(&block),
        targets: vec![JobTarget { target: "sim:openai".parse().unwrap(), repeats: 1 }],
        regions,
        replicas: 1,
        study: None,
        commit_s,
        reveal_s: 20,
        final_s: 20,
        output_bytes_max: 4096,
        slot_calls_max: 100,
    };
    (order, block)
}
