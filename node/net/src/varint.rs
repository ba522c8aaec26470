//! Unsigned varints: lengths and tags, by the multiformats specification (at most nine bytes for a length) and
//! protobuf's (at most ten).

use std::io;

use futures::{AsyncRead, AsyncReadExt};

/// Bytes of the longest 64-bit varint.
pub(crate) const BYTES_MAX: usize = 10;

/// Appends a number.
pub(crate) fn push(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Bytes that [`push`] would append.
pub(crate) fn len(number: u64) -> usize {
    let bits = (u64::BITS - number.leading_zeros()).max(1);
    bits.div_ceil(7) as usize
}

/// Takes a number off the front; `None` if it is cut short or exceeds 64 bits. Padded forms are accepted, as all
/// protobuf decoders do.
pub(crate) fn take(input: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for index in 0..BYTES_MAX {
        let (byte, rest) = input.split_first()?;
        *input = rest;
        number = fold(number, index, *byte)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// Reads a number off a stream; `None` if the stream ends before its first byte.
pub(crate) async fn read<T: AsyncRead + Unpin + Send>(io: &mut T) -> io::Result<Option<u64>> {
    let mut number = 0u64;
    for index in 0..BYTES_MAX {
        let mut byte = [0u8];
        if index == 0 {
            if io.read(&mut byte).await? == 0 {
                return Ok(None);
            }
        } else {
            io.read_exact(&mut byte).await?;
        }
        number = fold(number, index, byte[0]).ok_or(io::ErrorKind::InvalidData)?;
        if byte[0] & 0x80 == 0 {
            return Ok(Some(number));
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}

/// Adds the seven bits of byte `index`; `None` once 64 bits are exceeded.
fn fold(number: u64, index: usize, byte: u8) -> Option<u64> {
    let bits = u64::from(byte & 0x7f);
    let shift = 7 * index as u32;
    if index + 1 == BYTES_MAX && bits > 1 {
        return None;
    }
    Some(number | bits << shift)
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use futures::io::Cursor;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_come_back(number: u64) {
            let mut bytes = Vec::new();
            push(&mut bytes, number);
            prop_assert_eq!(bytes.len(), len(number));
            prop_assert_eq!(block_on(read(&mut Cursor::new(&bytes))).unwrap(), Some(number));
            let mut input = bytes.as_slice();
            prop_assert_eq!(take(&mut input), Some(number));
            prop_assert!(input.is_empty());
        }
    }

    #[test]
    fn overlong_and_cut_numbers_are_refused() {
        assert_eq!(take(&mut [0x80u8; 10].as_slice()), None);
        assert_eq!(
            take(&mut [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02u8].as_slice()),
            None
        );
        assert_eq!(take(&mut [0x80u8].as_slice()), None);
        assert!(block_on(read(&mut Cursor::new([0x80u8; 11]))).is_err());
        assert!(block_on(read(&mut Cursor::new([0x80u8]))).is_err());
        assert_eq!(block_on(read(&mut Cursor::new([0u8; 0]))).unwrap(), None);
    }
}
