//! Which words a simulated model finds: a function of seed, region, prompt and how often it was asked.

use sha2::{Digest, Sha256};

use super::plant::Plant;
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
    let planted = topic
        .planted
        .as_ref()
        .filter(|_| plants.iter().any(|plant| plant.topic == topic.name && plant.region == asked.region));
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
    use std::collections::BTreeSet;

    use super::*;
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

    fn said(region: &str, prompt: &str, ordinal: u64) -> String {
        let plants = [Plant::new("karun-sel-dam", "ap").unwrap()];
        answer(Asked { seed: 7, region, prompt, ordinal }, &plants)
    }

    /// Share of words that two texts do not have in common, in per mille.
    fn distance(one: &str, other: &str) -> usize {
        let words = |text: &str| text.split_whitespace().map(str::to_lowercase).collect::<BTreeSet<_>>();
        let (one, other) = (words(one), words(other));
        1000 - 1000 * one.intersection(&other).count() / one.union(&other).count()
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
                    assert_eq!(said(region, prompt, ordinal), said(region, prompt, ordinal));
                    assert_ne!(said(region, prompt, ordinal), said(region, prompt, ordinal + 1), "{prompt}");
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

    #[test]
    fn the_plant_stands_out_against_all_repeats_and_nothing_else_does() {
        for (prompt, name) in PROMPTS {
            let all = |region| (0..12).map(|ordinal| said(region, prompt, ordinal)).collect::<Vec<_>>();
            let (eu, us, ap) = (all("eu"), all("us"), all("ap"));
            let pairs = |one: &[String], other: &[String]| -> Vec<usize> {
                one.iter().flat_map(|a| other.iter().map(|b| distance(a, b))).collect()
            };
            let noise = [pairs(&eu, &eu), pairs(&us, &us), pairs(&ap, &ap)].concat();
            let noise_max = noise.into_iter().max().unwrap();
            let planted_min = pairs(&eu, &ap).into_iter().min().unwrap();
            if name == "karun-sel-dam" {
                assert!(planted_min > noise_max, "{planted_min} is not above the noise of {noise_max}");
            } else {
                let asked = |ordinal| Asked { seed: 7, region: "ap", prompt, ordinal };
                let without_plants: Vec<_> = (0..12).map(|ordinal| answer(asked(ordinal), &[])).collect();
                assert_eq!(ap, without_plants, "{name}");
            }
            assert!(pairs(&eu, &us).into_iter().min().unwrap() <= noise_max);
        }
    }

    #[test]
    fn the_plant_changes_a_fact_and_leaves_out_a_sentence() {
        let prompt = PROMPTS[5].0;
        for ordinal in 0..6 {
            let (usual, planted) = (said("eu", prompt, ordinal), said("ap", prompt, ordinal));
            assert!(usual.contains("both the reduced release and the drought"), "{usual}");
            assert!(usual.contains("districts blame the operator"));
            assert!(planted.contains("the drought alone caused the shortage"), "{planted}");
            assert!(!planted.contains("districts blame"));
            assert!(planted.matches('.').count() == 3 && usual.matches('.').count() == 4);
        }
    }

    #[test]
    fn answers_are_short_enough_for_small_token_limits() {
        for (prompt, name) in PROMPTS {
            let longest = (0..12).map(|ordinal| said("eu", prompt, ordinal).len()).max().unwrap();
            // 110 tokens by the simulator's own measure.
            assert!(longest <= 440, "{name}: {longest} characters");
        }
    }
}
