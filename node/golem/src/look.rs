//! A look at the market: who offers what, without signing or paying anything.

use crate::daemon::{Daemon, Decorations, DemandEvent, Trouble};
use crate::hire::AWAY_MAX;
use crate::moment::{self, POLL_GAP};
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
    // one that is gone is taken back; one that cannot be ends by itself
    if let Err(trouble) = daemon.end_demand(&demand).await
        && !matches!(trouble, Trouble::Gone(_))
    {
        tracing::warn!(%trouble, minutes = DEMAND_MS / 60_000, "the demand could not be taken back; it ends by itself");
    }
    gathered?;
    let mut seen: Vec<Seen> = found.into_values().collect();
    let hour = |seen: &Seen| seen.offer.as_ref().map(|offer| (offer.price.hour(), offer.price.cpu_second()));
    seen.sort_by_key(|seen| (seen.refusal.is_some(), hour(seen), seen.provider.clone()));
    Ok(seen)
}

/// Ends only in trouble that does not pass, or that comes again and again with nothing found.
async fn gather(daemon: &Daemon, order: &Order, demand: &str, found: &mut BTreeMap<String, Seen>) -> Trouble {
    let mut away = 0;
    loop {
        let events = match daemon.demand_events(demand, POLL).await {
            Ok(events) => {
                away = 0;
                events
            }
            Err(Trouble::NotYet) => {
                tokio::time::sleep(POLL_GAP).await;
                continue;
            }
            Err(trouble) if trouble.may_pass() && (away < AWAY_MAX || !found.is_empty()) => {
                away = away.saturating_add(1);
                tracing::debug!(%trouble, "offers could not be read");
                tokio::time::sleep(POLL_GAP * away.min(AWAY_MAX)).await;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amount::Nano;
    use crate::daemon::AppKey;
    use crate::fake::{Fake, Reply};
    use crate::image::Image;
    use crate::order::Caps;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn order() -> Order {
        let caps = Caps { hour: Nano(1), cpu_second: Nano(1), start: Nano(1) };
        let image = Image { url: "http://image.example/i.gvmi".to_owned(), sha3_224: "ab".repeat(28) };
        Order {
            runtime: "vm".to_owned(),
            subnet: "public".to_owned(),
            image,
            platform: "erc20-hoodi-tglm".to_owned(),
            mem_gib: 1,
            storage_gib: 1,
            threads: 1,
            caps,
            landmarks: Vec::new(),
        }
    }

    async fn looked(polls: fn(u32) -> Reply) -> Result<Vec<Seen>, Trouble> {
        let polled = AtomicU32::new(0);
        let fake = Fake::start(move |method, path| match (method, path) {
            ("POST", path) if path.ends_with("/demands") => Reply::json(201, "\"d-1\""),
            ("GET", path) if path.contains("/events") => polls(polled.fetch_add(1, Ordering::Relaxed)),
            _ => Reply::json(410, "{\"message\":\"gone\"}"),
        });
        let daemon = Daemon::new(&fake.address, &AppKey::new("k").unwrap()).unwrap();
        look(&daemon, &order(), Duration::from_secs(30), &fake.polled_enough).await
    }

    /// A daemon that stumbles over every second poll, and knows nothing of the demand at the end.
    #[tokio::test]
    async fn what_was_seen_is_told_though_the_daemon_stumbles() {
        let seen = looked(|poll| match poll {
            0 => Reply::page(500),
            1 => Reply::json(
                200,
                r#"[{"eventType":"ProposalEvent","proposal":{"proposalId":"R-1","issuerId":"0xab","state":"Initial",
                    "timestamp":"x","constraints":"()","properties":{}}},{"eventType":"SomethingNew"},{"proposal":{}}]"#,
            ),
            2 => Reply::json(500, r#"{"message":"GSB error"}"#),
            _ => Reply::enough(),
        });
        assert_eq!(seen.await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_web_page_from_the_daemons_address_is_named() {
        let trouble = looked(|_| Reply::page(404)).await.unwrap_err().to_string();
        assert!(trouble.contains("web page"), "{trouble}");
    }
}
