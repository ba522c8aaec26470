//! Speaking with a node over its socket.

use std::path::Path;
use std::time::Duration;
use tokio::sync::mpsc;
use vantage_api::{Client, ClientError, JobView, Status};

/// Longest wait for one answer: a guess.
const ANSWER_MAX: Duration = Duration::from_secs(60);

/// Why a node did not answer.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// As its client says.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// No answer in time.
    #[error("the node of {0} gives no answer")]
    Silent(std::path::PathBuf),
}

/// A node's status.
pub async fn status(data: &Path) -> Result<Status, ControlError> {
    within(data, async { Client::connect(data).await?.status().await }).await
}

/// A job as a node sees it.
pub async fn job(data: &Path, id: &str) -> Result<JobView, ControlError> {
    within(data, async { Client::connect(data).await?.job(id).await }).await
}

/// A job, again each time it changes, until it is done or the node is gone.
pub async fn watch(data: &Path, id: &str) -> Result<mpsc::Receiver<JobView>, ControlError> {
    let client = Client::connect(data).await?;
    let (sender, receiver) = mpsc::channel(64);
    let id = id.to_owned();
    tokio::spawn(async move {
        // a job that is not known yet has nothing to tell
        let Ok(mut watched) = client.watch(&id).await else { return };
        while let Ok(Some(view)) = watched.next().await {
            if sender.send(view).await.is_err() {
                break;
            }
        }
    });
    Ok(receiver)
}

async fn within<T>(
    data: &Path,
    asked: impl Future<Output = Result<T, ClientError>>,
) -> Result<T, ControlError> {
    let answer = tokio::time::timeout(ANSWER_MAX, asked).await;
    Ok(answer.map_err(|_| ControlError::Silent(data.to_owned()))??)
}
