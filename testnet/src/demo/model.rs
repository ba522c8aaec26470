//! The open model: fetched once, checked by hash, cached.

use super::progress::Screen;
use crate::cluster::{Binaries, vantage};
use serde_json::Value;
use std::path::PathBuf;
use std::process::Stdio;
use tokio::process::Command;

/// Name of the model in `vantage model`.
const NAME: &str = "smollm2-135m";

/// Whether the open model can be run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Model {
    /// It is there, in this directory of models.
    Ready(PathBuf),
    /// It is not, and why.
    Missing(String),
}

/// Looks for the model and pulls it if it is not there.
pub(crate) async fn find(binaries: &Binaries, screen: &Screen) -> Model {
    let list = vantage(binaries, &["model", "list", "--json"]).await.unwrap_or_default();
    let dir = PathBuf::from(list.get("dir").and_then(Value::as_str).unwrap_or_default());
    if list.to_string().contains("\"ready\"") {
        return Model::Ready(dir);
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
        Ok(output) if output.status.success() => Model::Ready(dir),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let last: Vec<&str> = said.lines().filter(|l| !l.trim().is_empty()).collect();
            Model::Missing(last[last.len().saturating_sub(3)..].join("; "))
        }
        Err(e) => Model::Missing(e.to_string()),
    }
}
