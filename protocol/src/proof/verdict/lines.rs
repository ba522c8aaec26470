//! A verdict for people: one line a part. Names in it come from outside, so every line is escaped.

use super::{Span, TimeBracket, Verdict};
use crate::compare::{Account, escape_line};
use crate::moment::utc;
use crate::receipt::ProviderRegion;
use std::collections::{BTreeMap, BTreeSet};

impl Verdict {
    /// The verdict, part by part, safe for a terminal.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("summary: {}", self.summary.word())];
        lines.extend(self.reasons.iter().map(|why| format!("reason: {why}")));
        lines.extend(self.remarks.iter().map(|why| format!("remark: {why}")));
        self.head(&mut lines);
        self.people(&mut lines);
        lines.push(format!("region confidence: {}", self.region_confidence));
        lines.push(format!("origin grade: {} (the executor's own word)", self.origin_grade));
        time(&self.time, &mut lines);
        self.findings(&mut lines);
        lines.extend(self.labels.iter().map(|label| format!("label: {label}")));
        lines.extend(self.not_shown.iter().map(|what| format!("not shown: {what}")));
        lines.iter().map(|line| escape_line(line)).collect()
    }

    fn head(&self, lines: &mut Vec<String>) {
        let i = &self.integrity;
        let state = if i.complete { "complete" } else { "not complete" };
        lines.push(format!(
            "integrity: {} blocks, {} bytes, every hash checked; {state}, {} missing",
            i.blocks, i.bytes, i.missing
        ));
        let n = &self.network;
        let belongs = if n.matches { "matches" } else { "does not match" };
        let name = n.name.as_deref().unwrap_or("?");
        lines.push(format!(
            "network: {} ({name}): {belongs}; committee of {}, quorum {}, {} may be faulty",
            n.net, n.members, n.quorum, n.faults
        ));
        if let Some(job) = &self.job {
            lines.push(format!("content: {}", job.content));
            lines.push(format!("job: {} by {} ({})", job.id, job.author, job.author_operator));
            lines.push(format!("suite: {} ({})", job.suite, job.suite_label));
            lines.push(format!(
                "asked: {} from {}; {} slots, {} revealed, {} declined",
                job.targets.join(", "),
                job.regions.join(", "),
                job.slots,
                job.reveals,
                job.declines
            ));
        }
    }

    fn people(&self, lines: &mut Vec<String>) {
        let q = &self.quorum;
        let root = q.root.map_or_else(|| "none".to_owned(), |root| root.to_string());
        lines.push(format!("quorum: {} Finals count for root {root}, it takes {}", q.have, q.need));
        for last in &q.finals {
            let who = &last.member;
            let state = last
                .why_not
                .as_ref()
                .map_or_else(|| "counts".to_owned(), |why| format!("does not count: {why}"));
            lines.push(format!(
                "final: {} ({}, {}): {} statements; {state}",
                who.node.short(),
                who.operator,
                who.region,
                last.count
            ));
        }
        let i = &self.independence;
        lines.push(format!(
            "independence: {} executors by {} in {}; Finals by {} in {}; cosigned by {} in {}",
            i.executors,
            few("operator", &i.executor_operators),
            few("region", &i.executor_regions),
            few("operator", &i.final_operators),
            few("region", &i.final_regions),
            few("operator", &i.cosigner_operators),
            few("region", &i.cosigner_regions)
        ));
    }

    fn findings(&self, lines: &mut Vec<String>) {
        let c = &self.comparison;
        match c.recomputed {
            Some(cid) => lines.push(format!(
                "comparison: recomputed as {cid}, named by {} counting Finals{}",
                c.attested_by,
                if c.attested { ": attested" } else { ": not attested by a quorum" }
            )),
            None => lines.push("comparison: could not be recomputed".into()),
        }
        match &self.cells {
            Some(cells) => {
                lines.push(format!("cells: {} of {}: {}", cells.total(), self.cells_total, account(cells)))
            }
            None => lines.push(format!("cells: {} in the job, not accounted for", self.cells_total)),
        }
        self.on_golem(lines);
    }

    fn on_golem(&self, lines: &mut Vec<String>) {
        for row in &self.golem.rows {
            let money = if row.test_money { ", test money" } else { "" };
            let failed: Vec<String> =
                row.failed.iter().map(|(code, n)| format!("{n} failed ({code})")).collect();
            let failed = if failed.is_empty() { String::new() } else { format!(", {}", failed.join(", ")) };
            let whom = row.worker.as_ref().map_or("nobody is named".to_owned(), |worker| {
                let activity = worker.activity.as_deref().unwrap_or("none");
                format!(
                    "provider {}, runtime {}, agreement {}, activity {activity}",
                    worker.provider, worker.runtime, worker.agreement
                )
            });
            lines.push(format!(
                "golem: slot {} of {} ({}): {} answered{failed}; {whom}; image {}, {}{money}; {}",
                row.slot,
                row.operator,
                row.region,
                row.answered,
                row.image,
                row.platform,
                measured(&row.provider_region)
            ));
        }
        if self.golem.left_out > 0 {
            lines.push(format!("golem: {} more attempts found no room here", self.golem.left_out));
        }
        lines.extend(self.golem.shared.iter().map(|shared| format!("golem: {}", shared.text())));
        if self.golem.shared_left_out > 0 {
            let more = self.golem.shared_left_out;
            lines.push(format!("golem: {more} more providers of several operators found no room here"));
        }
    }
}

/// How far off landmarks are, never where somebody is: the numbers pass through the provider.
fn measured(region: &ProviderRegion) -> String {
    let ProviderRegion::Measured { delays } = region else {
        return "provider's region unmeasured".to_owned();
    };
    let parts = delays.iter().map(|delay| {
        let (landmark, region) = (&delay.landmark, &delay.region);
        match (delay.round_trip_us, &delay.failure) {
            (Some(us), _) => format!("{}.{} ms to {landmark} ({region})", us / 1000, us / 100 % 10),
            (None, failure) => {
                format!("{landmark} ({region}) not reached ({})", failure.as_deref().unwrap_or("unknown"))
            }
        }
    });
    format!("provider measured from inside: {}", parts.collect::<Vec<_>>().join(", "))
}

fn time(time: &TimeBracket, lines: &mut Vec<String>) {
    let parts = [
        ("job", time.job, None),
        ("commits", time.commits, time.commit_by_s),
        ("reveals", time.reveals, time.reveal_by_s),
        ("finals", time.finals, time.final_by_s),
    ];
    for (what, span, by_s) in parts {
        let Some(Span { earliest_s, latest_s }) = span else { continue };
        let by = by_s.map_or_else(String::new, |by| format!(", deadline {}", utc(by)));
        lines.push(format!("time: {what} cosigned from {} to {}{by}", utc(earliest_s), utc(latest_s)));
    }
}

fn few(what: &str, names: &BTreeSet<String>) -> String {
    let plural = if names.len() == 1 { "" } else { "s" };
    let list: Vec<&str> = names.iter().map(String::as_str).collect();
    let list = if list.is_empty() { String::new() } else { format!(" ({})", list.join(", ")) };
    format!("{} {what}{plural}{list}", names.len())
}

fn account(cells: &Account) -> String {
    let mut parts = vec![cells.answered_in_words()];
    let coded = |what: &str, codes: &BTreeMap<String, u64>| {
        codes.iter().map(|(code, n)| format!("{n} {what} ({code})")).collect::<Vec<_>>()
    };
    parts.extend(coded("failed", &cells.failed));
    parts.extend(coded("bad", &cells.bad));
    parts.extend(coded("declined", &cells.declined));
    for (what, n) in [("unassigned", cells.unassigned), ("not in the set", cells.not_in_set)] {
        if n > 0 {
            parts.push(format!("{n} {what}"));
        }
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receipt::LandmarkDelay;

    #[test]
    fn a_round_trip_is_told_and_no_place() {
        assert_eq!(measured(&ProviderRegion::Unmeasured), "provider's region unmeasured");
        let delay = |landmark: &str, region: &str, round_trip_us: Option<u64>| LandmarkDelay {
            landmark: landmark.into(),
            region: region.into(),
            round_trip_us,
            failure: round_trip_us.is_none().then(|| "refused".into()),
        };
        let delays = vec![delay("eu-1", "eu", Some(12_345)), delay("us-1", "us", None)];
        assert_eq!(
            measured(&ProviderRegion::Measured { delays }),
            "provider measured from inside: 12.3 ms to eu-1 (eu), us-1 (us) not reached (refused)"
        );
    }
}
