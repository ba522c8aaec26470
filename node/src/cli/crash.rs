//! What a defect of the program prints.
//!
//! A panic's message is made of whatever the program had in its hands: an answer, a path, a key. It is printed only where
//! it stands in the program's text.

use super::render::note;
use std::any::Any;
use std::panic;

/// From now on a panic says where it was, and nothing that was read from outside.
pub(super) fn quiet_panics() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or("an unknown place".to_owned(), ToString::to_string);
        note(said(&place, panic.payload()));
    }));
}

fn said(place: &str, payload: &(dyn Any + Send)) -> String {
    if place.contains("/redb-") {
        return "the store node.redb is damaged: restore the node's newest backup with `vantage restore`"
            .to_owned();
    }
    let what = payload.downcast_ref::<&'static str>().map_or(String::new(), |what| format!(" ({what})"));
    format!("a defect in vantage {}, at {place}{what}: please report it", env!("CARGO_PKG_VERSION"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_tells_its_place_and_nothing_that_was_put_together() {
        let literal = said("a.rs:1:2", &"not reached");
        assert!(literal.contains("a.rs:1:2 (not reached)"), "{literal}");
        let store = said("/registry/src/redb-4.6.0/src/a.rs:1:2", &"index out of bounds");
        assert!(store.contains("node.redb is damaged") && !store.contains("defect"), "{store}");
        let made = said("a.rs:1:2", &format!("no such key: {}", "sk-canary-0123456789"));
        assert!(made.contains("a.rs:1:2: please report it") && !made.contains("canary"), "{made}");
    }
}
