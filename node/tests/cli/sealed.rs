//! A SEALED job to verify: made by the simulator, which drives the same core as a node.

use std::sync::LazyLock;
use vantage_protocol::attester::{Blocks as _, JobView};
use vantage_protocol::bundle::{Bundle, Certs};
use vantage_protocol::cid::Cid;
use vantage_protocol::genesis::Genesis;
use vantage_protocol::proof::Car;
use vantage_protocol::wire;
use vantage_testnet::sim::{Scenario, World};

/// A job's evidence as one member publishes it.
pub struct Sealed {
    pub genesis: Genesis,
    pub content: Cid,
    pub bundle: Bundle,
    pub certs: Certs,
    pub car: Car,
}

/// The same job for all tests.
pub static SEALED: LazyLock<Sealed> = LazyLock::new(|| {
    let mut world = World::new(&Scenario::calm(1));
    world.run();
    assert!(world.is_done() && world.violations.is_empty(), "{:?}", world.violations);
    let node = &world.nodes[0];
    let view: JobView = node.attester.as_ref().unwrap().job(&world.jobs[0]).unwrap();
    let get = |cid: &Cid| node.disk.get(cid);
    let root = view.bundle.unwrap();
    let bundle: Bundle = wire::decode(&get(&root).unwrap()).unwrap();
    let certs: Certs = wire::decode(&get(&bundle.certs).unwrap()).unwrap();
    let car = Car::collect(root, &get).unwrap();
    Sealed { genesis: world.cast.genesis.clone(), content: bundle.content, bundle, certs, car }
});
