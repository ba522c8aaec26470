//! Two daemons on one network: who asks, and who provides.

use crate::{BedError, Daemon, Yagna, cache, port};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// How often the pair is started anew where a port was taken between its choice and its use.
const ATTEMPTS: usize = 3;
/// Payment settings that reach nobody: without them the daemon asks public nodes of the chain.
const NO_CHAIN: &str = include_str!("no_chain.toml");

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
/// Allocations are not checked against funds: notes and invoices can be issued and accepted, but nothing is paid.
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
    /// Starts both with fresh data, and waits until they answer.
    pub async fn start(yagna: &Yagna, options: &PairOptions) -> Result<Self, BedError> {
        let mut attempt = 1;
        loop {
            match Self::try_start(yagna, options).await {
                Err(BedError::NotReady(seen))
                    if attempt < ATTEMPTS && seen.tail.contains("Address already in use") =>
                {
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// Where everything is: logs, data, homes.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    async fn try_start(yagna: &Yagna, options: &PairOptions) -> Result<Self, BedError> {
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
        let environment = |more: &[(String, String)]| {
            let mut all = vec![("YAGNA_DEV_SKIP_ALLOCATION_VALIDATION".to_owned(), "1".to_owned())];
            all.extend_from_slice(more);
            all
        };
        let of_requestor = environment(&options.requestor_environment);
        let of_provider = environment(&options.provider_environment);
        let mut requestor = Daemon::new(yagna, "requestor", &dir, (hub, hub), of_requestor)?;
        let mut provider = Daemon::new(yagna, "provider", &dir, (port::any()?, hub), of_provider)?;
        for daemon in [&requestor, &provider] {
            let path = daemon.data_dir().join("config-payments.toml");
            fs::write(&path, NO_CHAIN).map_err(BedError::io(&path))?;
        }
        // the hub first
        requestor.start().await?;
        provider.start().await?;
        let subnet = format!("bed-{}", cache::random_hex::<6>()?);
        Ok(Self { requestor, provider, subnet, dir, _temporary: temporary })
    }
}
