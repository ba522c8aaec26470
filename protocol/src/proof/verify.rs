//! Verification of a job by anyone, offline: the only trust input is the network's genesis or its
//! hash. Nothing panics on what comes from outside, and nothing is taken on a publisher's word.

mod certs;
mod finals;
mod keyring;
mod plan;
mod problems;
mod series;
mod statements;

use super::car::Car;
use super::compare_input::{Compared, NotComparable, report_from};
use super::judge::Get;
use super::links::{Link, closure, walk};
use super::pool::Pool;
use super::rented::OnGolem;
use super::source::Source;
use super::verdict::{FinalPart, Independence, Integrity, JobPart, Summary, TimeBracket, Verdict, Who};
use crate::bundle::{Bundle, Certs};
use crate::cid::Cid;
use crate::content::Content;
use crate::genesis::Genesis;
use crate::id::{NetId, NodeId};
use crate::wire;
use certs::Shown;
use core::cell::RefCell;
use finals::{Outcome, Weighed};
use keyring::Keyring;
use plan::Plan;
use problems::Problems;
use statements::Listed;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// What a verifier trusts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trust {
    /// A genesis that the verifier holds.
    Genesis(Box<Genesis>),
    /// The hash of a genesis; the genesis itself comes with the content.
    Hash(NetId),
}

impl Trust {
    /// The network's id.
    pub fn net(&self) -> NetId {
        match self {
            Trust::Genesis(genesis) => genesis.net(),
            Trust::Hash(net) => *net,
        }
    }
}

/// Verifies a bundle file. What does not parse is INVALID.
pub fn verify_car(bytes: &[u8], trust: &Trust) -> Verdict {
    match Car::pool(bytes) {
        Ok((root, pool)) => verify_pool(root, &pool, trust, Problems::default()),
        Err(why) => refused(trust, why),
    }
}

/// Verifies a bundle or a content by its id, with blocks from anywhere. Bytes that are not what
/// their id names make it INVALID.
pub fn verify(root: Cid, get: Get<'_>, trust: &Trust) -> Verdict {
    let blocks: RefCell<BTreeMap<Cid, Vec<u8>>> = RefCell::default();
    let false_blocks: RefCell<BTreeSet<Cid>> = RefCell::default();
    closure(root, &|cid| {
        let block = get(cid)?;
        if !cid.names(&block) {
            false_blocks.borrow_mut().insert(*cid);
            return None;
        }
        blocks.borrow_mut().insert(*cid, block.clone());
        Some(block)
    });
    let mut problems = Problems::default();
    for cid in false_blocks.into_inner() {
        problems.invalid(format!("block {cid}: its bytes have another hash"));
    }
    let blocks = blocks.into_inner().into_iter().map(|(cid, block)| (cid, Cow::Owned(block)));
    verify_pool(root, &Pool::new(blocks.collect()), trust, problems)
}

fn refused(trust: &Trust, why: impl ToString) -> Verdict {
    let mut problems = Problems::default();
    problems.invalid(why.to_string());
    conclude(Verdict::new(trust.net()), problems, None)
}

fn verify_pool(root: Cid, pool: &Pool<'_>, trust: &Trust, mut problems: Problems) -> Verdict {
    let mut verdict = Verdict::new(trust.net());
    verdict.integrity = integrity(root, pool, &mut problems);
    let outcome = examine(root, pool, trust, &mut verdict, &mut problems);
    conclude(verdict, problems, outcome)
}

/// Everything below the root is there, and nothing else.
fn integrity(root: Cid, pool: &Pool<'_>, problems: &mut Problems) -> Integrity {
    let closure = walk(root, pool);
    if closure.held.len() < pool.len() {
        let held: BTreeSet<&Cid> = closure.held.iter().collect();
        let strays: BTreeSet<&Cid> = pool.cids().iter().filter(|cid| !held.contains(cid)).collect();
        for stray in strays {
            problems.invalid(format!("block {stray}: nothing links it"));
        }
    }
    for (Link { role, cid }, why) in &closure.malformed {
        problems.invalid(format!("{} {cid}: {why}", role.word()));
    }
    for Link { role, cid } in &closure.missing {
        problems.incomplete(format!("{} {cid}: the block is missing", role.word()));
    }
    Integrity {
        root: Some(root),
        blocks: closure.held.len(),
        bytes: closure.bytes,
        missing: closure.missing.len(),
        complete: closure.missing.is_empty() && closure.malformed.is_empty(),
    }
}

/// All that is checked beyond the blocks themselves. None where something that everything else
/// hangs on cannot be read: the reason then stands among the problems.
fn examine(
    root: Cid,
    source: &dyn Source,
    trust: &Trust,
    verdict: &mut Verdict,
    problems: &mut Problems,
) -> Option<Outcome> {
    let net = trust.net();
    let head = Head::read(root, source, &net, problems)?;
    verdict.network.matches = true;
    let genesis = genesis(&head.content, source, trust, problems)?;
    verdict.network.name = Some(genesis.name.clone());
    verdict.network.test = Some(genesis.test);
    verdict.network.members = genesis.size();
    verdict.network.quorum = genesis.quorum();
    verdict.network.faults = genesis.faults();
    verdict.quorum.need = genesis.quorum();

    let plan = Plan::read(&net, &genesis, &head.content, source, problems)?;
    verdict.labels = labels(&genesis, &plan);
    verdict.not_shown = not_shown(&plan);
    verdict.cells_total = plan.cells_total();
    let certs = head.certs(source, problems);
    let keyring = Keyring::read(&net, &genesis, &plan, &certs, problems);
    let mut shown = Shown::read(&net, &genesis, &plan, &keyring, &certs, problems);
    let listed = Listed::check(&genesis, &plan, &head.content, &keyring, &mut shown, source, problems)?;
    let weighed = Weighed::weigh(&genesis, &plan, &listed, &shown, problems);

    let job_cert = shown.job(&plan, problems).map(|proven| proven.span());
    let span = weighed.span;
    let gathered = Gathered { genesis: &genesis, plan: &plan, head: &head, listed: &listed, weighed };
    verdict.job = Some(gathered.job_part());
    verdict.time = TimeBracket {
        job: job_cert.flatten(),
        commits: listed.commits,
        reveals: listed.reveals,
        finals: span,
        commit_by_s: Some(plan.job.commit_by_s),
        reveal_by_s: Some(plan.job.reveal_by_s),
        final_by_s: Some(plan.job.final_by_s),
    };
    verdict.quorum.have = gathered.counted().count();
    verdict.quorum.root = Some(listed.list.root());
    verdict.quorum.cosigners = shown.cosigners().iter().filter_map(|node| who(&genesis, node)).collect();
    verdict.independence = gathered.independence(&verdict.quorum.cosigners);
    gathered.compare(source, verdict, problems);
    verdict.quorum.finals = gathered.weighed.finals;
    gathered.weighed.outcome
}

/// What stands at the top: a bundle's head with its content, or a content alone.
struct Head {
    bundle: Option<Bundle>,
    cid: Cid,
    content: Content,
}

impl Head {
    fn read(root: Cid, source: &dyn Source, net: &NetId, problems: &mut Problems) -> Option<Self> {
        // what is missing or malformed is said already
        let bundle: Option<Bundle> = wire::decode(&source.bytes(&root)?).ok();
        let cid = bundle.as_ref().map_or(root, |b| b.content);
        let content: Content = wire::decode(&source.bytes(&cid)?).ok()?;
        for found in bundle.iter().map(|b| b.net).chain([content.net]) {
            if found != *net {
                problems.invalid(format!("it belongs to network {found}, you trust {net}"));
                return None;
            }
        }
        if content.genesis.digest.0 != net.0 {
            problems.invalid(format!("its genesis has the hash {}, you trust {net}", content.genesis.digest));
            return None;
        }
        Some(Self { bundle, cid, content })
    }

    /// The certs; none at all where only the content is there.
    fn certs(&self, source: &dyn Source, problems: &mut Problems) -> Certs {
        let none = Certs { v: 1, job: self.content.id, keysets: Vec::new(), certs: Vec::new() };
        let Some(bundle) = &self.bundle else {
            problems.incomplete("no certs: this is a content without a bundle, ask a peer for its certs");
            return none;
        };
        let Some(bytes) = source.bytes(&bundle.certs) else { return none };
        match wire::decode::<Certs>(&bytes) {
            Ok(certs) if certs.job == self.content.id => certs,
            Ok(_) => {
                problems.invalid("certs: they belong to another job");
                none
            }
            Err(why) => {
                problems.invalid(why.to_string());
                none
            }
        }
    }
}

fn genesis(
    content: &Content,
    source: &dyn Source,
    trust: &Trust,
    problems: &mut Problems,
) -> Option<Genesis> {
    if let Trust::Genesis(genesis) = trust {
        return Some((**genesis).clone());
    }
    match wire::decode(&source.bytes(&content.genesis)?) {
        Ok(genesis) => Some(genesis),
        Err(why) => {
            problems.invalid(why.to_string());
            None
        }
    }
}

/// All that was read and checked.
struct Gathered<'a> {
    genesis: &'a Genesis,
    plan: &'a Plan,
    head: &'a Head,
    listed: &'a Listed,
    weighed: Weighed,
}

impl Gathered<'_> {
    /// Finals that count for the listed set.
    fn counted(&self) -> impl Iterator<Item = &FinalPart> {
        self.weighed.finals.iter().filter(|f| f.counts)
    }

    /// Recomputes the comparison and holds it against what is shown and what Finals name.
    fn compare(&self, source: &dyn Source, verdict: &mut Verdict, problems: &mut Problems) {
        let (plan, quorum) = (self.plan, self.genesis.quorum());
        let shown = self.head.bundle.as_ref().and_then(|b| b.report);
        verdict.comparison.shown = shown;
        if self.listed.said.len() < self.listed.list.statements.len() {
            // what is missing or out of place is said already; without it this would be another one
            return;
        }
        let compared = Compared {
            net: plan.net,
            genesis: self.genesis,
            id: plan.id,
            job: &plan.job,
            suite: &plan.suite,
            study: plan.study.as_ref(),
            assignment: &plan.assignment,
            statements: &self.listed.said,
        };
        verdict.golem = OnGolem::gather(&compared, source);
        verdict.labels.extend(verdict.golem.simulated());
        let (compiled, excerpts, tallies) = match report_from(&compared, source) {
            Ok(all) => all,
            Err(NotComparable::Missing(_)) => return,
            Err(why) => return problems.invalid(why.to_string()),
        };
        if shown.is_some_and(|cid| cid != compiled.cid) {
            problems.invalid("report: recomputing the comparison gives another one than the bundle shows");
        }
        let mut named: BTreeMap<Cid, usize> = BTreeMap::new();
        for cid in self.counted().filter_map(|f| f.report) {
            *named.entry(cid).or_default() += 1;
        }
        let attested = named.remove(&compiled.cid).unwrap_or(0);
        for (cid, members) in named {
            let why = format!("report: {members} Finals name {cid}, recomputing gives another one");
            if members >= quorum { problems.invalid(why) } else { problems.remark(why) }
        }
        verdict.comparison.recomputed = Some(compiled.cid);
        verdict.comparison.attested_by = attested;
        verdict.comparison.attested = attested >= quorum;
        verdict.labels.extend(untold(&compiled.report));
        verdict.cells = Some(compiled.report.cells.clone());
        verdict.report = Some(compiled.report);
        verdict.excerpts = excerpts;
        let dated_s = verdict.time.job.map(|span| [span.earliest_s, span.latest_s]);
        verdict.entry = series::entry(plan, self.head.cid, dated_s, tallies).map(Box::new);
    }

    fn job_part(&self) -> JobPart {
        let (plan, reveals) = (self.plan, self.listed.executors().count());
        JobPart {
            id: plan.id,
            content: self.head.cid,
            author: plan.author,
            author_operator: self.genesis.operator(&plan.author).label().to_owned(),
            suite: plan.suite.name.clone(),
            suite_label: plan.suite.label.clone(),
            targets: plan.job.targets.iter().map(|t| t.target.to_string()).collect(),
            regions: plan.job.regions.clone(),
            slots: plan.assignment.len(),
            reveals,
            declines: self.listed.said.len().saturating_sub(reveals),
        }
    }

    fn independence(&self, cosigners: &[Who]) -> Independence {
        let executors: BTreeSet<NodeId> = self.listed.executors().map(|(node, _)| node).collect();
        let regions = self.listed.executors().filter_map(|(_, slot)| {
            let slot = self.plan.job.slot(slot)?;
            self.plan.job.regions.get(slot.region).cloned()
        });
        let operator = |node: &NodeId| self.genesis.operator(node).label().to_owned();
        Independence {
            executors: executors.len(),
            executor_operators: executors.iter().map(operator).collect(),
            executor_regions: regions.collect(),
            final_operators: self.counted().map(|f| f.member.operator.clone()).collect(),
            final_regions: self.counted().map(|f| f.member.region.clone()).collect(),
            cosigner_operators: cosigners.iter().map(|w| w.operator.clone()).collect(),
            cosigner_regions: cosigners.iter().map(|w| w.region.clone()).collect(),
        }
    }
}

fn who(genesis: &Genesis, node: &NodeId) -> Option<Who> {
    let member = genesis.member(node)?;
    Some(Who { node: *node, operator: member.operator.clone(), region: member.region.clone() })
}

fn labels(genesis: &Genesis, plan: &Plan) -> Vec<String> {
    let mut labels = vec!["executors: author-chosen".to_owned()];
    if plan.job.beacon.is_none() {
        labels.push("assignment: predictable".into());
    }
    labels.push("copyable: the suite holds nothing that only this job's executors could know".into());
    for target in plan.job.targets.iter().map(|t| &t.target).filter(|t| t.is_sim()) {
        labels.push(format!("simulated: {target}"));
    }
    if genesis.test {
        labels.push("test network".into());
    }
    if genesis.faults() == 0 {
        labels.push(format!("committee of {}: no faulty member is tolerated (f = 0)", genesis.size()));
    }
    labels
}

/// Which targets gave answers that may be torn for all that anybody can tell.
fn untold(report: &crate::compare::Report) -> impl Iterator<Item = String> {
    report.targets.iter().filter(|target| target.cells.untold > 0).map(|target| {
        let (name, n) = (&target.name, target.cells.untold);
        format!("ending untold: {name} ({n} answers came without a word on how they ended)")
    })
}

fn not_shown(plan: &Plan) -> Vec<String> {
    let mut not_shown = vec![
        "that answers are true: a quorum holds the same set, nothing more".to_owned(),
        "where executors stood: regions are declared, a proxy with the key passes".into(),
        "that executors put the requests as they say: their own word (origin grade self)".into(),
        "which weights ran: names of models and facts about engines are the vendor's or executor's word"
            .into(),
        "that announces stand in the executors' logs: the job's author listed them, the committee checks them"
            .into(),
        "that no other commit came earlier in an executor's log: the committee checks that".into(),
    ];
    if plan.job.targets.iter().any(|t| t.target.surface() == crate::target::Surface::Api) {
        not_shown.push("that a vendor's API answers as the vendor's product does".into());
    }
    if plan.job.targets.iter().any(|t| t.target.surface() == crate::target::Surface::Golem) {
        not_shown.push(
            "which provider of the Golem Network ran a cell, and where: the executor's word, and the provider's".into(),
        );
    }
    not_shown
}

fn conclude(mut verdict: Verdict, problems: Problems, outcome: Option<Outcome>) -> Verdict {
    verdict.summary = match outcome {
        _ if problems.has_invalid() => Summary::Invalid,
        _ if problems.has_incomplete() => Summary::Incomplete,
        Some(Outcome::Sealed) => Summary::Sealed,
        Some(Outcome::Bounded) => Summary::Bounded,
        None => Summary::Incomplete,
    };
    match (verdict.summary, &mut verdict.entry) {
        (Summary::Invalid, entry) => *entry = None,
        (summary, Some(entry)) => entry.sealed = summary == Summary::Sealed,
        (_, None) => {}
    }
    let (mut reasons, remarks, evidence) = problems.into_parts();
    if verdict.summary == Summary::Bounded {
        reasons.push("Finals: no quorum of equal ones is shown; more Finals may still show it SEALED".into());
    }
    verdict.reasons = reasons;
    verdict.remarks = remarks;
    verdict.evidence = evidence;
    verdict
}
