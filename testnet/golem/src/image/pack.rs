//! Making an image from a directory, without a container engine and without squashfs-tools.

use super::sha3_224;
use crate::BedError;
use backhand::compression::{CompressionOptions, Compressor, Gzip};
use backhand::{FilesystemCompressor, FilesystemWriter, NodeHeader};
use std::fs::{self, File};
use std::io::BufWriter;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// An image and its name.
#[derive(Clone, Debug)]
pub struct Packed {
    /// The file.
    pub path: PathBuf,
    /// SHA3-224 of it, in hex.
    pub sha3_224: String,
}

impl Packed {
    /// An image that somebody else packed. Blocks.
    pub fn of(path: &Path) -> Result<Self, BedError> {
        Ok(Self { path: path.to_owned(), sha3_224: sha3_224(path)? })
    }
}

/// Packs what is in `tree` into an image. The same tree gives the same bytes: owners and times are left out, names are
/// sorted. Everything in it belongs to root and keeps its permissions; symbolic links stay links. Blocks.
pub fn pack(tree: &Path, image: &Path) -> Result<Packed, BedError> {
    let broken = |e: backhand::BackhandError| BedError::Image(format!("cannot pack {}: {e}", tree.display()));
    let mut writer = FilesystemWriter::default();
    writer.set_time(0);
    // weights hardly get smaller, and the best level takes minutes for them
    let fast = CompressionOptions::Gzip(Gzip { compression_level: 1, window_size: 15, strategies: 0 });
    writer.set_compressor(FilesystemCompressor::new(Compressor::Gzip, Some(fast)).map_err(broken)?);
    writer.set_root_mode(0o755);
    add(&mut writer, tree, Path::new("/"))?;
    let mut out = BufWriter::new(File::create(image).map_err(BedError::io(image))?);
    writer.write(&mut out).map_err(broken)?;
    let out = out.into_inner().map_err(|e| BedError::Io(image.to_owned(), e.into_error()))?;
    // what waits to be written would hold up the daemons' databases later
    out.sync_data().map_err(BedError::io(image))?;
    Ok(Packed { path: image.to_owned(), sha3_224: sha3_224(image)? })
}

fn add(writer: &mut FilesystemWriter<'_, '_, '_>, from: &Path, to: &Path) -> Result<(), BedError> {
    let broken = |e: backhand::BackhandError| BedError::Image(format!("{}: {e}", to.display()));
    let entries = fs::read_dir(from).map_err(BedError::io(from))?;
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>().map_err(BedError::io(from))?;
    paths.sort();
    for path in paths {
        let target = to.join(path.file_name().unwrap_or_default());
        let data = path.symlink_metadata().map_err(BedError::io(&path))?;
        let header = NodeHeader::new((data.permissions().mode() & 0o7777) as u16, 0, 0, 0);
        if data.is_symlink() {
            let link = fs::read_link(&path).map_err(BedError::io(&path))?;
            writer.push_symlink(link, &target, header).map_err(broken)?;
        } else if data.is_dir() {
            writer.push_dir(&target, header).map_err(broken)?;
            add(writer, &path, &target)?;
        } else if data.is_file() {
            writer.push_file_from_path(path, &target, header).map_err(broken)?;
        }
    }
    Ok(())
}
