//! `fuelops config` through the binary: exit codes, messages, secrets, who may use whose file.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::process::Command;

use fuelops::config::{CheckKind, Environment, load};

use crate::support::{Env, is_root_or_skip};

mod schema;

/// A stranger to every file of the tests.
const NOBODY: u32 = 65_534;

fn env_with(config: &str) -> Env {
    let env = Env::new();
    env.write("fuelops.toml", config);
    env
}

#[test]
fn a_valid_config_is_0_and_its_values_have_sources() {
    let env = env_with("[[service]]\nname = \"api\"\ncommand = [\"python3\"]\nport = \"${PORT:-8123}\"\n");
    let out = env.run(&["config", "check"]).expect(0);
    assert!(out.stdout.contains("is valid: 1 service, 0 checks, 0 alerts"), "{out}");
    let out = env.run(&["config", "show", "service.api", "--format", "json"]);
    let report = out.json();
    assert_eq!(report["schema"], "fuelops.config-show/1");
    let value =
        |key: &str| report["values"].as_array().unwrap().iter().find(|v| v["key"] == key).unwrap().clone();
    let port = value("service.api.port");
    assert_eq!(
        (&port["value"], &port["source"], &port["line"]),
        (&8123.into(), &"fuelops.toml:4".into(), &4.into())
    );
    assert_eq!(value("service.api.stop_timeout")["source"], "default");
}

#[test]
fn a_broken_config_is_78_and_names_file_line_key_and_near_miss() {
    let env = env_with("[[service]]\nname = \"api\"\ncommand = [\"x\"]\nperod = \"30s\"\nport = 0\n");
    for command in [&["config", "check"][..], &["config", "show"], &["config", "aliases"], &["health"]] {
        let out = env.run(command).expect(78);
        assert_eq!(out.stdout, "", "{out}");
        let unknown = "fuelops.toml:4:1: [service.api] unknown key \"perod\" (did you mean \"period\"?)";
        assert!(
            out.stderr.contains(unknown) && out.stderr.contains("fuelops.toml:5:8: [service.api] port:"),
            "{out}"
        );
    }
    let out = env.run(&["config", "check", "--format", "json"]);
    let report = out.json();
    assert_eq!(
        (out.code, &report["valid"], report["problems"].as_array().unwrap().len()),
        (Some(78), &false.into(), 2)
    );
}

#[test]
fn what_is_no_config_is_78() {
    let env = Env::new();
    let cases: [(&[u8], &str); 4] = [
        (&[b'#'; 10_000_000], "is larger than 1 MiB"),
        (b"a = \"\xff\"", "is not UTF-8 (line 1)"),
        (b"service = 1", "expected an array of tables"),
        (b"name = \"${NOT_SET_HERE}\"", "variable NOT_SET_HERE is not set"),
    ];
    for (bytes, expected) in cases {
        fs::write(env.path("fuelops.toml"), bytes).unwrap();
        let out = env.run(&["config", "check"]).expect(78);
        assert!(out.stderr.contains(expected), "{out}");
    }
    let out = env.run(&["config", "check", "--config", "nope.toml"]).expect(78);
    assert!(out.stderr.contains("there is no config") && out.stderr.contains("--config"), "{out}");
    fs::write(env.path("fuelops.toml"), "").unwrap();
    let out = env.run(&["config", "check"]).expect(0);
    assert!(out.stdout.contains("its verdict is unknown"), "{out}");
}

#[test]
fn a_plugin_sees_a_broken_config_as_unknown() {
    let env = env_with("x = 1");
    let out = env.run(&["health", "--format", "nagios"]).expect(3);
    assert!(out.stdout.lines().next().unwrap().contains("UNKNOWN"), "{out}");
}

#[test]
fn a_command_line_that_makes_no_sense_is_64() {
    let env = env_with("");
    for command in
        [&["config"][..], &["config", "frob"], &["config", "show", "nme"], &["config", "check", "x"]]
    {
        env.run(command).expect(64);
    }
    let out = env.run(&["config", "show", "monitor.perod"]);
    assert!(out.stderr.contains("did you mean \"monitor.period\"?"), "{out}");
}

#[test]
fn a_config_that_others_can_write_is_refused_for_every_command() {
    let env = env_with("");
    let file = env.path("fuelops.toml");
    for mode in [0o664, 0o666] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        for command in ["check", "show"] {
            let out = env.run(&["config", command]).expect(78);
            assert!(out.stderr.contains("chmod go-w"), "{out}");
        }
    }
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(env.root(), fs::Permissions::from_mode(0o777)).unwrap();
    let out = env.run(&["health"]).expect(78);
    assert!(out.stderr.contains("can be written by others (mode 777)"), "{out}");
}

/// Runs the binary as an ordinary user, in a copy of it that this user can reach.
fn run_as_nobody(env: &Env, arguments: &[&str]) -> (Option<i32>, String) {
    // The place of a test is private; its folders have to let the user through.
    let temporary = std::env::temp_dir();
    for folder in env.root().ancestors().take_while(|folder| *folder != temporary) {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let binary = env.path("fuelops-copy");
    fs::copy(env!("CARGO_BIN_EXE_fuelops"), &binary).unwrap();
    let id = NOBODY.to_string();
    let out = Command::new("setpriv")
        .args(["--reuid", &id, "--regid", &id, "--clear-groups"])
        .arg(&binary)
        .args(arguments)
        .current_dir(env.root())
        .env_clear()
        .output()
        .unwrap();
    (out.status.code(), String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned())
}

#[test]
fn an_ordinary_user_may_use_roots_config_and_their_own_but_no_strangers() {
    if !is_root_or_skip("config ownership") {
        return;
    }
    let env = env_with("");
    let file = env.path("fuelops.toml");
    let (code, text) = run_as_nobody(&env, &["config", "check"]);
    assert_eq!(code, Some(0), "{text}");
    chown(&file, Some(NOBODY), None).unwrap();
    assert_eq!(run_as_nobody(&env, &["config", "check"]).0, Some(0));
    chown(&file, Some(4711), None).unwrap();
    let (code, text) = run_as_nobody(&env, &["config", "check"]);
    assert!(code == Some(78) && text.contains("belongs to user 4711, who is neither root nor you"), "{text}");
    chown(&file, Some(0), None).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let (code, text) = run_as_nobody(&env, &["config", "check"]);
    assert!(code == Some(78) && text.contains("cannot read config"), "{text}");
}

#[test]
fn root_may_use_the_config_of_the_owner_of_its_root_and_says_whom_it_runs_things_as() {
    if !is_root_or_skip("config of another user") {
        return;
    }
    let env = env_with("");
    chown(env.path("fuelops.toml"), Some(NOBODY), None).unwrap();
    let out = env.run(&["config", "check"]).expect(78);
    assert!(out.stderr.contains("belongs to user 65534"), "{out}");
    chown(env.root(), Some(NOBODY), None).unwrap();
    let out = env.run(&["config", "show", "--format", "json"]);
    let report = out.json();
    assert_eq!(report["run_as_uid"], NOBODY, "{out}");
}

#[test]
fn secrets_reach_no_output() {
    let text = r#"
        [[check]]
        name = "db"
        type = "mysql"
        url = "mysql://root:s3cret-1@127.0.0.1/x"
        [[check]]
        name = "api"
        type = "http"
        url = "http://127.0.0.1/?token=s3cret-2"
        headers = { Authorization = "Bearer s3cret-3", X-Api-Key = "s3cret-4" }
        [[check]]
        name = "script"
        type = "command"
        command = ["check", "--password=s3cret-5"]
        [[alert]]
        name = "chat"
        type = "slack"
        url = "https://hooks.example/services/s3cret-6"
        [[alert]]
        name = "pager"
        type = "pagerduty"
        routing_key = "s3cret-7"
        [[alert]]
        name = "hook"
        type = "webhook"
        url = { file = "hook" }
    "#;
    let env = env_with(text);
    env.write("hook", "https://hooks.example/s3cret-8");
    for format in ["table", "json", "markdown", "html"] {
        for command in ["show", "check", "aliases"] {
            let out = env.run(&["config", command, "--format", format]).expect(0);
            assert!(!out.stdout.contains("s3cret") && !out.stderr.contains("s3cret"), "{out}");
        }
    }
}

#[test]
fn every_alias_and_cron_line_runs_as_its_reader_would_run_it() {
    let env = env_with("name = \"x\"\n");
    let out = env.run(&["config", "aliases"]).expect(0);
    let (mut aliases, mut crons) = (0, 0);
    for line in out.stdout.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let command = match line.strip_prefix("alias ") {
            Some(alias) => {
                aliases += 1;
                let name = alias.split_once('=').unwrap().0;
                format!("shopt -s expand_aliases\n{line}\n{name} --help")
            }
            None => {
                crons += 1;
                let fields: Vec<_> = line.splitn(6, ' ').collect();
                assert!(
                    fields[..5].iter().all(|field| field.chars().all(|c| "0123456789*/,-".contains(c))),
                    "{line}"
                );
                format!("{} --help", fields[5].replace("\\%", "%"))
            }
        };
        // As cron does it: no environment, the folder `/`, no terminal.
        let run = Command::new("bash").args(["-c", &command]).env_clear().current_dir("/").output().unwrap();
        assert!(run.status.success(), "{line}\n{}", String::from_utf8_lossy(&run.stderr));
    }
    assert!(aliases > 0 && crons > 0, "{out}");
    assert!(out.stdout.contains(&format!("--config {}", env.path("fuelops.toml").display())), "{out}");
}

#[test]
fn the_contracts_sample_is_valid() {
    let env = env_with(include_str!("data/contract.toml"));
    env.run(&["config", "check"]).expect(0);
    let environment =
        Environment { cwd: env.root(), caller: nix::unistd::geteuid().as_raw(), ..Environment::default() };
    let config = load(None, &environment).unwrap().config;
    assert_eq!((config.services.len(), config.checks.len(), config.alerts.len()), (2, 1, 1));
    assert!(config.services[0].healthy_status.contains(404));
}

#[test]
fn every_type_of_check_is_measured() {
    let closed = "127.0.0.1:1";
    let check = |kind: &&str| {
        let keys = match *kind {
            "http" | "metrics-page" => format!("url = \"http://{closed}/\""),
            "prometheus-target" => format!("url = \"http://{closed}/\"\njob = \"x\""),
            "mysql" | "postgres" => format!("url = \"{kind}://{closed}/x\""),
            "redis" | "celery" => format!("url = \"redis://{closed}/0\""),
            "tcp" | "certificate" => format!("address = \"{closed}\""),
            "systemd" | "launchd" => "unit = \"x\"".to_owned(),
            "process" => "match = \"no such process anywhere\"".to_owned(),
            "disk" => "path = \"/\"".to_owned(),
            "file-age" => "path = \"fuelops.toml\"\nmax_age = \"1h\"".to_owned(),
            "command" => "command = [\"true\"]".to_owned(),
            _ => String::new(),
        };
        format!("[[check]]\nname = \"x-{kind}\"\ntype = \"{kind}\"\n{keys}\n")
    };
    let env = env_with(&CheckKind::WORDS.iter().map(check).collect::<String>());
    let report = env.run(&["health", "--format", "json"]).json();
    for kind in CheckKind::WORDS {
        let id = format!("check.x-{kind}");
        let finding =
            report["findings"].as_array().unwrap().iter().find(|f| f["check"] == id.as_str()).unwrap();
        let summary = finding["summary"].as_str().unwrap();
        assert!(!summary.contains("by a bug") && !summary.contains("cannot measure"), "{kind}\n{finding}");
    }
}

#[test]
fn form_that_a_command_has_not_is_refused_with_those_that_it_has() {
    let env = Env::new();
    for (words, says) in [
        (
            &["config", "check", "--format", "error-tracking"][..],
            "`config check` has no format error-tracking; use table,",
        ),
        (&["config", "check", "--format", "error-tracking"], "(`track-errors export` writes error-tracking)"),
        (&["config", "show", "--format", "prometheus"], "(`health` has nagios and prometheus)"),
        (&["health", "--format", "error-tracking"], "use table, json, markdown, html, nagios or prometheus"),
        (&["health", "--watch", "0s"], "500ms is the least"),
    ] {
        let refused = env.run(words).expect(64);
        assert!(refused.stderr.contains(says), "{refused}");
    }
}
