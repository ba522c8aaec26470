//! The simulator's gate.

use vantage_testnet::sim::{Scenario, World};

#[test]
fn calm() {
    let mut world = World::new(Scenario::calm(1));
    world.run();
    println!("{} ms, {} lines", world.now_ms - 1_700_000_000_000, world.trace.lines());
    for n in &world.nodes {
        let a = n.attester.as_ref().unwrap();
        println!("{:?}", a.overview(world.now_ms));
        for j in a.jobs() {
            println!("{:?} {:?} {:?} finals {}", j.phase, j.outcome, j.content, j.finals.len());
            for s in &j.slots { println!("   {:?} {:?} {}", s.executor, s.state, s.acked_ok); }
        }
    }
    assert!(world.is_done());
}
