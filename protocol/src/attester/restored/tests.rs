use crate::announce::{Announce, Offer};
use crate::attester::{Attester, Blocks, Config, Effect, Input, Notice, PeerKey, Record, Token};
use crate::cid::Cid;
use crate::genesis::{EDITION, Genesis, Member};
use crate::keys::{LogKey, RootKey, TransportKey, WitnessKey};
use crate::keyset::Keyset;
use crate::leaf::{Leaf, Statement};
use crate::log::SignedCheckpoint;
use crate::message::{LogAnswer, LogRequest};
use crate::wire;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

const START_MS: u64 = 1_800_000_000_000;

struct NoBlocks;

impl Blocks for NoBlocks {
    fn get(&self, _: &Cid) -> Option<Vec<u8>> {
        None
    }
}

/// Members on one table: what leaves one arrives at once, unless it is cut off.
struct Net {
    configs: Vec<Config>,
    nodes: Vec<Attester>,
    records: Vec<Vec<Record>>,
    notices: Vec<Vec<Notice>>,
    cut: BTreeSet<usize>,
    now_ms: u64,
    next: Token,
    /// Requests that wait for their answer: who asked, which call.
    open: BTreeMap<Token, (usize, u64)>,
    /// Signed heads that left each node: size and whole note.
    said: Vec<BTreeSet<(u64, String)>>,
    /// Members that lie about what they have seen of others' logs, by the size that they tell.
    liars: BTreeMap<usize, u64>,
}

impl Net {
    fn new(members: u8) -> Self {
        let keys = |n: u8| {
            let root = RootKey::from_seed(&[n; 32]);
            let transport = TransportKey::from_seed(&[n + 50; 32]);
            (root, transport, LogKey::from_seed(&[n + 100; 32]), WitnessKey::from_seed(&[n + 150; 32]))
        };
        let member = |n| Member { root: keys(n).0.public(), operator: format!("op{n}"), region: "eu".into() };
        let mut committee: Vec<Member> = (1..=members).map(member).collect();
        committee.sort_by_key(|m| m.root);
        let genesis = Genesis {
            v: EDITION,
            name: "restored".into(),
            founded_s: 1,
            test: true,
            gap_s_min: 2,
            output_bytes_max: 65536,
            founders: vec![],
            committee,
        };
        let config = |n| {
            let (root, transport, log, witness) = keys(n);
            let keyset = Keyset::make(&genesis.net(), &root, &transport, &log, &witness);
            Config { genesis: genesis.clone(), log, witness, keyset }
        };
        let configs: Vec<Config> = (1..=members).map(config).collect();
        let count = configs.len();
        Self {
            nodes: configs.iter().map(|c| Attester::new(c.clone()).unwrap()).collect(),
            configs,
            records: vec![Vec::new(); count],
            notices: vec![Vec::new(); count],
            cut: BTreeSet::new(),
            now_ms: START_MS,
            next: 0,
            open: BTreeMap::new(),
            said: vec![BTreeSet::new(); count],
            liars: BTreeMap::new(),
        }
    }

    fn key(&self, n: usize) -> PeerKey {
        self.configs[n].keyset.transport.to_bytes()
    }

    fn index(&self, peer: &PeerKey) -> usize {
        (0..self.configs.len()).find(|n| self.key(*n) == *peer).unwrap()
    }

    /// Hands one input over and everything that follows from it.
    fn tell(&mut self, to: usize, input: Input) {
        let mut queue = VecDeque::from([(to, input)]);
        while let Some((to, input)) = queue.pop_front() {
            let mut effects = self.nodes[to].hear(input, self.now_ms, &NoBlocks);
            effects.extend(self.nodes[to].drive(self.now_ms, &NoBlocks));
            for effect in effects {
                self.carry(to, effect, &mut queue);
            }
        }
    }

    fn carry(&mut self, from: usize, effect: Effect, queue: &mut VecDeque<(usize, Input)>) {
        match effect {
            Effect::Persist(record) => self.records[from].push(record),
            Effect::Notice(notice) => self.notices[from].push(notice),
            Effect::Gossip(bytes) => {
                for to in 0..self.nodes.len() {
                    if to == from || !self.linked(from, to) {
                        continue;
                    }
                    self.next += 1;
                    queue.push_back((to, Input::Gossip { token: self.next, bytes: bytes.clone() }));
                }
            }
            Effect::Ask { call, peer, stream, bytes } => {
                let to = self.index(&peer);
                if let Ok(request) = wire::decode::<crate::message::WitnessRequest>(&bytes) {
                    let add = crate::log::AddCheckpoint::parse(&request.add).unwrap();
                    let note = add.checkpoint.checkpoint.root.to_string();
                    self.said[from].insert((add.checkpoint.checkpoint.size, note));
                }
                if !self.linked(from, to) {
                    return queue.push_back((from, Input::Answer { call, bytes: None }));
                }
                self.next += 1;
                self.open.insert(self.next, (from, call));
                queue.push_back((to, Input::Request { token: self.next, stream, bytes }));
            }
            Effect::Relay { token, peer, bytes } => {
                let (asker, call) = self.open.remove(&token).unwrap();
                let to = self.index(&peer);
                if !self.linked(from, to) {
                    return queue.push_back((asker, Input::Answer { call, bytes: None }));
                }
                self.next += 1;
                self.open.insert(self.next, (asker, call));
                let stream = crate::attester::Stream::Witness;
                queue.push_back((to, Input::Request { token: self.next, stream, bytes }));
            }
            Effect::Reply { token, mut bytes } => {
                let (to, call) = self.open.remove(&token).unwrap();
                if let (Some(size), Ok(LogAnswer::Longest { .. })) =
                    (self.liars.get(&from), wire::decode::<LogAnswer>(&bytes))
                {
                    bytes = wire::encode(&LogAnswer::Longest { note: None, witnessed: *size });
                }
                queue.push_back((to, Input::Answer { call, bytes: Some(bytes) }));
            }
            _ => {}
        }
    }

    fn linked(&self, a: usize, b: usize) -> bool {
        !self.cut.contains(&a) && !self.cut.contains(&b)
    }

    /// Everybody meets everybody that is not cut off.
    fn meet(&mut self) {
        let count = self.nodes.len();
        for (a, b) in (0..count).flat_map(|a| (0..count).map(move |b| (a, b))) {
            if a != b && self.linked(a, b) {
                let peer = self.key(b);
                self.tell(a, Input::PeerUp { peer });
            }
        }
    }

    /// Lets so many seconds pass.
    fn wait(&mut self, seconds: u64) {
        for _ in 0..seconds * 4 {
            self.now_ms += 250;
            for n in 0..self.nodes.len() {
                self.tell(n, Input::Tick);
            }
        }
    }

    fn announce(&mut self, n: usize, slots_max: u32) {
        let from_s = self.now_ms / 1000;
        let offers = vec![Offer { target: "open:m".parse().unwrap(), call_microusd: 0 }];
        let announce =
            Announce { regions: vec!["eu".into()], offers, slots_max, from_s, until_s: from_s + 3600 };
        self.tell(n, Input::Announce { announce });
    }

    /// A network in which everybody is certified and has announced something.
    fn settled(members: u8) -> Self {
        let mut net = Self::new(members);
        net.wait(1);
        net.meet();
        net.wait(5);
        for n in 0..members.into() {
            net.announce(n, 1);
        }
        net.wait(10);
        for node in &net.nodes {
            let view = node.overview(net.now_ms);
            assert_eq!((view.leaves, view.certified), (2, 2));
        }
        net
    }

    /// Starts a node on records; a restored backup ends with the mark.
    fn restart(&mut self, n: usize, records: Vec<Record>) {
        let mut node = Attester::new(self.configs[n].clone()).unwrap();
        records.iter().for_each(|record| node.restore(record.clone()).unwrap());
        self.records[n] = records;
        self.nodes[n] = node;
        self.said[n].clear();
        self.notices[n].clear();
    }

    fn restore(&mut self, n: usize, mut backup: Vec<Record>) {
        backup.push(Record::Restored);
        self.restart(n, backup);
    }
}

#[test]
fn an_old_backup_never_signs_a_second_statement_at_a_used_place() {
    let mut net = Net::settled(4);
    let backup = net.records[0].clone();
    net.announce(0, 2);
    net.announce(0, 3);
    net.wait(5);
    assert_eq!(net.nodes[0].overview(net.now_ms).certified, 4);
    net.restore(0, backup);
    net.announce(0, 9);
    net.meet();
    net.wait(120);
    let view = net.nodes[0].overview(net.now_ms);
    assert_eq!((view.lost_own_log, view.leaves), (Some(4), 2));
    assert!(net.said[0].is_empty(), "no head left it: {:?}", net.said[0]);
    assert!(net.notices[0].contains(&Notice::LostOwnLog { seen: 4, held: 2 }));

    // neither does it after a restart, before it has heard anybody
    let records = net.records[0].clone();
    net.restart(0, records);
    net.cut.insert(0);
    net.announce(0, 9);
    net.wait(60);
    assert_eq!(net.nodes[0].overview(net.now_ms).lost_own_log, Some(4));
    assert!(net.said[0].is_empty() && net.nodes[0].overview(net.now_ms).leaves == 2);
}

#[test]
fn the_newest_backup_signs_again_once_enough_members_were_heard() {
    let mut net = Net::settled(4);
    let backup = net.records[0].clone();
    net.cut.insert(0);
    net.restore(0, backup);
    net.announce(0, 9);
    net.wait(120);
    let view = net.nodes[0].overview(net.now_ms);
    assert_eq!((view.restored, view.lost_own_log), (Some((0, 3)), None), "nobody is reached");
    assert!(net.said[0].is_empty() && view.leaves == 2);

    // one of the three others stays silent: it could be the only honest one that has cosigned more
    net.cut = BTreeSet::from([3]);
    net.meet();
    net.wait(120);
    assert_eq!(net.nodes[0].overview(net.now_ms).restored, Some((2, 3)));
    assert!(net.said[0].is_empty());

    net.cut.clear();
    net.meet();
    net.wait(60);
    assert_eq!(net.nodes[0].overview(net.now_ms).restored, None);
    net.announce(0, 9);
    net.wait(10);
    let view = net.nodes[0].overview(net.now_ms);
    assert_eq!((view.leaves, view.certified), (3, 3));
    // what was vouched for once stays so
    let records = net.records[0].clone();
    net.restart(0, records);
    net.cut.insert(0);
    assert!(net.nodes[0].may_sign());
}

#[test]
fn an_ordinary_restart_asks_nobody() {
    let mut net = Net::settled(4);
    let records = net.records[0].clone();
    net.restart(0, records);
    net.cut.insert(0);
    net.announce(0, 9);
    net.wait(5);
    assert_eq!(net.said[0].iter().map(|(size, _)| *size).collect::<Vec<_>>(), [3]);
}

#[test]
fn a_restored_witness_cosigns_nothing_before_it_is_vouched_for() {
    let mut net = Net::settled(4);
    let backup = net.records[0].clone();
    net.restore(0, backup);
    // 3 is cut off, so the quorum of 1's next head needs 0
    net.cut.insert(3);
    net.meet();
    net.announce(1, 7);
    net.wait(60);
    let view = net.nodes[1].overview(net.now_ms);
    assert_eq!((view.leaves, view.certified), (3, 2), "0 did not cosign");
    net.cut.clear();
    net.meet();
    net.wait(60);
    assert_eq!(net.nodes[1].overview(net.now_ms).certified, 3);
}

#[test]
fn one_liar_delays_and_does_not_silence_for_good() {
    let mut net = Net::settled(4);
    let backup = net.records[0].clone();
    net.restore(0, backup);
    net.liars.insert(2, 1_000_000);
    net.meet();
    net.wait(60);
    let view = net.nodes[0].overview(net.now_ms);
    assert_eq!((view.restored, view.lost_own_log), (Some((2, 3)), None), "one word alone proves nothing");
    net.liars.clear();
    net.wait(60);
    assert!(net.nodes[0].may_sign());
}

#[test]
fn more_words_than_may_be_lies_count() {
    let mut net = Net::settled(4);
    let backup = net.records[0].clone();
    net.restore(0, backup);
    net.liars = BTreeMap::from([(2, 1_000_000), (3, 500)]);
    net.meet();
    net.wait(60);
    assert_eq!(net.nodes[0].overview(net.now_ms).lost_own_log, Some(500), "one of the two is honest");
    assert!(net.said[0].is_empty());
}

#[test]
fn how_many_members_must_be_heard() {
    for (members, needed) in [(1, 0), (2, 1), (3, 1), (4, 3), (5, 3), (6, 3), (7, 5), (10, 7), (22, 15)] {
        let net = Net::new(members);
        assert_eq!(net.nodes[0].vouchers_needed(), needed, "{members}");
        let genesis = &net.configs[0].genesis;
        let (n, q, f) = (genesis.size(), genesis.quorum(), genesis.faults());
        // those heard and those who cosigned, among the others, share more than may be faulty
        assert!(n == 1 || needed + (q - 1) > (n - 1) + f, "{members}");
    }
}

#[test]
fn a_network_of_one_has_nobody_to_ask() {
    let mut net = Net::new(1);
    net.wait(2);
    let backup = net.records[0].clone();
    net.restore(0, backup);
    net.wait(1);
    assert!(net.nodes[0].may_sign());
    assert!(net.records[0].contains(&Record::Vouched));
}

/// What node 0 answers on the log stream.
fn asked(net: &mut Net, request: &LogRequest) -> LogAnswer {
    let input =
        Input::Request { token: 0, stream: crate::attester::Stream::Log, bytes: wire::encode(request) };
    let reply = net.nodes[0].hear(input, net.now_ms, &NoBlocks).into_iter().find_map(|e| match e {
        Effect::Reply { bytes, .. } => Some(wire::decode::<LogAnswer>(&bytes).unwrap()),
        _ => None,
    });
    reply.unwrap()
}

#[test]
fn a_head_is_told_that_covers_the_leaf_in_time_or_none() {
    let mut net = Net::settled(4);
    let id = net.configs[0].genesis.net();
    let head = |node, index, by_s| LogRequest::Head { net: id, node, index, by_s };
    let node = net.nodes[1].node();
    let LogAnswer::Head { note } = asked(&mut net, &head(node, 1, None)) else {
        panic!("leaf 1 is certified")
    };
    let told = SignedCheckpoint::parse(&note).unwrap();
    assert!(told.checkpoint.size > 1 && told.checkpoint.origin.node == node, "{note}");
    for (index, by_s) in [(2, None), (u64::MAX, None), (1, Some(0)), (u64::MAX, Some(u64::MAX))] {
        assert_eq!(asked(&mut net, &head(node, index, by_s)), LogAnswer::Unknown, "{index} {by_s:?}");
    }
    assert_eq!(asked(&mut net, &head(crate::id::NodeId([9; 32]), 0, None)), LogAnswer::Unknown);
}

#[test]
fn a_node_tells_what_it_has_seen_of_a_log() {
    let mut net = Net::settled(4);
    let request = LogRequest::Longest { net: net.configs[0].genesis.net(), node: net.nodes[1].node() };
    let LogAnswer::Longest { note: Some(note), witnessed: 2 } = asked(&mut net, &request) else {
        panic!("two leaves were cosigned");
    };
    assert!(note.contains("\n2\n"), "{note}");
    let unknown = LogRequest::Longest { net: net.configs[0].genesis.net(), node: crate::id::NodeId([9; 32]) };
    assert_eq!(asked(&mut net, &unknown), LogAnswer::Longest { note: None, witnessed: 0 });
    let foreign = LogRequest::Longest { net: crate::id::NetId([9; 32]), node: net.nodes[1].node() };
    assert_eq!(asked(&mut net, &foreign), LogAnswer::Unknown);
}

/// A leaf that changed on the disk would let its node say a second thing at a used place: a signature over the first is
/// kept, and the node does not start.
#[test]
fn a_leaf_that_is_not_the_signed_one_ends_the_start() {
    let net = Net::settled(4);
    let changed = |bytes: &[u8]| {
        let mut leaf = Leaf::decode(bytes, &net.configs[0].genesis.net()).unwrap();
        let Statement::Announce(announce) = &mut leaf.statement else { return bytes.to_vec() };
        announce.slots_max += 1;
        leaf.encode()
    };
    let own = |record: &Record| match record {
        Record::OwnLeaf(bytes) => Record::OwnLeaf(changed(bytes).into()),
        other => other.clone(),
    };
    let others = |record: &Record| match record {
        Record::Leaves { node, start, leaves } => {
            let leaves = leaves.iter().map(|bytes| changed(bytes).into()).collect();
            Record::Leaves { node: *node, start: *start, leaves }
        }
        other => other.clone(),
    };
    let start = |records: Vec<Record>| {
        let mut node = Attester::new(net.configs[0].clone()).unwrap();
        records.into_iter().try_for_each(|record| node.restore(record))
    };
    let kept = &net.records[0];
    start(kept.clone()).unwrap();
    for damaged in [kept.iter().map(own).collect(), kept.iter().map(others).collect::<Vec<_>>()] {
        assert!(start(damaged).unwrap_err().contains("are not those that a kept signature is over"));
    }
}
