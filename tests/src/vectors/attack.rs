//! What an attacker does to good bytes.

/// Every mutation of `bytes` that is tried: each bit flipped, each byte set to the values where CBOR's lengths and types
/// begin, each byte left out, doubled, or swapped with the next; every shorter prefix; one byte more.
pub fn mutants(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    // majors and widths of CBOR, the ends of ASCII classes, and what text formats are made of
    const VALUES: [u8; 18] = [
        0x00, 0x17, 0x18, 0x19, 0x1b, 0x40, 0x58, 0x60, 0x78, 0x80, 0xa0, 0xd8, 0xf6, 0xf7, 0xff, b'\n',
        b' ', b'0',
    ];
    let edit = move |at: usize, edit: fn(&mut Vec<u8>, usize)| {
        let mut mutant = bytes.to_vec();
        edit(&mut mutant, at);
        mutant
    };
    let set = move |at: usize, value: u8| {
        let mut mutant = bytes.to_vec();
        mutant[at] = value;
        mutant
    };
    let flips = (0..bytes.len()).flat_map(move |at| (0..8).map(move |bit| set(at, bytes[at] ^ (1 << bit))));
    let values = (0..bytes.len()).flat_map(move |at| VALUES.into_iter().map(move |value| set(at, value)));
    let cuts = (0..bytes.len()).map(move |at| bytes[..at].to_vec());
    let removed = (0..bytes.len()).map(move |at| [&bytes[..at], &bytes[at + 1..]].concat());
    let doubled = (0..bytes.len()).map(move |at| edit(at, |mutant, at| mutant.insert(at, mutant[at])));
    let swapped = (1..bytes.len()).map(move |at| edit(at, |mutant, at| mutant.swap(at - 1, at)));
    let longer = VALUES.into_iter().map(move |value| [bytes, &[value]].concat());
    let all = flips.chain(values).chain(cuts).chain(removed).chain(doubled).chain(swapped).chain(longer);
    all.filter(move |mutant| mutant != bytes)
}

/// Mutants that `decode` accepts although it does not give back the very same bytes (I11), and how many it accepts at all.
pub fn forgeries(bytes: &[u8], decode: fn(&[u8]) -> Result<Vec<u8>, String>) -> (Vec<Vec<u8>>, usize) {
    let mut accepted = 0;
    let mut forgeries = Vec::new();
    for mutant in mutants(bytes) {
        if let Ok(again) = decode(&mutant) {
            accepted += 1;
            if again != mutant {
                forgeries.push(mutant);
            }
        }
    }
    (forgeries, accepted)
}
