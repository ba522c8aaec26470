//! The texts of the log, in the C2SP formats.

use super::Vector;
use super::decode::{reprint, text};
use super::leaves::committed_log;
use super::messages::add_checkpoint;
use super::world::{JOB_S, world};
use vantage_protocol::id::hex;
use vantage_protocol::log::{
    ALG_LOG, ALG_WITNESS, AddCheckpoint, Checkpoint, CosignatureLine, SignedCheckpoint, TlogProof, key_id,
    witness_name,
};

pub(super) fn vectors() -> Vec<Vector> {
    let w = world();
    let (executor, log) = (w.executor().0, committed_log(w));
    let head = w.head(executor, &log, 3, JOB_S + 40);
    let bare = w.head(executor, &log, 0, JOB_S + 40);
    let proof = w.proof(executor, &log, JOB_S + 40);
    let extra = TlogProof { extra: Some(b"for people".to_vec()), ..proof.clone() };
    let line = head.cosignatures[0].to_line();
    let origin = w.origin(executor).to_string();
    let log_key = key_id(&origin, ALG_LOG, &executor.log.public());
    let member = &w.members[0];
    let witness = key_id(&witness_name(&w.origin(member)), ALG_WITNESS, &member.witness.public());
    vec![
        text("checkpoint", "three-leaves", "The text that a log signs.", head.checkpoint.body(), checkpoint),
        text("signed-checkpoint", "bare", "A head with the log's signature alone.", bare.to_note(), signed)
            .derive("log_key_id", hex(&log_key)),
        text("signed-checkpoint", "cosigned", "A head that three of four cosigned.", head.to_note(), signed),
        text("cosignature", "line", "What a witness answers.", line, cosignature)
            .derive("witness_key_id", hex(&witness)),
        text("tlog-proof", "commit", "Proof of the third leaf.", proof.to_text(), tlog_proof),
        text("tlog-proof", "extra", "The same with extra data.", extra.to_text(), tlog_proof),
        text("add-checkpoint", "next", "A request to a witness.", add_checkpoint(w).to_text(), add),
    ]
}

fn checkpoint(bytes: &[u8]) -> Result<Vec<u8>, String> {
    reprint(bytes, Checkpoint::parse, Checkpoint::body)
}

fn signed(bytes: &[u8]) -> Result<Vec<u8>, String> {
    reprint(bytes, SignedCheckpoint::parse, SignedCheckpoint::to_note)
}

fn cosignature(bytes: &[u8]) -> Result<Vec<u8>, String> {
    reprint(bytes, CosignatureLine::parse, CosignatureLine::to_line)
}

fn tlog_proof(bytes: &[u8]) -> Result<Vec<u8>, String> {
    reprint(bytes, TlogProof::parse, TlogProof::to_text)
}

fn add(bytes: &[u8]) -> Result<Vec<u8>, String> {
    reprint(bytes, AddCheckpoint::parse, AddCheckpoint::to_text)
}
