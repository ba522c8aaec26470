//! Lies in a log: what a rogue says instead of what its core was about to say.

use super::super::event::Index;
use super::super::world::World;
use super::Strategy;
use serde_bytes::ByteBuf;
use vantage_protocol::attester::{Input, Record};
use vantage_protocol::cid::Cid;
use vantage_protocol::id::{Hash, JobId};
use vantage_protocol::leaf::{Leaf, Statement};
use vantage_protocol::statement::{
    Ack, AckItem, AckVerdict, BadCode, Commit, Decline, Final, Reveal, StatementList,
};
use vantage_protocol::wire;

impl World {
    /// Replaces a leaf that the core of a rogue is about to append. The rogue then starts again from
    /// its changed records: so the core itself has the lies certified and gossiped.
    pub(in super::super) fn lies(&mut self, node: Index, record: &Record) -> bool {
        let (Some(strategy), Record::OwnLeaf(bytes)) = (self.strategy(node), record) else { return false };
        let net = self.cast.genesis.net();
        let Ok(leaf) = Leaf::decode(bytes, &net) else { return false };
        let Some(lies) = self.lie(node, strategy, leaf.statement) else { return false };
        for statement in lies {
            let bytes = Leaf { net, author: leaf.author, statement }.encode();
            self.nodes[node].disk.records.push(Record::OwnLeaf(ByteBuf::from(bytes)));
        }
        self.nodes[node].stop();
        self.start(node);
        true
    }

    fn lie(&mut self, node: Index, strategy: Strategy, statement: Statement) -> Option<Vec<Statement>> {
        let lies = match (strategy, statement) {
            (Strategy::DeclineThenCommit, Statement::Commit(c)) => {
                let reason = "no".to_owned();
                let decline = Decline { job: c.job, slot: c.slot, reason };
                vec![Statement::Decline(decline), Statement::Commit(c)]
            }
            (Strategy::TwoCommits, Statement::Commit(c)) => {
                let other = Commit { hash: Hash(self.dice.bytes32()), ..c.clone() };
                vec![Statement::Commit(other), Statement::Commit(c)]
            }
            (Strategy::FalseReveal, Statement::Commit(c)) => {
                vec![Statement::Commit(Commit { hash: Hash(self.dice.bytes32()), ..c })]
            }
            (Strategy::Withhold, commit @ Statement::Commit(_)) => vec![commit],
            (Strategy::FalseProof, Statement::Reveal(r)) => {
                let nonsense = wire::encode(&vec![self.dice.below(1 << 32)]);
                let proof = Cid::dag_cbor(&nonsense);
                self.nodes[node].disk.put(proof, nonsense, true);
                vec![Statement::Reveal(Reveal { proof, ..r })]
            }
            (Strategy::Slander, Statement::Ack(ack)) => {
                let bad = |item: AckItem| AckItem { verdict: AckVerdict::Bad(BadCode::Hash), ..item };
                vec![Statement::Ack(Ack { items: ack.items.into_iter().map(bad).collect(), ..ack })]
            }
            (Strategy::TwoFinals, Statement::Final(f)) => {
                let nothing = StatementList::new(f.job, Vec::new());
                let block = wire::encode(&nothing);
                let list = Cid::dag_cbor(&block);
                self.nodes[node].disk.put(list, block, true);
                let second = Final { job: f.job, count: 0, root: nothing.root(), list, report: None };
                vec![Statement::Final(f), Statement::Final(second)]
            }
            (Strategy::AckAfterFinal, Statement::Final(f)) => {
                let late = self.own_acks(node, &f.job)?;
                vec![Statement::Final(f), Statement::Ack(late)]
            }
            _ => return None,
        };
        Some(lies)
    }

    fn own_acks(&self, node: Index, job: &JobId) -> Option<Ack> {
        let statements = self.nodes[node].attester.as_ref()?.own_statements();
        statements.into_iter().find_map(|(_, statement)| match statement {
            Statement::Ack(ack) if ack.job == *job => Some(ack),
            _ => None,
        })
    }

    /// Commits to somebody's revealed receipts, under the rogue's own name.
    pub(super) fn copy_reveal(&mut self, node: Index) {
        if self.nodes[node].rogue.as_ref().is_none_or(|r| r.kept.is_empty()) {
            return;
        }
        let own = self.nodes[node].identity.node;
        let Some(copied) = self.nodes[node].disk.receipts_by_others(&own) else { return };
        let kept = self.nodes[node].rogue.as_mut().map(|r| std::mem::take(&mut r.kept)).unwrap_or_default();
        for (job, slot, salt) in kept {
            self.input(node, Input::Executed { job, slot, salt, cells: copied.clone() });
        }
    }
}
