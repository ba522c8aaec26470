//! What is seen of the market while a provider is looked for.

use crate::attempt::{Attempt, UNSIGNED_MAX, Worker};
use crate::failure::Failure;
use crate::moment;
use crate::offer::Refusal;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::task::JoinSet;

#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) refused: u32,
    pub(super) price_only: bool,
    pub(super) last: Option<Refusal>,
    /// One would do, and asks for more to start than is left.
    pub(super) beyond: bool,
    /// Who was answered, and whether the answer asked for a way out.
    pub(super) countered: BTreeMap<String, bool>,
    /// Providers that said no.
    pub(super) rejections: usize,
    /// Who is about to sign.
    pub(super) signing: Option<Signing>,
    /// Who was about to, and did not.
    pub(super) left: Vec<String>,
    /// The same as attempts, the first of them.
    pub(super) unsigned: Vec<Attempt>,
    /// Answers on their way.
    pub(super) answering: JoinSet<()>,
}

/// A signature that is waited for.
#[derive(Debug)]
pub(super) struct Signing {
    pub(super) provider: String,
    /// Under which agreement, once there is one.
    pub(super) on: Option<Worker>,
    pub(super) began_ms: u64,
}

impl Seen {
    pub(super) fn refuse(&mut self, refusal: Refusal) {
        self.refused = self.refused.saturating_add(1);
        self.price_only &= matches!(refusal, Refusal::Price { .. });
        self.last = Some(refusal);
    }

    /// Whoever is about to sign does not; none: nothing happens.
    pub(super) fn leave(&mut self, failure: Failure) {
        let Some(Signing { provider, on, began_ms }) = self.signing.take() else { return };
        self.left.push(provider);
        if self.unsigned.len() < UNSIGNED_MAX {
            self.unsigned.push(Attempt { on, began_ms, ended_ms: moment::now_ms(), failure: Some(failure) });
        }
    }

    /// A way out was asked for, and as many said no as were asked for anything.
    pub(super) fn is_refused_a_way_out(&self) -> bool {
        self.countered.values().any(|asked| *asked) && self.rejections >= self.countered.len()
    }

    /// Why nobody was found.
    pub(super) fn failure(self, waited: Duration) -> Failure {
        match (self.unsigned.into_iter().filter_map(|attempt| attempt.failure).next_back(), self.last) {
            (Some(failure), _) => failure,
            (None, Some(last)) if self.countered.is_empty() => {
                Failure::NoOffer { seen: self.refused, price: self.price_only, last: last.to_string() }
            }
            _ => Failure::NoProvider { waited_s: waited.as_secs() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amount::Nano;

    #[test]
    fn a_way_out_is_refused_once_all_say_no() {
        let mut seen = Seen { rejections: 1, ..Seen::default() };
        assert!(!seen.is_refused_a_way_out());
        seen.countered.insert("0x1".into(), false);
        assert!(!seen.is_refused_a_way_out(), "it was not asked for");
        seen.countered.insert("0x2".into(), true);
        assert!(!seen.is_refused_a_way_out(), "one has not answered");
        seen.rejections = 2;
        assert!(seen.is_refused_a_way_out());
    }

    #[test]
    fn why_nobody_was_found_is_told_apart() {
        let wait = Duration::from_secs(9);
        let seen = Seen { price_only: true, ..Seen::default() };
        assert_eq!(seen.failure(wait).code(), "golem_no_provider");
        let price = Refusal::Price { what: "an hour", asked: Nano(2), cap: Nano(1) };
        let mut seen = Seen { price_only: true, ..Seen::default() };
        seen.refuse(price.clone());
        assert_eq!(seen.failure(wait).code(), "golem_price");
        let mut seen = Seen { price_only: true, ..Seen::default() };
        seen.refuse(Refusal::Platform);
        seen.refuse(price);
        assert_eq!(seen.failure(wait).code(), "golem_no_offer");
    }

    #[test]
    fn who_does_not_sign_is_remembered_and_told_up_to_a_bound() {
        let mut seen = Seen::default();
        let failure = || Failure::Agreement("it is Rejected".to_owned());
        seen.leave(failure());
        assert!(seen.left.is_empty() && seen.unsigned.is_empty(), "nobody was about to");
        for n in 0..=UNSIGNED_MAX {
            seen.signing = Some(Signing { provider: format!("0x{n}"), on: None, began_ms: 1 });
            seen.leave(failure());
        }
        assert_eq!((seen.left.len(), seen.unsigned.len()), (UNSIGNED_MAX + 1, UNSIGNED_MAX));
        assert_eq!(seen.failure(Duration::ZERO).code(), "golem_agreement");
    }
}
