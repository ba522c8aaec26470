//! How far a provider is from the operator's landmarks: what is asked of the task image, and what is made of the answer.

use vantage_golem::{Attempt, Command, Landmark};
use vantage_protocol::params::ROUND_TRIP_US_MAX;
use vantage_protocol::receipt::{LandmarkDelay, ProviderRegion};
use vantage_runner::{PROBE_BYTES_MAX, ProbeLandmark, Probed, TripOutcome};

/// The failure of a landmark of which the image told nothing.
const UNTOLD: &str = "untold";
/// The failure of a landmark whose round trip is longer than receipts tell.
const TOO_LONG: &str = "too_long";

/// What measures the way to the landmarks in the image; none if there are none.
pub(super) fn probe(landmarks: &[Landmark]) -> Option<Command> {
    let asked =
        |landmark: &Landmark| ProbeLandmark { name: landmark.name.clone(), url: landmark.url.clone() };
    let asked: Vec<ProbeLandmark> = landmarks.iter().map(asked).collect();
    let order = serde_json::to_string(&asked).ok().filter(|_| !asked.is_empty())?;
    Some(Command {
        program: super::golem::PROGRAM.to_owned(),
        args: vec!["probe".to_owned(), order],
        output_bytes_max: PROBE_BYTES_MAX,
    })
}

/// What the last attempt's provider printed, as a receipt tells it. Unmeasured is whatever cannot be read, and where no
/// landmark was reached. Names and regions are those of the configuration: the provider's answer adds numbers alone.
pub(super) fn region(landmarks: &[Landmark], attempts: &[Attempt]) -> ProviderRegion {
    let worker = attempts.last().and_then(|attempt| attempt.on.as_ref());
    let Some(printed) = worker.and_then(|worker| worker.probed.as_deref()) else {
        return ProviderRegion::Unmeasured;
    };
    let probed = match Probed::read(printed) {
        Ok(probed) => probed,
        Err(error) => {
            tracing::info!(%error, "what a provider's probe printed cannot be read");
            return ProviderRegion::Unmeasured;
        }
    };
    let mut delays: Vec<LandmarkDelay> = landmarks.iter().map(|landmark| delay(landmark, &probed)).collect();
    delays.sort_by(|one, other| one.landmark.cmp(&other.landmark));
    if delays.iter().all(|delay| delay.round_trip_us.is_none()) {
        return ProviderRegion::Unmeasured;
    }
    ProviderRegion::Measured { delays }
}

fn delay(landmark: &Landmark, probed: &Probed) -> LandmarkDelay {
    let told = probed.trips.iter().find(|trip| trip.landmark == landmark.name);
    let (round_trip_us, failure) = match told.map(|trip| trip.outcome) {
        Some(TripOutcome::RoundTripUs(us)) if us <= ROUND_TRIP_US_MAX => (Some(us), None),
        Some(TripOutcome::RoundTripUs(_)) => (None, Some(TOO_LONG.to_owned())),
        Some(TripOutcome::Failed(failure)) => (None, Some(failure.to_string())),
        None => (None, Some(UNTOLD.to_owned())),
    };
    let (landmark, region) = (landmark.name.clone(), landmark.region.clone());
    LandmarkDelay { landmark, region, round_trip_us, failure }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vantage_golem::{Nano, Worker};

    fn landmarks() -> Vec<Landmark> {
        let landmark = |name: &str, region: &str| Landmark {
            name: name.to_owned(),
            region: region.to_owned(),
            url: format!("http://{name}.example/"),
        };
        vec![landmark("us-1", "us"), landmark("eu-1", "eu"), landmark("ap-1", "ap")]
    }

    fn attempt(probed: Option<&str>) -> Attempt {
        let worker = Worker {
            provider: "0x1".into(),
            name: "p".into(),
            runtime: "vm 0.5".into(),
            agreement: "a".into(),
            activity: None,
            price: [Nano::ZERO; 3],
            probed: probed.map(|text| text.as_bytes().to_vec()),
        };
        Attempt { on: Some(worker), began_ms: 0, ended_ms: 0, failure: None }
    }

    fn of(probed: &str) -> ProviderRegion {
        region(&landmarks(), &[attempt(Some(probed))])
    }

    #[test]
    fn numbers_come_from_the_provider_and_everything_else_from_the_configuration() {
        let told = r#"{"trips":[
            {"landmark":"us-1","outcome":{"round_trip_us":140006}},
            {"landmark":"eu-1","outcome":{"failed":"timeout"}},
            {"landmark":"moon-1","outcome":{"round_trip_us":1}},
            {"landmark":"us-1","outcome":{"round_trip_us":1}}]}"#;
        let delay = |landmark: &str, region: &str, round_trip_us, failure: Option<&str>| LandmarkDelay {
            landmark: landmark.into(),
            region: region.into(),
            round_trip_us,
            failure: failure.map(str::to_owned),
        };
        let delays = vec![
            delay("ap-1", "ap", None, Some("untold")),
            delay("eu-1", "eu", None, Some("timeout")),
            delay("us-1", "us", Some(140_006), None),
        ];
        assert_eq!(of(told), ProviderRegion::Measured { delays });
    }

    #[test]
    fn what_cannot_be_used_is_unmeasured() {
        for told in [
            "",
            "nonsense",
            r#"{"trips":[]}"#,
            r#"{"trips":[{"landmark":"moon-1","outcome":{"round_trip_us":1}}]}"#,
            r#"{"trips":[{"landmark":"eu-1","outcome":{"failed":"timeout"}}]}"#,
            r#"{"trips":[{"landmark":"eu-1","outcome":{"round_trip_us":60000001}}]}"#,
            r#"{"region":"eu","trips":[{"landmark":"eu-1","outcome":{"round_trip_us":1}}]}"#,
        ] {
            assert_eq!(of(told), ProviderRegion::Unmeasured, "{told}");
        }
        let good = r#"{"trips":[{"landmark":"eu-1","outcome":{"round_trip_us":1}}]}"#;
        assert_ne!(of(good), ProviderRegion::Unmeasured);
        let (good, none) = (attempt(Some(good)), attempt(None));
        assert_eq!(
            region(&landmarks(), &[good.clone(), none]),
            ProviderRegion::Unmeasured,
            "the last counts"
        );
        assert_eq!(region(&[], &[good]), ProviderRegion::Unmeasured);
    }

    #[test]
    fn the_image_is_asked_only_if_there_is_something_to_ask() {
        assert_eq!(probe(&[]), None);
        let command = probe(&landmarks()[..1]).unwrap();
        let order = r#"[{"name":"us-1","url":"http://us-1.example/"}]"#;
        assert_eq!(command.args, ["probe", order]);
    }
}
