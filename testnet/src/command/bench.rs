//! `vantage-testnet bench`

use vantage_testnet::bench::{BenchArgs, measure};

pub(crate) async fn run(arguments: &BenchArgs) -> anyhow::Result<()> {
    let report = measure(arguments).await?;
    if !report.machine.optimised && !report.quick {
        eprintln!("this build is not optimised: run it with --release to get figures that mean something");
    }
    let text = if arguments.json {
        serde_json::to_string(&report)? + "\n"
    } else if arguments.markdown {
        report.to_markdown()
    } else {
        report.to_text()
    };
    print!("{text}");
    Ok(())
}
