//! Speaking with the running node over its control socket.

use super::error::{CliError, CliResult};
use std::future::Future;
use std::path::Path;
use vantage_api::{Client, ClientError};

/// Runs a command that waits for something, on this thread.
pub(super) fn block_on<T>(work: impl Future<Output = CliResult<T>>) -> CliResult<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime
        .map_err(|error| {
            CliError::failed(format!("cannot start: {error}"))
                .at("the runtime")
                .advise("free some threads or memory")
        })?
        .block_on(work)
}

/// Connects with the node of a data directory.
pub(super) async fn connect(dir: &Path) -> CliResult<Client> {
    Client::connect(dir).await.map_err(refused)
}

/// A client's error as people read it.
pub(super) fn refused(error: ClientError) -> CliError {
    match error {
        ClientError::Connect { path, source } if source.kind() == std::io::ErrorKind::PermissionDenied => {
            CliError::failed("the socket of the node belongs to another user")
                .at(format!("the control socket {}", path.display()))
                .advise("run this as the user who runs the node")
        }
        ClientError::Connect { path, source } => {
            let dir = path.parent().unwrap_or(&path).display().to_string();
            CliError::failed(format!("no node answers: {source}"))
                .at(format!("the control socket {}", path.display()))
                .advise(format!(
                    "start it with `vantage run --data {dir}`, or name the right data directory with --data"
                ))
        }
        ClientError::Io(source) => CliError::failed(format!("the connection with the node broke: {source}"))
            .at("the control socket")
            .advise("see the node's own log; `vantage status` tells whether it runs"),
        ClientError::Answer(why) => CliError::failed(format!("the node's answer is not understood: {why}"))
            .at("the control socket")
            .advise("run the program and the node in the same version"),
        ClientError::Refused(fault) => CliError::failed(fault.what).at(fault.place).advise(fault.help),
    }
}

/// Now, POSIX seconds.
pub(super) fn now_s() -> u64 {
    vantage_daemon::clock::now_ms() / 1000
}
