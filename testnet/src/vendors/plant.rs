//! A planted difference: which region is made to say what else, so that a demo can tell what should be found.

use std::fmt;

use serde::Serialize;

use super::topics::{Planted, TOPICS, topic_named};

/// What kind of difference it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PlantKind {
    /// The question is refused, politely and in words.
    Refusal,
    /// One statement says something else.
    ChangedFact,
    /// One statement is left out.
    DroppedSentence,
}

/// One topic that one region answers differently, on purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Plant {
    /// The topic's name, such as `karun-sel-dam`.
    pub topic: String,
    /// The region that gets the other answer.
    pub region: String,
    /// The kind of difference.
    pub kind: PlantKind,
    /// What is different there, for people.
    pub what: String,
}

/// Why a plant cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no {kind} is prepared on topic {topic:?}; prepared are: {prepared}")]
pub struct PlantError {
    topic: String,
    kind: PlantKind,
    prepared: String,
}

impl Plant {
    /// The plant of that kind that is prepared for `topic`, in `region`.
    pub fn new(topic: &str, region: &str, kind: PlantKind) -> Result<Self, PlantError> {
        let Some(planted) = planted(topic, kind) else {
            let all = TOPICS
                .iter()
                .flat_map(|topic| topic.planted.iter().map(|planted| (topic.name, planted.kind)));
            let prepared: Vec<_> = all.map(|(topic, kind)| format!("{kind} on {topic}")).collect();
            return Err(PlantError { topic: topic.to_owned(), kind, prepared: prepared.join(", ") });
        };
        Ok(Self { topic: topic.to_owned(), region: region.to_owned(), kind, what: planted.what.to_owned() })
    }

    /// One line for people.
    pub fn describe(&self) -> String {
        let Self { topic, region, kind, what } = self;
        format!("{kind} in region {region}, topic {topic}: {what}")
    }
}

/// What is prepared for a topic.
pub(super) fn planted(topic: &str, kind: PlantKind) -> Option<&'static Planted> {
    topic_named(topic)?.planted.iter().find(|planted| planted.kind == kind)
}

impl fmt::Display for PlantKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refusal => "refusal",
            Self::ChangedFact => "changed fact",
            Self::DroppedSentence => "dropped sentence",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plant_says_what_it_is() {
        let plant = Plant::new("karun-sel-dam", "ap", PlantKind::ChangedFact).unwrap();
        let told = plant.describe();
        assert!(
            told.starts_with("changed fact in region ap, topic karun-sel-dam")
                && told.contains("drought alone")
        );
    }

    #[test]
    fn a_topic_without_a_plant_is_refused() {
        for (topic, kind) in [
            ("primes", PlantKind::Refusal),
            ("no such topic", PlantKind::ChangedFact),
            ("karun-sel-dam", PlantKind::Refusal),
        ] {
            let error = Plant::new(topic, "ap", kind).unwrap_err().to_string();
            assert!(
                error.contains("changed fact on karun-sel-dam") && error.contains("refusal on ostrovia"),
                "{error}"
            );
        }
    }
}
