//! Events and effects in words, for a trace that people read.

use super::event::{Event, Index, Return};
use super::world::World;
use std::borrow::Cow;
use vantage_protocol::attester::{Effect, Notice, PeerKey, Record, Stream};
use vantage_protocol::id::NodeId;
use vantage_protocol::leaf::{Leaf, Statement};
use vantage_protocol::log::{AddCheckpoint, SignedCheckpoint};
use vantage_protocol::message::{CertsAnswer, Heads, LogAnswer, LogRequest, WitnessAnswer, WitnessRequest};
use vantage_protocol::wire;

/// A node's short name: `m0` for member 0, `x4` for executor 4, `m1+` for a second instance.
pub(super) fn node(world: &World, node: Index) -> String {
    let who = world.mesh.who(node);
    let kind = if who < world.scenario.members { 'm' } else { 'x' };
    let twin = if who == node { "" } else { "+" };
    format!("{kind}{who}{twin}")
}

fn of_id(world: &World, id: &NodeId) -> String {
    let index = world.cast.identities.iter().position(|i| i.node == *id);
    index.map_or_else(|| id.short(), |i| node(world, i))
}

fn of_peer(world: &World, peer: &PeerKey) -> String {
    world.mesh.behind(peer).first().map_or_else(|| "a stranger".into(), |i| node(world, *i))
}

/// What happens to a node.
pub(super) fn event(world: &World, event: &Event) -> String {
    match event {
        Event::PeerUp(peer) => format!("peer up: {}", of_peer(world, peer)),
        Event::Gossip { from, bytes, .. } => {
            format!("gossip from {}: {}", node(world, *from), heads(world, bytes))
        }
        Event::Request { from, stream, bytes, .. } => {
            format!("request from {}: {}", node(world, *from), request(world, *stream, bytes))
        }
        Event::Answer { back, bytes } => match (back, bytes) {
            (Return::Nowhere, _) => "answer that nobody waits for".into(),
            (_, None) => "the wait for an answer is over".into(),
            (_, Some(bytes)) => format!("answer: {}", answer(bytes)),
        },
        Event::Fetched { cid, bytes } => match bytes {
            Some(bytes) => format!("fetched {}: {} bytes", short(&cid.to_string()), bytes.len()),
            None => format!("fetched {}: nobody has it", short(&cid.to_string())),
        },
        Event::CellDone { job, slot } => format!("a cell of slot {slot} of job {} is done", job.short()),
        Event::Submit(order) => format!("the operator gives order {order}"),
        Event::Doom(effects, _) => format!("power will fail after {effects} effects"),
        Event::Partition(id, groups) => format!("partition {id} begins: {groups:?} and the rest"),
        Event::Heal(Some(id)) => format!("partition {id} ends"),
        Event::Heal(None) => "all partitions end".into(),
        Event::Clock(ms) => format!("the clock is off by {ms} ms from now on"),
        Event::Foreign(which) => format!("bytes of another network arrive, message {which}"),
        Event::Wake | Event::Announce | Event::Restart | Event::Scheme => event.kind().into(),
    }
}

/// What a node does.
pub(super) fn effect(world: &World, effect: &Effect) -> String {
    match effect {
        Effect::Persist(record) => format!("persist {}", self::record(world, record)),
        Effect::Put { cid, bytes } => {
            format!("put {}: {} bytes, public", short(&cid.to_string()), bytes.len())
        }
        Effect::PutPrivate { cid, bytes } => {
            format!("put {}: {} bytes, private", short(&cid.to_string()), bytes.len())
        }
        Effect::Release(cids) => format!("release {} blocks", cids.len()),
        Effect::Gossip(bytes) => format!("say {}", heads(world, bytes)),
        Effect::Judge { verdict, .. } => format!("judge gossip: {verdict:?}"),
        Effect::Reply { bytes, .. } => format!("reply: {}", answer(bytes)),
        Effect::Ask { peer, stream, bytes, .. } => {
            format!("ask {}: {}", of_peer(world, peer), request(world, *stream, bytes))
        }
        Effect::Relay { peer, bytes, .. } => {
            format!("relay to {}: {}", of_peer(world, peer), request(world, Stream::Witness, bytes))
        }
        Effect::Fetch { cid, peers } => {
            format!("fetch {} from {} peers", short(&cid.to_string()), peers.len())
        }
        Effect::Execute(e) => {
            format!("execute slot {} of job {}: {} cells", e.slot, e.job.short(), e.tasks.len())
        }
        Effect::Abandon { job, slot } => format!("abandon slot {slot} of job {}", job.short()),
        Effect::Provide(cid) => format!("provide {}", short(&cid.to_string())),
        Effect::Submitted { result, .. } => match result {
            Ok(job) => format!("the order is taken: job {}", job.short()),
            Err(why) => format!("the order is refused: {why}"),
        },
        Effect::Notice(notice) => format!("notice: {}", self::notice(world, notice)),
    }
}

fn notice(world: &World, notice: &Notice) -> String {
    match notice {
        Notice::JobSeen { job } => format!("job {} is certified", job.short()),
        Notice::JobRefused { job, why } => format!("job {} is refused: {why}", job.short()),
        Notice::Said { index, typ, .. } => format!("said {typ} at {index}"),
        Notice::Outcome { job, sealed, .. } => {
            format!("job {} is {}", job.short(), if *sealed { "SEALED" } else { "BOUNDED" })
        }
        Notice::Fork { node } => format!("the log of {} is forked", of_id(world, node)),
        Notice::LostOwnLog { seen, held } => format!("peers have seen {seen} own leaves, {held} are held"),
        other => format!("{other:?}"),
    }
}

fn record(world: &World, record: &Record) -> String {
    match record {
        Record::OwnLeaf(bytes) => format!("own leaf: {}", leaf(world, bytes)),
        Record::Leaves { node, start, leaves } => {
            format!("{} leaves of {} from {start} on", leaves.len(), of_id(world, node))
        }
        Record::Head(note) => format!("head: {}", self::note(world, note)),
        Record::Witnessed { node, size, time_s, .. } => {
            format!("witnessed {} at {size}, dated {time_s}", of_id(world, node))
        }
        Record::Salted { job, slot, .. } => format!("salt of slot {slot} of job {}", job.short()),
        Record::Rewind { node, size } => format!("rewind of {} to {size}", of_id(world, node)),
        other => format!("{other:?}"),
    }
}

fn leaf(world: &World, bytes: &[u8]) -> String {
    let Ok(leaf) = Leaf::decode(bytes, &world.cast.genesis.net()) else { return "no leaf".into() };
    match &leaf.statement {
        Statement::Commit(s) => format!("commit to slot {}", s.slot),
        Statement::Decline(s) => format!("decline of slot {}: {}", s.slot, s.reason),
        Statement::Reveal(s) => format!("reveal of slot {}", s.slot),
        Statement::Ack(s) => format!("ack of {} statements", s.items.len()),
        Statement::Final(s) => format!("final over {} statements, root {}", s.count, s.root.short()),
        other => other.typ().into(),
    }
}

fn note(world: &World, note: &str) -> String {
    let Ok(head) = SignedCheckpoint::parse(note) else { return "no note".into() };
    let (of, size) = (of_id(world, &head.checkpoint.origin.node), head.checkpoint.size);
    format!("{of} at {size}, {} cosignatures", head.cosignatures.len())
}

fn heads(world: &World, bytes: &[u8]) -> String {
    match wire::decode::<Heads>(bytes) {
        Ok(heads) => format!("{}, {} leaves", note(world, &heads.note), heads.leaves.len()),
        Err(_) => format!("{} bytes that mean nothing", bytes.len()),
    }
}

fn request(world: &World, stream: Stream, bytes: &[u8]) -> String {
    match stream {
        Stream::Witness => {
            let Ok(request) = wire::decode::<WitnessRequest>(bytes) else { return "no request".into() };
            let Ok(add) = AddCheckpoint::parse(&request.add) else { return "no checkpoint".into() };
            let checkpoint = &add.checkpoint.checkpoint;
            let (of, to) = (of_id(world, &checkpoint.origin.node), of_id(world, &request.to));
            format!("cosign {of} from {} to {}, for {to}", add.old, checkpoint.size)
        }
        Stream::Log => match wire::decode::<LogRequest>(bytes) {
            Ok(LogRequest::Heads { .. }) => "heads".into(),
            Ok(LogRequest::Longest { .. }) => "the longest log of it that was seen".into(),
            Ok(LogRequest::Range { node, start, .. }) => {
                format!("leaves of {} from {start} on", of_id(world, &node))
            }
            Ok(LogRequest::Head { node, index, .. }) => {
                format!("a head over leaf {index} of {}", of_id(world, &node))
            }
            Err(_) => "no request".into(),
        },
        Stream::Certs => "certs".into(),
    }
}

fn answer(bytes: &[u8]) -> String {
    if let Ok(answer) = wire::decode::<WitnessAnswer>(bytes) {
        let why = answer.why.map(|why| format!(", {why}")).unwrap_or_default();
        let size = answer.size.map(|size| format!(", size {size}")).unwrap_or_default();
        return format!("{}{size}{why}", answer.status);
    }
    match wire::decode::<LogAnswer>(bytes) {
        Ok(LogAnswer::Heads { heads, .. }) => format!("{} heads", heads.len()),
        Ok(LogAnswer::Range { leaves, .. }) => format!("{} leaves", leaves.len()),
        Ok(LogAnswer::Head { .. }) => "a head".into(),
        Ok(LogAnswer::Unknown) => "unknown".into(),
        Ok(LogAnswer::Longest { .. }) => "the longest log that was seen".into(),
        Err(_) if wire::decode::<CertsAnswer>(bytes).is_ok() => "certs".into(),
        Err(_) => format!("{} bytes that mean nothing", bytes.len()),
    }
}

fn short(text: &str) -> String {
    let end: String = text.chars().rev().take(8).collect();
    format!("…{}", end.chars().rev().collect::<String>())
}

/// Name of an effect for the trace.
pub(super) fn kind(effect: &Effect) -> &'static str {
    match effect {
        Effect::Persist(_) => "persist",
        Effect::Put { .. } => "put",
        Effect::PutPrivate { .. } => "put private",
        Effect::Release(_) => "release",
        Effect::Gossip(_) => "say",
        Effect::Judge { .. } => "judge",
        Effect::Reply { .. } => "reply",
        Effect::Ask { .. } => "ask",
        Effect::Relay { .. } => "relay",
        Effect::Fetch { .. } => "fetch",
        Effect::Execute(_) => "execute",
        Effect::Abandon { .. } => "abandon",
        Effect::Provide(_) => "provide",
        Effect::Submitted { .. } => "submitted",
        Effect::Notice(_) => "notice",
    }
}

/// The bytes of an effect for the trace.
pub(super) fn payload(effect: &Effect) -> Cow<'_, [u8]> {
    let payload = match effect {
        Effect::Gossip(bytes)
        | Effect::Reply { bytes, .. }
        | Effect::Ask { bytes, .. }
        | Effect::Relay { bytes, .. } => return Cow::Borrowed(bytes),
        Effect::Persist(record) => wire::encode(record),
        Effect::Put { cid, .. } | Effect::PutPrivate { cid, .. } | Effect::Provide(cid) => cid.to_bytes(),
        Effect::Fetch { cid, .. } => cid.to_bytes(),
        Effect::Release(cids) => cids.iter().flat_map(|c| c.to_bytes()).collect(),
        Effect::Judge { verdict, .. } => vec![*verdict as u8],
        Effect::Execute(execution) => execution.slot.to_be_bytes().to_vec(),
        Effect::Abandon { slot, .. } => slot.to_be_bytes().to_vec(),
        Effect::Submitted { result, .. } => format!("{result:?}").into_bytes(),
        Effect::Notice(notice) => format!("{notice:?}").into_bytes(),
    };
    Cow::Owned(payload)
}
