//! A look at the market: who offers what, without signing or paying anything.

use crate::daemon::{Daemon, Decorations, DemandEvent, Trouble};
use crate::hire::BREATH;
use crate::moment;
use crate::offer::{Offer, Refusal};
use crate::order::Order;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long the daemon holds back a question for proposals.
const POLL: Duration = Duration::from_secs(2);
/// Offers kept. A guess: more than a screen shows.
const OFFERS_MAX: usize = 1000;
/// How long the demand would stand if this process were killed in the middle, milliseconds.
const DEMAND_MS: u64 = 10 * 60 * 1000;

/// An offer that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The provider's id: its word until an agreement is signed.
    pub provider: String,
    /// What it asks for, if that can be read.
    pub offer: Option<Offer>,
    /// Why it would not be hired; none if it would.
    pub refusal: Option<Refusal>,
}

/// Publishes a demand, gathers the latest offer of each provider for `wait`, and takes the demand back. Ends early when
/// called off. Cheapest first, by the hour; those that would not be hired stand at the end.
pub async fn look(
    daemon: &Daemon,
    order: &Order,
    wait: Duration,
    cancel: &CancellationToken,
) -> Result<Vec<Seen>, Trouble> {
    let expires_ms = moment::now_ms().saturating_add(DEMAND_MS);
    let none = Decorations { properties: Vec::new(), constraints: Vec::new() };
    let demand = daemon.demand(&order.demand(&none, expires_ms)).await?;
    let mut found = BTreeMap::new();
    let gathered = tokio::select! {
        () = cancel.cancelled() => Ok(()),
        () = tokio::time::sleep(wait) => Ok(()),
        trouble = gather(daemon, order, &demand, &mut found) => Err(trouble),
    };
    let ended = daemon.end_demand(&demand).await;
    gathered?;
    ended?;
    let mut seen: Vec<Seen> = found.into_values().collect();
    let hour = |seen: &Seen| seen.offer.as_ref().map(|offer| (offer.price.hour(), offer.price.cpu_second()));
    seen.sort_by_key(|seen| (seen.refusal.is_some(), hour(seen), seen.provider.clone()));
    Ok(seen)
}

/// Ends only in trouble.
async fn gather(daemon: &Daemon, order: &Order, demand: &str, found: &mut BTreeMap<String, Seen>) -> Trouble {
    loop {
        let events = match daemon.demand_events(demand, POLL).await {
            Ok(events) => events,
            Err(Trouble::NotYet) => {
                tokio::time::sleep(BREATH).await;
                continue;
            }
            Err(trouble) => return trouble,
        };
        for event in events {
            let DemandEvent::ProposalEvent { proposal } = event else { continue };
            let provider = proposal.issuer_id;
            if found.len() >= OFFERS_MAX && !found.contains_key(&provider) {
                continue;
            }
            let offer = Offer::read(&provider, &proposal.properties).ok();
            let refusal = Offer::judge(&provider, &proposal.properties, order).err();
            found.insert(provider.clone(), Seen { provider, offer, refusal });
        }
    }
}
