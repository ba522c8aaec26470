//! Every verdict on a reveal, and that it waits for what it needs.

use super::world::{COMMIT_BY_S, FROM_S, World};
use crate::cid::Cid;
use crate::id::{NodeId, Salt};
use crate::leaf::Cert;
use crate::log::{Policy, TlogProof};
use crate::proof::{Judge, Judgement, judge_reveal};
use crate::receipt::Receipts;
use crate::statement::{BadCode, Commit, Reveal, commit_hash};
use crate::wire;
use crate::{keyset::Keyset, leaf::LeafRef, leaf::Statement};

struct Case {
    world: World,
    reveal: Reveal,
    commit: Vec<u8>,
}

impl Case {
    fn of(world: World) -> Self {
        let reveal = world.reveal(0);
        let commit = world.node(&reveal.commit.author).leaves[reveal.commit.index as usize].clone();
        Self { world, reveal, commit }
    }

    fn keyset(&self) -> &Keyset {
        &self.world.node(&self.reveal.commit.author).keyset
    }

    fn judge(&self) -> Judgement {
        self.judge_by(&self.world.policy(&[]))
    }

    fn judge_by(&self, policy: &Policy) -> Judgement {
        let judge = Judge {
            net: self.world.net,
            genesis: &self.world.genesis,
            id: self.world.id,
            job: &self.world.job,
            suite: &self.world.suite,
            policy,
            executor: self.keyset(),
        };
        judge_reveal(&judge, &self.reveal, &self.commit, &|cid| self.world.blocks.get(cid).cloned())
    }

    fn expect(&self, code: BadCode) {
        match self.judge() {
            Judgement::Bad(found, _) => assert_eq!(found, code),
            other => panic!("{other:?} instead of {code:?}"),
        }
    }

    fn need(&self, cids: &[Cid]) {
        let mut cids = cids.to_vec();
        cids.sort();
        assert_eq!(self.judge(), Judgement::Need(cids));
    }

    fn set_proof(&mut self, edit: impl FnOnce(&mut TlogProof)) {
        let mut cert: Cert = wire::decode(&self.world.blocks[&self.reveal.proof]).unwrap();
        let mut proof = TlogProof::parse(&cert.proof).unwrap();
        edit(&mut proof);
        cert.proof = proof.to_text();
        self.reveal.proof = self.world.put(&cert);
    }
}

fn good() -> Case {
    Case::of(World::sealed())
}

#[test]
fn a_good_reveal_is_ok_once_everything_is_held() {
    let mut case = good();
    assert_eq!(case.judge(), Judgement::Ok);
    let receipts: Receipts = wire::decode(&case.world.blocks[&case.reveal.receipts]).unwrap();
    let all = case.world.blocks.clone();
    let take = |case: &mut Case, cids: &[Cid]| {
        case.world.blocks = all.clone();
        cids.iter().for_each(|cid| drop(case.world.blocks.remove(cid)));
    };
    let (proof, block) = (case.reveal.proof, case.reveal.receipts);
    let links: Vec<Cid> = receipts.links().collect();
    take(&mut case, &[proof, block]);
    case.need(&[proof]);
    take(&mut case, &[block]);
    case.need(&[block]);
    take(&mut case, &links);
    case.need(&links);
    take(&mut case, &links[1..2]);
    case.need(&links[1..2]);
}

#[test]
fn a_member_whose_keyset_is_unknown_delays_the_verdict() {
    let case = good();
    let signers: Vec<NodeId> = case.world.nodes.iter().take(3).map(|n| n.id).collect();
    for signer in &signers {
        let policy = case.world.policy(&[*signer]);
        assert_eq!(case.judge_by(&policy), Judgement::Unknown(vec![*signer]));
    }
    // the fourth has no line in the proof: whether it is known makes no difference
    let silent = case.world.policy(&[case.world.nodes[3].id]);
    assert_eq!(case.judge_by(&silent), Judgement::Ok);
}

#[test]
fn what_does_not_give_the_hash_is_bad_before_anything_is_fetched() {
    let edits: [fn(&mut Case); 6] = [
        |c| c.reveal.salt = Salt([9; 32]),
        |c| c.reveal.receipts = Cid::dag_cbor(b"other"),
        |c| c.reveal.slot += 1,
        |c| c.reveal.job.0 = [3; 32],
        |c| c.reveal.commit.hash.0 = [3; 32],
        |c| c.commit = b"no leaf".to_vec(),
    ];
    for edit in edits {
        let mut case = good();
        case.world.blocks.clear();
        edit(&mut case);
        case.expect(BadCode::Hash);
    }
}

#[test]
fn a_proof_must_show_this_commit_in_time() {
    let edits: [fn(&mut Case); 7] = [
        |c| c.reveal.proof.codec = crate::cid::Codec::Raw,
        |c| c.reveal.proof = c.world.put(&"no cert"),
        |c| c.set_proof(|p| p.index += 1),
        |c| c.set_proof(|p| p.path.clear()),
        |c| c.set_proof(|p| p.checkpoint.log_signature.0[0] ^= 1),
        |c| c.set_proof(|p| drop(p.checkpoint.cosignatures.pop())),
        |c| c.set_proof(|p| p.checkpoint.cosignatures[1].cosignature.time += 1),
    ];
    for edit in edits {
        let mut case = good();
        edit(&mut case);
        case.expect(BadCode::Proof);
    }
    // another leaf of the same log, proven well
    let mut case = good();
    let author = case.reveal.commit.author;
    let keyset = &case.world.node(&author).leaves[0];
    let at = LeafRef { author, index: 0, hash: crate::log::leaf_hash(keyset) };
    let other = case.world.cert(&at, FROM_S + 5, 3);
    case.reveal.proof = case.world.put(&other);
    case.expect(BadCode::Proof);
}

#[test]
fn a_quorum_in_time_is_enough_beside_late_and_forged_is_not() {
    let mut case = good();
    let at = case.reveal.commit;
    // four cosigners, the first of them a second late
    let cert = case.world.cert(&at, COMMIT_BY_S + 1, 4);
    case.reveal.proof = case.world.put(&cert);
    assert_eq!(case.judge(), Judgement::Ok);
    case.set_proof(|p| p.checkpoint.cosignatures[0].cosignature.signature.0[3] ^= 1);
    case.expect(BadCode::Proof);
}

#[test]
fn receipts_must_be_those_of_the_slot() {
    type Edit = fn(&mut Receipts);
    let plots: [(Edit, BadCode); 6] = [
        (|r| r.slot = 7, BadCode::Receipts),
        (|r| r.executor = NodeId([1; 32]), BadCode::Receipts),
        (|r| r.v = 2, BadCode::Receipts),
        (|r| r.cells[0].output = Some(Cid::dag_cbor(b"x")), BadCode::Receipts),
        (|r| drop(r.cells.pop()), BadCode::Cells),
        (|r| r.cells.swap(0, 1), BadCode::Cells),
    ];
    for (plot, code) in plots {
        let mut case = good();
        let mut receipts: Receipts = wire::decode(&case.world.blocks[&case.reveal.receipts]).unwrap();
        plot(&mut receipts);
        recommit(&mut case, &receipts);
        case.expect(code);
    }
}

#[test]
fn an_output_over_the_limit_is_bad_once_all_are_held() {
    let mut case = good();
    let mut receipts: Receipts = wire::decode(&case.world.blocks[&case.reveal.receipts]).unwrap();
    let large = vec![b'x'; case.world.job.output_bytes_max as usize + 1];
    receipts.cells[1].output = Some(case.world.put_raw(&large));
    let missing = Cid::raw(b"not held");
    let held = receipts.cells[0].response;
    receipts.cells[0].response = Some(missing);
    recommit(&mut case, &receipts);
    case.need(&[missing]);
    receipts.cells[0].response = held;
    recommit(&mut case, &receipts);
    case.expect(BadCode::Output);
    receipts.cells[1].output = held;
    receipts.cells[1].response = Some(case.world.put_raw(&vec![b'y'; 2 * 4096 + 64 * 1024 + 1]));
    recommit(&mut case, &receipts);
    case.expect(BadCode::Output);
    receipts.cells[1].response = Some(case.world.put_raw(&vec![b'y'; 2 * 4096 + 64 * 1024]));
    recommit(&mut case, &receipts);
    assert_eq!(case.judge(), Judgement::Ok);
}

fn recommit(case: &mut Case, receipts: &Receipts) {
    let (author, slot, id) = (case.reveal.commit.author, case.reveal.slot, case.world.id);
    case.reveal.receipts = case.world.put(receipts);
    let hash = commit_hash(&case.world.net, &id, slot, &author, &case.reveal.salt, &case.reveal.receipts);
    let at = case.world.say(&author, Statement::Commit(Commit { job: id, slot, hash }));
    let cert = case.world.cert(&at, FROM_S + 5, 3);
    case.reveal.proof = case.world.put(&cert);
    case.reveal.commit = at;
    case.commit = cert.leaf;
}
