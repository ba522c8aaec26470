//! Hiring: from a demand on the market to a signed agreement.

use crate::account::Deal;
use crate::amount::Nano;
use crate::bill::Terms;
use crate::daemon::{Demand, DemandEvent, NewAgreement, Proposal, Trouble};
use crate::failure::Failure;
use crate::offer::{Offer, Refusal};
use crate::rental::Rental;
use crate::session::{Session, Worker, millis};
use crate::{moment, settle};
use std::collections::BTreeSet;
use std::time::Duration;

/// How long the daemon holds back a question for proposals.
const POLL: Duration = Duration::from_secs(3);
/// How long a provider may take to sign. As stock requestors wait.
const SIGN_TIME: Duration = Duration::from_secs(60);
/// The least time between two questions: a daemon that answers at once must not be asked without a pause.
pub(crate) const BREATH: Duration = Duration::from_millis(100);
/// How long the daemon may be away while a provider is looked for: questions in a row. A guess.
const AWAY_MAX: u32 = 10;
/// Offers countered at once. A guess: more are never needed.
const COUNTERED_MAX: usize = 50;

/// What was seen of the market.
#[derive(Debug, Default)]
struct Seen {
    refused: u32,
    price_only: bool,
    last: Option<Refusal>,
    countered: BTreeSet<String>,
    unsigned: Option<String>,
}

impl Session {
    /// Finds a provider and signs an agreement that lasts until `expires_ms`.
    pub(crate) async fn hire(&mut self, expires_ms: u64) -> Result<Rental, Failure> {
        self.end_demand().await;
        let daemon = &self.requestor.daemon;
        let account = self.books.account().await;
        let Some(allocation) = account.allocation else { return Err(Failure::Budget(account.most)) };
        let decorations = daemon.decorations(&allocation).await?;
        let demand = self.requestor.order.demand(&decorations, expires_ms);
        let id = daemon.demand(&demand).await?;
        let noted = id.clone();
        self.books.change(move |account| account.demand = Some(noted)).await?;
        let mut seen = Seen { price_only: true, ..Seen::default() };
        let hire = self.requestor.times.hire;
        let hired = tokio::time::timeout(hire, self.negotiate(&id, &demand, expires_ms, &mut seen)).await;
        self.end_demand().await;
        match hired {
            Ok(hired) => hired,
            Err(_) => {
                // somebody may have been about to sign
                settle::end_deals(&self.requestor.daemon, &self.books).await;
                Err(seen.failure(hire))
            }
        }
    }

    async fn negotiate(
        &self,
        id: &str,
        demand: &Demand,
        expires_ms: u64,
        seen: &mut Seen,
    ) -> Result<Rental, Failure> {
        let counter = self.requestor.order.counter(demand);
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
                let DemandEvent::ProposalEvent { proposal } = event else { continue };
                if let Some(rental) = self.proposal(id, &counter, expires_ms, proposal, seen).await? {
                    return Ok(rental);
                }
            }
        }
    }

    /// Refuses, counters or signs.
    async fn proposal(
        &self,
        demand: &str,
        counter: &Demand,
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
                if seen.countered.insert(offer.provider) {
                    let sent = self.requestor.daemon.counter(demand, &proposal.proposal_id, counter).await;
                    if let Err(trouble) = sent {
                        tracing::debug!(%trouble, "a proposal could not be answered");
                    }
                }
                Ok(None)
            }
            "Draft" => match self.sign(&proposal.proposal_id, offer, expires_ms).await {
                Ok(rental) => Ok(Some(rental)),
                Err(Failure::Agreement(why)) => {
                    seen.unsigned = Some(why);
                    Ok(None)
                }
                Err(failure) => Err(failure),
            },
            _ => Ok(None),
        }
    }

    /// Signs with a provider: written down before we are bound.
    async fn sign(&self, proposal: &str, offer: Offer, expires_ms: u64) -> Result<Rental, Failure> {
        let daemon = &self.requestor.daemon;
        let unsigned = |trouble: Trouble| match trouble {
            Trouble::AppKey => Failure::AppKey,
            trouble => Failure::Agreement(trouble.to_string()),
        };
        let valid_to = moment::text(moment::now_ms() + 2 * millis(SIGN_TIME));
        let asked = NewAgreement { proposal_id: proposal.to_owned(), valid_to };
        let agreement = daemon.new_agreement(&asked).await.map_err(unsigned)?;
        let began_ms = moment::now_ms();
        let deal = Deal {
            agreement: agreement.clone(),
            provider: offer.provider.clone(),
            activity: None,
            began_ms,
            ended_ms: None,
            accepted: Nano::ZERO,
            invoice: None,
            invoiced: false,
            notes: 0,
        };
        self.books.change(move |account| account.deals.push(deal)).await?;
        let terms = Terms { price: offer.price.clone(), threads: offer.billed_threads() };
        self.cashier.expect(&agreement, terms.clone());
        let mark = self.books.account().await.mark;
        let signed = async {
            daemon.confirm(&agreement, &mark).await?;
            daemon.await_approval(&agreement, SIGN_TIME).await?;
            daemon.agreement(&agreement).await
        };
        let why = match signed.await {
            Ok(standing) if standing.state == "Approved" => {
                let price = [offer.price.hour(), offer.price.cpu_second(), offer.price.start()];
                let Offer { provider, name, runtime, .. } = offer;
                let worker = Worker { provider, name, runtime, agreement, activity: None, price };
                return Ok(Rental { worker, terms, began_ms, expires_ms, started: false });
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

impl Seen {
    fn refuse(&mut self, refusal: Refusal) {
        self.refused += 1;
        self.price_only &= matches!(refusal, Refusal::Price { .. });
        self.last = Some(refusal);
    }

    /// Why nobody was found.
    fn failure(self, waited: Duration) -> Failure {
        match (self.unsigned, self.last) {
            (Some(why), _) => Failure::Agreement(why),
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
        let seen = Seen { unsigned: Some("it is Rejected".into()), ..Seen::default() };
        assert_eq!(seen.failure(wait).code(), "golem_agreement");
    }
}
