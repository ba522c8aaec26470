//! What the node offers: announced at the start, every 12 hours, and whenever it changes.

use crate::clock;
use crate::execution::Executions;
use vantage_protocol::announce::{Announce, Offer};
use vantage_protocol::params::ANNOUNCE_S_MAX;

/// An announce is renewed when it has less than this left, seconds: half of its life.
const RENEW_S: u64 = ANNOUNCE_S_MAX / 2;
/// How often is looked whether targets have come or gone (a model pulled or removed), milliseconds. A guess.
const LOOK_MS: u64 = 60_000;

/// The configured offers, and what was announced of them.
#[derive(Debug)]
pub struct Offering {
    region: Option<String>,
    targets: Vec<Offer>,
    slots_max: u32,
    /// What was announced last.
    announced: Option<Announce>,
    /// Targets that cannot be run, with the reason.
    unavailable: Vec<(String, String)>,
    look_ms: u64,
}

impl Offering {
    /// `announced` is what the store kept.
    pub fn new(
        region: Option<String>,
        targets: Vec<Offer>,
        slots_max: u32,
        announced: Option<&[u8]>,
    ) -> Self {
        let announced = announced.and_then(|bytes| serde_ipld_dagcbor::from_slice(bytes).ok());
        Self { region, targets, slots_max, announced, unavailable: Vec::new(), look_ms: 0 }
    }

    /// The announce to make now, if one is due.
    pub(super) fn due(&mut self, now_ms: u64, executions: &Executions) -> Option<Announce> {
        if now_ms < self.look_ms {
            return None;
        }
        self.look_ms = now_ms.saturating_add(LOOK_MS);
        let region = self.region.clone()?;
        let mut offers = Vec::new();
        let mut unavailable = Vec::new();
        for offer in &self.targets {
            match executions.available(&offer.target, &region) {
                Ok(()) => offers.push(offer.clone()),
                Err(reason) => unavailable.push((offer.target.to_string(), reason)),
            }
        }
        if unavailable != self.unavailable {
            for (target, reason) in &unavailable {
                tracing::warn!(target = %target, reason, "cannot be run here and is not offered");
            }
            self.unavailable = unavailable;
        }
        let now_s = now_ms / 1000;
        let announce = Announce {
            regions: vec![region],
            offers,
            slots_max: self.slots_max,
            from_s: now_s,
            until_s: now_s.saturating_add(ANNOUNCE_S_MAX),
        };
        if !self.is_news(&announce, now_s) {
            return None;
        }
        self.announced = Some(announce.clone());
        Some(announce)
    }

    /// Targets offered, and those that cannot be run.
    pub(super) fn now(&self) -> (Vec<String>, Vec<(String, String)>) {
        let live = self.announced.as_ref().filter(|announce| announce.until_s > clock::now_ms() / 1000);
        let offers = live.map(|announce| announce.offers.iter().map(|o| o.target.to_string()).collect());
        (offers.unwrap_or_default(), self.unavailable.clone())
    }

    /// Whether there is something to say that was not said: an offer that is new, changed, withdrawn or about to end.
    fn is_news(&self, announce: &Announce, now_s: u64) -> bool {
        let Some(said) = self.announced.as_ref().filter(|said| said.until_s > now_s) else {
            return !announce.offers.is_empty();
        };
        let same = said.regions == announce.regions
            && said.offers == announce.offers
            && said.slots_max == announce.slots_max;
        // One dated later than now was made by a clock that has been set back since.
        let fresh = said.until_s - now_s > RENEW_S && said.from_s <= now_s;
        !same || (!fresh && !announce.offers.is_empty())
    }
}

/// An announce as the store keeps it.
pub(super) fn kept(announce: &Announce) -> Vec<u8> {
    vantage_protocol::wire::encode(announce)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_S: u64 = 1_800_000_000;

    fn announce(targets: &[&str], from_s: u64) -> Announce {
        let offer = |target: &&str| Offer { target: target.parse().unwrap(), call_microusd: 0 };
        Announce {
            regions: vec!["eu".into()],
            offers: targets.iter().map(offer).collect(),
            slots_max: 4,
            from_s,
            until_s: from_s + ANNOUNCE_S_MAX,
        }
    }

    fn after(said: Option<Announce>) -> Offering {
        let said = said.map(|announce| kept(&announce));
        Offering::new(Some("eu".into()), vec![], 4, said.as_deref())
    }

    #[test]
    fn only_news_is_announced() {
        let now = announce(&["open:a"], NOW_S);
        assert!(after(None).is_news(&now, NOW_S));
        assert!(!after(None).is_news(&announce(&[], NOW_S), NOW_S), "nothing to offer");
        let said = |at| after(Some(announce(&["open:a"], at)));
        assert!(!said(NOW_S - 60).is_news(&now, NOW_S), "a restart says nothing twice");
        assert!(said(NOW_S - RENEW_S).is_news(&now, NOW_S), "renewed at half of its life");
        assert!(said(NOW_S - 2 * ANNOUNCE_S_MAX).is_news(&now, NOW_S), "it has ended");
        assert!(said(NOW_S + 3600).is_news(&now, NOW_S), "the clock was set back");
        assert!(said(NOW_S - 60).is_news(&announce(&["open:b"], NOW_S), NOW_S), "changed");
        assert!(said(NOW_S - 60).is_news(&announce(&[], NOW_S), NOW_S), "withdrawn");
        assert!(!after(Some(announce(&[], NOW_S - 60))).is_news(&announce(&[], NOW_S), NOW_S));
        assert!(after(Some(announce(&[], NOW_S - 60))).is_news(&now, NOW_S));
    }
}
