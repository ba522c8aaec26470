//! Hiring: from a demand on the market to a signed agreement.

mod seen;

use crate::account::Deal;
use crate::amount::Nano;
use crate::attempt::Worker;
use crate::bill::Terms;
use crate::daemon::{Daemon, Demand, DemandEvent, NewAgreement, Proposal, Trouble, plain};
use crate::failure::Failure;
use crate::moment::{POLL_GAP, millis};
use crate::offer::{Offer, Refusal};
use crate::rental::Rental;
use crate::session::{DISMISS_MAX, Session};
use crate::{moment, settle};
use seen::{Seen, Signing};
use std::time::{Duration, Instant};

/// How long the daemon holds back a question for proposals.
const POLL: Duration = Duration::from_secs(3);
/// How long a provider may take to sign. As stock requestors wait.
const SIGN_TIME: Duration = Duration::from_secs(60);
/// Offers that are being answered at a time, and the longest time for each: a provider that cannot be reached must not
/// keep others waiting. Guesses.
const ANSWERS_MAX: usize = 32;
const ANSWER_TIME: Duration = Duration::from_secs(5);
/// How long the daemon may be away while a provider is looked for: questions in a row. A guess.
pub(crate) const AWAY_MAX: u32 = 10;
/// Offers answered for one demand. A guess: far more than a subnet has, so that whoever fills it with names that say nothing
/// needs many of them; an answer costs a call to the daemon and a hundred bytes.
const COUNTERED_MAX: usize = 500;
/// The longest time for which others are waited for, once all who were asked for a way out said no. A guess: offers come
/// within seconds, and one quick no must not decide for all.
const WAY_OUT_TIME: Duration = Duration::from_secs(15);

/// What proposals are answered with.
#[derive(Debug)]
struct Answers {
    plain: Demand,
    /// With a manifest, for those who offer a way out; none: it is not asked for. Others would say no to it.
    asking: Option<Demand>,
    /// What is left to be spent: who asks for more to start is not answered.
    left: Nano,
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
        let answers = Answers { plain: counter, asking, left: self.left_for("").await };
        let patience = Instant::now() + WAY_OUT_TIME.min(time / 2);
        let deal = self.negotiate(&id, &answers, expires_ms, patience, &mut seen);
        let hired = tokio::time::timeout(time, deal).await;
        self.end_demand().await;
        seen.leave(Failure::Agreement("it was not signed in time".to_owned()));
        // whoever answers first and then does not sign must not keep others from it again and again
        for provider in &seen.left {
            self.avoided.add(provider, moment::now_ms());
        }
        self.unsigned.append(&mut seen.unsigned.clone());
        match hired {
            Ok(hired) => hired,
            Err(_) => {
                // somebody may have been about to sign; what cannot be ended soon is ended with the account
                let ended = settle::end_deals(&self.requestor.daemon, &self.books);
                if tokio::time::timeout(DISMISS_MAX, ended).await.is_err() {
                    tracing::debug!("an agreement that was not signed in time could not be ended yet");
                }
                if seen.beyond && seen.countered.is_empty() {
                    self.exhausted = Some(answers.left);
                    return Err(Failure::Budget(account.most));
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
                    tokio::time::sleep(POLL_GAP).await;
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
        if self.avoided.has(&proposal.issuer_id, moment::now_ms()) || seen.left.contains(&proposal.issuer_id)
        {
            return Ok(None);
        }
        let offer = match Offer::judge(&proposal.issuer_id, &proposal.properties, &self.requestor.order) {
            Ok(offer) => offer,
            Err(refusal) => {
                seen.refuse(refusal);
                return Ok(None);
            }
        };
        let asked = offer.price.start();
        if asked > answers.left {
            seen.refuse(Refusal::Price { what: "the start", asked, cap: answers.left });
            seen.beyond = true;
            return Ok(None);
        }
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
            "Draft" => match self.sign(&proposal.proposal_id, offer, expires_ms, seen).await {
                Ok(mut rental) => {
                    seen.signing = None;
                    rental.has_way_out = seen.countered.get(&rental.worker.provider) == Some(&true);
                    Ok(Some(rental))
                }
                Err(failure @ Failure::Agreement(_)) => {
                    seen.leave(failure);
                    Ok(None)
                }
                Err(failure) => {
                    // it is not the provider's
                    seen.signing = None;
                    Err(failure)
                }
            },
            _ => Ok(None),
        }
    }

    /// Signs with a provider: written down before we are bound. With whom stands in `seen` meanwhile.
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
        let (began_ms, on) = (moment::now_ms(), None);
        seen.signing = Some(Signing { provider: worker.provider.clone(), on, began_ms });
        let unsigned = |trouble: Trouble| match trouble {
            Trouble::AppKey => Failure::AppKey,
            Trouble::Unreachable { .. } => trouble.into(),
            trouble => Failure::Agreement(trouble.to_string()),
        };
        let valid_to = moment::text(moment::now_ms() + 2 * millis(SIGN_TIME));
        let asked = NewAgreement { proposal_id: proposal.to_owned(), valid_to };
        let agreement = daemon.new_agreement(&asked).await.map_err(unsigned)?;
        worker.agreement.clone_from(&agreement);
        let (began_ms, on) = (moment::now_ms(), Some(worker.clone()));
        seen.signing = Some(Signing { provider: worker.provider.clone(), on, began_ms });
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
            begun: false,
            expires_ms: Some(expires_ms),
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
                let (started, has_way_out) = (false, false);
                return Ok(Rental { worker, terms, began_ms, expires_ms, started, has_way_out });
            }
            Ok(standing) => Failure::Agreement(format!("it is {}", standing.state)),
            Err(trouble) => unsigned(trouble),
        };
        settle::end_deal(daemon, &self.books, &agreement, false).await;
        Err(why)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_out_is_asked_of_those_who_offer_it() {
        let none = Demand { properties: Default::default(), constraints: "(a=1)".into() };
        let asking = Demand { constraints: "(a=2)".into(), ..none.clone() };
        let (plain, left) = (none.clone(), Nano::ZERO);
        let answers = Answers { plain, asking: Some(asking.clone()), left };
        let price = crate::offer::tests::price(0.0, 0.0, 0.0);
        let (provider, name, runtime) = ("0x1".to_owned(), "a".to_owned(), "vm 0.5".to_owned());
        let mut offer = Offer { provider, name, runtime, threads: 1, price, outbound: false };
        assert_eq!(answers.to(&offer), (&none, false));
        offer.outbound = true;
        assert_eq!(answers.to(&offer), (&asking, true));
        assert_eq!(Answers { asking: None, ..answers }.to(&offer), (&none, false));
    }
}
