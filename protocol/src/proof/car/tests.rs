use super::*;
use proptest::prelude::*;

fn sample() -> Car {
    let blocks = [b"one".to_vec(), b"two".to_vec(), vec![7; 300]];
    let blocks: BTreeMap<Cid, Vec<u8>> = blocks.into_iter().map(|b| (Cid::raw(&b), b)).collect();
    Car { root: Cid::raw(b"one"), blocks }
}

fn refused(bytes: &[u8], why: &str) {
    match Car::parse(bytes) {
        Err(e) => assert!(e.to_string().contains(why), "{e} does not say {why:?}"),
        Ok(_) => panic!("accepted, {why:?} was expected"),
    }
}

fn header(roots: Vec<Cid>, version: u64) -> Vec<u8> {
    let header = wire::encode(&Header { roots, version });
    let mut bytes = Vec::new();
    put_varint(&mut bytes, header.len());
    bytes.extend(header);
    bytes
}

fn section(cid: &Cid, block: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    put_varint(&mut bytes, CID_BYTES + block.len());
    bytes.extend(cid.to_bytes());
    bytes.extend(block);
    bytes
}

/// The bytes that any CARv1 reader takes: length, `{roots: [cid], version: 1}`, length, id, block.
#[test]
fn the_form_is_pinned() {
    let car = Car { root: Cid::raw(b"x"), blocks: [(Cid::raw(b"x"), b"x".to_vec())].into() };
    let id = "01551220\
              2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
    let expected = format!("3aa265726f6f747381d82a582500{id}6776657273696f6e0125{id}78");
    assert_eq!(crate::id::hex(&car.to_bytes()), expected);
    assert_eq!(Car::parse(&car.to_bytes()).unwrap(), car);
}

/// Links count in the order of the bytes, which is by the length of their keys: not by their names, not as a type lists
/// its fields. What two blocks link stands where it is met first, also below a later one's brother.
#[test]
fn blocks_stand_depth_first_in_the_order_of_the_encoding() {
    use ipld_core::ipld::Ipld;
    let link = |bytes: &[u8], raw: bool| {
        let cid = if raw { Cid::raw(bytes) } else { Cid::dag_cbor(bytes) };
        Ipld::Link(cid.to_bytes().as_slice().try_into().unwrap())
    };
    let map = |fields: &[(&str, Ipld)]| {
        let fields = fields.iter().map(|(key, value)| ((*key).to_owned(), value.clone()));
        wire::encode(&fields.collect::<BTreeMap<_, _>>())
    };
    let (one, two, three) = (b"1".to_vec(), b"2".to_vec(), b"3".to_vec());
    let inner = map(&[("aaa", link(&three, true)), ("z", link(&two, true))]);
    let root = map(&[
        ("aaaa", link(&one, true)),
        ("bb", Ipld::List(vec![link(&inner, false), link(&one, true)])),
        ("c", Ipld::List(vec![Ipld::Null])),
        ("dd", link(&three, true)),
    ]);
    let blocks = [&one, &two, &three].map(|b| (Cid::raw(b), b.clone()));
    let blocks = blocks.into_iter().chain([&inner, &root].map(|b| (Cid::dag_cbor(b), b.clone())));
    let car = Car { root: Cid::dag_cbor(&root), blocks: blocks.collect() };
    let written = [
        header(vec![car.root], 1),
        section(&Cid::dag_cbor(&root), &root),
        section(&Cid::dag_cbor(&inner), &inner),
        section(&Cid::raw(&two), &two),
        section(&Cid::raw(&three), &three),
        section(&Cid::raw(&one), &one),
    ];
    assert_eq!(car.to_bytes(), written.concat());
}

#[test]
fn a_car_reads_back() {
    let car = sample();
    assert_eq!(Car::parse(&car.to_bytes()).unwrap(), car);
    let empty = Car { root: car.root, blocks: BTreeMap::new() };
    assert_eq!(Car::parse(&empty.to_bytes()).unwrap(), empty);
}

#[test]
fn what_is_not_strict_is_refused() {
    let root = Cid::raw(b"one");
    let good = [header(vec![root], 1), section(&root, b"one")].concat();
    assert!(Car::parse(&good).is_ok());
    refused(b"", "empty");
    refused(b":", "breaks off");
    refused(&[0], "zero bytes");
    refused(&header(vec![], 1), "exactly one");
    refused(&header(vec![root, root], 1), "exactly one");
    refused(&header(vec![root], 2), "only 1");
    refused(&good[..good.len() - 1], "breaks off");
    refused(&[good.clone(), vec![0]].concat(), "1 bytes of zero follow");
    refused(&[good.clone(), vec![0, 1]].concat(), "a length of 0");
    refused(&[good.clone(), b"\r\n".to_vec()].concat(), "line ends");
    refused(&[good.clone(), section(&root, b"two")].concat(), "another hash");
    refused(&[good.clone(), vec![5, 1, 2, 3, 4, 5]].concat(), "too short");
    refused(&[good.clone(), vec![0xff; 5]].concat(), "longer than any block");
    refused(&[good.clone(), vec![0x80, 0x00]].concat(), "not the shortest form");
    refused(&[good.clone(), vec![0xff, 0xff, 0xff, 0x7f]].concat(), "are allowed");
    // the header's length in two bytes where one is enough
    refused(&[vec![good[0] | 0x80, 0], good[1..].to_vec()].concat(), "not the shortest form");
}

/// Every way in which a file is no bundle, told by what it is; none of them says that the evidence contradicts itself.
#[test]
fn what_a_file_is_instead_is_said() {
    let root = Cid::raw(b"one");
    let good = [header(vec![root], 1), section(&root, b"one")].concat();
    let v2 = [&b"\x0a\xa1gversion\x02"[..], &[0; 16], &51u64.to_le_bytes(), &[0; 16], &good].concat();
    let mut tar = vec![b'x'; 600];
    tar[257..262].copy_from_slice(b"ustar");
    let list = format!("{root}\n{root}\n");
    for (bytes, what) in [
        (&b""[..], "empty"),
        (&v2, "CARv2"),
        (b"\x1f\x8b\x08\0", "gzip"),
        (b"PK\x03\x04\x14", "zip"),
        (b"\x28\xb5\x2f\xfd\0", "zstd"),
        (b"\r\n <!DOCTYPE html><html>504", "web page"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>", "web page"),
        (b" {\"error\": 1}", "JSON"),
        (list.as_bytes(), "list of content ids"),
        (b"not found\n", "text"),
        ("\u{4e2d}".repeat(400).as_bytes(), "text"),
        (b"c2sp.org/tlog-proof@v1\n", "proof of one statement"),
        (&tar, "tar archive"),
        (&[0; 99], "zero bytes"),
    ] {
        let error = Car::parse(bytes).unwrap_err();
        assert!(error.to_string().contains(what), "{what}: {error}");
        assert!(!error.help().is_empty());
    }
    assert!(Car::parse(&v2).unwrap_err().help().contains("ipfs dag export"));
}

/// A file in which other tools left something more is refused by its name, byte and block, and what to do.
#[test]
fn what_else_stands_in_a_file_is_said() {
    let root = Cid::raw(b"one");
    let good = [header(vec![root], 1), section(&root, b"one")].concat();
    let with = |more: &[u8]| [good.as_slice(), &[more.len() as u8], more].concat();
    let digest = root.digest.0;
    let v0 = [&[0x12, 0x20][..], &digest, b"one"].concat();
    let pb = [&[1, 0x70, 0x12, 0x20][..], &digest, b"one"].concat();
    let sha3 = [&[1, 0x55, 0x16, 0x20][..], &digest, b"one"].concat();
    for (more, what) in [
        (&b"\x01\x55\0\x03abcabc"[..], "identity CID (raw)"),
        (&v0, "a CIDv0"),
        (&pb, "dag-pb"),
        (&sha3, "hash 0x16"),
        (b"\x01", "too short for its id"),
    ] {
        let error = Car::parse(&with(more)).unwrap_err();
        let said = error.to_string();
        assert!(
            said.contains(what) && said.contains(&format!("byte {}: block 2", good.len())),
            "{what}: {said}"
        );
    }
    for end in 2..good.len() {
        if end == header(vec![root], 1).len() {
            continue;
        }
        let error = Car::parse(&good[..end]).unwrap_err();
        assert!(matches!(error, CarError::Cut { end: at, .. } if at == end), "{end}: {error}");
    }
    let cut = Car::parse(&good[..good.len() - 2]).unwrap_err().to_string();
    assert_eq!(
        cut,
        "bundle file, byte 59: block 1 begins here, and the file breaks off at byte 97, 2 bytes too early"
    );
    let changed = Car::parse(&[&good[..good.len() - 1], b"f"].concat()).unwrap_err().to_string();
    assert_eq!(changed, format!("bundle file, byte 59: block 1, {root}: its bytes have another hash"));
    let padded = Car::parse(&[good.as_slice(), &[0; 512]].concat()).unwrap_err();
    assert!(padded.help().contains(&format!("head -c {} ", good.len())), "{}", padded.help());
}

/// What transfers, disks and editors do to a file is named.
#[test]
fn damage_is_told_by_its_traces() {
    let block: Vec<u8> = (0..8192u32).map(|n| ((n.wrapping_mul(2_654_435_761) >> 24) as u8).max(1)).collect();
    let root = Cid::raw(&block);
    let good = [header(vec![root], 1), section(&root, &block)].concat();
    assert!(Car::parse(&good).is_ok());
    let zeros = |from: usize, to: usize| {
        let mut bytes = good.clone();
        bytes[from..to].fill(0);
        bytes
    };
    let as_text = String::from_utf8_lossy(&good).into_owned().into_bytes();
    let mut returned = Vec::new();
    for byte in &good {
        returned.extend(if *byte == b'\n' { &b"\r\n"[..] } else { std::slice::from_ref(byte) });
    }
    let overlapped = [&good[..5000], &good[4900..good.len() - 100]].concat();
    for (bytes, what) in [
        (zeros(4096, good.len()), "from byte 4096 to its end"),
        (zeros(4096, 6000), "from byte 4096 on it holds 1904 zeros"),
        (as_text, "as text"),
        (returned, "CR LF"),
        (overlapped, "block 1, "),
        ([good.clone(), good.clone()].concat(), "the same file again begins here"),
        ([good.clone(), header(vec![Cid::raw(b"x")], 1)].concat(), "another file begins here"),
    ] {
        let error = Car::parse(&bytes).unwrap_err();
        assert!(error.to_string().contains(what), "{what}: {error}");
        assert!(!error.help().is_empty());
    }
    let doubled = Car::parse(&[good.clone(), good.clone()].concat()).unwrap_err();
    assert!(doubled.help().contains(&format!("head -c {} ", good.len())), "{}", doubled.help());
}

#[test]
fn a_block_that_stands_again_changes_nothing() {
    let car = sample();
    let bytes = car.to_bytes();
    let again =
        [bytes.as_slice(), &section(&Cid::raw(b"one"), b"one"), &section(&Cid::raw(b"two"), b"two")].concat();
    assert_eq!(Car::parse(&again).unwrap(), car);
}

#[test]
fn strays_are_taken_out() {
    let mut car = sample();
    assert_eq!(car.take_strays().len(), 2);
    assert_eq!(car.blocks.keys().copied().collect::<Vec<_>>(), [car.root]);
}

#[test]
fn the_header_has_one_encoding() {
    // the same map with its keys the other way round
    let root = Cid::raw(b"one");
    let good = header(vec![root], 1);
    let (roots, version) = (&good[2..good.len() - 9], &good[good.len() - 9..]);
    let swapped = [&good[..2], version, roots].concat();
    assert_eq!(swapped.len(), good.len());
    assert!(Car::parse(&good).is_ok());
    assert!(Car::parse(&swapped).is_err());
}

#[test]
fn blocks_have_limits_by_codec() {
    let over = vec![0; BLOCK_BYTES_MAX + 1];
    let root = Cid::raw(&over);
    refused(&[header(vec![root], 1), section(&root, &over)].concat(), "at most 1048576");
    let cid = Cid::dag_cbor(&over);
    assert!(Car::parse(&[header(vec![cid], 1), section(&cid, &over)].concat()).is_ok());
}

proptest! {
    #[test]
    fn anything_accepted_writes_back_or_is_reordered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(car) = Car::parse(&bytes) {
            prop_assert_eq!(Car::parse(&car.to_bytes()).unwrap(), car);
        }
    }

    #[test]
    fn lengths_read_back(value in 1usize..(1 << 28)) {
        let mut bytes = Vec::new();
        put_varint(&mut bytes, value);
        let mut reader = Reader { bytes: &bytes, at: 0, blocks: None };
        prop_assert_eq!(reader.varint().unwrap(), value);
        prop_assert!(reader.is_empty());
    }
}
