//! Hiring: from a demand on the market to a signed agreement.

use crate::account::Deal;
use crate::amount::Nano;
use crate::bill::Terms;
use crate::daemon::{Daemon, Demand, DemandEvent, NewAgreement, Proposal, Trouble, plain};
use crate::failure::Failure;
use crate::offer::{Offer, Refusal};
use crate::rental::Rental;
use crate::session::{DISMISS_MAX, Session, Worker, millis};
use crate::{moment, settle};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How long the daemon holds back a question for proposals.
const POLL: Duration = Duration::from_secs(3);
/// How long a provider may take to sign. As stock requestors wait.
const SIGN_TIME: Duration = Duration::from_secs(60);
/// The least time between two questions: a daemon that answers at once must not be asked without a pause.
pub(crate) const BREATH: Duration = Duration::from_millis(100);
/// Offers that are being answered at a time, and the longest time for each: a provider that cannot be reached must not
/// keep others waiting. Guesses.
const ANSWERS_MAX: usize = 32;
const ANSWER_TIME: Duration = Duration::from_secs(5);
/// How long the daemon may be away while a provider is looked for: questions in a row. A guess.
const AWAY_MAX: u32 = 10;
/// Offers answered for one demand. A guess: far more than a subnet has, so that whoever fills it with names that say nothing
/// needs many of them; an answer costs a call to the daemon and a hundred bytes.
const COUNTERED_MAX: usize = 500;
/// The longest time for which others are waited for, once all who were asked for a way out said no. A guess: offers come
/// within seconds, and one quick no must not decide for all.
const WAY_OUT_TIME: Duration = Duration::from_secs(15);

/// What was seen of the market.
#[derive(Debug, Default)]
struct Seen {
    refused: u32,
    price_only: bool,
    last: Option<Refusal>,
    /// Who was answered, and whether the answer asked for a way out.
    countered: BTreeMap<String, bool>,
    /// Providers that said no.
    rejections: usize,
    /// Who was about to sign, and did not.
    signing: Option<Worker>,
    /// Answers on their way.
    answering: JoinSet<()>,
}

/// What proposals are answered with.
#[derive(Debug)]
struct Answers {
    plain: Demand,
    /// With a manifest, for those who offer a way out; none: it is not asked for. Others would say no to it.
    asking: Option<Demand>,
}

impl Answers {
    /// The answer to an offer, and whether it asks for a way out.
    fn to(&self, offer: &Offer) -> (&Demand, bool) {
        match &self.asking {
            Some(asking) if offer.outbound => (asking, true),
            _ => (&self.plain, false),
        }
    }
}

impl Session {
    /// Finds a provider and signs an agreement that lasts until `expires_ms`. If landmarks are to be reached, that is asked
    /// for in half of the time; where nobody grants it, it is done without.
    pub(crate) async fn hire(&mut self, expires_ms: u64) -> Result<Rental, Failure> {
        let time = self.requestor.times.hire;
        if self.requestor.order.landmarks.is_empty() || self.no_way_out {
            return self.hire_once(expires_ms, time, false).await;
        }
        match self.hire_once(expires_ms, time / 2, true).await {
            Err(failure @ (Failure::NoProvider { .. } | Failure::NoOffer { .. })) => {
                tracing::info!(code = failure.code(), %failure, "nobody gives a way out to the landmarks");
            }
            done => return done,
        }
        let hired = self.hire_once(expires_ms, time / 2, false).await;
        self.no_way_out = hired.is_ok();
        hired
    }

    /// One demand on the market for a time.
    async fn hire_once(&mut self, expires_ms: u64, time: Duration, way_out: bool) -> Result<Rental, Failure> {
        self.end_demand().await;
        let daemon = &self.requestor.daemon;
        let account = self.books.account().await;
        let Some(allocation) = account.allocation else { return Err(Failure::Budget(account.most)) };
        let allocation = allocation.as_str();
        let decorations = settle::again(move || daemon.decorations(allocation)).await?;
        let demand = &self.requestor.order.demand(&decorations, expires_ms);
        let id = settle::unheard(move || daemon.demand(demand)).await?;
        let noted = id.clone();
        self.books.change(move |account| account.demand = Some(noted)).await?;
        let mut seen = Seen { price_only: true, ..Seen::default() };
        let counter = self.requestor.order.counter(demand);
        let asking =
            way_out.then(|| self.requestor.order.with_way_out(&counter, moment::now_ms(), expires_ms));
        let answers = Answers { plain: counter, asking };
        let patience = Instant::now() + WAY_OUT_TIME.min(time / 2);
        let deal = self.negotiate(&id, &answers, expires_ms, patience, &mut seen);
        let hired = tokio::time::timeout(time, deal).await;
        self.end_demand().await;
        // whoever answers first and then does not sign must not keep others from it again and again
        if let Some(worker) = &seen.signing {
            self.avoided.add(&worker.provider, moment::now_ms());
            self.unsigned = Some(worker.clone());
        }
        match hired {
            Ok(hired) => hired,
            Err(_) => {
                // somebody may have been about to sign; what cannot be ended soon is ended with the account
                let ended = settle::end_deals(&self.requestor.daemon, &self.books);
                if tokio::time::timeout(DISMISS_MAX, ended).await.is_err() {
                    tracing::debug!("an agreement that was not signed in time could not be ended yet");
                }
                Err(seen.failure(self.requestor.times.hire))
            }
        }
    }

    async fn negotiate(
        &self,
        id: &str,
        answers: &Answers,
        expires_ms: u64,
        patience: Instant,
        seen: &mut Seen,
    ) -> Result<Rental, Failure> {
        let mut away = 0;
        loop {
            let events = match self.requestor.daemon.demand_events(id, POLL).await {
                Ok(events) => events,
                Err(Trouble::NotYet) => {
                    tokio::time::sleep(BREATH).await;
                    continue;
                }
                Err(trouble) if trouble.may_pass() && away < AWAY_MAX => {
                    away += 1;
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    continue;
                }
                Err(trouble) => return Err(trouble.into()),
            };
            away = 0;
            for event in events {
                match event {
                    DemandEvent::ProposalEvent { proposal } => {
                        if let Some(rental) = self.proposal(id, answers, expires_ms, proposal, seen).await? {
                            return Ok(rental);
                        }
                    }
                    DemandEvent::ProposalRejectedEvent { reason } => {
                        seen.rejections += 1;
                        let why = reason.map(|reason| plain(&reason.message)).unwrap_or_default();
                        tracing::debug!(why, "a provider said no");
                    }
                    DemandEvent::Other => {}
                }
            }
            if seen.is_refused_a_way_out() && Instant::now() >= patience {
                return Err(Failure::NoProvider { waited_s: WAY_OUT_TIME.as_secs() });
            }
        }
    }

    /// Refuses, counters or signs.
    async fn proposal(
        &self,
        demand: &str,
        answers: &Answers,
        expires_ms: u64,
        proposal: Proposal,
        seen: &mut Seen,
    ) -> Result<Option<Rental>, Failure> {
        if self.avoided.has(&proposal.issuer_id, moment::now_ms()) {
            return Ok(None);
        }
        let offer = match Offer::judge(&proposal.issuer_id, &proposal.properties, &self.requestor.order) {
            Ok(offer) => offer,
            Err(refusal) => {
                seen.refuse(refusal);
                return Ok(None);
            }
        };
        match proposal.state.as_str() {
            "Initial" if seen.countered.len() < COUNTERED_MAX => {
                let (counter, asks) = answers.to(&offer);
                if seen.countered.insert(offer.provider, asks).is_none() {
                    while seen.answering.len() >= ANSWERS_MAX {
                        seen.answering.join_next().await;
                    }
                    let (daemon, counter) = (self.requestor.daemon.clone(), counter.clone());
                    seen.answering.spawn(answer(daemon, demand.to_owned(), proposal.proposal_id, counter));
                }
                Ok(None)
            }
            "Draft" => {
                let mut rental = self.sign(&proposal.proposal_id, offer, expires_ms, seen).await?;
                rental.has_way_out = seen.countered.get(&rental.worker.provider) == Some(&true);
                Ok(Some(rental))
            }
            _ => Ok(None),
        }
    }

    /// Signs with a provider: written down before we are bound. Whoever does not sign remains in `seen`, and has used up an
    /// attempt.
    async fn sign(
        &self,
        proposal: &str,
        offer: Offer,
        expires_ms: u64,
        seen: &mut Seen,
    ) -> Result<Rental, Failure> {
        let daemon = &self.requestor.daemon;
        let terms = Terms { price: offer.price.clone(), threads: offer.billed_threads() };
        let price = [offer.price.hour(), offer.price.cpu_second(), offer.price.start()];
        let Offer { provider, name, runtime, .. } = offer;
        let (agreement, activity, probed) = (String::new(), None, None);
        let mut worker = Worker { provider, name, runtime, agreement, activity, price, probed };
        seen.signing = Some(worker.clone());
        let unsigned = |trouble: Trouble| match trouble {
            Trouble::AppKey => Failure::AppKey,
            trouble => Failure::Agreement(trouble.to_string()),
        };
        let valid_to = moment::text(moment::now_ms() + 2 * millis(SIGN_TIME));
        let asked = NewAgreement { proposal_id: proposal.to_owned(), valid_to };
        let agreement = daemon.new_agreement(&asked).await.map_err(unsigned)?;
        worker.agreement.clone_from(&agreement);
        seen.signing = Some(worker.clone());
        let began_ms = moment::now_ms();
        let deal = Deal {
            agreement: agreement.clone(),
            provider: worker.provider.clone(),
            activity: None,
            began_ms,
            ended_ms: None,
            accepted: Nano::ZERO,
            invoice: None,
            invoiced: false,
            notes: 0,
            suspect: false,
        };
        self.books.change(move |account| account.deals.push(deal)).await?;
        self.cashier.expect(&agreement, terms.clone());
        let mark = self.books.account().await.mark;
        let signed = async {
            daemon.confirm(&agreement, &mark).await?;
            daemon.await_approval(&agreement, SIGN_TIME).await?;
            daemon.agreement(&agreement).await
        };
        let why = match signed.await {
            Ok(standing) if standing.state == "Approved" => {
                seen.signing = None;
                let (started, has_way_out) = (false, false);
                return Ok(Rental { worker, terms, began_ms, expires_ms, started, has_way_out });
            }
            Ok(standing) => format!("it is {}", standing.state),
            Err(trouble) => trouble.to_string(),
        };
        settle::end_deal(daemon, &self.books, &agreement, false).await;
        Err(Failure::Agreement(why))
    }

    async fn end_demand(&self) {
        let Some(id) = self.books.account().await.demand else { return };
        match self.requestor.daemon.end_demand(&id).await {
            Ok(()) | Err(Trouble::Gone(_)) => {
                if let Err(error) = self.books.change(|account| account.demand = None).await {
                    tracing::warn!(%error, "a demand's end was not written down");
                }
            }
            // it stays written down, and is ended with the account
            Err(trouble) => tracing::warn!(%trouble, "a demand could not be taken back"),
        }
    }
}

/// Answers an offer. A provider that cannot be told is none.
async fn answer(daemon: Daemon, demand: String, proposal: String, counter: Demand) {
    let told = daemon.counter(&demand, &proposal, &counter);
    match tokio::time::timeout(ANSWER_TIME, told).await {
        Ok(Ok(_)) => {}
        Ok(Err(trouble)) => tracing::debug!(%trouble, "an offer could not be answered"),
        Err(_) => tracing::debug!("an offer could not be answered in time"),
    }
}

impl Seen {
    fn refuse(&mut self, refusal: Refusal) {
        self.refused += 1;
        self.price_only &= matches!(refusal, Refusal::Price { .. });
        self.last = Some(refusal);
    }

    /// A way out was asked for, and as many said no as were asked for anything.
    fn is_refused_a_way_out(&self) -> bool {
        self.countered.values().any(|asked| *asked) && self.rejections >= self.countered.len()
    }

    /// Why nobody was found.
    fn failure(self, waited: Duration) -> Failure {
        match self.last {
            _ if self.signing.is_some() => Failure::Agreement("it was not signed in time".to_owned()),
            Some(last) if self.countered.is_empty() => {
                Failure::NoOffer { seen: self.refused, price: self.price_only, last: last.to_string() }
            }
            _ => Failure::NoProvider { waited_s: waited.as_secs() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_out_is_asked_of_those_who_offer_it_until_all_say_no() {
        let none = Demand { properties: Default::default(), constraints: "(a=1)".into() };
        let asking = Demand { constraints: "(a=2)".into(), ..none.clone() };
        let answers = Answers { plain: none.clone(), asking: Some(asking.clone()) };
        let price = crate::offer::tests::price(0.0, 0.0, 0.0);
        let (provider, name, runtime) = ("0x1".to_owned(), "a".to_owned(), "vm 0.5".to_owned());
        let mut offer = Offer { provider, name, runtime, threads: 1, price, outbound: false };
        assert_eq!(answers.to(&offer), (&none, false));
        offer.outbound = true;
        assert_eq!(answers.to(&offer), (&asking, true));
        assert_eq!(Answers { asking: None, ..answers }.to(&offer), (&none, false));

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
        let worker = Worker {
            provider: "0x1".into(),
            name: "a".into(),
            runtime: "vm 0.5".into(),
            agreement: String::new(),
            activity: None,
            price: [Nano::ZERO; 3],
            probed: None,
        };
        let seen = Seen { signing: Some(worker), ..Seen::default() };
        assert_eq!(seen.failure(wait).code(), "golem_agreement");
    }
}
