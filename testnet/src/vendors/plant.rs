//! A planted difference: which region is made to say what else, so that a demo can tell what should be found.

use serde::Serialize;

use super::topics::{TOPICS, topic_named};

/// One topic that one region answers differently, on purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Plant {
    /// The topic's name, such as `karun-sel-dam`.
    pub topic: String,
    /// The region that gets the other answer.
    pub region: String,
    /// The fact that is stated differently there.
    pub changed: String,
    /// The statement that is left out there.
    pub missing: String,
}

/// Why a plant cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nothing can be planted on topic {topic:?}: a plant is prepared for {prepared}")]
pub struct PlantError {
    topic: String,
    prepared: String,
}

impl Plant {
    /// The plant that is prepared for `topic`, in `region`.
    pub fn new(topic: &str, region: &str) -> Result<Self, PlantError> {
        let Some(planted) = topic_named(topic).and_then(|topic| topic.planted.as_ref()) else {
            let prepared: Vec<_> =
                TOPICS.iter().filter(|topic| topic.planted.is_some()).map(|topic| topic.name).collect();
            return Err(PlantError { topic: topic.to_owned(), prepared: prepared.join(", ") });
        };
        Ok(Self {
            topic: topic.to_owned(),
            region: region.to_owned(),
            changed: planted.changed.to_owned(),
            missing: planted.missing.to_owned(),
        })
    }

    /// One sentence for people.
    pub fn describe(&self) -> String {
        let Self { topic, region, changed, missing } = self;
        format!("planted in region {region}, topic {topic}: {changed}; left out is {missing}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plant_says_what_it_is() {
        let plant = Plant::new("karun-sel-dam", "ap").unwrap();
        let told = plant.describe();
        assert!(told.contains("region ap") && told.contains("drought alone") && told.contains("left out"));
        assert!(Plant::new("ostrovia-referendum", "eu").is_ok());
    }

    #[test]
    fn a_topic_without_a_plant_is_refused() {
        for topic in ["primes", "no such topic"] {
            let error = Plant::new(topic, "ap").unwrap_err().to_string();
            assert!(error.contains("karun-sel-dam, ostrovia-referendum"), "{error}");
        }
    }
}
