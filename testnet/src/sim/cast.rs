//! Who takes part: keys drawn from the seed, and the genesis that vouches for the members.

use super::dice::Dice;
use super::scenario::Scenario;
use vantage_protocol::attester::{Config, PeerKey};
use vantage_protocol::genesis::{EDITION, Genesis, Member};
use vantage_protocol::id::NodeId;
use vantage_protocol::keys::{LogKey, RootKey, TransportKey, WitnessKey};
use vantage_protocol::keyset::Keyset;
use vantage_protocol::log::Policy;

/// When simulated time begins, POSIX seconds: a round number, 14 November 2023.
pub const START_S: u64 = 1_700_000_000;

/// The regions of a simulation, as many as a job may ask for.
pub const REGIONS: [&str; 8] = ["af", "ap", "eu", "me", "na", "oc", "sa", "us"];

/// One participant's keys.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Node id.
    pub node: NodeId,
    /// Transport key.
    pub peer: PeerKey,
    /// Region that it declares.
    pub region: String,
    root: RootKey,
    transport: TransportKey,
    log: LogKey,
    witness: WitnessKey,
}

impl Identity {
    fn draw(dice: &mut Dice, region: &str) -> Self {
        let root = RootKey::from_seed(&dice.bytes32());
        let transport = TransportKey::from_seed(&dice.bytes32());
        Self {
            node: root.public().node_id(),
            peer: transport.public().to_bytes(),
            region: region.to_owned(),
            root,
            transport,
            log: LogKey::from_seed(&dice.bytes32()),
            witness: WitnessKey::from_seed(&dice.bytes32()),
        }
    }

    /// What an attester is made from.
    pub fn config(&self, genesis: &Genesis) -> Config {
        let keyset = Keyset::make(&genesis.net(), &self.root, &self.transport, &self.log, &self.witness);
        Config { genesis: genesis.clone(), log: self.log.clone(), witness: self.witness.clone(), keyset }
    }

    /// The key that signs the node's checkpoints: for actors that break the rules.
    pub fn log_key(&self) -> &LogKey {
        &self.log
    }

    /// The key that cosigns: for actors that break the rules.
    pub fn witness_key(&self) -> &WitnessKey {
        &self.witness
    }
}

/// Everybody, members first.
#[derive(Debug)]
pub struct Cast {
    /// Members, then executors.
    pub identities: Vec<Identity>,
    /// The network.
    pub genesis: Genesis,
    /// A network of the same people under another name: its bytes must be refused.
    pub foreign: Genesis,
}

impl Cast {
    /// Draws the keys of a scenario.
    pub fn draw(scenario: &Scenario) -> Self {
        let mut dice = Dice::new(scenario.seed, 1);
        let regions = &REGIONS[..scenario.regions.clamp(1, REGIONS.len())];
        let count = scenario.members + scenario.executors;
        let identities: Vec<Identity> =
            (0..count).map(|i| Identity::draw(&mut dice, regions[i % regions.len()])).collect();
        let member = |(i, identity): (usize, &Identity)| Member {
            root: identity.root.public(),
            operator: format!("operator-{i}"),
            region: identity.region.clone(),
        };
        let mut committee: Vec<Member> =
            identities.iter().take(scenario.members).enumerate().map(member).collect();
        committee.sort_by_key(|m| m.root);
        let genesis = Genesis {
            v: EDITION,
            name: "simulation".into(),
            founded_s: START_S - 3600,
            test: true,
            gap_s_min: 2,
            output_bytes_max: 64 * 1024,
            founders: Vec::new(),
            committee,
        };
        let foreign = Genesis { name: "another simulation".into(), ..genesis.clone() };
        Self { identities, genesis, foreign }
    }

    /// The whole committee's witness keys with the quorum.
    pub fn policy(&self) -> Policy {
        let committee = self.identities.iter().filter(|i| self.genesis.member(&i.node).is_some());
        let members = committee.map(|i| (i.node, self.genesis.origin(i.node), i.witness.public()));
        Policy::new(members.collect(), self.genesis.quorum())
    }
}
