//! What a node needs to be left running for months: policy, logs, good ends, backups, moves, and a disk that fills up.

use super::home::{Home, Life, until};
use super::{text, vantage};
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use vantage_testnet::vendors::{SIM_KEY, SimConfig, SimVendor};

/// Runs a test that blocks beside a simulated vendor.
async fn beside_a_vendor(test: impl FnOnce(&str) + Send + 'static) {
    let vendor = SimVendor::start(SimConfig::default()).await.unwrap();
    let endpoint = vendor.endpoint("eu");
    tokio::task::spawn_blocking(move || test(&endpoint)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_declines_in_the_log_and_is_read_again_on_a_signal() {
    beside_a_vendor(|endpoint| {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::new(dir.path(), endpoint, "[policy]\ntargets_deny = [\"sim:*\"]\n");
        let node = home.run();
        let id = home.submit();
        assert_eq!(home.declined(&id), "policy/target: this node does not ask sim:openai for others");
        let shown = home.ask(&["job", "show", &id]);
        assert!(shown.out.contains("policy/target"), "{}", shown.out);

        // a mistake changes nothing
        home.configure("[policy]\nhours_utc = [\"always\"]\n");
        node.signal("HUP");
        home.configure("[policy]\ncells_max = 0\n");
        node.signal("HUP");
        until("the new policy is followed", || {
            let status = home.status();
            let notices = status["notices"].as_array().unwrap();
            notices.iter().any(|n| n["text"].as_str().unwrap().contains("another policy")).then_some(())
        });
        let id = home.submit();
        assert_eq!(home.declined(&id), "policy/cells: 1 cells of one job, at most 0 are taken on");
        home.configure("");
        node.signal("HUP");
        let taken = until("a job is taken on", || {
            let id = home.submit();
            Some(home.settled(&id)).filter(|state| state == "revealed")
        });
        assert_eq!(taken, "revealed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn log_files_are_private_counted_and_hold_no_secret() {
    beside_a_vendor(|endpoint| {
        let dir = tempfile::tempdir().unwrap();
        let log = "[log]\nlevel = \"trace\"\ndir = \"log\"\nformat = \"json\"\nrotation = \"minutely\"\nfiles_kept = 2\n";
        let home = Home::new(dir.path(), endpoint, log);
        let files = home.data.join("log");
        // left by earlier days
        fs::create_dir(&files).unwrap();
        for n in 1..6 {
            fs::write(files.join(format!("vantage.2020-01-01-00-0{n}.log")), b"old").unwrap();
        }
        let mut node = home.run();
        let id = home.submit();
        assert_eq!(home.settled(&id), "revealed");
        node.signal("TERM");
        assert_eq!(node.code(), Some(0));

        let mut said = String::new();
        let mut count = 0;
        for entry in fs::read_dir(&files).unwrap() {
            let path = entry.unwrap().path();
            let found = fs::read_to_string(&path).unwrap();
            if found != "old" {
                assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
                said += &found;
            }
            count += 1;
        }
        assert!(count <= 3, "{count} files, 2 are kept and a new one may have begun");
        for words in ["the node is up", "stopping", "the node has stopped"] {
            assert!(said.contains(words), "{words} is missing");
        }
        for line in said.lines() {
            serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        }
        let seed = |name: &str| fs::read_to_string(home.data.join(name)).unwrap().trim().to_owned();
        for secret in [SIM_KEY.to_owned(), seed("root.key"), seed("log.key"), seed("witness.key"), seed("transport.key")] {
            assert!(!said.contains(&secret), "a secret is in the log");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_signal_stops_in_good_order_and_two_end_at_once() {
    beside_a_vendor(|endpoint| {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::new(dir.path(), endpoint, "");
        for name in ["TERM", "INT"] {
            let mut node = home.run();
            node.signal(name);
            assert_eq!(node.code(), Some(0), "{name}");
            assert!(!home.data.join("ready.json").exists() && !home.data.join("control.sock").exists());
        }
        let mut node = home.run();
        // both are there before it can do anything about the first
        node.signal("STOP");
        node.signal("TERM");
        node.signal("INT");
        node.signal("CONT");
        let code = node.code();
        assert!(matches!(code, Some(130 | 143)), "{code:?}");
        // nothing is lost: it goes on
        let id = {
            let _node = home.run();
            let id = home.submit();
            home.settled(&id);
            id
        };
        let _node = home.run();
        assert_eq!(home.ask(&["job", "show", &id, "--json"]).code, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_node_is_backed_up_restored_and_moved() {
    beside_a_vendor(|endpoint| {
        let dir = tempfile::tempdir().unwrap();
        let mut home = Home::new(dir.path(), endpoint, "");
        let mut node = home.run();
        let id = home.submit();
        home.settled(&id);
        let (running, stopped) = (dir.path().join("running.backup"), dir.path().join("stopped.backup"));
        let moved = dir.path().join("moved");
        let written = home.ask(&["backup", "--out", text(&running), "--json"]);
        assert_eq!(written.code, 0, "{}", written.err);
        assert!(written.json()["parts"].as_u64().unwrap() >= 6);
        home.ask(&["backup", "--out", text(&running)]).refused(1, &["nothing is overwritten"]);
        home.ask(&["move", "--to", text(&moved)]).refused(1, &["in use", "vantage stop"]);
        node.signal("TERM");
        assert_eq!(node.code(), Some(0));
        assert_eq!(home.ask(&["backup", "--out", text(&stopped), "--with-root-key"]).code, 0);

        for (n, (backup, root)) in [(&running, false), (&stopped, true)].into_iter().enumerate() {
            let copy = dir.path().join(format!("copy{n}"));
            let restored = vantage(&["restore", text(backup), "--data", text(&copy), "--json"]);
            assert_eq!(restored.code, 0, "{}", restored.err);
            assert_eq!(restored.json()["root_key"], root);
            assert_eq!(copy.join("root.key").exists(), root);
            vantage(&["restore", text(backup), "--data", text(&copy)])
                .refused(1, &["nothing is overwritten"]);
            home.data = copy;
            let _copy = home.run();
            // a network of one has nobody to ask
            until("it is vouched for", || home.status()["restored"].is_null().then_some(()));
            assert_eq!(home.ask(&["job", "show", &id, "--json"]).json()["phase"], "done");
        }

        home.data = dir.path().join("node");
        let done = home.ask(&["move", "--to", text(&moved)]);
        assert_eq!(done.code, 0, "{}", done.err);
        home.ask(&["run"]).refused(1, &["retired", "was moved to", text(&moved)]);
        home.ask(&["backup", "--out", text(&dir.path().join("late.backup"))]).refused(1, &["retired"]);
        home.data = moved;
        let _moved = home.run();
        assert_eq!(home.ask(&["job", "show", &id, "--json"]).json()["phase"], "done");
        assert_eq!(home.status()["restored"], serde_json::Value::Null);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_node_is_pruned_and_goes_on() {
    beside_a_vendor(|endpoint| {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::new(dir.path(), endpoint, "[keep]\njob_days = 30\n");
        let node = home.run();
        let id = home.submit();
        home.settled(&id);
        let before = home.status()["log_size"].clone();
        let shown = home.ask(&["prune", "--dry-run", "--json"]).json();
        assert!(shown["pruned"]["records"].as_u64().unwrap() > 0, "{shown}");
        assert_eq!(shown["pruned"]["blocks"], 0, "the job is new");
        let done = home.ask(&["prune", "--json"]).json();
        assert!(done["pruned"]["record_bytes"].as_u64().unwrap() > 0, "{done}");
        drop(node);

        let _node = home.run();
        let status = home.status();
        assert_eq!(status["log_size"], before);
        assert_eq!(home.ask(&["job", "show", &id, "--json"]).json()["phase"], "done");
        let id = home.submit();
        assert_eq!(home.settled(&id), "revealed");
    })
    .await;
}

/// A small file system of its own, gone when dropped.
struct Small(PathBuf);

impl Small {
    fn mount(at: &Path, mib: u32) -> Self {
        fs::create_dir(at).unwrap();
        let size = format!("size={mib}m,mode=0700");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs", text(at)]).output().unwrap();
        assert!(mounted.status.success(), "this test needs root, to mount a small file system: {mounted:?}");
        Self(at.to_owned())
    }

    /// Fills it up to so many KiB, and never further: a node that writes meanwhile has them.
    fn fill(&self, left_kib: usize) {
        let free = Command::new("df").args(["--output=avail", "-k", text(&self.0)]).output().unwrap();
        let free_kib: usize =
            String::from_utf8_lossy(&free.stdout).lines().nth(1).unwrap().trim().parse().unwrap();
        let filler = vec![7u8; free_kib.saturating_sub(left_kib) * 1024];
        let written = fs::write(self.0.join("filler"), filler);
        assert!(written.is_ok() || left_kib == 0, "{written:?}");
    }

    fn make_room(&self) {
        fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        // the node in it is dead by now, but may be dying still
        let _ = Command::new("umount").args(["-l", text(&self.0)]).status();
    }
}

/// Orders until the node meets the wall: each order writes, and the one that meets it is promised nothing.
fn at_the_wall(home: &Home, node: &mut Life) {
    let code = until("the node has met the wall", || {
        let _ = home.try_submit();
        node.child.try_wait().unwrap()
    });
    assert_eq!(code.code(), Some(6));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_up_takes_no_jobs_then_stops_and_resumes() {
    beside_a_vendor(|endpoint| {
        let dir = tempfile::tempdir().unwrap();
        let disk = Small::mount(&dir.path().join("disk"), 48);
        let home = Home::new(&disk.0, endpoint, "[disk]\nfree_mib_min = 8\n");
        {
            let _node = home.run();
            let id = home.submit();
            assert_eq!(home.settled(&id), "revealed");
            disk.fill(6 * 1024);
            until("the room is low", || (home.status()["room"] == "low").then_some(()));
            let id = home.submit();
            assert!(home.declined(&id).starts_with("policy/disk: "));
            assert!(home.ask(&["status"]).out.contains("no further job is taken on"));
            disk.make_room();
            until("there is room again", || (home.status()["room"] == "ample").then_some(()));
            let id = home.submit();
            assert_eq!(home.settled(&id), "revealed", "it goes on by itself");
        }
        // without a floor it runs into the wall: what it cannot keep it does not say
        home.configure("[disk]\nfree_mib_min = 0\n");
        let mut node = home.run();
        let certified = home.status()["certified_size"].as_u64().unwrap();
        disk.fill(0);
        at_the_wall(&home, &mut node);
        // pages that are free within its store may let it start once more, but not work
        let mut node = home.run_quietly();
        at_the_wall(&home, &mut node);
        let mut said = String::new();
        node.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(said.contains("make room"), "whichever file is written first says so: {said}");
        disk.make_room();
        let _node = home.run();
        assert!(home.status()["certified_size"].as_u64().unwrap() >= certified);
        let id = home.submit();
        assert_eq!(home.settled(&id), "revealed");
    })
    .await;
}
