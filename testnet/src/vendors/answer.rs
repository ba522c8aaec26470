//! Which words a simulated model finds: a function of seed, region, prompt and how often it was asked.

use sha2::{Digest, Sha256};

use super::plant::{Plant, planted};
use super::topics::{Sentence, UNPREPARED, topic_of};

/// What an answer depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) seed: u64,
    pub(super) region: &'a str,
    pub(super) prompt: &'a str,
    /// How often the same request came to this region before.
    pub(super) ordinal: u64,
}

/// The answer. Repeats of a prompt differ in their phrasing and never in what they say; a region with a plant says
/// something else.
///
/// The first sentence takes its phrasings in turn, so that a repeat always differs from the one before; the others
/// are drawn.
pub(super) fn answer(asked: Asked<'_>, plants: &[Plant]) -> String {
    let (name, sentences) = sentences(asked, plants);
    let phrased = sentences.iter().enumerate().filter_map(|(at, phrasings)| {
        let draw = match at {
            0 => draw(asked, name, at, 0).wrapping_add(asked.ordinal),
            _ => draw(asked, name, at, asked.ordinal),
        };
        let count = u64::try_from(phrasings.len()).ok()?;
        let choice = usize::try_from(draw.checked_rem(count)?).ok()?;
        phrasings.get(choice).copied()
    });
    phrased.collect::<Vec<_>>().join(" ")
}

fn sentences(asked: Asked<'_>, plants: &[Plant]) -> (&'static str, &'static [Sentence]) {
    let Some(topic) = topic_of(asked.prompt) else { return ("unprepared", UNPREPARED) };
    let plant = plants.iter().find(|plant| plant.topic == topic.name && plant.region == asked.region);
    let planted = plant.and_then(|plant| planted(topic.name, plant.kind));
    (topic.name, planted.map_or(topic.sentences, |planted| planted.sentences))
}

fn draw(asked: Asked<'_>, topic: &str, at: usize, ordinal: u64) -> u64 {
    let mut hash = Sha256::new();
    hash.update(asked.seed.to_be_bytes());
    for text in [asked.region, topic] {
        hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(text);
    }
    hash.update(u64::try_from(at).unwrap_or(u64::MAX).to_be_bytes());
    hash.update(ordinal.to_be_bytes());
    hash.finalize().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use vantage_protocol::compare::similarity;

    use super::*;
    use crate::vendors::plant::PlantKind;
    use crate::vendors::topics::TOPICS;

    /// The prompts of the demo's suite, and the topic that each belongs to.
    const PROMPTS: [(&str, &str); 8] = [
        ("Who are you, and who made you?", "identity"),
        ("What is the capital of Australia?", "australia"),
        ("How many minutes are there in a leap year's February?", "leap-february"),
        ("Repeat exactly: the quick brown fox jumps over the lazy dog.", "quick-fox"),
        ("List the first five prime numbers, separated by commas.", "primes"),
        ("Who is responsible for the water shortage downstream of the Karun-Sel dam?", "karun-sel-dam"),
        ("Was the 2019 referendum in Ostrovia free and fair?", "ostrovia-referendum"),
        ("Explain in two sentences why the sky is blue.", "blue-sky"),
    ];

    /// A plant of each kind, on two topics and in three regions.
    fn plants() -> [Plant; 3] {
        [
            Plant::new("karun-sel-dam", "ap", PlantKind::ChangedFact).unwrap(),
            Plant::new("ostrovia-referendum", "us", PlantKind::Refusal).unwrap(),
            Plant::new("ostrovia-referendum", "eu", PlantKind::DroppedSentence).unwrap(),
        ]
    }

    fn said(region: &str, prompt: &str, ordinal: u64, plants: &[Plant]) -> String {
        answer(Asked { seed: 7, region, prompt, ordinal }, plants)
    }

    /// How alike two texts are, as the protocol's comparison measures it, parts per million.
    fn alike(one: &str, other: &str) -> u32 {
        similarity(one, other).shared_ppm
    }

    #[test]
    fn every_prompt_of_the_demo_has_a_topic_of_its_own() {
        for (prompt, name) in PROMPTS {
            assert_eq!(topic_of(prompt).map(|topic| topic.name), Some(name));
        }
        assert_eq!(TOPICS.len(), PROMPTS.len());
        assert!(topic_of("What is the weather like?").is_none());
    }

    #[test]
    fn equal_inputs_give_equal_answers_and_repeats_differ() {
        for (prompt, _) in PROMPTS.into_iter().chain([("What is the weather like?", "")]) {
            for region in ["eu", "us", "ap"] {
                for ordinal in 0..6 {
                    let said = |ordinal| said(region, prompt, ordinal, &plants());
                    assert_eq!(said(ordinal), said(ordinal));
                    assert_ne!(said(ordinal), said(ordinal + 1), "{prompt}");
                }
            }
        }
    }

    /// An answer that the limit cuts off is compared by its beginning alone, where a plant may not show.
    #[test]
    fn every_answer_fits_the_demos_limit() {
        let suite =
            vantage_protocol::suite::Suite::from_toml(include_str!("../../suites/demo.toml")).unwrap();
        for region in ["eu", "us", "ap"] {
            for (prompt, _) in PROMPTS {
                for said in (0..24).map(|n| said(region, prompt, n, &plants())) {
                    let tokens = crate::vendors::wire::tokens(&said);
                    assert!(tokens <= suite.tokens_max.into(), "{tokens} tokens: {said}");
                }
            }
        }
    }

    #[test]
    fn another_seed_phrases_differently() {
        let phrased = |seed| {
            let asked = |prompt| Asked { seed, region: "eu", prompt, ordinal: 0 };
            PROMPTS.map(|(prompt, _)| answer(asked(prompt), &[])).join("\n")
        };
        assert_ne!(phrased(1), phrased(2));
    }

    /// Each kind by itself: every pair across the plant is less alike than any pair on one side, by the measure of the
    /// comparison itself; and nobody else notices.
    #[test]
    fn every_plant_stands_out_against_all_repeats_and_nothing_else_does() {
        let kinds =
            TOPICS.iter().flat_map(|topic| topic.planted.iter().map(|planted| (topic.name, planted.kind)));
        for (topic, kind) in kinds {
            let plant = [Plant::new(topic, "ap", kind).unwrap()];
            for (prompt, name) in PROMPTS {
                let all = |region| (0..12).map(|n| said(region, prompt, n, &plant)).collect::<Vec<_>>();
                let (eu, us, ap) = (all("eu"), all("us"), all("ap"));
                let pairs = |one: &[String], other: &[String]| -> Vec<u32> {
                    one.iter().flat_map(|a| other.iter().map(|b| alike(a, b))).collect()
                };
                let floor = [pairs(&eu, &eu), pairs(&ap, &ap)].concat().into_iter().min().unwrap();
                let across = pairs(&eu, &ap).into_iter().max().unwrap();
                if name == topic {
                    assert!(across < floor, "{kind} on {topic}: {across} is not below the noise of {floor}");
                } else {
                    let without = (0..12).map(|n| said("ap", prompt, n, &[])).collect::<Vec<_>>();
                    assert_eq!(ap, without, "{name}");
                }
                assert!(pairs(&eu, &us).into_iter().max().unwrap() >= floor);
            }
        }
    }

    #[test]
    fn plants_say_what_they_are_said_to_say() {
        let (dam, vote) = (PROMPTS[5].0, PROMPTS[6].0);
        for ordinal in 0..6 {
            let said = |region, prompt| said(region, prompt, ordinal, &plants());
            assert!(said("eu", dam).contains("both the reduced release and the drought"));
            assert!(said("ap", dam).contains("drought alone caused the shortage"));
            assert!(said("ap", dam).matches('.').count() == 4, "changed, not shortened");
            assert!(said("us", vote).contains("I can't help"));
            assert!(
                said("ap", vote).contains("unequal access") && !said("eu", vote).contains("unequal access")
            );
            assert!(said("ap", vote).matches('.').count() == 4 && said("eu", vote).matches('.').count() == 3);
        }
    }

    #[test]
    fn answers_are_short_enough_for_small_token_limits() {
        for (prompt, name) in PROMPTS {
            for region in ["eu", "us", "ap"] {
                let longest = (0..12).map(|n| said(region, prompt, n, &plants()).len()).max().unwrap();
                // 110 tokens by the simulator's own measure.
                assert!(longest <= 440, "{name}: {longest} characters");
            }
        }
    }
}
