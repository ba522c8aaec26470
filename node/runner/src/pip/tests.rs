//! `python3` is played by shell scripts that say what pip says.

use super::*;
use std::io::Write;

/// An executable script in `dir`; `$dest` is the directory that pip is told to download to.
fn script(dir: &Path, body: &str) -> PathBuf {
    let path = dir.join("python3");
    let find_dest = "while [ $# -gt 0 ]; do [ \"$1\" = --dest ] && dest=$2; shift; done";
    // Written by a child: a test that forks meanwhile would hold our own file open, and a file open for writing cannot
    // be executed.
    let mut writer = Command::new("sh")
        .args(["-c", "cat > \"$0\" && chmod 755 \"$0\""])
        .arg(&path)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    write!(writer.stdin.take().unwrap(), "#!/bin/sh\n{find_dest}\n{body}\n").unwrap();
    assert!(writer.wait().unwrap().success());
    path
}

fn run(body: &str) -> Result<Vec<u8>, PipError> {
    let dir = tempfile::tempdir().unwrap();
    let python = script(dir.path(), body);
    let wheel = download(&python, "pkg", "1.0", &dir.path().join("pip"), &mut |_| ())?;
    Ok(fs::read(wheel).unwrap())
}

#[test]
fn the_wheel_is_found() {
    assert_eq!(run("printf wheel > \"$dest/pkg-1.0-py3-none-any.whl\"").unwrap(), b"wheel");
}

#[test]
fn bytes_under_way_are_reported() {
    let dir = tempfile::tempdir().unwrap();
    let seen = dir.path().join("seen");
    // the "download" ends once its size was reported
    let body = format!(
        "mkdir $TMPDIR/u; printf 0123456789 > $TMPDIR/u/part; while [ ! -e '{}' ]; do sleep 0.01; done; : > \"$dest/p.whl\"",
        seen.display()
    );
    let python = script(dir.path(), &body);
    let mut most = 0;
    let result = download(&python, "pkg", "1.0", &dir.path().join("pip"), &mut |done| {
        most = most.max(done);
        if done >= 10 {
            fs::write(&seen, "").unwrap();
        }
    });
    assert!(result.is_ok() && most >= 10, "{most} bytes seen");
}

#[test]
fn each_failure_is_told_apart() {
    let no_network = "WARNING: Retrying (Retry(total=1)) after connection broken by 'NewConnectionError(\"[Errno -3] \
                      Temporary failure in name resolution\")': /simple/pkg/\nERROR: Could not find a version that \
                      satisfies the requirement pkg==1.0 (from versions: none)\nERROR: No matching distribution found";
    type Expected = fn(&PipError) -> bool;
    let failures: [(&str, Expected); 6] = [
        ("/usr/bin/python3: No module named pip", |e| matches!(e, PipError::NoPip { .. })),
        (no_network, |e| matches!(e, PipError::NoNetwork { .. })),
        ("ERROR: No matching distribution found for pkg==1.0", |e| {
            matches!(e, PipError::NoSuchPackage { .. })
        }),
        ("ERROR: Could not install: [Errno 28] No space left on device", |e| matches!(e, PipError::DiskFull)),
        (
            "ERROR: something new",
            |e| matches!(e, PipError::Failed { detail, .. } if detail == "ERROR: something new"),
        ),
        ("", |e| matches!(e, PipError::Failed { status, .. } if status.contains('3'))),
    ];
    for (said, expected) in failures {
        let error = run(&format!("cat >&2 <<'END'\n{said}\nEND\nexit 3")).unwrap_err();
        assert!(expected(&error), "{said:?} gave {error:?}");
    }
}

#[test]
fn no_python_and_no_wheel_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let error =
        download(&dir.path().join("none"), "pkg", "1.0", &dir.path().join("pip"), &mut |_| ()).unwrap_err();
    assert!(matches!(error, PipError::NoPython { .. }), "{error}");
    for body in ["exit 0", ": > \"$dest/a.whl\"; : > \"$dest/b.whl\"", ": > \"$dest/a.tar.gz\""] {
        assert!(matches!(run(body), Err(PipError::Failed { .. })), "{body}");
    }
}

#[test]
fn credentials_and_control_characters_are_not_shown() {
    let line =
        "Looking at https://me:s3cret@index.example/simple and http://tok@h:8\u{1b}[31m but mail a@b.c";
    assert_eq!(
        presentable(line),
        "Looking at https://index.example/simple and http://h:8[31m but mail a@b.c"
    );
    assert_eq!(presentable(&"x".repeat(5_000)).len(), 300);
}

#[test]
fn only_the_end_of_long_messages_is_read() {
    let error = run("yes 'noise' | head -c 1000000 >&2; echo >&2; echo last >&2; exit 1").unwrap_err();
    assert!(matches!(&error, PipError::Failed { detail, .. } if detail == "last"), "{error}");
}
