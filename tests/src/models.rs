//! Bounded models of two rules of the protocol, checked exhaustively by `stateright`.
//!
//! [`closing`] asks when an honest executor may reveal its answers; [`finality`] asks when a member may say its last word on
//! a job. A model is a state, the steps possible in it, and properties that must hold in every reachable state.
//!
//! What holds for both:
//! * Faulty members keep no state. They have always signed whatever helps the attack, so "q signatures" means "honest
//!   signatures plus faulty members reach q" ([`Committee::reached`]). A promise that must hold while they stay silent
//!   counts honest signatures alone.
//! * Time is only "dated up to the deadline" or "dated after it".
//! * Honest members are interchangeable: a state keeps them sorted, so a member's index in a printed step is its place in
//!   that state and no name.
//! * Every step adds something, so runs end. "In the end ..." is checked where only adversarial steps remain.
//! * Each rule comes with mutants, the rule with one mistake in it. A model that lets a mutant pass proves nothing, so
//!   [`catalogue`] states for each configuration exactly which properties fail and which situations are never met.

pub mod catalogue;
pub mod check;
pub mod closing;
pub mod committee;
pub mod finality;

pub use committee::Committee;
