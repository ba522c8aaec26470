//! The open model: fetched once, checked by hash, cached.

use super::Screen;
use crate::cluster::{Binaries, vantage};
use std::process::Stdio;
use tokio::process::Command;

/// Name of the model in `vantage model`.
const NAME: &str = "smollm2-135m";

/// Whether the open model can be run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Model {
    /// It is there.
    Ready,
    /// It is not, and why.
    Missing(String),
}

/// Looks for the model and pulls it if it is not there.
pub(super) async fn find(binaries: &Binaries, screen: &Screen) -> Model {
    if let Ok(list) = vantage(binaries, &["model", "list", "--json"]).await {
        let ready = list.to_string().contains("\"ready\"");
        if ready {
            return Model::Ready;
        }
    }
    screen.step("fetching the open model once (98 MB; its hash is checked)");
    let pull = Command::new(&binaries.node)
        .args(["model", "pull", NAME, "--json"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .await;
    match pull {
        Ok(output) if output.status.success() => Model::Ready,
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let last: Vec<&str> = said.lines().filter(|l| !l.trim().is_empty()).collect();
            Model::Missing(last[last.len().saturating_sub(3)..].join("; "))
        }
        Err(e) => Model::Missing(e.to_string()),
    }
}
