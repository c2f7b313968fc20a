//! `alert test` and `alert list`.

use crate::support::{Env, Receiver, Reply, free_port, is_root_or_skip};

fn config(env: &Env, alerts: &str) {
    env.write("fuelops.toml", format!("name = \"fuel\"\n{alerts}"));
}

#[test]
fn a_test_says_what_each_receiver_answered() {
    let env = Env::new();
    let good = Receiver::start(|_, _| Reply::new(200, "ok"));
    let pager = Receiver::start(|_, _| Reply::new(202, ""));
    config(
        &env,
        &format!(
            "[[alert]]\nname = \"chat\"\ntype = \"slack\"\nurl = \"{}\"\n\
             [[alert]]\nname = \"dead\"\ntype = \"webhook\"\nurl = \"http://127.0.0.1:{}/s3cret\"\n\
             [[alert]]\nname = \"pager\"\ntype = \"pagerduty\"\nrouting_key = \"k\"\nurl = \"{}\"\n",
            good.url("/services/s3cret"),
            free_port(),
            pager.url("/")
        ),
    );
    let out = env.run(&["alert", "test"]).expect(2).says("chat (slack) took it").says("200 ok");
    let out = out.says("dead (webhook) did not take it").says("connection refused");
    assert!(!out.stdout.contains("s3cret"), "{out}");
    let actions: Vec<_> = pager.seen().iter().map(|request| request.json()["event_action"].clone()).collect();
    assert_eq!(actions, ["trigger", "resolve"], "a test leaves nothing open");
    let json = env.run(&["alert", "test", "chat", "--format", "json"]).expect(0).json();
    assert_eq!((&json["schema"], &json["verdict"]), (&"fuelops.alert-test/1".into(), &"healthy".into()));
    assert_eq!(json["sinks"][0]["answer"], "200 ok");
    let wrong = env.run(&["alert", "test", "caht"]).expect(64);
    assert!(wrong.stderr.contains("did you mean \"chat\""), "{wrong}");
}

#[test]
fn a_list_shows_what_waits_and_no_secret() {
    let env = Env::new();
    config(
        &env,
        "[[alert]]\nname = \"chat\"\ntype = \"slack\"\nurl = \"http://127.0.0.1:1/services/s3cret\"\n",
    );
    let out = env.run(&["alert", "list"]).expect(0).says("chat").says("slack").says("never");
    assert!(!out.stdout.contains("s3cret"), "{out}");
    assert!(!env.path(".fuelops").exists(), "looking makes nothing");
    let dispatcher = super::start(
        &env.root(),
        "[[alert]]\nname = \"chat\"\ntype = \"slack\"\nurl = \"http://127.0.0.1:1/services/s3cret\"\n",
    );
    dispatcher.submit(super::notice("42", fuelops::alert::Kind::Opened));
    assert!(dispatcher.settle(super::PATIENCE));
    std::fs::rename(env.path("state"), env.path(".fuelops")).unwrap();
    let out = env.run(&["alert", "list"]).expect(0).says("takes nothing").says("waits: 42 (opened");
    assert!(!out.stdout.contains("s3cret"), "{out}");
    let json = env.run(&["alert", "list", "--format", "json"]).expect(0).json();
    assert_eq!(json["sinks"][0]["waiting"][0]["incident"], "42");
}

#[test]
fn a_command_never_runs_as_root_for_somebody_else() {
    if !is_root_or_skip("a_command_never_runs_as_root_for_somebody_else") {
        return;
    }
    let env = Env::new();
    config(
        &env,
        "[[alert]]\nname = \"script\"\ntype = \"command\"\ncommand = [\"sh\", \"-c\", \"cat >/dev/null; id -u\"]\n",
    );
    // nobody's config, used by root.
    for path in [env.root(), env.path("fuelops.toml")] {
        std::os::unix::fs::chown(path, Some(65_534), Some(65_534)).unwrap();
    }
    std::fs::set_permissions(
        env.root().parent().unwrap(),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    env.run(&["alert", "test"]).expect(0).says("script (command) took it").says("65534");
}

#[test]
fn what_a_failing_command_says_is_told() {
    let env = Env::new();
    config(
        &env,
        "[[alert]]\nname = \"script\"\ntype = \"command\"\ncommand = [\"sh\", \"-c\", \"echo no such room >&2; exit 3\"]\n",
    );
    env.run(&["alert", "test"]).expect(2).says("exit code 3: no such room");
}

#[test]
fn without_an_alert_nobody_is_told_and_that_is_said() {
    let env = Env::new();
    config(&env, "");
    env.run(&["alert", "test"]).expect(3).says("no [[alert]] in the config");
    env.run(&["alert", "list"]).expect(3).says("no [[alert]] in the config");
}
