//! What must not happen: each mistake has a clear line on standard error and an exit code, and leaves nothing half done.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use haymaker_tenant::Settings;
use haymaker_tests::command::{Ran, Shell, not_run, program};
use haymaker_tests::{serve, workload};

/// Refused or failed.
const REFUSED: i32 = 1;

/// Wrong usage.
const USAGE: i32 = 2;

/// A mistake: the command line (parted at spaces), its exit code, and what standard error must say, each part of it.
type Mistake = (&'static str, i32, &'static [&'static str]);

/// A tenant, a variable of the environment that is wrong, how many hours are asked for, and what standard error must say.
type Unfit = (Settings, Option<(&'static str, &'static str)>, &'static str, &'static [&'static str]);

/// Mistakes in a config, in flags, in a deployment file. `F/` is the folder with the files of [`files`].
const DEPLOY: &[Mistake] = &[
    (
        "deploy m365-knowledge-worker -c wrokers=5 -c workers=0 -c department=slaes -c pattern=1 -c workers -d soon \
         -c time_zones=Mars/Phobos -c holidays=foo,2026-01-07,bar",
        REFUSED,
        &[
            "problems; nothing was done",
            "wrokers: unknown key; did you mean workers?",
            "workers=0: at least 1",
            "department=slaes: did you mean sales?",
            "pattern=1: not one of: flat",
            "-c workers: not key=value",
            "duration_hours=soon: not a duration",
            "time_zones: `Mars/Phobos` is no time zone",
            "holidays: no date: `foo`, `bar`",
        ],
    ),
    ("deploy m365-knowledge-worker -c workers=301", REFUSED, &["workers=301: at most 300"]),
    ("deploy m365-knowledge-worker -c workers=abc", REFUSED, &["workers=abc: not a whole number"]),
    ("deploy m365-knowledge-worker -c workers=2.5", REFUSED, &["workers=2.5: not a whole number"]),
    ("deploy m365-knowledge-worker -c workers=true", REFUSED, &["workers=true: not a whole number"]),
    ("deploy m365-knowledge-worker -c department=piracy", REFUSED, &["department=piracy: not one of: operations"]),
    ("deploy m365-knowledge-worker -c duration_hours=0", REFUSED, &["duration_hours=0: more than 0"]),
    ("deploy m365-knowledge-worker -c duration_hours=-5", REFUSED, &["duration_hours=-5: more than 0"]),
    ("deploy m365-knowledge-worker -c duration_hours=soon", REFUSED, &["duration_hours=soon: not a duration"]),
    ("deploy m365-knowledge-worker -d 0", REFUSED, &["duration_hours=0: more than 0"]),
    ("deploy m365-knowledge-worker -d -5", REFUSED, &["duration_hours=-5: more than 0"]),
    ("deploy m365-knowledge-worker -c workers", REFUSED, &["-c workers: not key=value"]),
    ("deploy m365-knowledge-worker -t blue", REFUSED, &["-t blue: not key=value; write it like -t team=blue"]),
    ("deploy m365-knowledge-worker -f F/absent.yaml", REFUSED, &["absent.yaml: there is no such file"]),
    ("deploy m365-knowledge-worker -f F/broken.yaml", REFUSED, &["broken.yaml:2: not YAML"]),
    ("deploy m365-knowledge-worker -f F/list.yaml", REFUSED, &["list.yaml:1: a list, but a deployment file is a map"]),
    ("deploy m365-knowledge-worker -f F/empty.yaml", REFUSED, &["empty.yaml:1: empty"]),
    ("deploy m365-knowledge-worker -f F/key.yaml", REFUSED, &["key.yaml:1: confg: unknown key; did you mean config?"]),
    (
        "deploy m365-knowledge-worker -f F/other.yaml",
        REFUSED,
        &["other.yaml:1: workload_name=heartbeat", "the command says m365-knowledge-worker"],
    ),
    ("deploy -f F/tenant.yaml", REFUSED, &["tenant: the file says contoso", "KW_TENANT_ID"]),
    ("deploy", REFUSED, &["no workload; name one"]),
    ("deploy m365-knowledge-wroker", REFUSED, &["there is no workload", "did you mean m365-knowledge-worker?"]),
    ("deploy ../etc/passwd", REFUSED, &["there is no workload ../etc/passwd"]),
    ("deploy heartbeat --colour red", USAGE, &["unexpected argument '--colour'"]),
    ("deploy heartbeat --seed abc", USAGE, &["invalid value 'abc' for '--seed"]),
    ("demo --workload nosuch", REFUSED, &["there is no workload nosuch"]),
    ("demo -c workers=0", REFUSED, &["workers=0: at least 1"]),
    ("demo --config-file F/absent.yaml", REFUSED, &["absent.yaml: there is no such file"]),
    ("demo --export F/no/such/folder/x.jsonl", REFUSED, &["cannot write", "x.jsonl"]),
    ("demo --record F/no/such/folder/x.jsonl", REFUSED, &["cannot write", "x.jsonl"]),
    (
        "demo --faults F/faults.json",
        REFUSED,
        &["2 problems; nothing was done", "[0].rat: unknown key; did you mean rate?"],
    ),
    ("demo --days 0", USAGE, &["invalid value '0' for '--days"]),
];

/// Unknown and hostile names, filters, moments.
const NAMES: &[Mistake] = &[
    ("frobnicate", USAGE, &["unrecognized subcommand 'frobnicate'"]),
    ("status ../etc/passwd", REFUSED, &["there is no deployment \"../etc/passwd\"; `haymaker list` shows"]),
    ("logs ../etc/passwd", REFUSED, &["there is no deployment"]),
    ("watch ../etc/passwd", REFUSED, &["there is no deployment"]),
    ("stop ../etc/passwd", REFUSED, &["there is no deployment"]),
    ("start ../etc/passwd", REFUSED, &["there is no deployment"]),
    ("cleanup ../etc/passwd --yes", REFUSED, &["there is no deployment"]),
    ("export ../etc/passwd", REFUSED, &["there is no deployment"]),
    ("worker list ../etc/passwd", REFUSED, &["there is no deployment"]),
    ("status @last", REFUSED, &["there is no deployment yet"]),
    ("list --status asleep", USAGE, &["'asleep'", "one of: pending, running, stopped"]),
    ("list --workload nosuch", REFUSED, &["-w nosuch: there is no such workload"]),
    ("list --workload heartbaet", REFUSED, &["did you mean heartbeat?"]),
    ("list --tag blue", REFUSED, &["-t blue: not key=value"]),
    ("watch x --wait-for asleep", USAGE, &["'asleep'", "one of: pending, running, stopped"]),
    ("export x --since yesterday", USAGE, &["write it like 2026-01-05T12:00:00Z"]),
    ("export x --what all", USAGE, &["possible values: activities, requests, entities"]),
    ("export x --format xml", USAGE, &["possible values: json, csv"]),
    ("export x --format csv", REFUSED, &["only entities can be CSV: add --what entities"]),
    ("export", USAGE, &["<ID>"]),
    ("export --queries x", USAGE, &["--queries"]),
    ("verify-realism", USAGE, &["<EXPORT>"]),
    ("verify-realism F/absent.jsonl", REFUSED, &["cannot read", "absent.jsonl: No such file"]),
    ("verify-realism F/no-manifest", REFUSED, &["no-manifest: it is a folder; name a file"]),
    ("verify-realism F/list.yaml", REFUSED, &["list.yaml: line 1 is no line of an export"]),
    ("verify-realism F/empty.yaml", REFUSED, &["empty.yaml: nothing here is of people at work"]),
    ("verify-realism F/beat.jsonl", REFUSED, &["beat.jsonl: nothing here is of people at work"]),
    ("verify-realism F/ledger.jsonl", REFUSED, &["line 1 is no activity", "--what activities"]),
    ("verify-realism F/worker.jsonl --pattern round", USAGE, &["possible values: flat, office"]),
    ("verify-realism F/worker.jsonl --holidays soon", USAGE, &["`soon` is no date; write them like 2026-12-25"]),
    ("verify-realism F/worker.jsonl --manifest F/absent.yaml", REFUSED, &["cannot read", "absent.yaml"]),
    (
        "verify-realism F/worker.jsonl --manifest F/list.yaml",
        REFUSED,
        &["list.yaml:1: a list, but a manifest is a map"],
    ),
    ("verify-realism F/worker.jsonl", REFUSED, &["`Atlantis` is no time zone"]),
    ("workload info nosuch", REFUSED, &["there is no workload nosuch; known: heartbeat"]),
    ("workload remove nosuch", REFUSED, &["there is no workload nosuch"]),
    ("workload remove ../../etc", REFUSED, &["there is no workload ../../etc"]),
    ("host stop", REFUSED, &["no host runs in"]),
    ("tenant inspect", USAGE, &["--endpoint <URL>"]),
    ("tenant inspect --endpoint nonsense", REFUSED, &["nonsense is not an address"]),
    ("tenant inspect --endpoint http://127.0.0.1:1", REFUSED, &["no tenant answers at http://127.0.0.1:1/"]),
    ("tenant simulate --listen 0.0.0.0:0", REFUSED, &["--listen=0.0.0.0:0: can be reached from other machines"]),
    (
        "tenant simulate --listen 0.0.0.0:0 --faults F/faults.json",
        REFUSED,
        &[
            "3 problems; nothing was done",
            "faults.json:2: [0].rat: unknown key; did you mean rate?",
            "faults.json:2: [0].rate: missing",
            "--listen=0.0.0.0:0",
        ],
    ),
    ("tenant simulate --faults F/absent.json", REFUSED, &["absent.json: there is no such file"]),
    ("tenant simulate --throttle often", USAGE, &["invalid value 'often'", "off, documented, strict"]),
    ("tenant simulate --bystanders many", USAGE, &["invalid value 'many' for '--bystanders"]),
    ("tenant simulate --record F/no/such/folder/x.jsonl", REFUSED, &["cannot write", "x.jsonl"]),
];

/// Workloads that are none, for `verify` and for `install`.
const WORKLOADS: &[(&str, &[&str])] = &[
    ("F/no-manifest", &["there is no", "no-manifest/workload.yaml"]),
    ("F/no-component", &["there is no", "heartbeat.wasm", "package.component; build it first"]),
    ("F/unknown-key", &["workload.yaml:", "tpye: unknown key; did you mean type?"]),
    ("F/other-contract", &["package.contract=haymaker:workload@0.2: this host speaks haymaker:workload@0.1"]),
    ("F/no-wasm", &["heartbeat.wasm does not fit this host", "not a WebAssembly component"]),
    ("F/absent", &["there is no", "give the folder of a workload"]),
];

/// Runs a command line whose `F/` is a shell's own folder.
fn run(shell: &Shell, line: &str) -> Ran {
    let folder = format!("{}/", shell.folder().display());
    let line = line.replace("F/", &folder);
    shell.run(&line.split(' ').collect::<Vec<_>>())
}

#[track_caller]
fn refused(ran: &Ran, code: i32, said: &[&str]) {
    assert_eq!(ran.code, Some(code), "`{}` said: {}", ran.line, ran.err);
    for part in said {
        assert!(ran.err.contains(part), "`{}` does not say {part:?}, but: {}", ran.line, ran.err);
    }
    for never in ["panicked", "stack backtrace", "RUST_BACKTRACE"] {
        assert!(!ran.err.contains(never), "`{}` said: {}", ran.line, ran.err);
    }
    assert_eq!(ran.out, "", "`{}` printed something beside its refusal", ran.line);
}

/// The files that mistakes are made with.
fn files(folder: &Path) {
    let texts = [
        ("broken.yaml", "config: [1\n"),
        ("list.yaml", "- a\n"),
        ("empty.yaml", ""),
        ("key.yaml", "confg: {}\n"),
        ("other.yaml", "workload_name: heartbeat\n"),
        ("tenant.yaml", "workload_name: heartbeat\ntenant: contoso\n"),
        (
            "beat.jsonl",
            "{\"kind\":\"beat\",\"label\":\"benign\",\"status\":\"done\",\"due\":\"2026-01-05T08:00:00Z\",\"at\":\"2026-01-05T08:00:00Z\"}\n",
        ),
        ("ledger.jsonl", "{\"kind\":\"user\",\"name\":\"a\",\"state\":\"live\"}\n"),
        (
            "worker.jsonl",
            "{\"kind\":\"email.send\",\"label\":\"benign\",\"status\":\"done\",\"due\":\"2026-01-05T08:00:00Z\",\"at\":\"2026-01-05T08:00:00Z\",\"upn\":\"a@b.example\",\"department\":\"sales\",\"time_zone\":\"Atlantis\"}\n",
        ),
        ("faults.json", "[\n{\"operation\": \"* /v1.0/**\", \"rat\": 1, \"fault\": {\"kind\": \"half\"}}\n]\n"),
    ];
    for (name, text) in texts {
        fs::write(folder.join(name), text).unwrap();
    }
    let heartbeat = workload("heartbeat");
    let manifest = fs::read_to_string(heartbeat.join("workload.yaml")).unwrap();
    let component = fs::read(heartbeat.join("heartbeat.wasm")).unwrap();
    let place = |name: &str, manifest: Option<String>, component: Option<&[u8]>| {
        let folder = folder.join(name);
        fs::create_dir(&folder).unwrap();
        if let Some(manifest) = manifest {
            fs::write(folder.join("workload.yaml"), manifest).unwrap();
        }
        if let Some(component) = component {
            fs::write(folder.join("heartbeat.wasm"), component).unwrap();
        }
    };
    place("no-manifest", None, Some(&component));
    place("no-component", Some(manifest.clone()), None);
    place("unknown-key", Some(manifest.replace("\ntype:", "\ntpye:")), Some(&component));
    place("other-contract", Some(manifest.replace("workload@0.1", "workload@0.2")), Some(&component));
    place("no-wasm", Some(manifest), Some(b"hello"));
}

#[test]
fn every_mistake_is_told_and_leaves_nothing_behind() {
    let shell = Shell::new();
    files(shell.folder());
    for (line, code, said) in DEPLOY.iter().chain(NAMES) {
        refused(&run(&shell, line), *code, said);
        assert_eq!(shell.host(), None, "`{line}` started a host");
    }
    assert_eq!(shell.run(&["list", "--format", "json"]).well().json(), serde_json::json!([]));
    assert_eq!(fs::read_dir(shell.tmp()).unwrap().count(), 0, "temporary files are left");
}

#[test]
fn a_workload_that_does_not_fit_is_neither_verified_nor_installed() {
    let shell = Shell::new();
    files(shell.folder());
    let before = shell.run(&["workload", "list"]).well().out;
    for (path, said) in WORKLOADS {
        refused(&run(&shell, &format!("workload verify {path}")), REFUSED, said);
        refused(&run(&shell, &format!("workload install {path}")), REFUSED, said);
    }
    assert_eq!(shell.run(&["workload", "list"]).well().out, before);
}

#[test]
fn missing_credentials_are_listed_and_nothing_is_created() {
    let shell = Shell::new().with([("KW_APP_ID".to_owned(), "an-app".to_owned())]);
    let ran = shell.run(&["deploy", "m365-knowledge-worker", "-y"]);
    refused(
        &ran,
        REFUSED,
        &["2 credentials are missing", "KW_TENANT_ID: ", "KW_CLIENT_SECRET: ", "Nothing was created"],
    );
    assert!(!ran.err.contains("KW_APP_ID"), "{}", ran.err);
    assert_eq!(shell.run(&["list", "--format", "json"]).well().json(), serde_json::json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_few_seats_and_nothing_to_do_are_refused_before_anything_is_created() {
    let plain = Settings::seeded(1);
    // 18:00 on a Monday, one hour: nobody works.
    let evening = Settings { start: plain.start + 10 * 3_600_000, ..Settings::seeded(2) };
    let small = Settings { seats: vec![("DEVELOPERPACK_E5".to_owned(), 7)], ..Settings::seeded(3) };
    let cases: [Unfit; 5] = [
        (plain, Some(("KW_CLIENT_SECRET", "wrong")), "1", &["the tenant refuses the credentials", "AADSTS7000215"]),
        (
            Settings::seeded(1),
            Some(("KW_TENANT_ID", "contoso.onmicrosoft.com")),
            "1",
            &["KW_TENANT_ID is not a tenant's id", "overview"],
        ),
        (evening, None, "1", &["duration_hours"]),
        (small, None, "24", &["25 workers need 25 seats of DEVELOPERPACK_E5", "7 are free", "-c workers=7"]),
        (
            Settings::seeded(4),
            Some(("HAYMAKER_LOGIN_ENDPOINT", "")),
            "1",
            &["HAYMAKER_GRAPH_ENDPOINT is set", "set both"],
        ),
    ];
    for (settings, wrong, hours, said) in cases {
        let (tenant, environment) = serve(settings).await;
        let before = tenant.inspect();
        let mistake = wrong.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let shell = Shell::new().with(environment).with(mistake);
        let (shell, ran) = tokio::task::spawn_blocking(move || {
            let ran = shell.run(&["deploy", "m365-knowledge-worker", "-d", hours, "-y"]);
            (shell, ran)
        })
        .await
        .unwrap();
        refused(&ran, REFUSED, said);
        assert_eq!(shell.run(&["list", "--format", "json"]).well().json(), serde_json::json!([]));
        let after = tenant.inspect();
        assert_eq!((after.users_live, after.users_deleted), (before.users_live, before.users_deleted));
    }
}

#[test]
fn a_home_that_cannot_be_used_is_named_with_what_to_do() {
    let shell = Shell::new();
    let home = |path: &str| shell_at(&shell, path);
    let unusable = home("/proc/haymaker");
    refused(&unusable(&["deploy", "heartbeat"]), REFUSED, &["cannot make /proc/haymaker; set HAYMAKER_HOME"]);
    let file = shell.folder().join("file");
    fs::write(&file, "").unwrap();
    let file = file.display().to_string();
    for command in ["list", "host run"] {
        let command: Vec<&str> = command.split(' ').collect();
        refused(&home(&file)(&command), REFUSED, &["file is not a folder; set HAYMAKER_HOME"]);
    }
}

/// Commands with another home.
fn shell_at<'a>(shell: &'a Shell, home: &str) -> impl Fn(&[&str]) -> Ran + use<'a> {
    let home = home.to_owned();
    move |arguments| {
        let output = shell.command(arguments).env("HAYMAKER_HOME", &home).output().unwrap();
        Ran {
            line: arguments.join(" "),
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

#[test]
fn a_damaged_database_is_told_by_every_command_and_stays_as_it_is() {
    let shell = Shell::new();
    fs::create_dir(shell.home().path()).unwrap();
    let garbage = "this is not a database, and long enough to be looked at as one".repeat(40);
    fs::write(shell.home().database(), &garbage).unwrap();
    for line in ["list", "status @last", "deploy heartbeat", "host run"] {
        let ran = run(&shell, line);
        refused(&ran, REFUSED, &["haymaker.db is damaged or is not a haymaker store", "restore it from a copy"]);
    }
    assert_eq!(fs::read_to_string(shell.home().database()).unwrap(), garbage);
}

#[test]
fn a_deployment_whose_record_is_damaged_is_named_and_not_said_to_be_missing() {
    let shell = Shell::new();
    let deployed = shell.run(&["deploy", "heartbeat", "-c", "beats=1", "--format", "json"]).well().json();
    let id = deployed["deployment_id"].as_str().unwrap();
    shell.run(&["watch", id, "--wait-for", "completed", "--timeout", "60"]).well();
    shell.run(&["host", "stop"]).well();
    let mut bytes = fs::read(shell.home().database()).unwrap();
    let (whole, broken) = (br#""workload":"#, br#""workload";"#);
    let places: Vec<usize> =
        bytes.windows(whole.len()).enumerate().filter(|(_, part)| part == whole).map(|(at, _)| at).collect();
    assert!(!places.is_empty(), "the record says which workload it is of");
    for at in places {
        bytes[at..at + broken.len()].copy_from_slice(broken);
    }
    fs::write(shell.home().database(), bytes).unwrap();
    for line in ["list".to_owned(), format!("status {id}"), format!("cleanup {id} --yes")] {
        let ran = run(&shell, &line);
        assert!((ran.out + &ran.err).contains("cannot be read"), "{line}: {}", ran.err);
    }
}

#[test]
fn a_second_host_on_the_same_home_is_refused_and_the_first_goes_on() {
    let shell = Shell::new();
    shell.run(&["deploy", "heartbeat", "-y"]);
    let first = shell.host().expect("the deployment started a host");
    let said = format!("another host (process {first}");
    refused(&shell.run(&["host", "run"]), REFUSED, &[&said, "`haymaker host stop` ends it"]);
    assert_eq!(shell.run(&["host", "status", "--format", "json"]).well().json()["answers"], true);
}

#[test]
fn destructive_commands_refuse_without_a_terminal_and_without_yes() {
    let shell = Shell::new();
    shell.run(&["deploy", "heartbeat", "-c", "beats=1"]).well();
    refused(&shell.run(&["cleanup", "@last"]), REFUSED, &["no terminal to ask at; add --yes"]);
}

/// A disk that is full is made of a file system in memory, in a name space of its own; where the machine does not let
/// tests do so, this one says so and is no proof.
#[test]
fn a_full_disk_is_told_and_nothing_is_half_installed() {
    let shell = Shell::new();
    let small = shell.folder().join("small");
    fs::create_dir(&small).unwrap();
    let script = format!(
        "mount -t tmpfs -o size=200k none {0} && echo mounted && HAYMAKER_HOME={0}/home {1} deploy heartbeat; \
         code=$?; find {0}/home/workloads -name installed.json; exit $code",
        small.display(),
        program().display()
    );
    let output = Command::new("unshare").args(["-rm", "sh", "-c", &script]).stdin(Stdio::null()).output();
    let Some(output) = output.ok().filter(|output| output.stdout.starts_with(b"mounted")) else {
        return not_run("a full disk", "this machine lets nobody mount a small file system");
    };
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(REFUSED), "{err}");
    assert!(err.contains("No space left on device") || err.contains("no space left"), "{err}");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "mounted", "a workload is half installed");
}
