//! `proof` and `proof check`: what holds, what is damaged, what contradicts.

use super::running::Running;
use super::{Ran, text, vantage};
use std::fs;

/// A proof as a node shows it holds; one that was changed, cut or is of another network does not.
pub fn proof(node: &Running, job: &str) {
    let dir = node.dir.path();
    let (file, policy, genesis) = (dir.join("p.tlog-proof"), dir.join("p.policy"), dir.join("genesis.toml"));
    let leaf = format!("{}:3", &node.ready["node"].as_str().unwrap()[..8]);
    let shown = node.ask(&["proof", &leaf, "--out", text(&file), "--policy", text(&policy), "--json"]);
    assert_eq!(shown.code, 0, "{}", shown.err);
    assert_eq!(shown.json()["typ"], "commit");
    let written = fs::read_to_string(&file).unwrap();
    assert!(written.starts_with("c2sp.org/tlog-proof@v1\nextra ") && shown.json()["proof"] == written);

    let check = |file: &str, policy: &str| {
        vantage(&["proof", "check", file, "--policy", policy, "--genesis", text(&genesis)])
    };
    let held = check(text(&file), text(&policy));
    assert_eq!(held.code, 0, "{}{}", held.out, held.err);
    assert!(held.out.contains("HOLDS") && held.out.contains("commit"), "{}", held.out);
    let (bad, bad_policy) = (dir.join("bad.tlog-proof"), dir.join("bad.policy"));
    fs::write(&bad, written.replace("index 3", "index 2")).unwrap();
    check(text(&bad), text(&policy)).refused(2, &["bad.tlog-proof", "no whole proof"]);
    damaged(written.as_bytes(), |bytes| {
        fs::write(&bad, bytes).unwrap();
        check(text(&bad), text(&policy))
    });
    fs::write(&bad, &written).unwrap();
    let keys = fs::read_to_string(&policy).unwrap();
    for line in ["witness ", "# keyset ", "log "] {
        let found = keys.lines().find(|l| l.starts_with(line)).unwrap();
        // within the key or the keyset at the line's end
        let mut bytes = keys.clone().into_bytes();
        let place = keys.find(found).unwrap() + found.len() - 12;
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        fs::write(&bad_policy, bytes).unwrap();
        check(text(&file), text(&bad_policy)).refused(2, &["bad.policy", "no whole policy"]);
    }
    fs::write(&bad_policy, fs::read_to_string(&policy).unwrap().replace("committee 1", "committee 0"))
        .unwrap();
    check(text(&file), text(&bad_policy)).refused(5, &["bad.policy", "by the genesis"]);
    let other = dir.join("other.toml");
    let key = vantage_protocol::keys::RootKey::from_seed(&[1; 32]).public().node_id();
    let member = format!("{key},beta,us");
    let made = ["genesis", "create", "--name", "o", "--test", "--member", &member, "--out", text(&other)];
    assert_eq!(vantage(&made).code, 0);
    let foreign =
        vantage(&["proof", "check", text(&file), "--policy", text(&policy), "--genesis", text(&other)]);
    foreign.refused(5, &["belongs to network"]);

    let of_job = node.ask(&["proof", &job[..10]]);
    assert!(of_job.out.starts_with("c2sp.org/tlog-proof@v1\n"), "{}", of_job.out);
    node.ask(&["proof", "zz:1"]).refused(1, &["no known node"]);
    node.ask(&["proof", "12:x"]).refused(2, &["NODE:INDEX"]);
    node.ask(&["proof", &leaf.replace(":3", ":99")]).refused(1, &["there is none at 99", "vantage log"]);
}

/// A proof that was cut, or in which a bit was changed, is bad input: nothing that was signed says anything of it.
fn damaged(whole: &[u8], check: impl Fn(&[u8]) -> Ran) {
    let cut = (1..whole.len()).step_by(whole.len() / 12 + 1).map(|keep| whole[..keep].to_vec());
    let lines = whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    let cut_at_lines = lines.filter(|keep| *keep < whole.len()).map(|keep| whole[..keep].to_vec());
    let flipped = (0..whole.len()).step_by(whole.len() / 40 + 1).map(|at| {
        let mut bytes = whole.to_vec();
        bytes[at] ^= 1 << (at % 7);
        bytes
    });
    for bytes in cut.chain(cut_at_lines).chain(flipped) {
        let refused = check(&bytes);
        let shown = String::from_utf8_lossy(&bytes);
        assert_eq!(refused.code, 2, "{}{}\n{shown}", refused.out, refused.err);
    }
}
