use super::*;

const SUITE: &str = r#"
v = 1
name = "two"
label = "a test"
tokens_max = 32
[[prompts]]
id = "sum"
topic = "arithmetic"
kind = "fact"
text = "What is one and one?"
[[prompts]]
id = "summe"
topic = "arithmetic"
kind = "fact"
text = "Was ist eins und eins?"
"#;

fn plan(contrasts: &str) -> Result<StudyPlan, WireError> {
    StudyPlan::from_toml(&format!("v = 1\nname = \"a test\"\nalpha_ppm = 50_000\n{contrasts}"))
}

/// The family of a job with two targets in three regions.
fn family(contrasts: &str) -> Result<Vec<Registered>, String> {
    let targets: [Target; 2] = ["open:smollm2-135m", "sim:openai"].map(|name| name.parse().unwrap());
    let regions = ["ap", "eu", "us"].map(str::to_owned);
    let suite = Suite::from_toml(SUITE).unwrap();
    plan(contrasts).map_err(|error| error.to_string())?.family(&targets.each_ref(), &regions, &suite)
}

const TEXTS: &str = "[[contrasts]]\nmeasure = \"texts\"\nscope = \"these_executors\"\n";

#[test]
fn what_is_not_named_is_all_of_the_job() {
    let all = family(TEXTS).unwrap();
    assert_eq!(all.len(), 2 * 3);
    assert_eq!(all[0].sides, [Place { target: 0, region: 0 }, Place { target: 0, region: 1 }]);
    assert_eq!(all[5].sides, [Place { target: 1, region: 1 }, Place { target: 1, region: 2 }]);
    assert!(all.iter().all(|contrast| contrast.prompts == [[0, 0], [1, 1]]));
    let each = family(&format!("{TEXTS}by_prompt = true\nregions = [[\"us\", \"ap\"]]\n")).unwrap();
    assert_eq!(each.len(), 2 * 2);
    assert_eq!((each[1].sides[0].region, each[1].prompts.as_slice()), (2, &[[1, 1]][..]));
}

#[test]
fn the_other_side_may_be_asked_something_else() {
    let models = family(&format!(
        "{TEXTS}targets = [\"sim:openai\"]\nagainst = {{ target = \"open:smollm2-135m\" }}\n"
    ))
    .unwrap();
    assert_eq!(models.len(), 3, "each region by itself");
    assert_eq!(models[2].sides, [Place { target: 1, region: 2 }, Place { target: 0, region: 2 }]);
    let languages = "[[contrasts]]\nmeasure = \"refusals\"\nscope = \"beyond_them\"\nprompts = [\"sum\"]\n\
                     against = { prompts = [\"summe\"] }\nmargin_ppm = 50_000\n";
    let languages = family(languages).unwrap();
    assert_eq!((languages.len(), languages[0].prompts.as_slice()), (6, &[[0, 1]][..]));
    assert_eq!((languages[0].margin_ppm, languages[0].scope), (Some(50_000), Scope::BeyondThem));
}

#[test]
fn what_cannot_be_is_refused_with_its_place() {
    for (contrasts, why) in [
        (
            format!("{TEXTS}targets = [\"sim:gemini\"]\n"),
            "contrast 1: sim:gemini is none of the job's targets",
        ),
        (format!("{TEXTS}regions = [[\"eu\", \"sa\"]]\n"), "contrast 1: sa is none of the job's regions"),
        (format!("{TEXTS}prompts = [\"sum\", \"war\"]\n"), "contrast 1: war is none of the suite's prompts"),
        (format!("{TEXTS}{TEXTS}"), "contrasts: one stands twice"),
        (format!("{TEXTS}regions = [[\"eu\", \"eu\"]]\n"), "eu stands against itself"),
        (format!("{TEXTS}margin_ppm = 1\n"), "that texts are equal cannot be shown"),
        (format!("{TEXTS}against = {{}}\n"), "names neither a target nor prompts"),
        (format!("{TEXTS}against = {{ prompts = [\"summe\"] }}\nprompts = [\"sum\"]\n"), "different texts"),
        (TEXTS.replace("texts", "coded"), "prompt sum has no coding"),
        (String::new(), "contrasts"),
        (
            format!(
                "{TEXTS}[[codings]]\nprompt = \"sum\"\nread = {{ option = {{ yes = \"A\", others = [\"a\"] }} }}\n"
            ),
            "stands twice",
        ),
    ] {
        let found = family(&contrasts).unwrap_err();
        assert!(found.contains(why), "{found}\n{contrasts}");
    }
}

#[test]
fn a_plan_is_read_as_it_is_written() {
    let text = format!(
        "{TEXTS}[[codings]]\nprompt = \"sum\"\nread = {{ number = {{ value = \"2\", within = \"0.5\" }} }}\n\
         [[codings]]\nprompt = \"summe\"\nread = \"yes_no\"\n"
    );
    let read = plan(&text).unwrap();
    let bytes = wire::encode(&read);
    assert_eq!(wire::decode::<StudyPlan>(&bytes).unwrap(), read);
    let suite = Suite::from_toml(SUITE).unwrap();
    let readings = read.readings(&suite);
    assert_eq!(readings.keys().copied().collect::<Vec<_>>(), [0, 1]);
    assert_eq!(readings[&1], &Reading::YesNo);
}

const SERIES: &str = "[series]\nname = \"weekly\"\nlines = [{ measure = \"refusals\", target = \"sim:openai\", region = \"eu\" }]\n";

#[test]
fn a_job_of_a_series_needs_no_contrast() {
    let read = plan(SERIES).unwrap();
    let series = read.series.clone().unwrap();
    assert_eq!((series.predecessor, series.calibration, series.lines.len()), (None, None, 1));
    assert_eq!(wire::decode::<StudyPlan>(&wire::encode(&read)).unwrap(), read);
    assert_eq!(family(SERIES).unwrap(), []);
    let (one, two) = ("11".repeat(32), "22".repeat(32));
    let named = SERIES.replace("lines", &format!("predecessor = \"{one}\"\ncalibration = \"{two}\"\nlines"));
    let named = plan(&named).unwrap().series.unwrap();
    assert_eq!(named.calibration.map(|job| job.0), Some([0x22; 32]));
    // a plan without one is encoded as before there were any
    let without = wire::encode(&plan(TEXTS).unwrap());
    assert!(!without.windows(6).any(|bytes| bytes == b"series"));
}

#[test]
fn what_a_series_cannot_follow_is_refused_with_its_place() {
    let lines = |lines: &str| format!("[series]\nname = \"weekly\"\nlines = [{lines}]\n");
    let follows =
        |measure: &str, rest: &str| format!("{{ measure = \"{measure}\", target = \"sim:openai\"{rest} }}");
    let twice = format!("{0}, {0}", follows("refusals", ""));
    let many: Vec<String> = (0..33).map(|at| follows("refusals", &format!(", region = \"r{at}\""))).collect();
    for (series, why) in [
        (lines(""), "series.lines: at least one is needed"),
        (lines(&many.join(",")), "series.lines: 33 items, at most 32 are allowed"),
        (lines(&twice), "series.lines, line 2: it stands twice"),
        (lines(&follows("texts", "")), "series.lines, line 1: measure: texts rise and fall in no order"),
        (lines(&follows("refusals", ", region = \"E U\"")), "series.lines, line 1: region"),
        (lines(&follows("refusals", ", region = \"sa\"")), "series, line 1: sa is none of the job's regions"),
        (lines(&follows("coded", "")), "series, line 1: no prompt has a coding"),
        (SERIES.replace("sim:openai", "sim:gemini"), "sim:gemini is none of the job's targets"),
        (SERIES.replace("weekly", ""), "series.name: empty"),
        (
            SERIES.replace("lines", &format!("calibration = \"{}\"\nlines", "11".repeat(32))),
            "series.calibration: the first job of a series has none before it",
        ),
        (SERIES.replace("lines", "predecessor = \"11\"\nlines"), "JobId"),
    ] {
        let found = family(&series).unwrap_err();
        assert!(found.contains(why), "{found}\n{series}");
    }
    // a plan that a publisher edits by hand has no way round the check
    let mut plan = plan(SERIES).unwrap();
    plan.series.as_mut().unwrap().calibration = Some(crate::id::JobId([1; 32]));
    assert!(wire::decode::<StudyPlan>(&wire::encode(&plan)).is_err());
}
