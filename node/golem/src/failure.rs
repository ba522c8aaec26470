//! Why a command has no result. Codes are stable; texts are for people.

use crate::account::JournalError;
use crate::amount::Nano;
use crate::daemon::Trouble;

/// The closed list of reasons.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The daemon cannot be reached, or talks nonsense.
    #[error("{0}")]
    Daemon(Trouble),
    /// The daemon does not know the app-key.
    #[error("the yagna daemon refuses the app-key: see `yagna app-key list`")]
    AppKey,
    /// The money cannot be set aside.
    #[error("{most} GLM cannot be set aside: {said}")]
    Funds {
        /// How much.
        most: Nano,
        /// The daemon's words.
        said: String,
    },
    /// Nobody made an offer.
    #[error("no provider answered the demand within {waited_s} s")]
    NoProvider {
        /// How long was waited.
        waited_s: u64,
    },
    /// There were offers, none good enough.
    #[error("of {seen} offers none was good enough; the last: {last}")]
    NoOffer {
        /// How many.
        seen: u32,
        /// Whether all of them failed for their price.
        price: bool,
        /// What was wrong with the last.
        last: String,
    },
    /// No provider signed.
    #[error("no provider signed an agreement: {0}")]
    Agreement(String),
    /// The provider started no runtime.
    #[error("the provider started no runtime: {0}")]
    Activity(String),
    /// The image was not deployed or did not start.
    #[error("the image did not start: {0}")]
    Start(String),
    /// Gone in the middle.
    #[error("the provider was lost: {0}")]
    Lost(String),
    /// The command failed.
    #[error("the command failed: {0}")]
    Command(String),
    /// It printed something that is no result.
    #[error("the result cannot be used: {0}")]
    Output(String),
    /// It printed more than is taken.
    #[error("the result is larger than {0} bytes")]
    TooLarge(usize),
    /// The agreement's time was over.
    #[error("the agreement expired")]
    Expired,
    /// No money left.
    #[error("the budget of {0} GLM is used up")]
    Budget(Nano),
    /// No time left.
    #[error("the time for it is over")]
    Deadline,
    /// Called off.
    #[error("it was called off")]
    Cancelled,
    /// This program cannot remember.
    #[error("{0}")]
    Journal(#[from] JournalError),
}

impl Failure {
    /// The code in receipts. It never changes its meaning.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Daemon(_) => "golem_daemon",
            Self::AppKey => "golem_app_key",
            Self::Funds { .. } => "golem_funds",
            Self::NoProvider { .. } => "golem_no_provider",
            Self::NoOffer { price: true, .. } => "golem_price",
            Self::NoOffer { price: false, .. } => "golem_no_offer",
            Self::Agreement(_) => "golem_agreement",
            Self::Activity(_) => "golem_activity",
            Self::Start(_) => "golem_start",
            Self::Lost(_) => "golem_provider_lost",
            Self::Command(_) => "golem_command",
            Self::Output(_) => "golem_output",
            Self::TooLarge(_) => "too_large",
            Self::Expired => "golem_expired",
            Self::Budget(_) => "budget",
            Self::Deadline => "deadline",
            Self::Cancelled => "cancelled",
            Self::Journal(_) => "golem_journal",
        }
    }

    /// Whether another provider may do better.
    pub fn is_providers(&self) -> bool {
        match self {
            Self::Agreement(_)
            | Self::Activity(_)
            | Self::Start(_)
            | Self::Lost(_)
            | Self::Command(_)
            | Self::Output(_)
            | Self::TooLarge(_)
            | Self::Expired => true,
            Self::Daemon(_)
            | Self::AppKey
            | Self::Funds { .. }
            | Self::NoProvider { .. }
            | Self::NoOffer { .. }
            | Self::Budget(_)
            | Self::Deadline
            | Self::Cancelled
            | Self::Journal(_) => false,
        }
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::AppKey => Self::AppKey,
            trouble => Self::Daemon(trouble),
        }
    }
}
