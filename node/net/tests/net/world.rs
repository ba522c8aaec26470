//! Nodes for tests, each with a small engine that judges, answers and records.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use multihash::Multihash;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};
use vantage_net::{
    BlockSource, Bytes, Cid, GossipToken, Multiaddr, NetConfig, NetEvent, NetHandle, NetStatus, PeerId,
    ReplyToken, Role, Verdict, spawn,
};

pub const NET16: &str = "0123456789abcdef";
/// Far beyond what anything takes: only a failure waits that long. A peer that was pruned from a mesh stays out of it for a
/// minute, and on a busy machine a graft may come before the other side listens.
const PATIENCE: Duration = Duration::from_secs(180);

/// Waits for a condition to hold.
pub async fn until<F: AsyncFnMut() -> bool>(what: &str, mut holds: F) {
    let start = Instant::now();
    while !holds().await {
        assert!(start.elapsed() < PATIENCE, "never came true: {what}");
        sleep(Duration::from_millis(10)).await;
    }
}

pub fn raw_cid(data: &[u8]) -> Cid {
    Cid::new_v1(0x55, Multihash::wrap(0x12, &Sha256::digest(data)).unwrap())
}

/// A block of `len` bytes that differs for each number.
pub fn block(number: u32, len: usize) -> (Cid, Bytes) {
    let mut data = number.to_be_bytes().repeat(len.div_ceil(4));
    data.truncate(len);
    (raw_cid(&data), data.into())
}

/// Public blocks in memory.
#[derive(Default)]
pub struct Blocks(Mutex<HashMap<Cid, Bytes>>);

impl Blocks {
    pub fn add(&self, cid: Cid, data: Bytes) {
        self.0.lock().unwrap().insert(cid, data);
    }
}

impl BlockSource for Blocks {
    fn get(&self, cid: &Cid) -> Option<Bytes> {
        self.0.lock().unwrap().get(cid).cloned()
    }

    fn has(&self, cid: &Cid) -> Option<usize> {
        self.get(cid).map(|data| data.len())
    }
}

/// How a node's engine behaves.
#[derive(Clone, Copy)]
pub struct Engine {
    /// Its verdict on a message; `None` keeps the token for ever.
    pub judge: fn(&[u8]) -> Option<Verdict>,
    /// Its answer to a request; `None` keeps the token for ever.
    pub answer: fn(&[u8]) -> Option<Bytes>,
}

impl Default for Engine {
    fn default() -> Self {
        Self { judge: |_| Some(Verdict::Accept), answer: |data| Some(Bytes::copy_from_slice(data)) }
    }
}

pub struct Node {
    pub net: NetHandle,
    pub id: PeerId,
    pub blocks: Arc<Blocks>,
    pub gossip: mpsc::UnboundedReceiver<Bytes>,
    /// Listening addresses with `/p2p/`.
    pub addrs: Vec<Multiaddr>,
}

pub fn tcp() -> Multiaddr {
    "/ip4/127.0.0.1/tcp/0".parse().unwrap()
}

pub fn quic() -> Multiaddr {
    "/ip4/127.0.0.1/udp/0/quic-v1".parse().unwrap()
}

pub fn config(role: Role) -> NetConfig {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).unwrap();
    let mut config = NetConfig::new(seed, NET16, role);
    config.allow_private = true;
    if matches!(role, Role::Member | Role::Bootstrap) {
        config.listen = vec![tcp()];
    }
    config
}

/// A member that connects with nobody by itself.
pub fn hermit() -> NetConfig {
    let mut config = config(Role::Member);
    config.limits.peers_target = 0;
    config
}

pub fn knowing(mut config: NetConfig, entry: &Node) -> NetConfig {
    config.bootstrap = vec![entry.addr()];
    config
}

pub async fn start(config: NetConfig) -> Node {
    start_with(config, Engine::default()).await
}

pub async fn start_with(config: NetConfig, engine: Engine) -> Node {
    let blocks = Arc::new(Blocks::default());
    let listeners = config.listen.len();
    let (net, mut events) = spawn(config, Arc::clone(&blocks) as Arc<dyn BlockSource>).unwrap();
    let id = net.peer_id();
    let mut addrs = Vec::new();
    while addrs.len() < listeners {
        if let Some(NetEvent::Listening(addr)) = events.recv().await {
            addrs.push(addr.with_p2p(id).unwrap());
        }
    }
    let (gossip_out, gossip) = mpsc::unbounded_channel();
    tokio::spawn(run(net.clone(), events, engine, gossip_out));
    Node { net, id, blocks, gossip, addrs }
}

async fn run(
    net: NetHandle,
    mut events: mpsc::Receiver<NetEvent>,
    engine: Engine,
    gossip: mpsc::UnboundedSender<Bytes>,
) {
    let mut kept: (Vec<GossipToken>, Vec<ReplyToken>) = Default::default();
    while let Some(event) = events.recv().await {
        match event {
            NetEvent::Gossip { token, data, .. } => {
                match (engine.judge)(&data) {
                    Some(verdict) => net.verdict(token, verdict),
                    None => kept.0.push(token),
                }
                let _test_ended = gossip.send(data);
            }
            NetEvent::Request { data, reply, .. } => match (engine.answer)(&data) {
                Some(answer) => net.reply(reply, answer),
                None => kept.1.push(reply),
            },
            NetEvent::Listening(_) | NetEvent::PeerUp { .. } | NetEvent::PeerDown { .. } => {}
        }
    }
}

impl Node {
    pub fn addr(&self) -> Multiaddr {
        self.addrs[0].clone()
    }

    pub fn add(&self, block: (Cid, Bytes)) -> Cid {
        self.blocks.add(block.0, block.1);
        block.0
    }

    pub async fn status(&self) -> NetStatus {
        self.net.status().await.unwrap()
    }

    pub async fn counter(&self, name: &str) -> u64 {
        self.status().await.counters[name]
    }

    pub async fn connected(&self, other: &Node) -> bool {
        self.status().await.peers.iter().any(|p| p.peer == other.id)
    }

    /// Dials another node and waits until gossip flows between them.
    pub async fn join(&self, other: &Node) {
        self.net.dial(other.addr());
        until("both follow the topic and mesh", async || {
            let follows = |status: NetStatus, id| status.peers.iter().any(|p| p.peer == id && p.in_network);
            follows(self.status().await, other.id) && follows(other.status().await, self.id)
        })
        .await;
    }

    /// The next gossip message.
    pub async fn hear(&mut self) -> Bytes {
        tokio::time::timeout(PATIENCE, self.gossip.recv()).await.expect("a message in time").unwrap()
    }
}
