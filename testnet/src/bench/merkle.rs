//! Building the log's tree against the compressions that it cannot do without.

use super::figure::{Figure, Goal, Rounds, timed};
use sha2::Sha256;
use sha2::block_api::compress256;
use vantage_protocol::id::Hash;
use vantage_protocol::log::{Tree, leaf_hash, node_hash};

/// Order of the subjects.
const RAW: usize = 0;
const OURS: usize = 1;
const RS_MERKLE: usize = 2;
const CT_MERKLE: usize = 3;

/// The first state of SHA-256 (FIPS 180-4, section 5.3.3).
const START: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// Measures with so many leaves of 32 bytes. An error means that two implementations disagree.
pub(super) fn measure(leaves: u32, rounds: usize) -> Result<Vec<Figure>, String> {
    let data: Vec<[u8; 32]> =
        (0..leaves).map(|i| vantage_protocol::hash::sha256(&i.to_be_bytes()).0).collect();
    let (ours, rs, ct) = (ours(&data), rs_merkle(&data), ct_merkle(&data));
    if ours != rs || ours != ct {
        return Err(format!("roots differ: ours {ours}, rs_merkle {rs}, ct-merkle {ct}"));
    }
    let times = Rounds::run(
        rounds,
        &mut [
            &mut || timed(|| raw(&data)),
            &mut || timed(|| self::ours(&data)),
            &mut || timed(|| rs_merkle(&data)),
            &mut || timed(|| ct_merkle(&data)),
        ],
    );
    let what = format!("building a tree over {leaves} leaves of 32 bytes");
    let leaves_s = |subject| f64::from(leaves) / times.median_s(subject);
    let against = |subject| times.ratios(RAW, subject);
    Ok(vec![
        Figure::ratio(
            "merkle_over_raw_compressions",
            &format!("{what}: throughput against the bare compressions of as many hashes"),
            &against(OURS),
            Some(Goal::AtLeast(0.8)),
        )
        .behind("leaves_per_s", leaves_s(OURS))
        .behind("raw_leaves_per_s", leaves_s(RAW)),
        Figure::ratio(
            "rs_merkle_over_raw_compressions",
            "the same by rs_merkle, which cannot append",
            &against(RS_MERKLE),
            None,
        )
        .behind("leaves_per_s", leaves_s(RS_MERKLE)),
        Figure::ratio("ct_merkle_over_raw_compressions", "the same by ct-merkle", &against(CT_MERKLE), None)
            .behind("leaves_per_s", leaves_s(CT_MERKLE)),
    ])
}

/// As many hashes as the tree has, from blocks that are padded already: one compression a leaf (33
/// bytes), two a node (65 bytes).
fn raw(data: &[[u8; 32]]) -> u32 {
    let mut blocks = [[0u8; 64]; 2];
    let mut sum = 0u32;
    for leaf in data {
        blocks[0][..32].copy_from_slice(leaf);
        let mut state = START;
        compress256(&mut state, &blocks[..1]);
        sum = sum.wrapping_add(state[0]);
    }
    for leaf in data.iter().skip(1) {
        blocks[0][..32].copy_from_slice(leaf);
        let mut state = START;
        compress256(&mut state, &blocks);
        sum = sum.wrapping_add(state[0]);
    }
    sum
}

fn ours(data: &[[u8; 32]]) -> Hash {
    let mut tree = Tree::new();
    data.iter().for_each(|leaf| tree.push(leaf_hash(leaf)));
    tree.root()
}

fn rs_merkle(data: &[[u8; 32]]) -> Hash {
    let leaves: Vec<[u8; 32]> = data.iter().map(|leaf| leaf_hash(leaf).0).collect();
    Hash(rs_merkle::MerkleTree::<Rfc6962>::from_leaves(&leaves).root().expect("a tree with leaves"))
}

fn ct_merkle(data: &[[u8; 32]]) -> Hash {
    let mut tree = ct_merkle::mem_backed_tree::MemoryBackedTree::<Sha256, [u8; 32]>::new();
    data.iter().for_each(|leaf| tree.push(*leaf));
    Hash(<[u8; 32]>::try_from(tree.root().as_bytes().as_slice()).expect("32 bytes"))
}

/// The hashes of RFC 6962 for rs_merkle.
#[derive(Clone)]
struct Rfc6962;

impl rs_merkle::Hasher for Rfc6962 {
    type Hash = [u8; 32];

    fn hash(data: &[u8]) -> [u8; 32] {
        leaf_hash(data).0
    }

    fn concat_and_hash(left: &[u8; 32], right: Option<&[u8; 32]>) -> [u8; 32] {
        right.map_or(*left, |right| node_hash(&Hash(*left), &Hash(*right)).0)
    }
}
