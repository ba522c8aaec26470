//! Verification of a job, as a stranger does it, against what its parts cost at least.

use super::figure::{Figure, Goal, Rounds, timed};
use super::sealed::{Sealed, Shape};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use std::collections::BTreeSet;
use std::time::Duration;
use vantage_protocol::cid::Cid;
use vantage_protocol::compare::compare;
use vantage_protocol::hash::sha256;
use vantage_protocol::proof::{Summary, verify_car};
use vantage_protocol::receipt::Receipts;

/// Order of the subjects.
const BARE: usize = 0;
const WHOLE: usize = 1;
const COMPARISON: usize = 2;
const SIGNATURES: usize = 3;

/// Measures on a job of this shape. An error means that the verdict is not what it has to be.
pub(super) fn measure(shape: Shape, rounds: usize) -> Result<Vec<Figure>, String> {
    let job = Sealed::make(shape);
    let verdict = verify_car(&job.file, &job.trust);
    if verdict.summary != Summary::Sealed || verdict.cells_total != job.cells as u64 {
        return Err(format!(
            "the job to verify is {}: {}",
            verdict.summary.word(),
            verdict.reasons.join("; ")
        ));
    }
    let signed = Signed::each(&job);
    let receipts: BTreeSet<&Cid> = job.receipts.iter().collect();
    let blocks: Vec<_> = job.blocks.iter().map(|(cid, bytes)| (cid, bytes, receipts.contains(cid))).collect();
    let times = Rounds::run(
        rounds,
        &mut [
            &mut || timed(|| bare(&blocks, receipts.len())),
            &mut || timed(|| verify_car(&job.file, &job.trust)),
            &mut || timed(|| compare(&job.compared)),
            &mut || signed.check(),
        ],
    );
    Ok(figures(&job, &times))
}

fn figures(job: &Sealed, times: &Rounds) -> Vec<Figure> {
    // what remains of the whole once the comparison's own share is taken off, round by round
    let receipts_s: Vec<f64> = times
        .seconds(WHOLE)
        .iter()
        .zip(times.seconds(COMPARISON))
        .map(|(whole, part)| whole - part)
        .collect();
    let over = |subject: usize| {
        times.seconds(subject).iter().zip(&receipts_s).map(|(a, b)| a / b).collect::<Vec<_>>()
    };
    let cells = job.cells as f64;
    let us_each = |seconds: f64| seconds * 1e6 / cells;
    let checked = Figure::absolute("", "", "s", &receipts_s).median;
    let what = format!("verifying {} receipts of a sealed job", job.cells);
    vec![
        Figure::ratio(
            "verify_receipts_over_bare_loop",
            &format!("{what}: throughput against decoding, encoding and hashing the same blocks"),
            &over(BARE),
            Some(Goal::AtLeast(0.9)),
        )
        .behind("verify_us_per_receipt", us_each(checked))
        .behind("bare_us_per_receipt", us_each(times.median_s(BARE)))
        .behind("blocks", job.blocks.len() as f64)
        .behind("file_mib", job.file.len() as f64 / f64::from(1 << 20)),
        Figure::ratio(
            "verify_receipts_over_signatures",
            &format!("{what}: throughput against one strict Ed25519 check a receipt"),
            &over(SIGNATURES),
            Some(Goal::AtLeast(6.0)),
        )
        .behind("signature_us_per_receipt", us_each(times.median_s(SIGNATURES))),
        Figure::ratio(
            "verify_whole_over_bare_loop",
            &format!("{what}, the comparison recomputed as well: throughput against the same loop"),
            &times.ratios(BARE, WHOLE),
            None,
        )
        .behind("whole_us_per_receipt", us_each(times.median_s(WHOLE)))
        .behind("comparison_us_per_receipt", us_each(times.median_s(COMPARISON))),
    ]
}

/// The least that a careful verifier does with the blocks: hash each, and decode and encode again
/// those that hold receipts. No look-up, no rule, no signature.
fn bare(blocks: &[(&Cid, &Vec<u8>, bool)], receipts: usize) -> usize {
    let mut good = 0;
    for (cid, bytes, holds_receipts) in blocks {
        good += usize::from(sha256(bytes) == cid.digest);
        if *holds_receipts {
            let receipts: Receipts = serde_ipld_dagcbor::from_slice(bytes).expect("receipts");
            good += usize::from(serde_ipld_dagcbor::to_vec(&receipts).expect("receipts") == **bytes);
        }
    }
    assert_eq!(good, blocks.len() + receipts, "every block is good");
    good
}

/// The other way to the same end: every receipt signed by itself.
struct Signed {
    key: VerifyingKey,
    records: Vec<(Vec<u8>, Signature)>,
}

impl Signed {
    fn each(job: &Sealed) -> Self {
        let key = SigningKey::from_bytes(&sha256(b"vantage benchmark: signatures").0);
        let records = job.receipts.iter().flat_map(|cid| {
            let receipts: Receipts = serde_ipld_dagcbor::from_slice(&job.blocks[cid]).expect("receipts");
            receipts.cells.into_iter().map(|cell| {
                let bytes = serde_ipld_dagcbor::to_vec(&cell).expect("a receipt");
                let signature = key.sign(&bytes);
                (bytes, signature)
            })
        });
        Self { key: key.verifying_key(), records: records.collect() }
    }

    /// Checks the signatures alone: nothing is decoded.
    fn check(&self) -> Duration {
        timed(|| {
            let good =
                |(bytes, signature): &(Vec<u8>, Signature)| self.key.verify_strict(bytes, signature).is_ok();
            assert!(self.records.iter().all(good), "every signature is good");
        })
    }
}
