//! What a series needs of a verified job.

use super::Plan;
use crate::cid::Cid;
use crate::compare::Tallies;
use crate::series::Entry;

/// The job as an entry of its series, if its plan names one; whether it is SEALED is not known yet.
pub(super) fn entry(
    plan: &Plan,
    content: Cid,
    dated_s: Option<[u64; 2]>,
    tallies: Option<Tallies>,
) -> Option<Entry> {
    let study = plan.study.as_ref()?;
    Some(Entry {
        job: plan.id,
        content,
        sealed: false,
        author: plan.author,
        suite: plan.job.suite,
        series: study.series.clone()?,
        codings: study.codings.clone(),
        targets: plan.job.targets.iter().map(|asked| asked.target.clone()).collect(),
        regions: plan.job.regions.clone(),
        dated_s,
        tallies: tallies?,
    })
}
