//! Images of tasks: `.gvmi`, which is a squashfs file named by its SHA3-224.

mod pack;
mod server;
mod unpack;

pub use pack::{Packed, pack};
pub use server::ImageServer;
pub(crate) use unpack::{below, unpack};

use crate::{BedError, cache};
use sha3::{Digest, Sha3_224};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// SHA3-224 of a file, in hex: the name by which Golem asks for an image.
pub(crate) fn sha3_224(path: &Path) -> Result<String, BedError> {
    let mut file = File::open(path).map_err(BedError::io(path))?;
    let (mut hash, mut chunk) = (Sha3_224::new(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut chunk).map_err(BedError::io(path))? {
            0 => return Ok(cache::hex(&hash.finalize())),
            count => hash.update(chunk.get(..count).unwrap_or_default()),
        }
    }
}
