//! The simulator's gate.

use vantage_testnet::sim::{Scenario, World, violations};

#[test]
fn calm() {
    for seed in 0..20 {
        let start = std::time::Instant::now();
        let mut world = World::new(Scenario::calm(seed));
        world.run();
        println!("seed {seed} {} ms, {} lines {:?}", world.now_ms - 1_700_000_000_000, world.trace.lines(), start.elapsed());
        println!("{:?}", violations(&world));
        assert!(world.is_done());
    }
    for seed in (0..60).map(|s| s * 2) {
        let start = std::time::Instant::now();
        let mut world = World::new(Scenario { byzantine: 0, ..Scenario::rough(seed) });
        world.run();
        let outcomes: Vec<_> = world.nodes.iter().filter_map(|n| n.attester.as_ref()?.jobs().first().map(|j| format!("{:?} {:?}", j.phase, j.outcome.as_ref().map(|o| format!("{o:?}").chars().take(7).collect::<String>())))).collect();
        println!("rough {seed} {} ms, {} lines {:?} done {} {outcomes:?}", world.now_ms - 1_700_000_000_000, world.trace.lines(), start.elapsed(), world.is_done());
        println!("{:?}", violations(&world));
    }
}
