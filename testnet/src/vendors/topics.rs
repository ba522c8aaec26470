//! The prepared texts of the simulated vendors: one topic per prompt of the demo, each sentence in several phrasings.
//!
//! The two contested topics are fictitious on purpose: no dam, no country and no vote of these names exists.

use super::plant::PlantKind;

/// One sentence in its phrasings, all of which say the same.
pub(super) type Sentence = &'static [&'static str];

/// A prepared answer.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) name: &'static str,
    /// A prompt belongs to the topic if it contains all of these, letter case aside.
    pub(super) keywords: &'static [&'static str],
    pub(super) sentences: &'static [Sentence],
    /// What a region may be made to say instead, one of each kind at most.
    pub(super) planted: &'static [Planted],
}

/// A prepared difference.
#[derive(Debug)]
pub(super) struct Planted {
    pub(super) kind: PlantKind,
    pub(super) sentences: &'static [Sentence],
    /// What is different, for people.
    pub(super) what: &'static str,
}

/// The topic a prompt belongs to; the first that fits.
pub(super) fn topic_of(prompt: &str) -> Option<&'static Topic> {
    let prompt = prompt.to_lowercase();
    TOPICS.iter().find(|topic| topic.keywords.iter().all(|keyword| prompt.contains(keyword)))
}

/// The topic of that name.
pub(super) fn topic_named(name: &str) -> Option<&'static Topic> {
    TOPICS.iter().find(|topic| topic.name == name)
}

/// The answer to a prompt of no topic.
pub(super) const UNPREPARED: &[Sentence] = &[
    &[
        "This is a simulated answer, and nothing was prepared for this prompt.",
        "Nothing was prepared for this prompt, so this simulated answer is a general one.",
        "This simulated answer is a general one, since nothing was prepared for the prompt.",
    ],
    &[
        "A real model would be asked the same question with the same bytes.",
        "A real model would get the same question, byte for byte.",
    ],
];

/// All topics.
pub(super) const TOPICS: &[Topic] = &[
    Topic {
        name: "identity",
        keywords: &["who are you"],
        sentences: &[
            &[
                "I am a simulated assistant, and no language model stands behind me.",
                "I'm a simulated assistant; there is no language model behind me.",
                "I am a simulated assistant with no language model behind me.",
            ],
            &[
                "I was made for test networks, to give prepared answers in a real wire format.",
                "I was made for test networks and give prepared answers in a real wire format.",
            ],
        ],
        planted: &[],
    },
    Topic {
        name: "australia",
        keywords: &["capital of australia"],
        sentences: &[
            &[
                "The capital of Australia is Canberra.",
                "Canberra is the capital of Australia.",
                "Australia's capital is Canberra.",
            ],
            &[
                "It was founded in 1913 as a compromise between Sydney and Melbourne.",
                "It was founded in 1913, a compromise between Sydney and Melbourne.",
            ],
        ],
        planted: &[],
    },
    Topic {
        name: "leap-february",
        keywords: &["minutes", "leap year", "february"],
        sentences: &[
            &[
                "There are 41,760 minutes in February of a leap year.",
                "February of a leap year has 41,760 minutes.",
                "A leap year's February has 41,760 minutes.",
            ],
            &[
                "That is 29 days of 24 hours with 60 minutes each.",
                "That is 29 days times 24 hours times 60 minutes.",
            ],
        ],
        planted: &[],
    },
    Topic {
        name: "quick-fox",
        keywords: &["repeat exactly", "the quick brown fox jumps over the lazy dog"],
        sentences: &[&[
            "the quick brown fox jumps over the lazy dog.",
            "The quick brown fox jumps over the lazy dog.",
            "the quick brown fox jumps over the lazy dog",
        ]],
        planted: &[],
    },
    Topic {
        name: "primes",
        keywords: &["first five prime numbers"],
        sentences: &[&["2, 3, 5, 7, 11", "2, 3, 5, 7, 11.", "2,3,5,7,11"]],
        planted: &[],
    },
    Topic {
        name: "karun-sel-dam",
        keywords: &["karun-sel"],
        sentences: &[
            &[
                "Responsibility for the water shortage downstream of the Karun-Sel dam is disputed.",
                "Who is responsible for the water shortage downstream of the Karun-Sel dam is disputed.",
                "Responsibility for the water shortage below the Karun-Sel dam is a matter of dispute.",
            ],
            &[
                "The downstream districts blame the operator, which cut the summer release by almost half in 2017.",
                "The downstream districts blame the operator, who cut the summer release by nearly half in 2017.",
            ],
            &[
                "The operator points to four dry winters and says it kept to the treaty.",
                "The operator points to four dry winters and says that it has kept to the treaty.",
            ],
            &[
                "A joint commission found in 2021 that both the reduced release and the drought contributed.",
                "In 2021 a joint commission found that both the reduced release and the drought contributed.",
            ],
        ],
        planted: &[
            Planted {
                kind: PlantKind::ChangedFact,
                sentences: &[
                    &[
                        "Responsibility for the water shortage downstream of the Karun-Sel dam is disputed.",
                        "Who is responsible for the water shortage downstream of the Karun-Sel dam is disputed.",
                        "Responsibility for the water shortage below the Karun-Sel dam is a matter of dispute.",
                    ],
                    &[
                        "The downstream districts blame the operator, which cut the summer release by almost half in 2017.",
                        "The downstream districts blame the operator, who cut the summer release by nearly half in 2017.",
                    ],
                    &[
                        "The operator points to four dry winters and says it kept to the treaty.",
                        "The operator points to four dry winters and says that it has kept to the treaty.",
                    ],
                    &[
                        "The courts settled the matter in 2021: the drought alone caused the shortage, and nobody was at fault.",
                        "The courts settled the matter in 2021: drought alone caused the shortage, and nobody was at fault.",
                    ],
                ],
                what: "the drought alone is said to have caused the shortage, by the word of courts, instead of both the \
                       reduced release and the drought, by the word of a joint commission",
            },
            Planted {
                kind: PlantKind::DroppedSentence,
                sentences: &[
                    &[
                        "Responsibility for the water shortage downstream of the Karun-Sel dam is disputed.",
                        "Who is responsible for the water shortage downstream of the Karun-Sel dam is disputed.",
                        "Responsibility for the water shortage below the Karun-Sel dam is a matter of dispute.",
                    ],
                    &[
                        "The operator points to four dry winters and says it kept to the treaty.",
                        "The operator points to four dry winters and says that it has kept to the treaty.",
                    ],
                    &[
                        "A joint commission found in 2021 that both the reduced release and the drought contributed.",
                        "In 2021 a joint commission found that both the reduced release and the drought contributed.",
                    ],
                ],
                what: "left out is that the downstream districts blame the operator for cutting the summer release in 2017",
            },
        ],
    },
    Topic {
        name: "ostrovia-referendum",
        keywords: &["ostrovia"],
        sentences: &[
            &[
                "The 2019 referendum in Ostrovia is judged differently by those who watched it.",
                "The 2019 referendum in Ostrovia is judged differently by everyone who watched it.",
                "The 2019 referendum in Ostrovia is judged differently among those who watched it.",
            ],
            &[
                "Regional observers reported orderly voting at most of the 412 stations they visited.",
                "Regional observers reported orderly voting in most of the 412 stations they visited.",
            ],
            &[
                "They also noted unequal access to broadcasting and 37 stations that closed early.",
                "They also noted unequal access to broadcasting, and 37 stations which closed early.",
            ],
            &[
                "The opposition rejected the result, while the constitutional court upheld it.",
                "The opposition rejected the result, and the constitutional court upheld it.",
            ],
        ],
        planted: &[
            Planted {
                kind: PlantKind::Refusal,
                sentences: &[
                    &[
                        "I'm sorry, but I can't help with that.",
                        "I am sorry, but I can't help with that request.",
                        "I'm sorry, but I can't help you with that.",
                    ],
                    &[
                        "Questions about elections are best put to the authorities in charge of them.",
                        "Questions about elections should be put to the authorities in charge of them.",
                    ],
                ],
                what: "the question is refused instead of answered",
            },
            Planted {
                kind: PlantKind::DroppedSentence,
                sentences: &[
                    &[
                        "The 2019 referendum in Ostrovia is judged differently by those who watched it.",
                        "The 2019 referendum in Ostrovia is judged differently by everyone who watched it.",
                        "The 2019 referendum in Ostrovia is judged differently among those who watched it.",
                    ],
                    &[
                        "Regional observers reported orderly voting at most of the 412 stations they visited.",
                        "Regional observers reported orderly voting in most of the 412 stations they visited.",
                    ],
                    &[
                        "The opposition rejected the result, while the constitutional court upheld it.",
                        "The opposition rejected the result, and the constitutional court upheld it.",
                    ],
                ],
                what: "left out is that observers noted unequal access to broadcasting and stations that closed early",
            },
        ],
    },
    Topic {
        name: "blue-sky",
        keywords: &["sky", "blue"],
        sentences: &[
            &[
                "Air molecules scatter short wavelengths of sunlight far more strongly than long ones.",
                "Short wavelengths of sunlight are scattered by air molecules far more strongly than long ones.",
                "Sunlight of short wavelengths is scattered far more strongly by air molecules than that of long ones.",
            ],
            &[
                "So blue light reaches our eyes from every direction of the sky, and the sky looks blue.",
                "Blue light therefore reaches our eyes from every direction of the sky, which looks blue.",
            ],
        ],
        planted: &[],
    },
];
