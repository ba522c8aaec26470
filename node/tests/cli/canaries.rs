//! What must never come out: planted where a node meets it, and looked for in everything that it writes.

use super::home::{found, until};
use super::{Ran, program, ran, text};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

/// The private part of the vendor's key.
const PRIVATE: &str = "Zq7Rt2mKp9Lx4Wv8BnC1";
const APP_KEY: &str = "5ac1d0f7e2b94c8893f6a1e07d44b2c9";
/// Whose node it is, and where: in the environment, in errors, in headers that are not kept.
const PERSON: [&str; 8] = [
    "canaryuser77",
    "canaryhost77",
    "org-Canary77",
    "proj_Canary77",
    "canary77@example.org",
    "CanaryCookie77",
    "canaryproxy77",
    "canarytrace77",
];
// tidy: a directory that is on no machine
const HOME: &str = "/home/canaryuser77";
/// The id of the account at a gateway, which stands in the endpoint's path.
const ACCOUNT: &str = "9f2c1a7be04d4c3e8a6b5c4d3e2f1a0b";
const ADDRESSES: [&str; 8] = [
    "203.0.113.77",
    "2001:db8:77::7",
    "::ffff:203.0.113.77",
    "203%2E0%2E113%2E77",
    "2001%3adb8%3a77%3a%3a7",
    "ip-203-0-113-77",
    "static.203-0-113-77.example",
    "203[dot]0[dot]113[dot]77",
];

/// The key, in each encoding.
fn forms() -> Vec<String> {
    let each = |form: fn(u8) -> String| PRIVATE.bytes().map(form).collect::<String>();
    let percent = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    vec![
        format!("sk-proj-{PRIVATE}"),
        PRIVATE[5..13].to_owned(),
        PRIVATE.to_lowercase(),
        each(|byte| format!("{byte:02x}")),
        each(|byte| format!("{byte:02X}")),
        percent(PRIVATE),
        each(|byte| format!("&#{byte};")),
        each(|byte| format!("&#x{byte:x};")),
        each(|byte| format!("\\u{byte:04x}")),
        STANDARD.encode(PRIVATE),
        STANDARD.encode(format!("u:{PRIVATE}")),
        URL_SAFE_NO_PAD.encode(format!("?{PRIVATE}?")),
        percent(&STANDARD.encode(PRIVATE)),
        each(|byte| format!("{byte}, ")),
        each(|byte| format!("={byte:02X}")),
        STANDARD.encode(STANDARD.encode(each(|byte| format!("%{byte:02x}")))),
        ACCOUNT.to_owned(),
    ]
}

/// One response of the vendor's.
struct Planted {
    head: String,
    body: String,
}

fn planted(status: &str, headers: &str, body: String) -> Planted {
    let cookie =
        "set-cookie: session=CanaryCookie77\r\nopenai-organization: org-Canary77\r\nx-host: canaryhost77";
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{cookie}\r\n{headers}connection: close\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    Planted { head, body }
}

fn answer(words: &str, usage: u64) -> String {
    format!(
        "{{\"id\":\"c-1\",\"model\":\"m\",\"choices\":[{{\"index\":0,\"message\":{{\"role\":\"assistant\",\
         \"content\":\"{words}\"}},\"finish_reason\":\"stop\"}}],\
         \"usage\":{{\"prompt_tokens\":5,\"completion_tokens\":{usage}}}}}"
    )
}

/// All responses, one for each prompt.
fn responses() -> Vec<Planted> {
    let everything = format!(
        "{} {} {} {HOME}/x",
        PERSON.join(" "),
        ADDRESSES.join(" "),
        forms().join(" ").replace('\\', "\\\\")
    );
    let error = format!("{{\"error\":{{\"code\":\"invalid_api_key\",\"message\":\"{everything}\"}}}}");
    let mut all: Vec<Planted> =
        forms().iter().map(|form| planted("200 OK", "", answer(&format!("it is {form}"), 5))).collect();
    all.extend(forms().iter().filter(|form| !form.contains('\n')).map(|form| {
        let headers = format!("server: edge {form}\r\nx-request-id: r-{form}\r\nvia: 1.1 canaryhost77\r\n");
        planted("200 OK", &headers, answer(&format!("you are {}", ADDRESSES.join(" or ")), 5))
    }));
    all.push(planted("403 Forbidden", "", format!("<h1>{everything}</h1>")));
    all.push(planted("401 Unauthorized", "", error.clone()));
    all.push(planted("302 Found", "location: http://canaryhost77/\r\n", everything.clone()));
    all.push(planted("200 OK", "", error));
    all.push(planted("200 OK", "", format!("<h1>{everything}</h1>")));
    all.push(planted("200 OK", "", answer("dear", 9_999_999)));
    // what a vendor says beside an answer, and codes that are names
    let account = "\"user\":\"canaryuser77\",\"organization\":\"org-Canary77\",\"metadata\":{\"m\":\"canary77@example.org\"},\"id\"";
    let beside = answer("fair", 5).replace("\"id\"", account);
    let beside = beside.replace("\"m\",", "\"c:\\\\users\\\\canaryuser77\\\\q.gguf\",");
    let headers =
        "server: canaryhost77/1.2\r\nx-request-id: org-Canary77\r\nopenai-version: proj_Canary77\r\n";
    all.push(planted("200 OK", headers, beside));
    let code =
        "{\"error\":{\"code\":\"org-Canary77\",\"type\":\"proj_Canary77\",\"status\":\"canaryuser77\"}}";
    all.push(planted("400 Bad Request", "", code.to_owned()));
    all
}

/// Serves each prompt its response; the port.
fn serve(responses: Vec<Planted>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let (mut request, mut part) = (Vec::new(), [0; 4096]);
            let asked = loop {
                let Ok(len @ 1..) = stream.read(&mut part) else { break None };
                request.extend_from_slice(&part[..len]);
                let said = String::from_utf8_lossy(&request);
                if let Some((_, rest)) = said.split_once("plant ")
                    && let Some((number, _)) = rest.split_once('.')
                {
                    break number.parse::<usize>().ok();
                }
                if said.contains("one word") {
                    break Some(0);
                }
            };
            if let Some(planted) = asked.and_then(|at| responses.get(at)) {
                // who has gone away hears nothing
                let _ = stream.write_all(planted.head.as_bytes());
                let _ = stream.write_all(planted.body.as_bytes());
            }
        }
    });
    port
}

/// A node whose environment is full of what must not come out.
struct Place {
    dir: PathBuf,
    data: PathBuf,
    written: Vec<(String, Vec<u8>)>,
}

impl Place {
    fn run(&mut self, arguments: &[&str]) -> Ran {
        let output = self.program(arguments).output().unwrap();
        self.written.push((arguments.join(" "), [output.stdout.clone(), output.stderr.clone()].concat()));
        ran(output)
    }

    fn program(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = program(arguments);
        command.args(["--data", text(&self.data)]);
        command
            .env("USER", "canaryuser77")
            .env("HOME", HOME)
            .env("LOGNAME", "canaryuser77")
            .env("HOSTNAME", "canaryhost77");
        command.env("HTTPS_PROXY", "http://bob:canaryproxy77@127.0.0.1:9");
        command.env("HTTP_PROXY", "http://bob:canaryproxy77@127.0.0.1:9");
        command.env("EMAIL", "canary77@example.org").env("LAB_ORGANIZATION", "org-Canary77");
        command
    }

    fn start(&self) -> Child {
        let log = fs::File::create(self.dir.join("stderr")).unwrap();
        let mut command = self.program(&["run", "--json"]);
        let mut child = command.env("RUST_LOG", "trace").stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("\"ready\":true"), "{line}");
        child
    }

    fn take(&mut self, path: &Path) {
        self.written.push((path.display().to_string(), fs::read(path).unwrap()));
    }
}

fn private(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

fn set_up(dir: &Path, port: u16, prompts: usize) -> Place {
    let (data, genesis) = (dir.join("node"), dir.join("genesis.toml"));
    found(&data, &genesis);
    let (key, app_key) = (dir.join("lab.key"), dir.join("yagna.key"));
    private(&key, &format!("sk-proj-{PRIVATE}\n"));
    private(&app_key, &format!("{APP_KEY}\n"));
    let hash = "9a".repeat(28);
    let config = format!(
        "genesis = {genesis:?}\n[net]\nlisten = [\"/ip4/127.0.0.1/tcp/0\"]\nallow_private = true\n\
         [offers]\ntargets = [{{ target = \"compat:lab/m\" }}]\n\
         [log]\nlevel = \"trace\"\ndir = \"log\"\n\
         [[vendor]]\ntarget = \"lab\"\nendpoints = {{ eu = \"http://127.0.0.1:{port}/{ACCOUNT}/eu\" }}\nattempts_max = 1\n\
         key = {{ file = {key:?} }}\nmicrousd_max_per_day = 5_000_000\nprices = {{ m = {{ input = 1, output = 1 }} }}\n\
         [golem]\napp_key = {{ file = {app_key:?} }}\ndaemon = \"http://127.0.0.1:9\"\nplatform = \"erc20-hoodi-tglm\"\n\
         image_url = \"https://images.example/task.gvmi\"\nimage_sha3_224 = \"{hash}\"\nmodels = [\"smollm2-135m\"]\n\
         glm_max_per_job = \"0.5\"\nglm_max_per_day = \"2\"\n"
    );
    fs::write(data.join("config.toml"), config).unwrap();
    let mut suite =
        "v = 1\nname = \"c\"\nlabel = \"a test\"\ntokens_max = 32\ntemperature_milli = 0\n".to_owned();
    for at in 0..prompts {
        suite +=
            &format!("[[prompts]]\nid = \"p{at}\"\ntopic = \"t\"\nkind = \"fact\"\ntext = \"plant {at}.\"\n");
    }
    fs::write(dir.join("suite.toml"), suite).unwrap();
    Place { dir: dir.to_owned(), data, written: Vec::new() }
}

/// One job, its evidence, and all that can be asked about it.
fn live(place: &mut Place) -> Vec<u8> {
    let mut node = place.start();
    let suite = place.dir.join("suite.toml");
    let submit =
        ["job", "submit", text(&suite), "--regions", "eu", "--replicas", "1", "--target", "compat:lab/m"];
    let submit = [&submit[..], &["--commit", "60s", "--json"]].concat();
    let id = until("a job is ordered", || {
        let ran = place.run(&submit);
        (ran.code == 0).then(|| ran.json()["id"].as_str().unwrap().to_owned())
    });
    until("the job is done", || {
        (place.run(&["job", "show", &id, "--json"]).json()["phase"] == "done").then_some(())
    });
    let (car, backup) = (place.dir.join("job.car"), place.dir.join("node.backup"));
    for command in [
        vec!["status"],
        vec!["status", "--json"],
        vec!["job", "show", &id],
        vec!["log", "--json"],
        vec!["doctor"],
        vec!["doctor", "--json"],
        vec!["target", "list"],
        vec!["target", "list", "--json"],
        vec!["golem", "offers"],
        vec!["bundle", "export", &id, "--out", text(&car)],
        vec!["backup", "--out", text(&backup)],
    ] {
        place.run(&command);
    }
    node.kill().unwrap();
    node.wait().unwrap();
    for path in [car.clone(), backup, place.dir.join("stderr")] {
        place.take(&path);
    }
    place.run(&["target", "probe", "compat:lab/m", "--region", "eu", "--yes"]);
    place.run(&["target", "probe", "compat:lab/m", "--region", "eu", "--yes", "--json"]);
    let genesis = place.dir.join("genesis.toml");
    for format in ["html", "md", "json"] {
        let ran = ran(program(&["report", text(&car), "--genesis", text(&genesis), "--format", format])
            .output()
            .unwrap());
        assert_eq!(ran.code, 0, "{}", ran.err);
        place.written.push((format!("report.{format}"), ran.out.into_bytes()));
    }
    fs::read(&car).unwrap()
}

/// Every file below a directory.
fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .filter(|path| path.is_file())
        .collect()
}

#[test]
fn no_planted_canary_comes_out() {
    let dir = tempfile::tempdir().unwrap();
    let responses = responses();
    let count = responses.len();
    let mut place = set_up(dir.path(), serve(responses), count);
    let car = live(&mut place);
    for path in files(&place.data) {
        place.take(&path);
    }
    let config = place.data.join("config.toml");
    let text_before = fs::read_to_string(&config).unwrap();
    fs::write(&config, text_before.replace("http://127.0.0.1:", "http://bob:canaryproxy77@127.0.0.1:"))
        .unwrap();
    for command in [vec!["target", "list"], vec!["doctor"], vec!["run"], vec!["status", "--json"]] {
        assert_ne!(place.run(&command).code, 0, "{command:?}");
    }

    // the plants were met, and dealt with
    let times = |words: &str| car.windows(words.len()).filter(|window| *window == words.as_bytes()).count();
    assert!(times("secret_in_response") >= forms().len() && times("[redacted:key]") >= 2 * forms().len());
    // equal answers are one block, and so are equal responses
    assert!(times("[ip]") >= 2 * ADDRESSES.len(), "{}", times("[ip]"));
    for failure in ["q.gguf", "absurd_usage", "http_4xx(403)", "refused_by_api(invalid_key)", "http_3xx(302)"]
    {
        assert!(times(failure) >= 1, "{failure}");
    }

    let mut canaries = forms();
    canaries.extend((0..=PRIVATE.len() - 8).map(|at| PRIVATE[at..at + 8].to_owned()));
    canaries
        .extend([APP_KEY, "0.113.77", "db8:77", "113%2E77", "203-0-113-77", "db8%3a77"].map(str::to_owned));
    canaries.extend(PERSON.map(str::to_owned));
    assert!(canaries.len() >= 30);
    for (name, bytes) in &place.written {
        let said = String::from_utf8_lossy(bytes).to_lowercase();
        // the configuration is the operator's own, and the endpoint stands in it
        let has_endpoint = name.ends_with("config.toml") || name.ends_with("node.backup");
        for canary in canaries.iter().filter(|canary| !(has_endpoint && *canary == ACCOUNT)) {
            assert!(!said.contains(&canary.to_lowercase()), "{canary:?} came out in {name}");
        }
    }
}
