//! Activities: ordered, run, destroyed.

use super::meter::Meter;
use super::runtime::Runtime;
use super::unit::Unit;
use super::{Agent, billing};
use crate::BedError;
use crate::bus::Bus;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// Starts and ends ExeUnits as the daemon says.
pub(super) async fn attend(agent: Arc<Agent>) {
    let mut after = agent.started.clone();
    let mut units: HashMap<String, Unit> = HashMap::new();
    loop {
        for event in agent.news("/activity-api/v1/events", &mut after).await {
            let activity = event["activityId"].as_str().unwrap_or_default().to_owned();
            let agreement = event["agreementId"].as_str().unwrap_or_default();
            let done = match kind(&event) {
                "CreateActivity" => create(&agent, &activity, agreement, &mut units).await,
                "DestroyActivity" => destroy(&agent, &activity, &mut units).await,
                _ => Ok(()),
            };
            if let Err(error) = done {
                agent.trouble(&error);
            }
        }
    }
}

/// The kind of event is a word, or the one key of an object.
fn kind(event: &Value) -> &str {
    let kind = &event["eventType"];
    let key = kind.as_object().and_then(|object| object.keys().next()).map(String::as_str);
    kind.as_str().or(key).unwrap_or_default()
}

async fn create(
    agent: &Arc<Agent>,
    activity: &str,
    agreement: &str,
    units: &mut HashMap<String, Unit>,
) -> Result<(), BedError> {
    // the daemon tells every agent of all activities
    if !agent.has_signed(agreement) {
        return Ok(());
    }
    let is_new = agent.see(|seen| {
        let is_new = !seen.activities.iter().any(|known| known == activity);
        if is_new {
            seen.activities.push(activity.to_owned());
        }
        is_new
    });
    if !is_new || agent.options.faults.no_exeunit {
        return Ok(());
    }
    let package = agent.task_package(agreement);
    let faults = agent.options.faults.clone();
    let network = agent.network(agreement);
    let runtime = Runtime::new(Arc::clone(&agent.images), activity, package, network, faults);
    let meter = Arc::new(Meter::start());
    agent.meters().insert(activity.to_owned(), (agreement.to_owned(), Arc::clone(&meter)));
    // a connection of its own, as an ExeUnit has: the daemon may have been restarted since the last
    let bus = Bus::connect(&agent.gsb_url, "sim-exeunit").await?;
    let unit = Unit::start(Arc::clone(agent), bus, activity.to_owned(), runtime, meter).await?;
    units.insert(activity.to_owned(), unit);
    agent.spawn(billing::notes(Arc::clone(agent), activity.to_owned(), agreement.to_owned()));
    Ok(())
}

async fn destroy(
    agent: &Arc<Agent>,
    activity: &str,
    units: &mut HashMap<String, Unit>,
) -> Result<(), BedError> {
    let Some(unit) = units.remove(activity) else { return Ok(()) };
    if let Some((_, meter)) = agent.meters().get(activity) {
        meter.close();
    }
    // the last note first: an agreement that ends right after the activity has its invoice after all its notes
    let noted = billing::note(agent, activity).await;
    let told = unit.destroy().await;
    agent.see(|seen| seen.destroyed.push(activity.to_owned()));
    told.and(noted)
}
