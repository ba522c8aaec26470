//! What a hostile gossip message costs a member: a head in a member's name whose signature is wrong.

use super::figure::{Figure, Goal, Rounds, timed};
use super::logs::{FOUNDED_S, Logs};
use serde_bytes::ByteBuf;
use vantage_protocol::attester::{Attester, Blocks, Effect, Input, Record, Verdict};
use vantage_protocol::cid::Cid;
use vantage_protocol::compare::COMPARE_VERSION;
use vantage_protocol::id::NodeId;
use vantage_protocol::job::{Job, JobTarget};
use vantage_protocol::leaf::Statement;
use vantage_protocol::log::SignedCheckpoint;
use vantage_protocol::message::Heads;
use vantage_protocol::wire;

/// Order of the subjects.
const SIGNATURES: usize = 0;
const FEW: usize = 1;
const MANY: usize = 2;

struct NoBlocks;

impl Blocks for NoBlocks {
    fn get(&self, _: &Cid) -> Option<Vec<u8>> {
        None
    }
}

/// Measures with so many messages, at a member that knows one job and at one that knows so many.
pub(super) fn measure(messages: u32, jobs: u32, rounds: usize) -> Result<Vec<Figure>, String> {
    let (mut few, mut many) = (Member::knowing(1)?, Member::knowing(jobs)?);
    let (for_few, for_many) = (few.hostile(messages)?, many.hostile(messages)?);
    let key = few.logs.log_key(&few.author);
    let heads: Vec<SignedCheckpoint> = for_few.iter().map(|(head, _)| head.clone()).collect();
    let times = Rounds::run(
        rounds,
        &mut [
            &mut || timed(|| heads.iter().filter(|head| head.verify_log(&key).is_ok()).count()),
            &mut || timed(|| few.hear(&for_few)),
            &mut || timed(|| many.hear(&for_many)),
        ],
    );
    for member in [&few, &many] {
        if member.taken > 0 {
            return Err(format!("{} hostile messages were not rejected", member.taken));
        }
    }
    let us = |subject| times.median_s(subject) * 1e6 / f64::from(messages);
    Ok(vec![
        Figure::ratio(
            "hostile_gossip_over_signature",
            &format!("a head with a wrong signature at a member that knows {jobs} jobs: reading, judging and looking at what is due, over its one check of a signature"),
            &times.ratios(MANY, SIGNATURES),
            Some(Goal::AtMost(1.5)),
        )
        .behind("message_us", us(MANY))
        .behind("signature_us", us(SIGNATURES)),
        Figure::ratio(
            "hostile_gossip_many_jobs_over_one",
            &format!("the same at {jobs} jobs over the same at one"),
            &times.ratios(MANY, FEW),
            Some(Goal::AtMost(1.2)),
        )
        .behind("one_job_us", us(FEW)),
    ])
}

/// A member that has heard an author's jobs.
struct Member {
    attester: Attester,
    logs: Logs,
    author: NodeId,
    taken: usize,
}

impl Member {
    fn knowing(jobs: u32) -> Result<Self, String> {
        let regions = ["eu".to_owned(), "us".to_owned()];
        let mut logs = Logs::found(&regions);
        let [node, author] = logs.ids()[..2] else { return Err("a committee of two at least".into()) };
        for n in 0..jobs {
            logs.say(&author, Statement::Job(job(&regions, n)));
        }
        let mut attester = Attester::new(logs.config(&node))?;
        for id in logs.ids() {
            let leaves: Vec<ByteBuf> = logs.leaves(&id).iter().cloned().map(ByteBuf::from).collect();
            attester.restore(Record::Leaves { node: id, start: 0, leaves })?;
        }
        // cosignatures count once the cosigners' keys are known
        for id in logs.ids() {
            attester.restore(Record::Head(logs.head(&id, FOUNDED_S + 2).to_note()))?;
        }
        let mut member = Self { attester, logs, author, taken: 0 };
        let now_ms = FOUNDED_S * 1000 + 3000;
        member.attester.hear(Input::Tick, now_ms, &NoBlocks);
        member.attester.drive(now_ms, &NoBlocks);
        let known = member.attester.jobs().len();
        if known == jobs as usize { Ok(member) } else { Err(format!("{known} of {jobs} jobs are known")) }
    }

    /// Messages with heads of the author that it never signed: each has another one's signature.
    fn hostile(&mut self, messages: u32) -> Result<Vec<(SignedCheckpoint, Vec<u8>)>, String> {
        let mut heads = Vec::new();
        for n in 0..=messages {
            self.logs
                .say(&self.author, Statement::Job(job(&["eu".to_owned(), "us".to_owned()], 1_000_000 + n)));
            heads.push(self.logs.bare_head(&self.author).to_note());
        }
        let split =
            |note: &str| note.split_once("\n\n").map(|(body, lines)| (body.to_owned(), lines.to_owned()));
        let pairs = heads.iter().zip(heads.iter().skip(1));
        pairs
            .map(|(one, other)| {
                let ((body, _), (_, lines)) =
                    split(one).zip(split(other)).ok_or_else(|| "a note without signatures".to_owned())?;
                let note = format!("{body}\n\n{lines}");
                let head = SignedCheckpoint::parse(&note).map_err(|error| error.to_string())?;
                let heads = Heads { net: self.logs.net, sent_s: FOUNDED_S + 3, note, leaves: Vec::new() };
                Ok((head, wire::encode(&heads)))
            })
            .collect()
    }

    fn hear(&mut self, messages: &[(SignedCheckpoint, Vec<u8>)]) {
        let now_ms = FOUNDED_S * 1000 + 3100;
        for (_, bytes) in messages {
            let heard =
                self.attester.hear(Input::Gossip { token: 0, bytes: bytes.clone() }, now_ms, &NoBlocks);
            let rejected = matches!(heard.as_slice(), [Effect::Judge { verdict: Verdict::Reject, .. }]);
            self.taken += usize::from(!rejected);
            self.taken += self.attester.drive(now_ms, &NoBlocks).len();
        }
    }
}

fn job(regions: &[String], n: u32) -> Job {
    let target = "openai/gpt-4.1".parse().expect("a target");
    Job {
        suite: Cid::dag_cbor(&n.to_be_bytes()),
        targets: vec![JobTarget { target, repeats: 1 }],
        regions: regions.to_vec(),
        replicas: 1,
        executors: Cid::dag_cbor(b"executors"),
        study: None,
        from_s: FOUNDED_S,
        commit_by_s: FOUNDED_S + 100,
        reveal_by_s: FOUNDED_S + 110,
        final_by_s: FOUNDED_S + 120,
        output_bytes_max: 1024,
        slot_calls_max: 10,
        compare: COMPARE_VERSION,
        beacon: None,
    }
}
