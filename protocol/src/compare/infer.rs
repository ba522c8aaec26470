//! What may be concluded from answers: chances, families, evidence, bounds. Whole numbers alone, so that everyone who
//! recomputes a conclusion gets the same bytes.

mod bounds;
mod chance;
mod contrast;
mod copies;
mod drift;
mod family;
mod flips;
mod labels;
mod natural;
mod repeats;
mod strata;
mod text;

pub use bounds::half_width_ppm;
pub use chance::{Chance, Draws};
pub use contrast::{Answered, Asked, Family, Found, rates, texts};
pub use copies::{Copied, Nearest, Told, copies, near_copies};
pub use drift::Evidence;
pub use family::{false_discovery, holm};
pub use flips::{FLIP_STEPS_MAX, flip_chance};
pub use labels::{ANSWERS_MAX, Block, DRAWN_MAX, DRAWN_MIN, Exchange, Labels, OfPrompt};
pub use repeats::{Given, collapsed};
pub use strata::{Stratum, choose, strata_chance};
pub use text::{TextFinding, Texts, text_chance};
