//! `vantage report`: verify evidence, compare its answers again, and write it all down.

use super::args::{ReportArgs, ReportFormat};
use super::error::CliResult;
use super::exit::Exit;
use super::render::Out;
use super::{file, verdict, verify};
use vantage_api::output::ReportWritten;
use vantage_protocol::proof::{Summary, Verdict};
use vantage_report as report;

/// Carries the command out.
pub(super) fn run(args: &ReportArgs, out: &mut Out) -> CliResult<Exit> {
    let found = verify::judge(&args.source, args.genesis.as_deref(), &args.peers)?;
    let document = document(&found, args.format);
    match &args.out {
        None => out.put(&document),
        Some(path) => {
            file::write_new(path, document.as_bytes())?;
            if out.is_json() {
                out.object(&ReportWritten {
                    file: path.display().to_string(),
                    bytes: document.len(),
                    summary: found.summary,
                    exit: verify::exit(found.summary).code(),
                });
            } else {
                out.line(format!("{}: {} bytes", path.display(), document.len()));
                verdict::summary(&found, out);
            }
        }
    }
    Ok(verify::exit(found.summary))
}

fn document(found: &Verdict, format: ReportFormat) -> String {
    match format {
        ReportFormat::Html => report::html(found),
        ReportFormat::Md => report::markdown(found),
        ReportFormat::Json => {
            // equal evidence gives equal documents, wherever it came from
            let source = found.integrity.root.map(|root| root.to_string()).unwrap_or_default();
            let mut object = verdict::object(found, &source, false);
            if found.summary != Summary::Invalid {
                object = object.with_report(found).with_sides(found);
            }
            // what is shown here has a form in JSON
            format!("{}\n", serde_json::to_string(&object).unwrap_or_default())
        }
    }
}
