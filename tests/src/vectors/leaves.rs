//! Everything that a node says.

use super::Vector;
use super::blocks::{list, receipts};
use super::decode::leaf;
use super::world::{JOB_S, World, world};
use serde_json::Value;
use vantage_protocol::cid::Cid;
use vantage_protocol::id::Hash;
use vantage_protocol::leaf::{Leaf, LeafRef, Statement};
use vantage_protocol::statement::{
    Ack, AckItem, AckVerdict, BadCode, Commit, Decline, Final, Finding, Reveal, commit_hash,
};
use vantage_protocol::wire;

pub(super) fn vectors() -> Vec<Vector> {
    let w = world();
    let executor = w.executor().0;
    let keyset = executor.keyset(&w.net);
    let announced = w.announce(executor);
    let job = w.members[3].says(&w.net, Statement::Job(w.job.clone()));
    let slots: Vec<Value> =
        w.assignment.iter().map(|node| node.map_or(Value::Null, |node| node.to_string().into())).collect();
    let (salt, receipts) = (w.executor().1, Cid::dag_cbor(&wire::encode(&receipts(w))));
    vec![
        leaf("member", "Leaf 0 of a log: four keys, each vouching for all four.", &keyset)
            .derive("node_id", executor.id.to_string()),
        leaf("two-targets", "An offer of two targets in one region.", &announced),
        leaf("two-regions", "Two targets, two regions, two replicas.", &job)
            .derive("job_id", w.job_id.to_string())
            .derive("assignment", slots),
        leaf("slot-0", "A commit to a slot's receipts.", &commit(w))
            .derive("salt", salt.to_string())
            .derive("receipts", receipts.to_string()),
        leaf("slot-1", "A slot that is not taken on.", &decline(w)),
        leaf("slot-0", "The receipts behind the commit, with the proof that it was in time.", &reveal(w)),
        leaf("ok-and-bad", "One statement ok, one bad.", &ack(w)),
        leaf("with-report", "A last word on a job, naming a comparison.", &last_word(w, true)),
        leaf("without-report", "A last word on a job without a comparison.", &last_word(w, false)),
        leaf("bad-hash", "Why a statement was found bad.", &finding(w)),
    ]
}

/// The log of slot 0's executor up to its commit.
pub(super) fn committed_log(w: &World) -> Vec<Leaf> {
    let executor = w.executor().0;
    vec![executor.keyset(&w.net), w.announce(executor), commit(w)]
}

fn commit(w: &World) -> Leaf {
    let (executor, salt) = w.executor();
    let receipts = Cid::dag_cbor(&wire::encode(&receipts(w)));
    let hash = commit_hash(&w.net, &w.job_id, 0, &executor.id, &salt, &receipts);
    executor.says(&w.net, Statement::Commit(Commit { job: w.job_id, slot: 0, hash }))
}

pub(super) fn decline(w: &World) -> Leaf {
    let reason = "the budget for today is spent".to_owned();
    w.members[1].says(&w.net, Statement::Decline(Decline { job: w.job_id, slot: 1, reason }))
}

pub(super) fn reveal(w: &World) -> Leaf {
    let (executor, salt) = w.executor();
    let log = committed_log(w);
    let reveal = Reveal {
        job: w.job_id,
        slot: 0,
        commit: commit(w).reference(log.len() as u64 - 1),
        salt,
        receipts: Cid::dag_cbor(&wire::encode(&receipts(w))),
        proof: Cid::dag_cbor(&wire::encode(&w.cert(executor, &log, JOB_S + 40))),
    };
    executor.says(&w.net, Statement::Reveal(reveal))
}

/// References to the reveal and the decline.
pub(super) fn statements(w: &World) -> [LeafRef; 2] {
    [reveal(w).reference(3), decline(w).reference(2)]
}

fn ack(w: &World) -> Leaf {
    let [reveal, decline] = statements(w);
    let items = vec![
        AckItem { statement: decline, verdict: AckVerdict::Ok },
        AckItem { statement: reveal, verdict: AckVerdict::Bad(BadCode::Cells) },
    ];
    w.members[2].says(&w.net, Statement::Ack(Ack { job: w.job_id, items }))
}

pub(super) fn last_word(w: &World, with_report: bool) -> Leaf {
    let list = list(w);
    let said = Final {
        job: w.job_id,
        count: list.statements.len() as u32,
        root: list.root(),
        list: Cid::dag_cbor(&wire::encode(&list)),
        report: with_report.then(|| Cid::dag_cbor(b"a report")),
    };
    w.members[2].says(&w.net, Statement::Final(said))
}

fn finding(w: &World) -> Leaf {
    let statement = LeafRef { hash: Hash([0x5a; 32]), ..statements(w)[0] };
    let detail = "salt and receipts do not give the committed hash".to_owned();
    let finding = Finding { job: w.job_id, statement, code: BadCode::Hash, detail };
    w.members[2].says(&w.net, Statement::Finding(finding))
}
