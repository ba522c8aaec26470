//! Fetching a job's evidence from peers that need not be trusted.
//!
//! A visitor joins for a moment, asks for certs on the certs stream, walks the content's links and
//! fetches every block by bitswap. Nothing is judged here: every block is true to its id, all else is
//! for the verification.

use super::args::PeerArgs;
use super::error::{CliError, CliResult};
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use vantage_net::{
    Bytes, Multiaddr, NetConfig, NetEvent, NetHandle, NoBlocks, PeerId, RequestError, Role, Stream,
};
use vantage_protocol::bundle::{Bundle, Certs};
use vantage_protocol::cid::Cid;
use vantage_protocol::id::NetId;
use vantage_protocol::message::{CertsAnswer, CertsRequest};
use vantage_protocol::proof::{BLOCKS_MAX, CAR_BYTES_MAX, Link, Role as BlockRole, links};
use vantage_protocol::wire;

/// Bundles of one content that are looked at. A guess: a few publishers, some of them hostile.
const BUNDLES_MAX: usize = 8;
/// Blocks asked for at once: a guess that keeps round trips hidden.
const FETCHES_MAX: usize = 64;
/// Once one peer has shown certs, others are waited for this long. A guess: two slow round trips.
const OTHERS_PATIENCE: Duration = Duration::from_secs(2);
/// Share of the time that asking for certs may take, in parts.
const CERTS_PARTS: u32 = 4;

/// What to do where no peer can be reached.
const UNREACHABLE: &str = "check that the peers run, and the addresses, ports and peer ids given with --peer; or name others \
                           with --peer, or verify a bundle file";

/// What peers sent.
pub(super) struct Fetched {
    /// The head of each publisher's bundle; the content itself if nobody had certs.
    pub(super) roots: BTreeSet<Cid>,
    /// Blocks below all of them, each true to its id.
    pub(super) blocks: BTreeMap<Cid, Vec<u8>>,
}

/// Fetches a content or a bundle and all below it, with the certs that peers show for it.
pub(super) async fn fetch(root: Cid, net: NetId, peers: &PeerArgs) -> CliResult<Fetched> {
    let mut visit = Visit::begin(net, peers).await?;
    let roots = visit.fetch(root).await;
    visit.handle.shutdown().await;
    visit.meter.finish_and_clear();
    Ok(Fetched { roots: roots?, blocks: visit.blocks })
}

/// One stay in the network.
struct Visit {
    handle: NetHandle,
    net: NetId,
    peers: Vec<PeerId>,
    places: String,
    until: Instant,
    patience: Duration,
    meter: ProgressBar,
    blocks: BTreeMap<Cid, Vec<u8>>,
    bytes: usize,
    /// Why peers gave no answer, as far as they were asked.
    troubles: BTreeMap<PeerId, RequestError>,
}

impl Visit {
    async fn begin(net: NetId, args: &PeerArgs) -> CliResult<Self> {
        if args.peers.is_empty() {
            return Err(CliError::usage("no peer is named to fetch a content id from")
                .at("--peer")
                .advise("name one or more: --peer /ip4/…/tcp/…/p2p/12D3KooW…; or verify a bundle file"));
        }
        if let Some(odd) = args.peers.iter().find(|addr| !vantage_net::is_dialled(addr)) {
            return Err(CliError::usage(format!("{odd} is of a transport that is not built in")).at("--peer").advise(
                "write it as /ip4/…/tcp/PORT/p2p/… or /ip4/…/udp/PORT/quic-v1/p2p/…, as the peer prints its addresses",
            ));
        }
        let patience = args.timeout.duration();
        let until = Instant::now() + patience;
        let places = args.peers.iter().map(Multiaddr::to_string).collect::<Vec<_>>().join(", ");
        let (handle, mut events) = spawn(net, &args.peers, &places)?;
        let mut peers: Vec<PeerId> = args.peers.iter().filter_map(peer_of).collect();
        for addr in args.peers.iter().filter(|addr| peer_of(addr).is_none()) {
            handle.dial(addr.clone());
        }
        let wanted = args.peers.len();
        let met = until.min(Instant::now() + patience / CERTS_PARTS);
        // an address without a peer id: whoever answers there is asked
        while peers.len() < wanted
            && let Ok(Some(event)) = timeout_at(met, events.recv()).await
        {
            if let NetEvent::PeerUp { peer } = event
                && !peers.contains(&peer)
            {
                peers.push(peer);
            }
        }
        if peers.is_empty() {
            handle.shutdown().await;
            return Err(CliError::failed(format!(
                "none of the peers can be reached, within {} s: nobody answers at the addresses",
                (patience / CERTS_PARTS).as_secs_f64()
            ))
            .at(format!("peers {places}"))
            .advise(UNREACHABLE));
        }
        tokio::spawn(async move { while events.recv().await.is_some() {} });
        let (meter, blocks) = (meter(), BTreeMap::new());
        let troubles = BTreeMap::new();
        Ok(Self { handle, net, peers, places, until, patience, meter, blocks, bytes: 0, troubles })
    }

    async fn fetch(&mut self, root: Cid) -> CliResult<BTreeSet<Cid>> {
        self.meter.set_message("asking for certs");
        let mut bundles = self.certs(root, self.peers.clone()).await;
        if bundles.is_empty() && self.peers.iter().all(|peer| self.is_away(peer)) {
            let why = self.why().unwrap_or_default();
            return Err(CliError::failed(format!("none of the peers can be reached: {why}"))
                .at(format!("peers {}", self.places))
                .advise(UNREACHABLE));
        }
        if bundles.is_empty() {
            // nobody has certs for a content of that id: it may be a bundle's, or others may have some
            if let Ok(bundle) = wire::decode::<Bundle>(&self.need(root).await?) {
                bundles = self.certs(bundle.content, self.peers.clone()).await;
                bundles.insert(root);
            } else {
                let mut others = self.providers(root).await;
                others.retain(|peer| !self.peers.contains(peer));
                bundles = self.certs(root, others).await;
            }
        }
        let roots = if bundles.is_empty() { BTreeSet::from([root]) } else { bundles };
        for root in &roots {
            self.walk(*root).await?;
        }
        Ok(roots)
    }

    /// Asks peers for certs; keeps their blocks and returns their bundles.
    async fn certs(&mut self, content: Cid, peers: Vec<PeerId>) -> BTreeSet<Cid> {
        let request = Bytes::from(wire::encode(&CertsRequest { net: self.net, content }));
        let mut until = self.until.min(Instant::now() + self.patience / CERTS_PARTS);
        let mut asked: FuturesUnordered<_> = peers
            .into_iter()
            .map(|peer| {
                let (handle, request) = (self.handle.clone(), request.clone());
                async move { (peer, handle.request(peer, Stream::Certs, request).await) }
            })
            .collect();
        let mut bundles = BTreeSet::new();
        while let Ok(Some((peer, answer))) = timeout_at(until, asked.next()).await {
            let bytes = match answer {
                Ok(bytes) => bytes,
                Err(error) => {
                    self.troubles.insert(peer, error);
                    continue;
                }
            };
            let Ok(CertsAnswer { bundle: Some(bundle), certs: Some(certs) }) = wire::decode(&bytes) else {
                continue;
            };
            if bundles.len() < BUNDLES_MAX && bundle.content == content {
                bundles.extend(self.keep_bundle(&bundle, &certs));
                until = until.min(Instant::now() + OTHERS_PATIENCE);
            }
        }
        bundles
    }

    fn keep_bundle(&mut self, bundle: &Bundle, certs: &Certs) -> Option<Cid> {
        let certs = wire::encode(certs);
        if !bundle.certs.names(&certs) {
            return None;
        }
        let head = wire::encode(bundle);
        let root = Cid::dag_cbor(&head);
        self.keep(root, head);
        self.keep(bundle.certs, certs);
        Some(root)
    }

    async fn providers(&self, cid: Cid) -> Vec<PeerId> {
        let Some(cid) = to_net(cid) else { return Vec::new() };
        let until = self.until.min(Instant::now() + self.patience / CERTS_PARTS);
        timeout_at(until, self.handle.find_providers(cid)).await.unwrap_or_default()
    }

    /// Whether a peer could not be reached at all.
    fn is_away(&self, peer: &PeerId) -> bool {
        matches!(self.troubles.get(peer), Some(RequestError::Unreachable(_) | RequestError::NotFound(_)))
    }

    /// What each peer's trouble was.
    fn why(&self) -> Option<String> {
        let each = self.troubles.iter().map(|(peer, trouble)| match trouble {
            RequestError::Unreachable(_) | RequestError::NotFound(_) => trouble.to_string(),
            _ => format!("peer {peer}: {trouble}"),
        });
        let each: Vec<String> = each.collect();
        (!each.is_empty()).then(|| each.join("; "))
    }

    /// The root: without it there is nothing to speak of.
    async fn need(&mut self, root: Cid) -> CliResult<Vec<u8>> {
        let found = get(self.handle.clone(), root, self.peers.clone(), self.patience / 2).await;
        let block = found.ok_or_else(|| {
            let why = self.why().map_or(String::new(), |why| format!(" ({why})"));
            let s = (self.patience / 2).as_secs_f64();
            CliError::failed(format!("nobody asked has {root}, within {s} s{why}"))
                .at(format!("peers {}", self.places))
                .advise("check the id and the addresses, name more peers with --peer, or raise --net-timeout")
        })?;
        self.keep(root, block.clone());
        Ok(block)
    }

    /// Fetches everything below a root. What is not found in time stays missing.
    async fn walk(&mut self, root: Cid) -> CliResult<()> {
        let mut seen = BTreeSet::new();
        let mut open = vec![Link { role: BlockRole::Root, cid: root }];
        let mut under_way = FuturesUnordered::new();
        loop {
            while under_way.len() < FETCHES_MAX
                && let Some(link) = open.pop()
            {
                if link.cid.codec != link.role.codec() || seen.len() >= BLOCKS_MAX || !seen.insert(link) {
                    continue;
                }
                if let Some(block) = self.blocks.get(&link.cid) {
                    open.extend(links(link.role, block).unwrap_or_default());
                    continue;
                }
                let left = self.until.saturating_duration_since(Instant::now());
                let found = get(self.handle.clone(), link.cid, self.peers.clone(), left);
                under_way.push(async move { (link, found.await) });
            }
            let Some((link, found)) = under_way.next().await else { return Ok(()) };
            let Some(block) = found else { continue };
            open.extend(links(link.role, &block).unwrap_or_default());
            self.keep(link.cid, block);
            if self.bytes > CAR_BYTES_MAX {
                return Err(CliError::failed(format!("the evidence has over {CAR_BYTES_MAX} bytes"))
                    .at(format!("content {root}"))
                    .advise("no job of this edition is that large: check the id"));
            }
        }
    }

    fn keep(&mut self, cid: Cid, block: Vec<u8>) {
        let length = block.len();
        if self.blocks.insert(cid, block).is_none() {
            self.bytes += length;
        }
        self.meter.set_message(format!("{} blocks, {} kB", self.blocks.len(), self.bytes / 1000));
    }
}

/// How far the fetching is, on standard error; hidden where that is no terminal.
fn meter() -> ProgressBar {
    let meter = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        meter.set_style(style);
    }
    meter.enable_steady_tick(Duration::from_millis(120));
    meter
}

fn spawn(
    net: NetId,
    peers: &[Multiaddr],
    places: &str,
) -> CliResult<(NetHandle, tokio::sync::mpsc::Receiver<NetEvent>)> {
    let mut seed = zeroize::Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut()).map_err(|error| {
        CliError::failed(format!("no random number: {error}"))
            .at("the system's random source")
            .advise("start the system's random source (getrandom)")
    })?;
    let mut config = NetConfig::new(*seed, net.net16(), Role::Visitor);
    config.bootstrap = peers.iter().filter(|addr| peer_of(addr).is_some()).cloned().collect();
    // who names a private address means it
    config.allow_private = peers.iter().any(|addr| !vantage_net::is_global(addr));
    vantage_net::spawn(config, Arc::new(NoBlocks)).map_err(|error| {
        CliError::failed(error).at(format!("peers {places}")).advise("check the addresses given with --peer")
    })
}

async fn get(handle: NetHandle, cid: Cid, hints: Vec<PeerId>, patience: Duration) -> Option<Vec<u8>> {
    let block = handle.fetch(to_net(cid)?, hints, patience).await.ok()?;
    cid.names(&block).then(|| block.to_vec())
}

/// Our narrow id as the wide one of the network.
fn to_net(cid: Cid) -> Option<vantage_net::Cid> {
    vantage_net::Cid::try_from(cid.to_bytes()).ok()
}

/// The peer that an address names at its end.
fn peer_of(addr: &Multiaddr) -> Option<PeerId> {
    let text = addr.to_string();
    let (_, peer) = text.rsplit_once("/p2p/")?;
    peer.parse().ok()
}
