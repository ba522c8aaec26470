//! `vantage report`: verify evidence, compare its answers again, and write it all down.

use super::args::{ReportArgs, ReportFormat};
use super::error::CliResult;
use super::exit::Exit;
use super::render::Out;
use super::{file, verdict, verify};
use crate::report;
use serde_json::json;
use vantage_protocol::proof::{Summary, Verdict};

/// Carries the command out.
pub(super) fn run(args: &ReportArgs, out: &mut Out) -> CliResult<Exit> {
    let found = verify::judge(&args.source, args.genesis.as_deref(), &args.peers)?;
    let document = document(&found, args.format);
    match &args.out {
        None => out.put(&document),
        Some(path) => {
            file::write_new(path, document.as_bytes())?;
            if out.is_json() {
                out.object(&json!({
                    "file": path.display().to_string(), "bytes": document.len(), "summary": found.summary,
                    "exit": verify::exit(found.summary).code(),
                }));
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
            let mut object = serde_json::to_value(found).unwrap_or_default();
            if let Some(map) = object.as_object_mut().filter(|_| found.summary != Summary::Invalid) {
                map.insert("report".into(), json!(found.report));
                map.insert("side_by_side".into(), json!(found.excerpts));
            }
            format!("{object}\n")
        }
    }
}
