//! The market: demands, proposals, agreements.

use super::{Agreement, Daemon, Demand, DemandEvent, Ending, NewAgreement, Properties, Trouble, check_id};
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// Events taken at once. A guess.
const EVENTS_MAX: usize = 20;

impl Daemon {
    /// Publishes a demand and tells its id.
    pub async fn demand(&self, demand: &Demand) -> Result<String, Trouble> {
        checked(self.post("market-api/v1/demands", &[], demand, Duration::from_secs(10)).await?)
    }

    /// Takes a demand back.
    pub async fn end_demand(&self, id: &str) -> Result<(), Trouble> {
        let path = format!("market-api/v1/demands/{}", check_id(id)?);
        self.tell(Method::DELETE, &path, &[], None::<&()>, Duration::from_secs(5)).await
    }

    /// What happened to a demand; waits for up to `wait`. Events that cannot be read are skipped: a single provider
    /// must not hide the others.
    pub async fn demand_events(&self, id: &str, wait: Duration) -> Result<Vec<DemandEvent>, Trouble> {
        let path = format!("market-api/v1/demands/{}/events", check_id(id)?);
        let query = [("timeout", wait.as_secs().to_string()), ("maxEvents", EVENTS_MAX.to_string())];
        let events: Vec<Value> = self.wait(&path, &query, wait).await?;
        Ok(events.into_iter().filter_map(|event| serde_json::from_value(event).ok()).collect())
    }

    /// Answers a proposal with our own; tells the new proposal's id.
    pub async fn counter(&self, demand: &str, proposal: &str, with: &Demand) -> Result<String, Trouble> {
        let path = format!("market-api/v1/demands/{}/proposals/{}", check_id(demand)?, check_id(proposal)?);
        checked(self.post(&path, &[], with, Duration::from_secs(10)).await?)
    }

    /// Makes an agreement of a proposal, which binds nobody until it is confirmed; tells its id.
    pub async fn new_agreement(&self, agreement: &NewAgreement) -> Result<String, Trouble> {
        checked(self.post("market-api/v1/agreements", &[], agreement, Duration::from_secs(10)).await?)
    }

    /// Binds us to an agreement and asks the provider.
    pub async fn confirm(&self, agreement: &str, session: &str) -> Result<(), Trouble> {
        let path = format!("market-api/v1/agreements/{}/confirm", check_id(agreement)?);
        let query = [("appSessionId", session.to_owned())];
        self.tell(Method::POST, &path, &query, Some(&()), Duration::from_secs(10)).await
    }

    /// Waits for up to `wait` until the provider has said yes or no.
    pub async fn await_approval(&self, agreement: &str, wait: Duration) -> Result<(), Trouble> {
        let path = format!("market-api/v1/agreements/{}/wait", check_id(agreement)?);
        let query = [("timeout", wait.as_secs().to_string())];
        self.tell(Method::POST, &path, &query, Some(&()), wait).await
    }

    /// How an agreement stands.
    pub async fn agreement(&self, id: &str) -> Result<Agreement, Trouble> {
        self.get(&format!("market-api/v1/agreements/{}", check_id(id)?), &[]).await
    }

    /// The offer that an agreement binds the provider to.
    pub async fn agreed_offer(&self, id: &str) -> Result<(String, Properties), Trouble> {
        #[derive(Deserialize)]
        struct Agreed {
            offer: Offer,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Offer {
            properties: Properties,
            provider_id: String,
        }
        let agreed: Agreed = self.get(&format!("market-api/v1/agreements/{}", check_id(id)?), &[]).await?;
        Ok((agreed.offer.provider_id, agreed.offer.properties))
    }

    /// Takes back an agreement that the provider has not answered.
    pub async fn cancel(&self, agreement: &str) -> Result<(), Trouble> {
        let path = format!("market-api/v1/agreements/{}/cancel", check_id(agreement)?);
        self.tell(Method::POST, &path, &[], Some(&()), Duration::from_secs(10)).await
    }

    /// Ends an approved agreement. One that was ended before is [`Trouble::Gone`].
    pub async fn terminate(&self, agreement: &str, why: &Ending) -> Result<(), Trouble> {
        let path = format!("market-api/v1/agreements/{}/terminate", check_id(agreement)?);
        self.tell(Method::POST, &path, &[], Some(why), Duration::from_secs(10)).await
    }
}

fn checked(id: String) -> Result<String, Trouble> {
    check_id(&id)?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ids_become_parts_of_paths() {
        assert!(checked("R-43d938cb".into()).is_ok());
        assert!(checked("../../me?x=".into()).is_err());
    }
}
