//! Judging what a provider asks for: pure. What is not provably due is not accepted.

use crate::account::{Account, Deal};
use crate::amount::Nano;
use crate::daemon::{DebitNote, Invoice};
use crate::offer::Price;

/// How much later than ours a provider's clock may end an activity, milliseconds. A guess: a call's time, twice.
const SLACK_MS: u64 = 10_000;
/// Debit notes that may come at once. A guess.
const NOTES_AT_ONCE: u64 = 8;
/// Shortest time between debit notes after that, milliseconds; they are asked for every two minutes. A guess.
const NOTE_INTERVAL_MS: u64 = 5_000;

/// What a deal is judged by.
#[derive(Clone, Debug)]
pub struct Terms {
    /// As the agreement says.
    pub price: Price,
    /// Threads that the provider may have kept busy.
    pub threads: u64,
}

/// Why a debit note or an invoice is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Objection {
    /// Another one than the provider of this agreement.
    #[error("it is not from the provider of the agreement")]
    Issuer,
    /// To be paid elsewhere.
    #[error("it is to be paid on another platform than agreed")]
    Platform,
    /// No amount.
    #[error("its amount cannot be read")]
    Amount,
    /// More than the usage that it states itself.
    #[error("it asks for {asked} GLM, more than the {due} of its own usage")]
    AboveUsage {
        /// Asked for.
        asked: Nano,
        /// The most that is due.
        due: Nano,
    },
    /// More than the whole time can have cost.
    #[error("it asks for {asked} GLM, more than the {due} that the time can have cost")]
    AboveTime {
        /// Asked for.
        asked: Nano,
        /// The most that is due.
        due: Nano,
    },
    /// More than was set aside.
    #[error("it asks for {asked} GLM, and {left} are left")]
    AboveBudget {
        /// Asked for.
        asked: Nano,
        /// What is left.
        left: Nano,
    },
    /// Of an activity that was not begun here.
    #[error("it is of another activity than the one at work, or of none")]
    Activity,
    /// A debit note without the usage that it is for.
    #[error("it asks for {asked} GLM and states no usage")]
    NoUsage {
        /// Asked for.
        asked: Nano,
    },
    /// More than was accepted, of a provider with a debit note above its own usage.
    #[error("it asks for {asked} GLM after a debit note above its own usage; {accepted} were accepted")]
    Suspect {
        /// Asked for.
        asked: Nano,
        /// Accepted before.
        accepted: Nano,
    },
    /// Less than was accepted: what was accepted is owed.
    #[error("it asks for {asked} GLM, less than the {accepted} of its debit notes")]
    BelowNotes {
        /// Asked for.
        asked: Nano,
        /// Accepted before.
        accepted: Nano,
    },
    /// The agreement has its invoice.
    #[error("the agreement has its invoice already")]
    Twice,
    /// Debit notes at a pace that nobody asked for.
    #[error("debit notes come too often")]
    TooOften,
}

/// What a debit note may be accepted for: exactly what it says.
pub fn note(
    account: &Account,
    deal: &Deal,
    terms: &Terms,
    note: &DebitNote,
    now_ms: u64,
) -> Result<Nano, Objection> {
    if deal.invoice.is_some() {
        return Err(Objection::Twice);
    }
    // amounts are of an activity each: one that was never begun would be paid beside the other
    let is_other = deal.activity.is_some() && note.activity_id != deal.activity;
    if note.activity_id.is_none() || is_other || !deal.is_begun() {
        return Err(Objection::Activity);
    }
    let lasted_ms = now_ms.saturating_sub(deal.began_ms);
    if u64::from(deal.notes) > NOTES_AT_ONCE + lasted_ms / NOTE_INTERVAL_MS {
        return Err(Objection::TooOften);
    }
    let asked = common(account, deal, &note.issuer_id, &note.payment_platform, &note.total_amount_due)?;
    let accepted = deal.accepted;
    if deal.suspect && asked > accepted {
        return Err(Objection::Suspect { asked, accepted });
    }
    match &note.usage_counter_vector {
        Some(usage) => {
            // one nano more: the provider reckons with floats
            let due = terms.price.of_usage(usage).ok_or(Objection::Amount)?.plus(Nano(1));
            if asked > due {
                return Err(Objection::AboveUsage { asked, due });
            }
        }
        None if asked > accepted => return Err(Objection::NoUsage { asked }),
        None => {}
    }
    within(account, deal, terms, asked, now_ms)
}

/// What an invoice may be accepted for: exactly what it says.
pub fn invoice(
    account: &Account,
    deal: &Deal,
    terms: &Terms,
    invoice: &Invoice,
    now_ms: u64,
) -> Result<Nano, Objection> {
    if deal.invoice.as_ref().is_some_and(|judged| *judged != invoice.invoice_id) {
        return Err(Objection::Twice);
    }
    let asked = common(account, deal, &invoice.issuer_id, &invoice.payment_platform, &invoice.amount)?;
    let accepted = deal.accepted;
    if asked < accepted {
        return Err(Objection::BelowNotes { asked, accepted });
    }
    // an invoice states no usage: what can be held against it is what was begun, the notes before it, and the time
    if !deal.is_begun() && asked > Nano::ZERO {
        return Err(Objection::Activity);
    }
    if deal.suspect && asked > accepted {
        return Err(Objection::Suspect { asked, accepted });
    }
    within(account, deal, terms, asked, now_ms)
}

fn common(
    account: &Account,
    deal: &Deal,
    issuer: &str,
    platform: &str,
    amount: &str,
) -> Result<Nano, Objection> {
    if !issuer.eq_ignore_ascii_case(&deal.provider) {
        return Err(Objection::Issuer);
    }
    if platform != account.platform {
        return Err(Objection::Platform);
    }
    Nano::at_least(amount).ok_or(Objection::Amount)
}

/// The most that can be due for a deal by its time.
pub(crate) fn most(deal: &Deal, terms: &Terms, now_ms: u64) -> Nano {
    let until_ms = deal.ended_ms.unwrap_or(now_ms).min(deal.expires_ms.unwrap_or(u64::MAX));
    let until_ms = until_ms.saturating_add(SLACK_MS);
    terms.price.most(until_ms.saturating_sub(deal.began_ms), terms.threads)
}

fn within(
    account: &Account,
    deal: &Deal,
    terms: &Terms,
    asked: Nano,
    now_ms: u64,
) -> Result<Nano, Objection> {
    let due = most(deal, terms, now_ms);
    if asked > due {
        return Err(Objection::AboveTime { asked, due });
    }
    let left = account.left_for(&deal.agreement);
    if asked > left {
        return Err(Objection::AboveBudget { asked, left });
    }
    Ok(asked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::tests::account;
    use crate::offer::tests::{PROVIDER, price};
    use proptest::prelude::*;

    fn terms() -> Terms {
        Terms { price: price(0.0001, 0.0001, 0.0), threads: 1 }
    }

    fn sample(amount: &str, usage: Option<[f64; 2]>) -> DebitNote {
        DebitNote {
            debit_note_id: "n".into(),
            issuer_id: PROVIDER.to_uppercase().replace("0X", "0x"),
            agreement_id: "one".into(),
            activity_id: Some("act".into()),
            payment_platform: "erc20-holesky-tglm".into(),
            total_amount_due: amount.into(),
            usage_counter_vector: usage
                .map(|usage| usage.map(|used| serde_json::Number::from_f64(used).unwrap()).to_vec()),
            status: "RECEIVED".into(),
        }
    }

    fn judged(account: &Account, sample: &DebitNote, now_ms: u64) -> Result<Nano, Objection> {
        note(account, account.deal("one").unwrap(), &terms(), sample, now_ms)
    }

    #[test]
    fn a_note_is_worth_its_usage_and_no_more() {
        let account = account(1_000_000_000);
        let usage = Some([0.101, 1.005]);
        assert_eq!(judged(&account, &sample("0.0001106", usage), 3_000), Ok(Nano(110_600)));
        assert!(matches!(
            judged(&account, &sample("0.001", usage), 3_000),
            Err(Objection::AboveUsage { .. })
        ));
        assert!(matches!(
            judged(&account, &sample("0.2", Some([0.0, 5_000.0])), 3_000),
            Err(Objection::AboveTime { .. })
        ));
        assert_eq!(judged(&account, &sample("x", usage), 3_000), Err(Objection::Amount));
        let mut other = sample("0.0001", usage);
        other.issuer_id = "0x0000000000000000000000000000000000000000".into();
        assert_eq!(judged(&account, &other, 3_000), Err(Objection::Issuer));
        other = sample("0.0001", usage);
        other.payment_platform = "erc20-polygon-glm".into();
        assert_eq!(judged(&account, &other, 3_000), Err(Objection::Platform));
    }

    #[test]
    fn the_budget_is_hard_across_deals() {
        let mut account = account(100_000);
        account.deal_mut("two").unwrap().accepted = Nano(60_000);
        let usage = Some([0.0, 5.0]);
        assert_eq!(judged(&account, &sample("0.00004", usage), 9_000), Ok(Nano(40_000)));
        let asked = Nano(40_001);
        let left = Nano(40_000);
        assert_eq!(
            judged(&account, &sample("0.000040001", usage), 9_000),
            Err(Objection::AboveBudget { asked, left })
        );
    }

    #[test]
    fn nothing_comes_after_the_invoice_nor_too_often() {
        let mut account = account(100_000);
        account.deal_mut("one").unwrap().notes = 9;
        assert_eq!(judged(&account, &sample("0", None), 1_000), Err(Objection::TooOften));
        assert_eq!(judged(&account, &sample("0", None), 6_000), Ok(Nano(0)));
        account.deal_mut("one").unwrap().invoice = Some("i".into());
        assert_eq!(judged(&account, &sample("0", None), 6_000), Err(Objection::Twice));
    }

    #[test]
    fn an_invoice_is_held_against_what_was_begun_and_what_notes_told() {
        let mut account = account(1_000_000_000);
        let bill = |account: &Account, amount: &str| {
            let invoice = Invoice {
                invoice_id: "i".into(),
                issuer_id: PROVIDER.into(),
                agreement_id: "one".into(),
                payment_platform: "erc20-holesky-tglm".into(),
                amount: amount.into(),
                status: "RECEIVED".into(),
            };
            super::invoice(account, account.deal("one").unwrap(), &terms(), &invoice, 3_000)
        };
        assert_eq!(bill(&account, "0.0001"), Ok(Nano(100_000)));
        account.deal_mut("one").unwrap().accepted = Nano(100_000);
        assert_eq!(bill(&account, "0.00015"), Ok(Nano(150_000)));
        account.deal_mut("one").unwrap().suspect = true;
        let (asked, accepted) = (Nano(150_000), Nano(100_000));
        assert_eq!(bill(&account, "0.00015"), Err(Objection::Suspect { asked, accepted }));
        assert_eq!(bill(&account, "0.0001"), Ok(Nano(100_000)), "what was accepted is owed");
        let deal = account.deal_mut("one").unwrap();
        (deal.activity, deal.accepted, deal.suspect) = (None, Nano::ZERO, false);
        assert_eq!(
            bill(&account, "0.0001"),
            Ok(Nano(100_000)),
            "it may have been begun, and we were not told"
        );
        account.deal_mut("one").unwrap().begun = false;
        assert_eq!(bill(&account, "0.000000001"), Err(Objection::Activity), "nothing was begun");
        assert_eq!(bill(&account, "0"), Ok(Nano::ZERO));
    }

    #[test]
    fn one_note_above_its_usage_spoils_the_next_whatever_they_state() {
        let mut account = account(1_000_000_000);
        assert_eq!(
            judged(&account, &sample("0.0001", None), 3_000),
            Err(Objection::NoUsage { asked: Nano(100_000) })
        );
        let deal = account.deal_mut("one").unwrap();
        (deal.accepted, deal.suspect) = (Nano(50_000), true);
        let (asked, accepted) = (Nano(100_000), Nano(50_000));
        for usage in [None, Some([0.0, 2.0])] {
            assert_eq!(
                judged(&account, &sample("0.0001", usage), 3_000),
                Err(Objection::Suspect { asked, accepted })
            );
        }
        assert_eq!(judged(&account, &sample("0.00005", Some([0.0, 2.0])), 3_000), Ok(accepted));
    }

    #[test]
    fn nothing_is_due_for_the_time_after_the_end_of_the_agreement() {
        let mut account = account(1_000_000_000);
        account.deal_mut("one").unwrap().expires_ms = Some(2_000);
        let usage = Some([0.0, 5_000.0]);
        // a second of it, the slack, and as much for the processor
        assert_eq!(judged(&account, &sample("0.0022", usage), 3_600_000), Ok(Nano(2_200_000)));
        assert!(matches!(
            judged(&account, &sample("0.002201", usage), 3_600_000),
            Err(Objection::AboveTime { .. })
        ));
    }

    proptest! {
        /// Whatever providers send in whatever order, what is accepted never passes the budget.
        #[test]
        fn no_order_of_notes_passes_the_budget(
            most in 0..1_000_000u64,
            sent in proptest::collection::vec((any::<bool>(), 0..2_000_000u64, any::<bool>()), 0..40),
        ) {
            let mut account = account(most);
            for (first, nano, last) in sent {
                let agreement = if first { "one" } else { "two" };
                let deal = account.deal(agreement).unwrap().clone();
                let mut asked = sample(&Nano(nano).to_string(), Some([0.0, 30.0]));
                asked.agreement_id = agreement.into();
                if let Ok(accepted) = note(&account, &deal, &terms(), &asked, 3_600_000) {
                    let deal = account.deal_mut(agreement).unwrap();
                    deal.accepted = deal.accepted.max(accepted);
                    deal.invoice = last.then(|| "i".into());
                }
                prop_assert!(account.spent() <= account.most);
            }
        }
    }
}
