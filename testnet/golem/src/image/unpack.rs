//! Unpacking an image, bounded, into an empty directory.

use crate::BedError;
use backhand::{FilesystemReader, InnerNode};
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

/// Most bytes that an image may unpack to. A guess: twice what a model and a small system take.
const UNPACKED_BYTES_MAX: u64 = 4 << 30;
/// Most files, directories and links of an image. A guess: a small system has some thousands.
const NODES_MAX: usize = 100_000;
/// Bytes of a file that are written before they are put on disk. A guess: a second of a slow disk.
const PIECE_BYTES: u64 = 32 << 20;

/// Unpacks `image` below `root`. Owners, times and devices are left out. Blocks.
pub(crate) fn unpack(image: &Path, root: &Path) -> Result<(), BedError> {
    let refused = |why: String| BedError::Image(why);
    let file = BufReader::new(File::open(image).map_err(BedError::io(image))?);
    let system = FilesystemReader::from_reader(file).map_err(|e| refused(format!("not squashfs: {e}")))?;
    let mut left = UNPACKED_BYTES_MAX;
    // links last: nothing is ever written through one
    let mut links = Vec::new();
    for (count, node) in system.files().enumerate() {
        if count >= NODES_MAX {
            return Err(refused(format!("more than {NODES_MAX} files")));
        }
        let Some(path) = below(root, &node.fullpath) else {
            return Err(refused(format!("the path {}", node.fullpath.display())));
        };
        match &node.inner {
            InnerNode::Dir(_) => fs::create_dir_all(&path).map_err(BedError::io(&path))?,
            InnerNode::File(file) => {
                let mut out = File::create(&path).map_err(BedError::io(&path))?;
                let content = system.file(file).reader().take(left + 1);
                let written = write_evenly(content, &mut out).map_err(BedError::io(&path))?;
                left = left.checked_sub(written).ok_or_else(|| refused("it is too large".to_owned()))?;
                let mode = fs::Permissions::from_mode(u32::from(node.header.permissions & 0o777) | 0o400);
                fs::set_permissions(&path, mode).map_err(BedError::io(&path))?;
            }
            InnerNode::Symlink(link) => links.push((link.link.clone(), path)),
            _ => (),
        }
    }
    for (target, path) in links {
        std::os::unix::fs::symlink(target, &path).map_err(BedError::io(&path))?;
    }
    Ok(())
}

/// Copies, and puts what was written on disk piece by piece: hundreds of MB at once would hold up the daemons' databases
/// for longer than the daemon takes for a living provider.
fn write_evenly(mut content: impl Read, out: &mut File) -> io::Result<u64> {
    let mut written = 0;
    loop {
        let piece = io::copy(&mut content.by_ref().take(PIECE_BYTES), out)?;
        written += piece;
        if piece < PIECE_BYTES {
            return Ok(written);
        }
        out.sync_data()?;
    }
}

/// A path of the image as one below `root`; `None` if it would lead elsewhere.
pub(crate) fn below(root: &Path, path: &Path) -> Option<PathBuf> {
    let mut joined = root.to_owned();
    for part in path.components() {
        match part {
            Component::Normal(name) => joined.push(name),
            Component::RootDir | Component::CurDir => (),
            Component::ParentDir | Component::Prefix(_) => return None,
        }
    }
    Some(joined)
}

#[cfg(test)]
mod tests {
    use super::super::{pack, sha3_224};
    use super::*;

    fn tree(dir: &Path) -> PathBuf {
        let tree = dir.join("tree");
        fs::create_dir_all(tree.join("bin")).unwrap();
        fs::create_dir_all(tree.join("empty")).unwrap();
        fs::write(tree.join("bin/run"), "#!/bin/sh\necho hi\n").unwrap();
        fs::set_permissions(tree.join("bin/run"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(tree.join("data"), vec![7u8; 3_000_000]).unwrap();
        std::os::unix::fs::symlink("bin/run", tree.join("link")).unwrap();
        tree
    }

    #[test]
    fn what_is_packed_comes_out_again() {
        let dir = tempfile::tempdir().unwrap();
        let packed = pack(&tree(dir.path()), &dir.path().join("a.gvmi")).unwrap();
        assert_eq!(packed.sha3_224.len(), 56);
        let again = pack(&dir.path().join("tree"), &dir.path().join("b.gvmi")).unwrap();
        assert_eq!(packed.sha3_224, again.sha3_224, "the same tree, the same bytes");

        let root = dir.path().join("root");
        fs::create_dir(&root).unwrap();
        unpack(&packed.path, &root).unwrap();
        assert_eq!(fs::read_to_string(root.join("link")).unwrap(), "#!/bin/sh\necho hi\n");
        assert_eq!(fs::metadata(root.join("bin/run")).unwrap().permissions().mode() & 0o777, 0o755);
        assert_eq!(fs::read(root.join("data")).unwrap(), vec![7u8; 3_000_000]);
        assert!(root.join("empty").is_dir());
    }

    #[test]
    fn a_damaged_image_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.gvmi");
        fs::write(&path, vec![1u8; 5000]).unwrap();
        assert!(unpack(&path, dir.path()).unwrap_err().to_string().contains("not squashfs"));
        assert_eq!(below(Path::new("/r"), Path::new("/a/../../b")), None);
        assert_eq!(below(Path::new("/r"), Path::new("/a/./b")), Some(PathBuf::from("/r/a/b")));
    }

    /// The known answer of the empty string, so that images have the names that Golem gives them.
    #[test]
    fn the_name_is_sha3_224() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("empty");
        fs::write(&path, "").unwrap();
        assert_eq!(sha3_224(&path).unwrap(), "6b4e03423667dbb73b6e15454f0eb1abd4597f9a1b078e3f5b5a6bc7");
    }
}
