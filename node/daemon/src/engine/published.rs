//! What readers see of the engine: a picture that never changes, made anew after a group of inputs. It holds what is live;
//! what did not change is shared with the picture before. All else is read from the store.

use super::Engine;
use crate::store::{Batch, JobPlace, Store, StoreError};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;
use vantage_api::{KnownNode, NoticeView, Room};
use vantage_protocol::attester::{Attester, Changes, JobView, Overview, PeerKey, Phase, job_of};
use vantage_protocol::id::{JobId, NodeId};
use vantage_protocol::log::Policy;

/// What is live, at one moment; on disk is what it rests on.
#[derive(Clone, Debug)]
pub struct Published {
    /// When it was made.
    pub made: Instant,
    /// How the node stands.
    pub standing: Standing,
    /// Jobs in which something may happen yet, newest first.
    pub jobs: Arc<BTreeMap<JobPlace, Arc<JobView>>>,
    /// How many jobs are over, by how they ended.
    pub past: Arc<BTreeMap<Phase, usize>>,
    /// Nodes whose logs are held.
    pub nodes: Arc<BTreeMap<NodeId, Arc<KnownNode>>>,
    /// Whose transport keys these are.
    pub peers: Arc<BTreeMap<PeerKey, NodeId>>,
    /// This node's own jobs that no quorum has cosigned yet.
    pub uncertified: Arc<Vec<JobId>>,
    /// Whose cosignatures count.
    pub policy: Arc<Policy>,
}

/// How a node stands, seen from the engine.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The core's view.
    pub overview: Overview,
    /// Seconds by which the clock runs ahead of the committee's median; none if nobody else was heard lately.
    pub clock_ahead_s: Option<i64>,
    /// Targets offered right now.
    pub offers: Vec<String>,
    /// Targets that cannot be run, with the reason.
    pub unavailable: Vec<(String, String)>,
    /// Slots being run.
    pub executing: usize,
    /// Nodes whose logs have forked.
    pub forks: Vec<NodeId>,
    /// Latest notices, oldest first.
    pub notices: Vec<NoticeView>,
    /// Slots that wait for their turn.
    pub waiting: usize,
    /// Free bytes below the data directory; 0 where they are not looked at.
    pub free_bytes: u64,
    /// What they mean.
    pub room: Room,
    /// By how much the system's clock is behind a time that the node has acted on, seconds.
    pub clock_behind_s: Option<u64>,
}

impl Standing {
    /// Of a node that does nothing yet.
    pub fn idle(attester: &Attester, now_ms: u64) -> Self {
        Self {
            overview: attester.overview(now_ms),
            clock_ahead_s: None,
            offers: Vec::new(),
            unavailable: Vec::new(),
            executing: 0,
            forks: Vec::new(),
            notices: Vec::new(),
            waiting: 0,
            free_bytes: 0,
            room: Room::Ample,
            clock_behind_s: None,
        }
    }
}

impl Published {
    /// A live job.
    pub fn job(&self, id: &JobId) -> Option<&Arc<JobView>> {
        self.jobs.values().find(|view| view.id == *id)
    }

    /// All jobs by phase.
    pub fn phases(&self) -> BTreeMap<Phase, usize> {
        let mut phases = (*self.past).clone();
        self.jobs.values().for_each(|view| *phases.entry(view.phase).or_default() += 1);
        phases
    }

    /// The first picture, of a core whose past was replayed: it knows no jobs before it is driven.
    pub fn first(attester: &mut Attester, standing: Standing) -> Self {
        let _ = attester.take_changes();
        let nodes = attester.nodes();
        let peers = nodes.iter().filter_map(|node| Some((attester.peer_of(node)?, *node)));
        let known = nodes.iter().filter_map(|node| Some((*node, Arc::new(attester.known_node(node)?))));
        Self {
            made: Instant::now(),
            standing,
            jobs: Arc::default(),
            past: Arc::default(),
            nodes: Arc::new(known.collect()),
            peers: Arc::new(peers.collect()),
            uncertified: uncertified(attester),
            policy: Arc::new(attester.policy().clone()),
        }
    }

    /// The next picture: what is over goes to disk with the batch, and the picture may be shown once that is there.
    pub fn after(
        &self,
        attester: &mut Attester,
        store: &Store,
        standing: Standing,
        (ended, batch): (&mut Ended, &mut Batch),
    ) -> Result<Self, StoreError> {
        let Changes { jobs, logs } = attester.take_changes();
        let mut next = Self { made: Instant::now(), standing, ..self.clone() };
        for id in jobs {
            let kept = if attester.is_live(&id) && !attester.is_unlooked(&id) {
                None
            } else {
                store.past_job(&id)?
            };
            // until it is looked at, a job of an earlier life is as it was seen then
            let view = match &kept {
                Some(kept) if attester.is_unlooked(&id) => Some(kept.clone()),
                _ => attester.job(&id),
            };
            let Some(view) = view else { continue };
            let place = JobPlace::of(&view);
            if attester.is_live(&id) && kept.is_none() {
                let shown = next.jobs.get(&place);
                // what is shown as live is none of those that are over, which may be many
                if shown.is_none() {
                    ended.forget(&id);
                }
                if shown.is_none_or(|shown| **shown != view) {
                    Arc::make_mut(&mut next.jobs).insert(place, Arc::new(view));
                }
                continue;
            }
            if next.jobs.contains_key(&place) {
                Arc::make_mut(&mut next.jobs).remove(&place);
            }
            ended.note(id, view.phase);
            if kept.as_ref() != Some(&view) {
                batch.view(&view);
            }
        }
        if let Some(counts) = ended.changed() {
            next.past = Arc::new(counts);
        }
        if logs.contains(&attester.node()) {
            next.uncertified = uncertified(attester);
        }
        for node in logs {
            let Some(known) = attester.known_node(&node) else { continue };
            match next.nodes.get(&node) {
                Some(shown) if **shown == known => continue,
                Some(_) => {}
                None => {
                    next.policy = Arc::new(attester.policy().clone());
                    if let Some(peer) = attester.peer_of(&node) {
                        Arc::make_mut(&mut next.peers).insert(peer, node);
                    }
                }
            }
            Arc::make_mut(&mut next.nodes).insert(node, Arc::new(known));
        }
        Ok(next)
    }
}

/// How the jobs that are over have ended, for their counts.
#[derive(Debug, Default)]
pub struct Ended {
    phases: BTreeMap<JobId, Phase>,
    counts: BTreeMap<Phase, usize>,
    changed: bool,
}

impl Ended {
    fn note(&mut self, id: JobId, phase: Phase) {
        if self.phases.get(&id) != Some(&phase) {
            self.forget(&id);
            self.phases.insert(id, phase);
            *self.counts.entry(phase).or_default() += 1;
            self.changed = true;
        }
    }

    fn forget(&mut self, id: &JobId) {
        let Some(phase) = self.phases.remove(id) else { return };
        if let Some(count) = self.counts.get_mut(&phase) {
            *count = count.saturating_sub(1);
        }
        self.changed = true;
    }

    /// The counts, if they are others than when this was asked last.
    fn changed(&mut self) -> Option<BTreeMap<Phase, usize>> {
        std::mem::take(&mut self.changed).then(|| self.counts.clone())
    }
}

/// Own jobs that wait for a quorum.
fn uncertified(attester: &Attester) -> Arc<Vec<JobId>> {
    Arc::new(attester.jobs_uncertified().iter().map(job_of).collect())
}

impl Engine {
    /// How the node stands now.
    pub(super) fn standing(&mut self) -> Standing {
        let (offers, unavailable) = self.offering.now();
        let now_ms = self.clock.now_ms();
        Standing {
            overview: self.attester.overview(now_ms),
            clock_ahead_s: self.attester.clock_ahead_s(now_ms),
            offers,
            unavailable,
            executing: self.executions.running(),
            forks: self.notices.forks(),
            notices: self.notices.views(),
            waiting: self.gate.waiting(),
            free_bytes: self.disk.now().0,
            room: self.disk.now().1,
            clock_behind_s: self.clock_behind_s(),
        }
    }
}
