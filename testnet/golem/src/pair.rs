//! Two daemons on one network: who asks, and who provides.

use crate::chain::{Chain, no_payments};
use crate::port::{self, ATTEMPTS};
use crate::{BedError, Daemon, Yagna, cache};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A cycle of payments on a chain; the daemon panics where the extra time is not above 5 s.
const PAYMENT_CYCLE: [(&str, &str); 2] =
    [("PAYMENT_CYCLE_DEFAULT_INTERVAL", "6s"), ("PAYMENT_CYCLE_DEFAULT_EXTRA_PAY_TIME", "6s")];

/// How a pair is started.
#[derive(Clone, Debug, Default)]
pub struct PairOptions {
    /// Keep everything in this directory, which then stays; otherwise a temporary one, which goes with the pair.
    pub dir: Option<PathBuf>,
    /// More environment variables for the requestor's daemon.
    pub requestor_environment: Vec<(String, String)>,
    /// More environment variables for the provider's daemon.
    pub provider_environment: Vec<(String, String)>,
}

/// Two daemons of Golem's stock release with a market between them. The requestor's bus is the hub of their network.
/// Both are killed when this is dropped.
///
/// With a chain, the requestor's daemon owns the money of it and pays. Without one, allocations are not checked against
/// funds: notes and invoices can be issued and accepted, and nothing is paid.
#[derive(Debug)]
pub struct YagnaPair {
    /// The daemon that a node talks to.
    pub requestor: Daemon,
    /// The daemon that a provider agent talks to.
    pub provider: Daemon,
    /// The subnet that offers and demands of this pair are to name.
    pub subnet: String,
    dir: PathBuf,
    _temporary: Option<TempDir>,
}

impl YagnaPair {
    /// Starts both with fresh data and without a chain, and waits until they answer.
    pub async fn start(yagna: &Yagna, options: &PairOptions) -> Result<Self, BedError> {
        Self::start_with(yagna, options, None).await
    }

    /// The same, with the requestor owning what there is on a chain.
    pub async fn start_on(yagna: &Yagna, options: &PairOptions, chain: &Chain) -> Result<Self, BedError> {
        Self::start_with(yagna, options, Some(chain)).await
    }

    async fn start_with(
        yagna: &Yagna,
        options: &PairOptions,
        chain: Option<&Chain>,
    ) -> Result<Self, BedError> {
        let mut attempt = 1;
        loop {
            match Self::try_start(yagna, options, chain).await {
                Err(BedError::NotReady(seen)) if attempt < ATTEMPTS && port::was_taken(&seen) => attempt += 1,
                outcome => return outcome,
            }
        }
    }

    /// Where everything is: logs, data, homes.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    async fn try_start(
        yagna: &Yagna,
        options: &PairOptions,
        chain: Option<&Chain>,
    ) -> Result<Self, BedError> {
        let temporary = match &options.dir {
            Some(_) => None,
            None => Some(
                tempfile::Builder::new()
                    .prefix("golem-bed-")
                    .tempdir()
                    .map_err(|e| BedError::Io(std::env::temp_dir(), e))?,
            ),
        };
        let dir = options.dir.clone().or_else(|| temporary.as_ref().map(|t| t.path().to_owned()));
        let dir = dir.unwrap_or_default();
        let hub = port::four_digits()?;
        let mut environment: Vec<(String, String)> = match chain {
            Some(_) => PAYMENT_CYCLE.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            None => vec![("YAGNA_DEV_SKIP_ALLOCATION_VALIDATION".to_owned(), "1".to_owned())],
        };
        let of_provider = [&environment[..], &options.provider_environment].concat();
        environment.extend(chain.iter().flat_map(|_| Chain::owner_environment()));
        let of_requestor = [&environment[..], &options.requestor_environment].concat();
        let payments = chain.map_or_else(no_payments, Chain::payments);
        let mut requestor = Daemon::new(yagna, "requestor", &dir, (hub, hub), of_requestor)?;
        let mut provider = Daemon::new(yagna, "provider", &dir, (port::any()?, hub), of_provider)?;
        for daemon in [&requestor, &provider] {
            let path = daemon.data_dir().join("config-payments.toml");
            fs::write(&path, &payments).map_err(BedError::io(&path))?;
        }
        // the hub first
        requestor.start().await?;
        provider.start().await?;
        let subnet = format!("bed-{}", cache::random_hex::<6>()?);
        Ok(Self { requestor, provider, subnet, dir, _temporary: temporary })
    }
}
