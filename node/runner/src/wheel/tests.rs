use super::*;
use std::io::Write;
use std::path::PathBuf;
use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

fn wheel(dir: &Path, entries: &[(&str, &[u8])]) -> PathBuf {
    let path = dir.join("a.whl");
    let mut writer = ZipWriter::new(File::create(&path).unwrap());
    for (name, bytes) in entries {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap();
    path
}

fn read_all(wheel: &Path, path: &str) -> Result<io::Result<Vec<u8>>, WheelError> {
    with_entry(wheel, path, |reader| {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).map(|_| bytes)
    })
}

#[test]
fn only_the_file_of_that_exact_name_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = wheel(dir.path(), &[("../m.gguf", b"evil"), ("p/m.gguf", b"good"), ("/p/m.gguf", b"evil")]);
    assert_eq!(read_all(&path, "p/m.gguf").unwrap().unwrap(), b"good");
    for missing in ["m.gguf", "p", "p/", "P/M.GGUF", "p/m.gguf/"] {
        assert!(matches!(read_all(&path, missing), Err(WheelError::Missing { .. })), "{missing}");
    }
    let beside: Vec<_> = std::fs::read_dir(dir.path()).unwrap().collect();
    assert_eq!(beside.len(), 1, "nothing was unpacked");
}

#[test]
fn damaged_archives_are_errors() {
    let dir = tempfile::tempdir().unwrap();
    let content: Vec<u8> = (0..20_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let path = wheel(dir.path(), &[("m", &content)]);
    let whole = std::fs::read(&path).unwrap();
    for len in [0, 1, 100, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..len]).unwrap();
        assert!(matches!(read_all(&path, "m"), Err(WheelError::Archive { .. })), "{len} bytes");
    }
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 0xff;
    std::fs::write(&path, flipped).unwrap();
    assert!(read_all(&path, "m").unwrap().is_err(), "the checksum is compared");
    assert!(matches!(read_all(&dir.path().join("none"), "m"), Err(WheelError::Archive { .. })));
}
