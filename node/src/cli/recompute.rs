//! `vantage model recompute`: compute answers of open models again, and compare them byte by byte.

use super::args::RecomputeArgs;
use super::error::{CliError, CliResult};
use super::exit::Exit;
use super::render::{Field, Out, Paint, Table};
use super::{data, file, verdict, verify};
use indicatif::ProgressBar;
use std::path::PathBuf;
use vantage_api::output::{CellRecomputed, Recomputation, Recomputed};
use vantage_daemon::config::checked::RunnerCommand;
use vantage_daemon::execution::question;
use vantage_protocol::cid::Cid;
use vantage_protocol::proof::{CAR_BYTES_MAX, Car, OpenCell, Summary, open_cells};
use vantage_runner::{ModelStore, Runner};

/// Characters of an answer that are shown where two differ.
const SHOWN_CHARS_MAX: usize = 60;

/// Carries the command out.
pub(super) fn run(args: &RecomputeArgs, out: &mut Out) -> CliResult<Exit> {
    let trust = verify::trust(args.genesis.as_deref())?;
    let bytes = file::read(&args.file, CAR_BYTES_MAX as u64)?;
    let verdict = verify::judge_file(&bytes, &args.file, &trust)?;
    if matches!(verdict.summary, Summary::Invalid | Summary::Incomplete) {
        verdict::show(&verdict, &args.file.display().to_string(), false, out);
        return Ok(verify::exit(verdict.summary));
    }
    let refused = |why: String| CliError::failed(why).at(args.file.display());
    let car = Car::parse(&bytes).map_err(|error| refused(error.to_string()))?;
    let found = open_cells(&car).map_err(refused)?;
    if found.is_empty() {
        return Err(refused("no open model has answered in this bundle".to_owned())
            .advise("only answers of open models, `open:` and `golem:`, can be computed again"));
    }
    let mut desk = Desk { models: ModelStore::new(data::models(&args.data)?), runner: None };
    let picked = spread(&found, args.cells as usize);
    let mut cells = Vec::with_capacity(picked.len());
    let bar = ProgressBar::new(picked.len() as u64);
    for cell in picked {
        cells.push(desk.compute(cell, &car)?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let same = cells.iter().filter(|cell| cell.outcome == Recomputation::Same).count();
    let exit = if same == cells.len() { Exit::Done } else { Exit::Failed };
    show(&Recomputed { summary: verdict.summary, answers: found.len(), cells }, same, out);
    Ok(exit)
}

/// So many of them, evenly spread.
fn spread(cells: &[OpenCell], most: usize) -> Vec<&OpenCell> {
    let count = cells.len().min(most);
    (0..count).filter_map(|at| cells.get(at * cells.len() / count)).collect()
}

/// The model that was asked last, in a process of its own.
struct Desk {
    models: ModelStore,
    runner: Option<(String, Runner)>,
}

impl Desk {
    fn compute(&mut self, cell: &OpenCell, car: &Car) -> CliResult<CellRecomputed> {
        let outcome = self.outcome(cell, car)?;
        Ok(CellRecomputed {
            region: cell.region.clone(),
            target: cell.target.to_string(),
            prompt: cell.prompt.clone(),
            slot: cell.slot,
            repeat: cell.repeat,
            seed: cell.seed.map(|seed| seed.to_string()),
            outcome,
        })
    }

    fn outcome(&mut self, cell: &OpenCell, car: &Car) -> CliResult<Recomputation> {
        let runner = self.runner(cell.target.model())?;
        let here = runner.facts().weights_sha256.to_string();
        let recorded = cell.engine.as_ref().map(|engine| engine.weights.to_string());
        if recorded.as_ref() != Some(&here) {
            return Ok(Recomputation::OtherWeights { recorded, here });
        }
        let asked = question(&cell.request, cell.seed).map_err(CliError::failed)?;
        let answered = asked
            .sampling()
            .and_then(|sampling| runner.generate(&asked.messages, asked.max_tokens, sampling, &|| false));
        Ok(match answered {
            Err(error) => Recomputation::Unanswered { reason: error.to_string() },
            Ok(answer) if Cid::raw(answer.text.as_bytes()) == cell.output => Recomputation::Same,
            Ok(answer) => {
                let recorded = car.blocks.get(&cell.output).map(|text| String::from_utf8_lossy(text));
                Recomputation::Other {
                    recorded: beginning(&recorded.unwrap_or_default()),
                    computed: beginning(&answer.text),
                }
            }
        })
    }

    fn runner(&mut self, model: &str) -> CliResult<&mut Runner> {
        if self.runner.as_ref().is_none_or(|(loaded, _)| loaded != model) {
            self.runner = None;
            let place = format!("model {model}");
            let pulled = self.models.open(model).map_err(|error| {
                let advice = format!("get it with `vantage model pull {model}`");
                CliError::failed(error).at(&place).advise(advice)
            })?;
            let command = RunnerCommand::default();
            let program: PathBuf = std::env::current_exe().map_err(CliError::failed)?;
            let arguments: Vec<&str> = command.args.iter().map(String::as_str).collect();
            let runner = Runner::start(&program, &arguments, &pulled)
                .map_err(|error| CliError::failed(error).at(&place).advise("pull the model again"))?;
            self.runner = Some((model.to_owned(), runner));
        }
        match &mut self.runner {
            Some((_, runner)) => Ok(runner),
            None => Err(CliError::failed("the model is not loaded")),
        }
    }
}

fn beginning(text: &str) -> String {
    text.chars().take(SHOWN_CHARS_MAX).collect()
}

fn show(recomputed: &Recomputed, same: usize, out: &mut Out) {
    if out.is_json() {
        out.object(recomputed);
        return;
    }
    let mut table = Table::new(&["region", "target", "prompt", "slot", "repeat", "tokens", "computed here"]);
    for cell in &recomputed.cells {
        table.row([
            cell.region.clone().into(),
            cell.target.clone().into(),
            cell.prompt.clone().into(),
            cell.slot.to_string().into(),
            cell.repeat.to_string().into(),
            if cell.seed.is_some() { "drawn" } else { "likeliest" }.to_owned().into(),
            outcome_field(&cell.outcome),
        ]);
    }
    out.table(&table);
    for cell in &recomputed.cells {
        if let Recomputation::Other { recorded, computed } = &cell.outcome {
            let place = format!("{} slot {} repeat {}", cell.prompt, cell.slot, cell.repeat);
            out.line(format!("{place} was recorded: {}", recorded));
            out.line(format!("{place} comes out as: {}", computed));
        }
    }
    let (paint, count) =
        (if same == recomputed.cells.len() { Paint::Good } else { Paint::Bad }, recomputed.cells.len());
    out.painted(
        paint,
        format!("{same} of {count}"),
        format!(" have the same bytes ({} answers of open models in all)", recomputed.answers),
    );
}

fn outcome_field(outcome: &Recomputation) -> Field {
    match outcome {
        Recomputation::Same => Field::painted(Paint::Good, "the same bytes"),
        Recomputation::Other { .. } => Field::painted(Paint::Bad, "OTHER bytes"),
        Recomputation::OtherWeights { .. } => Field::painted(Paint::Dim, "the weights here are others"),
        Recomputation::Unanswered { reason } => Field::painted(Paint::Bad, format!("no answer: {}", reason)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vantage_protocol::id::NodeId;
    use vantage_protocol::request::Request;

    #[test]
    fn cells_are_picked_from_everywhere() {
        let request = Request {
            adapter: String::new(),
            method: String::new(),
            path: String::new(),
            headers: Default::default(),
            body: Vec::new(),
        };
        let cell = |slot| OpenCell {
            region: "eu".into(),
            target: "open:m".parse().unwrap(),
            prompt: "p".into(),
            slot,
            repeat: 0,
            executor: NodeId([0; 32]),
            request: request.clone(),
            seed: None,
            output: Cid::raw(b""),
            engine: None,
        };
        let cells: Vec<OpenCell> = (0..48).map(cell).collect();
        let slots = |most| spread(&cells, most).iter().map(|cell| cell.slot).collect::<Vec<_>>();
        assert_eq!(slots(4), [0, 12, 24, 36]);
        assert_eq!(slots(100).len(), 48);
        assert_eq!(spread(&[], 3).len(), 0);
    }
}
