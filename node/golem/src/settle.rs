//! Ending things: one deal, or everything that an account has open. The same code ends a session and, after a crash,
//! what the crash left open.

use crate::account::{Account, Books, Deal, Journal};
use crate::cashier::Cashier;
use crate::daemon::{Daemon, Ending, Trouble};
use crate::moment::{self, millis};
use crate::requestor::Times;
use std::sync::Arc;
use std::time::Duration;

/// What a session came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// The account at its end.
    pub account: Account,
    /// What could not be ended: it stays in the journal, for [`crate::reclaim`].
    pub left_open: Option<String>,
}

/// How often an ending is tried while the daemon is away, and how long between: it may be restarting. A guess.
const TRIES: u32 = 8;
const PAUSE: Duration = Duration::from_secs(2);

/// Ends what a crash left open: demand, activities, agreements; accepts or rejects the invoices that follow, gives back
/// what is left of the money. What cannot be ended stays in the journal.
pub async fn reclaim(daemon: &Daemon, account: Account, journal: Arc<dyn Journal>, times: &Times) -> Closed {
    let books = Books::reopen(account, journal);
    let account = books.account().await;
    if account.allocation.is_none() {
        match find(daemon, &account).await {
            Ok(found) => {
                if let Err(error) = books.change(|account| account.allocation = found).await {
                    return left(&books, &error.to_string()).await;
                }
            }
            Err(trouble) => return left(&books, &trouble.to_string()).await,
        }
    }
    let cashier = Cashier::start(daemon.clone(), books.clone()).await;
    close(daemon, &books, cashier, times.invoice).await
}

/// An allocation whose id was never told: it has our platform and our mark.
async fn find(daemon: &Daemon, account: &Account) -> Result<Option<String>, Trouble> {
    let mark = moment::parse(&account.mark);
    let is_ours = |timeout: &Option<String>| timeout.as_deref().and_then(moment::parse) == mark;
    let allocations = again(move || daemon.allocations()).await?;
    let mut ours = allocations.into_iter().filter(|found| found.payment_platform == account.platform);
    Ok(ours.find(|found| is_ours(&found.timeout)).map(|found| found.allocation_id))
}

/// Ends everything and gives back what is left.
pub(crate) async fn close(daemon: &Daemon, books: &Books, cashier: Cashier, wait: Duration) -> Closed {
    let ended = match end_all(daemon, books).await {
        Ok(()) => {
            cashier.await_invoices(wait).await;
            Ok(())
        }
        // A provider whose daemon is gone cannot be told, and the agreement stands until it can. It is waited for as
        // long as there is money for its bill, and no longer.
        Err(why) if books.account().await.is_over(moment::now_ms()) => {
            tracing::warn!(why, "something at Golem is given up: the money's time limit has passed");
            Ok(())
        }
        Err(why) => Err(why),
    };
    cashier.stop().await;
    let account = books.account().await;
    let released = match (ended, &account.allocation) {
        (Err(why), _) => Err(why),
        (Ok(()), None) => Ok(()),
        (Ok(()), Some(allocation)) => release(daemon, allocation).await,
    };
    match released {
        Ok(()) => match books.close().await {
            Ok(account) => Closed { account, left_open: None },
            Err(error) => left(books, &error.to_string()).await,
        },
        Err(why) => left(books, &why).await,
    }
}

async fn left(books: &Books, why: &str) -> Closed {
    tracing::warn!(why, "something stays open at the yagna daemon; the next start ends it");
    Closed { account: books.account().await, left_open: Some(why.to_owned()) }
}

async fn release(daemon: &Daemon, allocation: &str) -> Result<(), String> {
    match again(move || daemon.release(allocation)).await {
        Ok(()) | Err(Trouble::Gone(_)) => Ok(()),
        Err(trouble) => Err(format!("allocation {allocation}: {trouble}")),
    }
}

/// Ends the demand and every deal, the latest first: one that cannot be ended keeps no other one open.
async fn end_all(daemon: &Daemon, books: &Books) -> Result<(), String> {
    let account = books.account().await;
    let mut ended = Ok(());
    for deal in open(&account).collect::<Vec<_>>().into_iter().rev() {
        ended = ended.and(end(daemon, books, deal, true).await);
    }
    if let Some(demand) = &account.demand {
        match again(move || daemon.end_demand(demand)).await {
            Ok(()) | Err(Trouble::Gone(_)) => {}
            Err(trouble) => ended = ended.and(Err(format!("demand: {trouble}"))),
        }
    }
    ended
}

/// Ends all deals that are open, as far as it can now; what remains is ended with the account.
pub(crate) async fn end_deals(daemon: &Daemon, books: &Books) {
    let account = books.account().await;
    for deal in open(&account) {
        end_deal(daemon, books, &deal.agreement, false).await;
    }
}

/// Ends one deal, as far as it can now; what remains is ended with the account.
pub(crate) async fn end_deal(daemon: &Daemon, books: &Books, agreement: &str, well: bool) {
    let account = books.account().await;
    let Some(deal) = account.deal(agreement).filter(|deal| deal.ended_ms.is_none()) else { return };
    if let Err(why) = end(daemon, books, deal, well).await {
        tracing::warn!(agreement, why, "an agreement could not be ended yet");
    }
}

fn open(account: &Account) -> impl Iterator<Item = &Deal> {
    account.deals.iter().filter(|deal| deal.ended_ms.is_none())
}

async fn end(daemon: &Daemon, books: &Books, deal: &Deal, well: bool) -> Result<(), String> {
    for activity in activities(daemon, deal).await {
        // A provider that is gone holds this up until the time limit; the agreement's end ends its activities too.
        if let Err(trouble) = daemon.destroy(&activity).await {
            tracing::debug!(%trouble, activity, "an activity could not be destroyed");
        }
    }
    let code = if well { "Success" } else { "Cancelled" };
    let ending = &Ending { message: "no more work".to_owned(), code: code.to_owned() };
    let agreement = deal.agreement.as_str();
    let ended = match books.account().await.is_over(moment::now_ms()) {
        true => end_agreement(daemon, agreement, ending).await,
        false => again(move || end_agreement(daemon, agreement, ending)).await,
    };
    ended.map_err(|trouble| format!("agreement {agreement}: {trouble}"))?;
    let now_ms = moment::now_ms();
    let written = books.change(|account| {
        if let Some(deal) = account.deal_mut(agreement) {
            deal.ended_ms = Some(now_ms);
        }
    });
    written.await.map_err(|error| error.to_string())
}

/// The activities of a deal: the one written down, and any that was begun and not written down.
async fn activities(daemon: &Daemon, deal: &Deal) -> Vec<String> {
    let mut found: Vec<String> = deal.activity.iter().cloned().collect();
    if let Ok(known) = daemon.activities(&deal.agreement).await {
        found.extend(known.into_iter().take(8));
    }
    found.sort();
    found.dedup();
    found
}

/// Ends an agreement whatever its state: an approved one is terminated, one that was not answered is taken back.
async fn end_agreement(daemon: &Daemon, agreement: &str, ending: &Ending) -> Result<(), Trouble> {
    let state = match daemon.agreement(agreement).await {
        Ok(agreement) => agreement.state,
        Err(Trouble::Gone(_)) => return Ok(()),
        Err(trouble) => return Err(trouble),
    };
    let told = match state.as_str() {
        "Approved" => daemon.terminate(agreement, ending).await,
        // one that nobody confirmed binds nobody
        "Pending" => daemon.cancel(agreement).await,
        _ => return Ok(()),
    };
    match told {
        Ok(()) | Err(Trouble::Gone(_)) => Ok(()),
        // The provider ended it while it could not tell us; the daemon here will never hear of it.
        Err(Trouble::Refused { text, .. }) if is_over_there(&text) => Ok(()),
        // The provider could not be told. What counts is what the daemon made of it.
        Err(trouble) => match daemon.agreement(agreement).await {
            Ok(standing) if !matches!(standing.state.as_str(), "Approved" | "Pending") => Ok(()),
            _ => Err(trouble),
        },
    }
}

/// Whether the other side's daemon was asked to end an agreement and says that there is nothing to end. The words are
/// those of yagna 0.17.6; with others the agreement is given up when the money's time limit has passed.
fn is_over_there(text: &str) -> bool {
    text.contains("Remote Terminate") && text.contains("Can't finish operation")
}

/// Tries while the daemon is away; for what may be asked twice.
pub(crate) async fn again<T, A>(ask: impl Fn() -> A) -> Result<T, Trouble>
where
    A: Future<Output = Result<T, Trouble>>,
{
    while_it(Trouble::may_pass, ask).await
}

/// Tries while the daemon cannot have heard; for what must not be asked twice.
pub(crate) async fn unheard<T, A>(ask: impl Fn() -> A) -> Result<T, Trouble>
where
    A: Future<Output = Result<T, Trouble>>,
{
    while_it(|trouble| matches!(trouble, Trouble::Unreachable { heard: false }), ask).await
}

async fn while_it<T, A>(is_away: impl Fn(&Trouble) -> bool, ask: impl Fn() -> A) -> Result<T, Trouble>
where
    A: Future<Output = Result<T, Trouble>>,
{
    let began_ms = moment::now_ms();
    let mut tried = 0;
    loop {
        match ask().await {
            Err(trouble) if is_away(&trouble) && tried < TRIES => {
                tried += 1;
                tokio::time::sleep(PAUSE).await;
                // a minute is enough for a daemon to restart; whoever waits is stopping
                if moment::now_ms() > began_ms + millis(Duration::from_secs(60)) {
                    return Err(trouble);
                }
            }
            answer => return answer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::AppKey;
    use crate::fake::{Fake, Reply};
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Ends an agreement that is approved when asked first, and then `later`, at a daemon that answers the ending so.
    async fn ended(answer: fn() -> Reply, later: &'static str) -> Result<(), Trouble> {
        let asked = AtomicU32::new(0);
        let fake = Fake::start(move |method, _| {
            let state = if asked.fetch_add(u32::from(method == "GET"), Ordering::Relaxed) == 0 {
                "Approved"
            } else {
                later
            };
            if method == "GET" { Reply::json(200, &format!("{{\"state\":{state:?}}}")) } else { answer() }
        });
        let daemon = Daemon::new(&fake.address, &AppKey::new("k").unwrap()).unwrap();
        let ending = Ending { message: "no more work".to_owned(), code: "Success".to_owned() };
        end_agreement(&daemon, "a-1", &ending).await
    }

    #[tokio::test]
    async fn an_agreement_that_the_provider_ended_is_ended() {
        assert_eq!(ended(|| Reply::json(200, "null"), "Approved").await, Ok(()));
        assert_eq!(
            ended(|| Reply::json(410, r#"{"message":"Agreement is Terminated"}"#), "Approved").await,
            Ok(())
        );
        assert_eq!(ended(|| Reply::page(500), "Terminated").await, Ok(()));
        assert_eq!(ended(|| Reply::json(501, "{}"), "Expired").await, Ok(()));
        // while it stands it is ended later
        let standing = ended(|| Reply::page(500), "Approved").await.unwrap_err();
        assert!(standing.may_pass() && standing.to_string().contains("web page"), "{standing}");
    }
}
