use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn sha256_cid(codec: u64, data: &[u8]) -> Cid {
    Cid::new_v1(codec, Multihash::wrap(SHA2_256, &Sha256::digest(data)).unwrap())
}

fn any_cid() -> impl Strategy<Value = Cid> {
    let codec = prop_oneof![Just(0x55u64), Just(0x70), Just(0x71), any::<u64>()];
    let hash = (prop_oneof![Just(0x12u64), Just(0x00), any::<u64>()], vec(any::<u8>(), 0..=64));
    let v1 = (codec, hash)
        .prop_map(|(codec, (code, digest))| Cid::new_v1(codec, Multihash::wrap(code, &digest).unwrap()));
    let v0 = any::<[u8; 32]>()
        .prop_map(|digest| Cid::new_v0(Multihash::wrap(SHA2_256, &digest).unwrap()).unwrap());
    prop_oneof![v0, v1]
}

fn any_want() -> impl Strategy<Value = Want> {
    (any_cid(), any::<i32>(), any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(cid, priority, cancel, have, send_dont_have)| Want {
            cid,
            // Zero is what protobuf leaves out, and an absent priority is read as 1.
            priority: if priority == 0 { 1 } else { priority },
            cancel,
            have,
            send_dont_have,
        },
    )
}

fn any_block() -> impl Strategy<Value = (Cid, Bytes)> {
    (vec(any::<u8>(), 0..300), prop_oneof![Just(0x55u64), Just(0x71), Just(0x70)])
        .prop_map(|(data, codec)| (sha256_cid(codec, &data), Bytes::from(data)))
}

fn any_message() -> impl Strategy<Value = Message> {
    (vec(any_want(), 0..20), any::<bool>(), vec(any_block(), 0..8), vec((any_cid(), any::<bool>()), 0..20))
        .prop_map(|(wants, full, blocks, presences)| Message { wants, full, blocks, presences })
}

fn unframed(framed: &[u8]) -> Bytes {
    let mut rest = framed;
    let len = varint::take(&mut rest).unwrap();
    assert_eq!(len as usize, rest.len());
    Bytes::copy_from_slice(rest)
}

proptest! {
    #[test]
    fn messages_come_back_as_written(message in any_message()) {
        let body = unframed(&message.encode_framed());
        prop_assert_eq!(Message::decode(&body), Ok(message));
    }

    #[test]
    fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..2000)) {
        let _outcome = Message::decode(&Bytes::from(bytes));
    }

    #[test]
    fn damaged_messages_never_panic(message in any_message(), at: prop::sample::Index, to: u8, cut: prop::sample::Index) {
        let mut bytes = unframed(&message.encode_framed()).to_vec();
        if !bytes.is_empty() {
            let at = at.index(bytes.len());
            bytes[at] = to;
            bytes.truncate(cut.index(bytes.len()) + 1);
        }
        if let Ok(read) = Message::decode(&Bytes::from(bytes)) {
            for (cid, data) in read.blocks {
                prop_assert_eq!(cid.hash().digest(), &Sha256::digest(&data)[..]);
            }
        }
    }
}

/// A message as go-bitswap writes it: entry and payload field by field, with a field of the future.
#[test]
fn the_specified_layout_is_read() {
    let cid = sha256_cid(0x55, b"hello");
    let mut entry = vec![0x0a, 36];
    entry.extend(cid.to_bytes());
    entry.extend([0x10, 0x01, 0x20, 0x01, 0x28, 0x01]);
    let mut list = vec![0x0a, entry.len() as u8];
    list.extend(&entry);
    list.extend([0x10, 0x01]);
    let mut body = vec![0x0a, list.len() as u8];
    body.extend(&list);
    body.extend([0x1a, 13, 0x0a, 4, 0x01, 0x55, 0x12, 0x20, 0x12, 5]);
    body.extend(b"hello");
    body.extend([0x22, 40, 0x0a, 36]);
    body.extend(cid.to_bytes());
    body.extend([0x10, 0x01, 0x28, 0x07, 0x7d, 1, 2, 3, 4]);
    let message = Message::decode(&Bytes::from(body)).unwrap();
    let want = Want { have: true, ..Want::block(cid) };
    assert_eq!(message.wants, [want]);
    assert!(message.full);
    assert_eq!(message.blocks, [(cid, Bytes::from_static(b"hello"))]);
    assert_eq!(message.presences, [(cid, false)]);
}

#[test]
fn oversized_blocks_and_endless_lists_are_bounded() {
    let data = Bytes::from(vec![0; BLOCK_BYTES_MAX + 1]);
    let message = Message { blocks: vec![(sha256_cid(0x55, &data), data)], ..Message::default() };
    assert_eq!(Message::decode(&unframed(&message.encode_framed())), Err(Malformed::BlockTooLarge));

    let cid = sha256_cid(0x55, b"");
    let wants = vec![Want::have(cid); BITSWAP_ITEMS_MAX + 100];
    let read = Message::decode(&unframed(&Message { wants, ..Message::default() }.encode_framed())).unwrap();
    assert_eq!(read.wants.len(), BITSWAP_ITEMS_MAX);
}
