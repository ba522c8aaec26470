//! One job whose open model is run by the executors themselves and by a provider on Golem's real market, paid on a chain.
//!
//! Two stock `yagna` daemons and a local chain carry it; the provider is simulated and says so by its runtime
//! `sim-exeunit`: it runs the task image's program on this machine, not in a virtual machine.

mod image;
mod outcome;

use crate::cluster::{self, Cluster, ClusterError, GolemPlan, LandmarkPlan, NodePlan, Plan};
use crate::demo::model::{self, Model};
use crate::demo::progress::{self, Screen};
use crate::demo::{self, Deadlines, DemoError};
use clap::Args;
use outcome::Outcome;
pub use outcome::released;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Instant;
use vantage_golem_bed::image::{ImageServer, Packed};
use vantage_golem_bed::provider::RUNTIME;
use vantage_golem_bed::{
    Anvil, BedError, Chain, LandmarkServer, PairOptions, ProviderOptions, SimProvider, Yagna, YagnaPair,
};

/// The suite that is run.
const SUITE: &str = include_str!("../suites/golem.toml");
/// The model, as executors run it themselves and as they have it run.
pub(crate) const TARGETS: [&str; 2] = ["open:smollm2-135m", "golem:smollm2-135m"];
/// Its name.
pub(crate) const MODEL: &str = "smollm2-135m";
/// Where all nodes stand.
const REGION: &str = "eu";
/// Landmarks to which the provider's round trips are measured, and where they are said to stand. All of them stand here.
pub(crate) const LANDMARKS: [(&str, &str); 2] = [("here-1", "eu"), ("here-2", "us")];

/// Options of the command.
#[derive(Clone, Debug, Args)]
pub struct GolemArgs {
    /// Print one JSON object at the end and nothing else on standard output
    #[arg(long)]
    pub json: bool,
    /// Keep everything in this directory, which must be empty or new [default: a temporary one]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// A task image that is there already, such as packaging/docker/build makes [default: one packed on the spot]
    #[arg(long, value_name = "FILE.gvmi")]
    pub image: Option<PathBuf>,
    /// How long the job may take
    #[command(flatten)]
    pub deadlines: Deadlines,
}

/// Why it failed.
#[derive(Debug, thiserror::Error)]
pub enum GolemError {
    /// Daemons, chain, image or provider.
    #[error(transparent)]
    Bed(#[from] BedError),
    /// The network, the model, or files.
    #[error(transparent)]
    Demo(#[from] DemoError),
    /// The outcome is not what this promises.
    #[error("the outcome is not what this promises: {0}")]
    Promise(String),
}

impl From<ClusterError> for GolemError {
    fn from(error: ClusterError) -> Self {
        Self::Demo(error.into())
    }
}

/// Everything of Golem that a network needs, running.
#[derive(Debug)]
pub struct Bed {
    /// Who sells.
    pub provider: SimProvider,
    /// Two daemons, the first of which the nodes use.
    pub pair: YagnaPair,
    /// Where money is.
    pub chain: Chain,
    /// Where the task image is fetched.
    pub server: ImageServer,
    /// Where round trips are measured to.
    pub landmarks: Vec<LandmarkServer>,
    /// What nodes have in their configuration.
    pub plan: GolemPlan,
}

impl Bed {
    /// Installs or finds the daemon and the chain, packs the image if none is given, and starts everything in a directory.
    pub async fn start(
        dir: &Path,
        binaries: &cluster::Binaries,
        models: &Path,
        image: Option<&Path>,
        options: ProviderOptions,
    ) -> Result<Self, GolemError> {
        let tools = blocking(|| Ok((Yagna::install()?, Anvil::install()?))).await?;
        let (runner, models, to) = (binaries.runner.clone(), models.to_owned(), dir.to_owned());
        let given = image.map(Path::to_owned);
        let pack = move || match given {
            Some(image) => Ok(Packed::of(&image)?),
            None => image::pack_task(&runner, &models, &to),
        };
        let packed = blocking(pack).await?;
        let server = ImageServer::start(&packed).await?;
        let (yagna, anvil) = tools;
        let chain = Chain::start(&anvil, &dir.join("chain")).await?;
        let kept = PairOptions { dir: Some(dir.join("yagna")), ..PairOptions::default() };
        let pair = YagnaPair::start_on(&yagna, &kept, &chain).await?;
        let provider = SimProvider::start(&pair.provider, &pair.subnet, options).await?;
        let mut landmarks = Vec::new();
        for _ in LANDMARKS {
            landmarks.push(LandmarkServer::start().await?);
        }
        let named = LANDMARKS.iter().zip(&landmarks).map(|((name, region), server)| LandmarkPlan {
            name: (*name).to_owned(),
            region: (*region).to_owned(),
            url: server.url.clone(),
        });
        let plan = GolemPlan {
            landmarks: named.collect(),
            daemon: pair.requestor.api_url(),
            app_key: pair.requestor.app_key().to_owned(),
            platform: ProviderOptions::default().platform,
            subnet: pair.subnet.clone(),
            runtime: RUNTIME.to_owned(),
            image_url: server.url.clone(),
            image_sha3_224: packed.sha3_224,
            models: vec![MODEL.to_owned()],
        };
        Ok(Self { provider, pair, chain, server, landmarks, plan })
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, GolemError> + Send + 'static,
) -> Result<T, GolemError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(GolemError::Promise(error.to_string())),
    }
}

/// Four members of four operators in one region: two slots of each target.
fn plan(golem: &GolemPlan) -> Plan {
    let node = |operator: &str| NodePlan {
        name: format!("{operator}-{REGION}"),
        operator: Some(operator.to_owned()),
        region: REGION.to_owned(),
    };
    Plan {
        name: "golem-demo".into(),
        nodes: ["alder", "birch", "cedar", "dogwood"].map(node).into(),
        offers: TARGETS.map(str::to_owned).into(),
        cell_gap_ms: 0,
        golem: Some(golem.clone()),
    }
}

/// Runs it. Everything for people goes to standard output, or to nowhere with `--json`.
pub async fn run(arguments: &GolemArgs) -> Result<(), GolemError> {
    let screen = Screen::new(arguments.json);
    let report =
        job(arguments.dir.as_deref(), arguments.image.as_deref(), arguments.deadlines, &screen).await?;
    if arguments.json {
        println!("{report}");
    }
    Ok(())
}

/// One job from its order to its payment; what is to be told of it to programs.
pub(crate) async fn job(
    dir: Option<&Path>,
    image: Option<&Path>,
    deadlines: Deadlines,
    screen: &Screen,
) -> Result<Value, GolemError> {
    let started = Instant::now();
    let (dir, _temporary) = demo::directory(dir)?;
    let (cluster, bed) = stand(&dir, image, screen).await?;
    let stood_s = started.elapsed().as_secs();
    let id = submit(&cluster, deadlines).await?;
    screen.say(&format!("\nJob {id}: {} and {}, each by two operators", TARGETS[0], TARGETS[1]));
    let view = progress::follow(&cluster, &cluster.nodes[1], &id, screen, deadlines).await?;
    screen.sealed(&view);
    let outcome = Outcome::gather(&cluster, &bed, &view, deadlines, screen).await?;
    let total_s = started.elapsed().as_secs();
    outcome.tell(screen);
    screen.say(&format!("\nDone in {total_s} s, of which {stood_s} s until everything stood."));
    let report = json!({
        "ok": true, "net": cluster.net, "job": id, "dir": dir, "view": view, "outcome": outcome.json(),
        "seconds": { "network": stood_s, "total": total_s },
    });
    cluster.shutdown().await;
    Ok(report)
}

/// Everything that the job needs, running in a directory, without a word.
pub async fn start(dir: &Path) -> Result<(Cluster, Bed), GolemError> {
    stand(dir, None, &Screen::new(true)).await
}

async fn stand(dir: &Path, image: Option<&Path>, screen: &Screen) -> Result<(Cluster, Bed), GolemError> {
    screen.step("building node and bootstrap (the first time takes some minutes)");
    let built = tokio::task::spawn_blocking(cluster::build).await;
    let binaries = built.map_err(|e| GolemError::Promise(e.to_string()))?.map_err(DemoError::from)?;
    let models = match model::find(&binaries, screen).await {
        Model::Ready(models) => models,
        Model::Missing(why) => return Err(DemoError::Model(why).into()),
    };
    screen.step(
        "starting two yagna daemons, a chain with a token, and a simulated provider; packing the task image",
    );
    let bed = Bed::start(dir, &binaries, &models, image, ProviderOptions::default()).await?;
    screen.say(&format!("  task image sha3-224 {}", bed.plan.image_sha3_224));
    screen.step("starting 1 bootstrap node and 4 committee members");
    let cluster = Cluster::start(dir, &plan(&bed.plan), Vec::new(), binaries).await?;
    cluster.gathered().await?;
    screen.network(&cluster);
    Ok((cluster, bed))
}

/// Orders the job by the node's own command line; its id.
pub async fn submit(cluster: &Cluster, deadlines: Deadlines) -> Result<String, GolemError> {
    let suite = cluster.dir.join("suite.toml");
    std::fs::write(&suite, SUITE).map_err(|e| DemoError::Files(e.to_string()))?;
    let (suite, data) = (suite.to_string_lossy(), cluster.nodes[0].data.to_string_lossy());
    let times = deadlines.arguments();
    let mut arguments =
        vec!["job", "submit", &suite, "--data", &data, "--json", "--regions", REGION, "--replicas", "2"];
    arguments.extend(times.iter().map(String::as_str));
    for target in TARGETS {
        arguments.extend(["--target", target]);
    }
    let answer = cluster::vantage(&cluster.binaries, &arguments).await.map_err(DemoError::from)?;
    let id = answer.get("id").and_then(Value::as_str);
    id.map(str::to_owned).ok_or_else(|| GolemError::Promise(format!("job submit answered {answer}")))
}
