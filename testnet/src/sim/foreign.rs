//! I12: bytes of another network, by the same people with the same keys, are refused everywhere.

use super::cast::Cast;
use super::disk::Disk;
use super::event::Index;
use super::world::World;
use vantage_protocol::attester::{Attester, Effect, Input, PeerKey, Stream, Token, Verdict};
use vantage_protocol::cid::Cid;
use vantage_protocol::id::NetId;
use vantage_protocol::message::{
    CertsAnswer, CertsRequest, Heads, LogAnswer, LogRequest, WitnessAnswer, WitnessRequest,
};
use vantage_protocol::wire;

/// A message of another network.
#[derive(Clone, Debug)]
pub enum Message {
    /// Gossip.
    Gossip(Vec<u8>),
    /// A request.
    Request(Stream, Vec<u8>),
}

impl World {
    /// Lets two members talk in the other network, so that what they say can get lost in this one.
    pub(super) fn overhear(&mut self) {
        self.foreign = overhear(&self.cast, self.now_ms);
        if self.foreign.len() < 6 {
            self.violations.push("I12: the other network says too little to try".into());
        }
    }

    /// Gives an honest node a foreign message: it must refuse it and remember nothing.
    pub(super) fn hear_foreign(&mut self, node: Index, which: u64) {
        if !self.nodes[node].is_honest() || self.foreign.is_empty() {
            return;
        }
        let which = (which % self.foreign.len() as u64) as usize;
        // whatever is due by time is done first, so that the rest is the message's doing
        self.input(node, Input::Tick);
        self.drive(node);
        let now_ms = self.nodes[node].clock_ms(self.now_ms);
        let it = &mut self.nodes[node];
        let token = it.token();
        let (Some(attester), Some(message)) = (&mut it.attester, self.foreign.get(which)) else { return };
        let (input, stream) = match message.clone() {
            Message::Gossip(bytes) => (Input::Gossip { token, bytes }, None),
            Message::Request(stream, bytes) => (Input::Request { token, stream, bytes }, Some(stream)),
        };
        let mut effects = attester.hear(input, now_ms, &it.disk);
        effects.extend(attester.drive(now_ms, &it.disk));
        self.violations.extend(
            effects
                .iter()
                .filter_map(|e| taken(e, token, stream))
                .map(|why| format!("I12: node {node} {why} on bytes of another network")),
        );
        self.carry_out(node, effects);
    }
}

/// What an effect shows of a foreign message having been taken in.
pub(super) fn taken(effect: &Effect, token: Token, stream: Option<Stream>) -> Option<&'static str> {
    match effect {
        Effect::Persist(_) | Effect::Put { .. } | Effect::PutPrivate { .. } | Effect::Release(_) => {
            Some("remembers something")
        }
        Effect::Judge { token: t, verdict } if *t == token && *verdict != Verdict::Reject => {
            Some("does not reject gossip")
        }
        Effect::Reply { token: t, bytes } if *t == token => match stream? {
            Stream::Witness => {
                let answer = wire::decode::<WitnessAnswer>(bytes);
                answer.is_ok_and(|a| a.status == 200).then_some("cosigns")
            }
            Stream::Log => {
                (!matches!(wire::decode(bytes), Ok(LogAnswer::Unknown))).then_some("tells its logs")
            }
            Stream::Certs => {
                let answer = wire::decode::<CertsAnswer>(bytes);
                answer.is_ok_and(|a| a.bundle.is_some()).then_some("tells its certs")
            }
        },
        Effect::Relay { token: t, .. } if *t == token => Some("relays"),
        _ => None,
    }
}

/// What two members say in the other network, as it stands and relabelled as of this network.
fn overhear(cast: &Cast, now_ms: u64) -> Vec<Message> {
    let attester = |i: &super::cast::Identity| Attester::new(i.config(&cast.foreign)).ok();
    let mut pair: Vec<Attester> = cast.identities.iter().take(2).filter_map(attester).collect();
    let peers: Vec<PeerKey> = cast.identities.iter().take(2).map(|i| i.peer).collect();
    let disk = Disk::default();
    let mut heard: Vec<Message> = Vec::new();
    for round in 0..6 {
        for i in 0..pair.len() {
            let mut inputs = vec![Input::Tick, Input::PeerUp { peer: peers[1 - i] }];
            inputs.extend(heard.iter().filter_map(|m| match m {
                Message::Gossip(bytes) => Some(Input::Gossip { token: 0, bytes: bytes.clone() }),
                Message::Request(..) => None,
            }));
            for input in inputs {
                let now_ms = now_ms + round * 300;
                let mut effects = pair[i].hear(input, now_ms, &disk);
                effects.extend(pair[i].drive(now_ms, &disk));
                heard.extend(effects.into_iter().filter_map(|effect| match effect {
                    Effect::Gossip(bytes) => Some(Message::Gossip(bytes)),
                    Effect::Ask { stream, bytes, .. } => Some(Message::Request(stream, bytes)),
                    _ => None,
                }));
            }
        }
    }
    let relabelled: Vec<Message> = heard.iter().filter_map(|m| relabel(m, cast.genesis.net())).collect();
    heard.extend(relabelled);
    let certs = CertsRequest { net: cast.foreign.net(), content: Cid::dag_cbor(b"\xa0") };
    heard.push(Message::Request(Stream::Certs, wire::encode(&certs)));
    heard
}

/// The same message with this network's name on the outside; none where nothing foreign is left.
fn relabel(message: &Message, net: NetId) -> Option<Message> {
    match message {
        Message::Gossip(bytes) => {
            let heads: Heads = wire::decode(bytes).ok()?;
            Some(Message::Gossip(wire::encode(&Heads { net, ..heads })))
        }
        Message::Request(Stream::Witness, bytes) => {
            let request: WitnessRequest = wire::decode(bytes).ok()?;
            Some(Message::Request(Stream::Witness, wire::encode(&WitnessRequest { net, ..request })))
        }
        Message::Request(Stream::Log, bytes) => match wire::decode::<LogRequest>(bytes).ok()? {
            LogRequest::Heads { .. }
            | LogRequest::Range { .. }
            | LogRequest::Longest { .. }
            | LogRequest::Head { .. } => None,
        },
        Message::Request(Stream::Certs, _) => None,
    }
}
