use multihash::Multihash;

use super::*;

fn cid(number: u8) -> Cid {
    Cid::new_v1(0x55, Multihash::wrap(0x12, &[number; 32]).unwrap())
}

struct World {
    client: Client,
    now: Instant,
}

impl World {
    fn new(connected: &[PeerId]) -> Self {
        let (mut client, now) = (Client::default(), Instant::now());
        for peer in connected {
            client.connected(*peer, now);
        }
        Self { client, now }
    }

    fn fetch(&mut self, number: u8, hints: &[PeerId]) -> oneshot::Receiver<Bytes> {
        let (block, waiting) = oneshot::channel();
        self.client.fetch(cid(number), hints.to_vec(), block, self.now);
        waiting
    }

    fn actions(&mut self) -> Vec<Action> {
        std::iter::from_fn(|| self.client.next_action()).collect()
    }

    fn pass(&mut self, time: Duration) -> Vec<Action> {
        self.now += time;
        self.client.tick(self.now);
        self.actions()
    }
}

fn peers<const N: usize>() -> [PeerId; N] {
    std::array::from_fn(|_| PeerId::random())
}

fn want(peer: PeerId) -> Action {
    Action::Want(peer, Want::block(cid(1)))
}

fn ask(peer: PeerId) -> Action {
    Action::Want(peer, Want::have(cid(1)))
}

fn cancel(peer: PeerId) -> Action {
    Action::Want(peer, Want::cancel(cid(1)))
}

#[test]
fn hints_are_asked_for_the_block_one_after_the_other() {
    let [a, b] = peers();
    let mut world = World::new(&[a, b]);
    let mut block = world.fetch(1, &[a, b]);
    assert_eq!(world.actions(), [want(a)]);
    world.client.presence(a, cid(1), false, world.now);
    assert_eq!(world.actions(), [want(b)]);
    let data = Bytes::from_static(b"block");
    assert!(world.client.received(b, cid(1), &data));
    assert_eq!(world.actions(), [cancel(a)], "who served needs no cancel");
    assert_eq!(block.try_recv(), Ok(data.clone()));
    assert!(!world.client.received(b, cid(1), &data), "a second copy is not wanted");
}

#[test]
fn a_silent_peer_is_passed_over_and_a_busy_one_is_not() {
    let [a, b] = peers();
    let mut world = World::new(&[a, b]);
    let _block = world.fetch(1, &[a, b]);
    assert_eq!(world.actions(), [want(a)]);
    let almost = BITSWAP_PEER_TIMEOUT - Duration::from_millis(1);
    assert_eq!(world.pass(almost), []);
    world.client.heard(&a, world.now);
    assert_eq!(world.pass(almost), []);
    assert_eq!(world.pass(Duration::from_millis(1)), [want(b)]);
}

#[test]
fn a_peer_that_sends_everything_but_our_block_is_passed_over_too() {
    let [a, b] = peers();
    let mut world = World::new(&[a, b]);
    let _block = world.fetch(1, &[a, b]);
    assert_eq!(world.actions(), [want(a)]);
    let mut asked = Vec::new();
    for _ in 0..31 {
        world.client.heard(&a, world.now);
        asked.extend(world.pass(Duration::from_secs(1)));
    }
    assert_eq!(asked, [want(b)]);
}

#[test]
fn without_hints_everybody_is_asked_and_then_the_dht() {
    let [a, b, provider] = peers();
    let mut world = World::new(&[a]);
    let _block = world.fetch(1, &[]);
    assert_eq!(world.actions(), [ask(a)]);
    world.client.presence(a, cid(1), false, world.now);
    assert_eq!(world.actions(), [Action::FindProviders(cid(1))], "all have denied");
    world.client.connected(b, world.now);
    assert_eq!(world.actions(), [ask(b)], "who comes later is asked too");
    world.client.providers(cid(1), vec![provider], true, world.now);
    assert_eq!(world.actions(), [Action::Connect(provider)]);
    world.client.connected(provider, world.now);
    assert_eq!(world.actions(), [want(provider)]);
}

#[test]
fn whoever_has_it_is_asked_for_it() {
    let [a, b] = peers();
    let mut world = World::new(&[a, b]);
    let _block = world.fetch(1, &[]);
    assert_eq!(world.actions().len(), 2);
    world.client.presence(b, cid(1), true, world.now);
    assert_eq!(world.actions(), [want(b)]);
    world.client.presence(a, cid(1), true, world.now);
    assert_eq!(world.actions(), [], "one at a time");
    world.client.disconnected(b, world.now);
    assert_eq!(world.actions(), [want(a)]);
}

#[test]
fn an_unreachable_hint_gives_way_to_the_rest() {
    let [hint, a] = peers();
    let mut world = World::new(&[a]);
    let _block = world.fetch(1, &[hint]);
    assert_eq!(world.actions(), [Action::Connect(hint)]);
    world.client.unreachable(hint, world.now);
    assert_eq!(world.actions(), [ask(a)]);
}

#[test]
fn a_server_that_leaves_is_called_back_a_few_times_a_round() {
    let [a] = peers();
    let mut world = World::new(&[a]);
    let _block = world.fetch(1, &[a]);
    let mut asked = 0;
    for _ in 0..50 {
        asked += world.actions().iter().filter(|action| **action == want(a)).count();
        world.client.disconnected(a, world.now);
        world.client.connected(a, world.now);
    }
    assert_eq!(asked, usize::from(TRIES_MAX));
}

#[test]
fn peers_without_bitswap_are_left_alone() {
    let [a, b] = peers();
    let mut world = World::new(&[a, b]);
    world.client.unsupported(a, world.now);
    let _block = world.fetch(1, &[a]);
    assert_eq!(world.actions(), [ask(b)]);
}

#[test]
fn rounds_repeat_at_growing_pauses_until_nobody_waits() {
    let [a] = peers();
    let mut world = World::new(&[a]);
    let block = world.fetch(1, &[]);
    world.actions();
    let mut rounds = 0;
    for _ in 0..600 {
        let actions = world.pass(Duration::from_secs(1));
        rounds += actions.iter().filter(|action| **action == Action::FindProviders(cid(1))).count();
        world.client.providers(cid(1), Vec::new(), true, world.now);
    }
    assert!((20..=25).contains(&rounds), "every 30 s in the end: {rounds}");
    drop(block);
    assert_eq!(world.pass(Duration::from_secs(1)), [cancel(a)]);
    assert!(world.client.fetches.is_empty());
}
