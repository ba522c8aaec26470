//! Random statements.

use super::parts::{ascending, cid, hash, job_id, key, name, reference, salt, signature, target, text};
use proptest::prelude::*;
use vantage_protocol::announce::{Announce, Offer};
use vantage_protocol::job::{Job, JobTarget};
use vantage_protocol::keyset::Keyset;
use vantage_protocol::leaf::Statement;
use vantage_protocol::statement::{
    Ack, AckItem, AckVerdict, BadCode, Commit, Decline, Final, Finding, Reveal,
};

pub fn statement() -> impl Strategy<Value = Statement> {
    let commit = (job_id(), any::<u32>(), hash()).prop_map(|(job, slot, hash)| Commit { job, slot, hash });
    let decline =
        (job_id(), any::<u32>(), text()).prop_map(|(job, slot, reason)| Decline { job, slot, reason });
    let ack = (job_id(), prop::collection::vec(item(), 1..6)).prop_map(|(job, items)| Ack { job, items });
    let last = (job_id(), 0u32..=1024, hash(), cid(), prop::option::of(cid()))
        .prop_map(|(job, count, root, list, report)| Final { job, count, root, list, report });
    let finding = (job_id(), reference(), code(), text())
        .prop_map(|(job, statement, code, detail)| Finding { job, statement, code, detail });
    prop_oneof![
        keyset().prop_map(|keyset| Statement::Keyset(keyset.into())),
        announce().prop_map(Statement::Announce),
        job().prop_map(Statement::Job),
        commit.prop_map(Statement::Commit),
        decline.prop_map(Statement::Decline),
        reveal().prop_map(Statement::Reveal),
        ack.prop_map(Statement::Ack),
        last.prop_map(Statement::Final),
        finding.prop_map(Statement::Finding),
    ]
}

/// Signatures that need not hold: decoding does not verify them.
fn keyset() -> impl Strategy<Value = Keyset> {
    ([key(), key(), key(), key()], [signature(), signature(), signature(), signature()]).prop_map(
        |([root, transport, log, witness], signatures)| {
            let [root_signature, transport_signature, log_signature, witness_signature] = signatures;
            Keyset {
                root,
                transport,
                log,
                witness,
                root_signature,
                transport_signature,
                log_signature,
                witness_signature,
            }
        },
    )
}

fn announce() -> impl Strategy<Value = Announce> {
    let offers = ascending(target(), 0..=4).prop_flat_map(|targets| {
        let prices = prop::collection::vec(any::<u64>(), targets.len());
        prices.prop_map(move |prices| {
            let offers = targets.iter().cloned().zip(prices);
            offers.map(|(target, call_microusd)| Offer { target, call_microusd }).collect::<Vec<_>>()
        })
    });
    (ascending(name(), 1..=4), offers, 0u32..=1024, 0u64..1 << 40, 1u64..=86_400).prop_map(
        |(regions, offers, slots_max, from_s, lasts_s)| Announce {
            regions,
            offers,
            slots_max,
            from_s,
            until_s: from_s + lasts_s,
        },
    )
}

fn job() -> impl Strategy<Value = Job> {
    let targets = ascending(target(), 1..=4).prop_flat_map(|targets| {
        let repeats = prop::collection::vec(1u32..=16, targets.len());
        repeats.prop_map(move |repeats| {
            let targets = targets.iter().cloned().zip(repeats);
            targets.map(|(target, repeats)| JobTarget { target, repeats }).collect::<Vec<_>>()
        })
    });
    let times = (1u64..1 << 39, 1u64..1000, 1u64..1000, 1u64..1000);
    let limits = (any::<u64>(), 1u32..=65_536, any::<bool>());
    let blocks = (cid(), cid());
    (blocks, targets, ascending(name(), 1..=4), 1u32..=8, times, limits).prop_map(
        |(
            (suite, executors),
            targets,
            regions,
            replicas,
            (from_s, a, b, c),
            (output_bytes_max, calls, planned),
        )| {
            Job {
                suite,
                targets,
                study: planned.then_some(suite),
                regions,
                replicas,
                executors,
                from_s,
                commit_by_s: from_s + a,
                reveal_by_s: from_s + a + b,
                final_by_s: from_s + a + b + c,
                output_bytes_max,
                slot_calls_max: calls,
                compare: vantage_protocol::compare::COMPARE_VERSION,
                beacon: None,
            }
        },
    )
}

fn reveal() -> impl Strategy<Value = Reveal> {
    (job_id(), any::<u32>(), reference(), salt(), cid(), cid()).prop_map(
        |(job, slot, commit, salt, receipts, proof)| Reveal { job, slot, commit, salt, receipts, proof },
    )
}

fn item() -> impl Strategy<Value = AckItem> {
    let verdict = prop_oneof![Just(AckVerdict::Ok), code().prop_map(AckVerdict::Bad)];
    (reference(), verdict).prop_map(|(statement, verdict)| AckItem { statement, verdict })
}

fn code() -> impl Strategy<Value = BadCode> {
    prop::sample::select(vec![
        BadCode::Hash,
        BadCode::Proof,
        BadCode::Receipts,
        BadCode::Cells,
        BadCode::Output,
    ])
}
