//! `vantage status --watch`: how the node stands, again and again.
//!
//! On a terminal it is a view that is drawn over itself; anywhere else it is the text of `vantage status`, or one JSON
//! object a line, each time.

mod draw;
mod look;
mod screen;

use super::error::CliResult;
use super::exit::Exit;
use super::render::Out;
use super::{control, status};
use look::Look;
use std::path::Path;
use std::time::Duration;

/// Shows the node until `q` or a signal ends the view, nobody reads any more, or the node is gone.
pub(super) fn watch(dir: &Path, every: Duration, out: &mut Out) -> CliResult<Exit> {
    control::block_on(async {
        // a node that does not run is told before anything is drawn
        let client = control::connect(dir).await?;
        if out.is_terminal() {
            return screen::show(client, every, out.is_coloured()).await;
        }
        loop {
            let now = client.status().await.map_err(control::refused)?;
            if out.is_json() {
                out.object(&now);
            } else {
                status::print(&now, out);
                out.line("");
            }
            if out.is_closed() {
                return Ok(Exit::Done);
            }
            tokio::time::sleep(every).await;
        }
    })
}
