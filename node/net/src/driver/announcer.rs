//! Our own provider records: out when a root is new, again every hour, none left out.
//!
//! A DHT server that comes into a small routing table gets all of them, at a bounded rate. Renewals are spread over
//! most of the hour. When a round takes longer than that, nothing is lost: it goes on in the same order, and says so.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use libp2p::PeerId;
use libp2p::kad::RecordKey;
use tokio::time::Instant;

use super::Driver;
use super::lookups::key;
use super::queries::Query;
use crate::counters::count;
use crate::dht::{Dht, table};
use crate::limits::PROVIDED_KEYS_MAX;
use crate::status::Provided;

/// Announcements under way at once; a guess.
const ANNOUNCEMENTS_MAX: usize = 32;
/// How often provider records are renewed; IPFS's records live 48 h, its nodes renew every 22 h. More often, because
/// entry points keep records in memory and may restart.
const RENEW_INTERVAL: Duration = Duration::from_secs(3600);
/// Shortest pause between two announcements of roots that were announced before, on average; a guess.
const PAUSE_MIN: Duration = Duration::from_millis(4);
/// Between two rounds for newcomers.
const ROUND_PAUSE: Duration = Duration::from_secs(2);
/// After a DHT server came: others may come at the same time.
const ROUND_DELAY: Duration = Duration::from_millis(200);
/// In a routing table smaller than kad's replication factor each newcomer gets our records; in a larger one the
/// renewal does.
const SMALL_TABLE: usize = 20;

/// Where a root stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Never announced; in the queue of the new ones.
    New,
    /// In the queue of a round.
    Waiting,
    /// A query for it runs.
    Running,
    /// Announced.
    Done,
}

/// Our roots and when to announce them. A root stands in at most one queue.
#[derive(Debug)]
pub(super) struct Announcer {
    roots: HashMap<RecordKey, Standing>,
    new: VecDeque<RecordKey>,
    round: VecDeque<RecordKey>,
    running: usize,
    /// When the next one of the round may start.
    next: Instant,
    /// Between two of the round.
    pause: Duration,
    /// When the next round begins by itself.
    renew: Instant,
    /// When a round for newcomers begins, and when the last one did.
    hurry: Option<Instant>,
    hurried: Option<Instant>,
    /// The round did not end within its hour.
    late: bool,
}

impl Announcer {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            roots: HashMap::new(),
            new: VecDeque::new(),
            round: VecDeque::new(),
            running: 0,
            next: now,
            pause: PAUSE_MIN,
            renew: now + RENEW_INTERVAL,
            hurry: None,
            hurried: None,
            late: false,
        }
    }

    /// One more root. `false` if there are too many.
    fn add(&mut self, root: RecordKey) -> bool {
        if self.roots.len() >= PROVIDED_KEYS_MAX && !self.roots.contains_key(&root) {
            return false;
        }
        if matches!(self.roots.get(&root), None | Some(Standing::Done)) {
            self.roots.insert(root.clone(), Standing::New);
            self.new.push_back(root);
        }
        true
    }

    fn remove(&mut self, root: &RecordKey) {
        match self.roots.remove(root) {
            Some(Standing::New) => self.new.retain(|other| other != root),
            Some(Standing::Waiting) => self.round.retain(|other| other != root),
            Some(Standing::Running | Standing::Done) | None => {}
        }
    }

    /// Begins what is due: a round for newcomers, or the hourly one.
    fn begin_rounds(&mut self, now: Instant) {
        if self.hurry.is_some_and(|due| due <= now) {
            self.hurry = None;
            self.hurried = Some(now);
            self.begin(PAUSE_MIN, now);
        }
        if self.renew <= now {
            self.late = !self.round.is_empty();
            if self.late {
                tracing::warn!(
                    waiting = self.round.len(),
                    roots = self.roots.len(),
                    "provider records are not renewed within the hour; those that wait come first"
                );
            }
            let spread = RENEW_INTERVAL * 3 / 4;
            let roots = u32::try_from(self.roots.len().max(1)).unwrap_or(u32::MAX);
            self.begin((spread / roots).max(PAUSE_MIN), now);
        }
    }

    /// Queues all that are not queued, behind those that are.
    fn begin(&mut self, pause: Duration, now: Instant) {
        for (root, standing) in &mut self.roots {
            if *standing == Standing::Done {
                *standing = Standing::Waiting;
                self.round.push_back(root.clone());
            }
        }
        self.pause = pause;
        self.next = self.next.max(now);
        self.renew = now + RENEW_INTERVAL;
    }

    /// The next one to announce, if one may start now.
    fn start(&mut self, now: Instant) -> Option<RecordKey> {
        if self.running >= ANNOUNCEMENTS_MAX {
            return None;
        }
        let root = match self.new.pop_front() {
            Some(root) => root,
            None if self.next > now => return None,
            None => {
                let root = self.round.pop_front()?;
                // what a busy task or a full set of queries kept from starting in time is made up for
                self.next += self.pause;
                root
            }
        };
        self.roots.insert(root.clone(), Standing::Running);
        self.running += 1;
        Some(root)
    }

    /// The DHTs have taken note, or not.
    fn done(&mut self, root: &RecordKey) {
        self.running = self.running.saturating_sub(1);
        if let Some(standing) = self.roots.get_mut(root) {
            *standing = Standing::Done;
        }
        if self.round.is_empty() {
            self.late = false;
        }
    }

    /// How things stand.
    pub(super) fn status(&self) -> Provided {
        let waiting = self.new.len() + self.round.len() + self.running;
        Provided { roots: self.roots.len(), waiting, late: self.late }
    }
}

impl Driver {
    /// Takes over what the caller wants provided.
    pub(super) fn take_roots(&mut self) {
        for (cid, provided) in self.roots.take() {
            if !self.role.provides() {
                tracing::debug!(%cid, role = ?self.role, "this role does not provide");
            } else if provided {
                self.provide(key(&cid));
            } else {
                self.stop_providing(&key(&cid));
            }
        }
    }

    pub(super) fn provide(&mut self, root: RecordKey) {
        if !self.announcer.add(root) {
            count(&self.counters.roots_refused);
            tracing::error!(
                max = PROVIDED_KEYS_MAX,
                "too many roots are provided: one more cannot be found by its id; give up old jobs"
            );
        }
    }

    fn stop_providing(&mut self, root: &RecordKey) {
        self.announcer.remove(root);
        for dht in self.dhts {
            if let Some(kad) = self.swarm.behaviour_mut().dht(*dht) {
                kad.stop_providing(root);
            }
        }
    }

    /// Starts as many announcements as may run.
    pub(super) fn announce(&mut self, now: Instant) {
        self.announcer.begin_rounds(now);
        while let Some(root) = self.announcer.start(now) {
            let query = Query::Announce(root.clone());
            if !self.put(&query, |kad| kad.start_providing(root.clone()).ok()) {
                tracing::error!("provider record not announced: the record store refuses it");
                self.announcer.done(&root);
            }
        }
    }

    /// A DHT has taken note of a root, or could not be asked; `last` if all have.
    pub(super) fn on_announced(&mut self, root: &RecordKey, ok: bool, last: bool, now: Instant) {
        if !ok {
            count(&self.counters.announcements_failed);
        }
        if last {
            count(&self.counters.announcements);
            self.announcer.done(root);
            self.announce(now);
        }
    }

    /// A DHT server is connected: it may lack our records, and may know our network.
    pub(super) fn on_dht_server(&mut self, dht: Dht, peer: PeerId, now: Instant) {
        tracing::debug!(?dht, %peer, "DHT server");
        self.discovery.hurry(now);
        let peers = self.swarm.behaviour_mut().dht(dht).map_or(0, |kad| table(kad).len());
        let announcer = &mut self.announcer;
        if peers <= SMALL_TABLE && announcer.hurry.is_none() {
            let earliest = announcer.hurried.map_or(now, |last| last + ROUND_PAUSE);
            announcer.hurry = Some(earliest.max(now + ROUND_DELAY));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(number: u32) -> RecordKey {
        RecordKey::new(&number.to_be_bytes())
    }

    /// Starts and ends whatever may start, once a tick, until the time; says which.
    fn run(announcer: &mut Announcer, from: Instant, until: Instant) -> Vec<RecordKey> {
        let (mut now, mut all) = (from, Vec::new());
        while now <= until {
            announcer.begin_rounds(now);
            while let Some(root) = announcer.start(now) {
                announcer.done(&root);
                all.push(root);
            }
            now += Duration::from_millis(100);
        }
        all
    }

    #[test]
    fn every_root_goes_out_at_once_and_again_within_each_interval() {
        let start = Instant::now();
        let mut announcer = Announcer::new(start);
        assert!((0..5000).all(|n| announcer.add(root(n))));
        assert_eq!(announcer.status(), Provided { roots: 5000, waiting: 5000, late: false });
        assert_eq!(run(&mut announcer, start, start).len(), 5000);
        let (first, half) = (start + RENEW_INTERVAL, start + RENEW_INTERVAL * 11 / 8);
        let early = run(&mut announcer, first, half).len();
        assert!((2400..2600).contains(&early), "paced: {early}");
        let rest = run(&mut announcer, half, start + RENEW_INTERVAL * 2 - Duration::from_secs(1));
        assert_eq!(early + rest.len(), 5000);
        assert_eq!(announcer.status(), Provided { roots: 5000, waiting: 0, late: false });
    }

    #[test]
    fn newcomers_do_not_begin_the_round_again() {
        let start = Instant::now();
        let mut announcer = Announcer::new(start);
        (0..1000).for_each(|n| assert!(announcer.add(root(n))));
        run(&mut announcer, start, start);
        let mut told = std::collections::HashSet::new();
        for second in 0..6 {
            let now = start + Duration::from_secs(second);
            announcer.hurry = Some(now);
            told.extend(run(&mut announcer, now, now + Duration::from_millis(900)));
        }
        assert_eq!(told.len(), 1000, "none is left behind");
    }

    #[test]
    fn a_round_that_takes_too_long_is_late_until_it_has_ended() {
        let start = Instant::now();
        let mut announcer = Announcer::new(start);
        (0..100).for_each(|n| assert!(announcer.add(root(n))));
        run(&mut announcer, start, start);
        announcer.begin_rounds(start + RENEW_INTERVAL);
        announcer.begin_rounds(start + RENEW_INTERVAL * 2);
        assert_eq!(announcer.status(), Provided { roots: 100, waiting: 100, late: true });
        let now = start + RENEW_INTERVAL * 3 - Duration::from_secs(1);
        assert_eq!(run(&mut announcer, now, now).len(), 100);
        assert!(!announcer.status().late);
    }

    #[test]
    fn roots_are_bounded_counted_and_given_up() {
        let start = Instant::now();
        let mut announcer = Announcer::new(start);
        (0..PROVIDED_KEYS_MAX as u32).for_each(|n| assert!(announcer.add(root(n))));
        assert!(!announcer.add(root(u32::MAX)));
        assert!(announcer.add(root(0)), "known already");
        announcer.remove(&root(0));
        assert!(announcer.add(root(u32::MAX)));
        assert_eq!(announcer.status().waiting, PROVIDED_KEYS_MAX);
        (0..ANNOUNCEMENTS_MAX).for_each(|_| assert!(announcer.start(start).is_some()));
        assert!(announcer.start(start).is_none(), "no more at once");
    }
}
