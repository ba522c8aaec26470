//! `vantage-testnet calibrate`.

use std::io::Write as _;
use vantage_testnet::calibrate::{CalibrateArgs, calibrate};

/// Makes worlds, and prints what was counted.
pub(crate) fn run(arguments: &CalibrateArgs) -> anyhow::Result<()> {
    let tell = |what: &str| {
        // nobody may be listening any more
        let _closed = writeln!(std::io::stderr(), "==> {what}");
    };
    let found = calibrate(arguments, tell)?;
    let text = if arguments.json { serde_json::to_string(&found)? } else { found.to_string() };
    writeln!(std::io::stdout(), "{}", text.trim_end())?;
    Ok(())
}
