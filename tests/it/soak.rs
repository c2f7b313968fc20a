//! Long runs of what must never happen: a stranger hit, something left in a control group, a byte of a log lost.
//!
//! Twenty of each as a test; `FUELOPS_SOAK=10000 cargo test --test it soak::` runs as many as are asked for, and says so.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fuelops::platform::{Scope, Session, caller_uid};
use fuelops::process::stop::{ProvenRoot, StopPolicy, Target, stop};
use fuelops::process::{Bound, COOKIE_VARIABLE, Cookie, Launch, Permit, Stream, spawn};
use fuelops::store::decompress;

use crate::support::{Yard, skip};

/// How many of each, where nobody asks for more.
const ROUNDS: u64 = 20;

fn rounds() -> u64 {
    std::env::var("FUELOPS_SOAK").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS)
}

/// What was run, past the capture of the test runner.
fn tell(text: &str) {
    if std::env::var_os("FUELOPS_SOAK").is_some() {
        std::io::Write::write_all(&mut std::io::stderr(), format!("{text}\n").as_bytes()).unwrap();
    }
}

/// Numbers without a pattern, the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// A child of the test's own, ended with it.
struct Guest(Child);

impl Guest {
    fn start(script: &str, cookie: Option<&Cookie>) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdin(Stdio::null()).stdout(Stdio::null());
        if let Some(cookie) = cookie {
            command.env(COOKIE_VARIABLE, cookie.value());
        }
        Self(command.spawn().unwrap())
    }

    fn is_alive(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.0.kill().unwrap_or(());
        self.0.wait().unwrap();
    }
}

/// What a service may do; its look-alikes run the very same.
const PLAYS: [&str; 6] = [
    "exec sleep 600",
    "sleep 600 & exec sleep 600",
    "trap '' TERM; sleep 600 & wait; wait",
    "setsid sleep 600 & exec sleep 600",
    "setsid sh -c 'setsid sleep 600 & exec sleep 600' & exec sleep 600",
    "while :; do sleep 0.003; done",
];

#[test]
fn no_stranger_is_hit() {
    let (mut dice, mut signals) = (Dice(7), 0_u64);
    for round in 0..rounds() {
        let play = PLAYS[usize::try_from(dice.roll(PLAYS.len() as u64)).unwrap()];
        let cookie = (dice.roll(2) == 0).then(|| Cookie::new().unwrap());
        let other = Cookie::new().unwrap();
        let mut strangers: Vec<Guest> = (0..1 + dice.roll(3))
            .map(|n| Guest::start(if n == 0 { play } else { "exec sleep 600" }, (n == 2).then_some(&other)))
            .collect();
        let ours = Guest::start(play, cookie.as_ref());
        std::thread::sleep(Duration::from_millis(dice.roll(30)));
        // It may have ended by itself just now, and its number may be anybody's.
        let Some(bound) = Bound::take(ours.0.id()) else { continue };
        let permit = Permit { users: vec![caller_uid()], ..Permit::default() };
        let roots = vec![ProvenRoot { bound, proof: "a test".to_owned() }];
        let policy = StopPolicy { grace: Duration::from_millis(dice.roll(60)), ..StopPolicy::default() };
        let mut told = Vec::new();
        let target = Target { roots, cookie, permit, ..Target::default() };
        stop(target, policy, &mut |intent| {
            told.push(intent.pid);
            Ok(())
        })
        .unwrap();
        signals += told.len() as u64;
        for stranger in &mut strangers {
            let pid = stranger.0.id();
            assert!(stranger.is_alive() && !told.contains(&pid), "round {round}: {play}: {pid} in {told:?}");
        }
        // The strangers' own children have no leash.
        drop(strangers.iter().map(|stranger| end_tree(stranger.0.id())).collect::<Vec<_>>());
    }
    tell(&format!("{} runs, {signals} signals, 0 strangers hit", rounds()));
}

/// Ends a stranger's descendants, which may have left its session.
fn end_tree(pid: u32) {
    let table = fuelops::process::Table::read().unwrap();
    for child in table.tree(pid) {
        crate::support::signal(child, nix::sys::signal::Signal::SIGKILL);
    }
}

/// Forks into new sessions for ever, deaf to what it is asked.
const STORM: &str = "trap '' TERM; storm() { while :; do setsid sh -c 'trap \"\" TERM; sleep 0.01; exec sleep 600' & \
    sleep 0.002; done; }; storm & storm & storm";

#[test]
fn nothing_survives_a_stop_in_a_control_group() {
    let mut killed = 0;
    for round in 0..rounds() {
        let name = format!("soak-{}-{round}", std::process::id());
        let Some(scope) = Scope::create("soak", &name) else {
            return skip(
                "soak::nothing_survives_a_stop_in_a_control_group",
                "no control group can be made here",
            );
        };
        let cookie = Cookie::new().unwrap();
        let launched = spawn(Launch {
            words: ["sh", "-c", STORM].iter().map(OsString::from).collect(),
            dir: "/".into(),
            env: std::env::vars_os().collect(),
            account: None,
            session: Session::Own,
            stdin: Stream::Nothing,
            stdout: Stream::Nothing,
            stderr: Stream::Nothing,
            scope: Some(scope),
            cookie: cookie.clone(),
        })
        .unwrap();
        let dir = launched.scope.as_ref().expect("it was given one").dir().to_owned();
        let calm = Calm(Scope::open(&dir).unwrap());
        std::thread::sleep(Duration::from_millis(60));
        let permit = Permit { users: vec![caller_uid()], ..Permit::default() };
        let target =
            Target { scope: launched.scope, cookie: Some(cookie.clone()), permit, ..Target::default() };
        let policy = StopPolicy { grace: Duration::from_millis(20), ..StopPolicy::default() };
        let report = stop(target, policy, &mut |_| Ok(())).unwrap();
        killed += report.stopped.len();
        assert!(!calm.0.is_populated(), "round {round}: {:?} live", calm.0.members());
        let table = fuelops::process::Table::read().unwrap();
        assert!(cookie.holders(&table, &[caller_uid()]).is_empty(), "round {round}");
        calm.0.remove();
        let _reaped = nix::sys::wait::waitpid(nix::unistd::Pid::from_raw(launched.pid.cast_signed()), None);
    }
    tell(&format!("{} storms, {killed} processes ended, 0 survivors", rounds()));
}

/// Ends the storm when a check fails: it would go on until the machine is started anew.
struct Calm(Scope);

impl Drop for Calm {
    fn drop(&mut self) {
        self.0.kill().unwrap_or(());
    }
}

/// Eight writers that number their lines and write down, after each, how far they have come.
const WRITERS: &str = r#"
import http.server, os, pathlib, sys, time
pathlib.Path("backend.pid").write_text(str(os.getpid()))
os.makedirs("tally", exist_ok=True)
for _ in range(8):
    if os.fork() == 0:
        me, n = os.getpid(), 0
        tally = os.open(f"tally/{me}", os.O_CREAT | os.O_WRONLY, 0o644)
        while True:
            os.write(1, b"%d %d %s\n" % (me, n, b"x" * (n % 200)))
            os.pwrite(tally, b"%020d" % n, 0)
            n += 1
            time.sleep(0.001)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"#;

#[test]
fn no_line_is_lost_by_a_recovery_under_eight_writers() {
    let yard = Yard::new();
    yard.env.write("main.py", WRITERS);
    let config = fs::read_to_string(yard.env.path("fuelops.toml")).unwrap();
    yard.env.write("fuelops.toml", config.replace("stop_timeout = \"2s\"", "stop_timeout = \"100ms\""));
    yard.recover(&["--yes"]).expect(0);
    let (mut lines, begun) = (0, Instant::now());
    for round in 0..rounds() {
        let outcome = yard.recover(&["--full", "--force", "--yes"]);
        assert_eq!(outcome.code, Some(0), "round {round}: {outcome}");
        lines += whole(&yard, round);
    }
    tell(&format!("{} recoveries, {lines} lines, 0 lost, {:?}", rounds(), begun.elapsed()));
}

/// Checks the lines of all writers that have ended, and forgets them; returns how many there were.
fn whole(yard: &Yard, round: u64) -> u64 {
    let tallies = fs::read_dir(yard.env.path("tally")).unwrap().flatten();
    let writer = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().parse::<u32>().unwrap();
    let ended: BTreeMap<u32, u64> = tallies
        .filter(|entry| !crate::support::is_alive(writer(entry)))
        .map(|entry| (writer(&entry), fs::read_to_string(entry.path()).unwrap().trim().parse().unwrap_or(0)))
        .collect();
    let folders = fs::read_dir(yard.env.path("logs")).unwrap().flatten().map(|entry| entry.path());
    let folders: Vec<_> = folders.filter(|path| path.is_dir()).collect();
    let kept =
        folders.iter().flat_map(|folder| ["backend.log", "backend.log.zst"].map(|name| folder.join(name)));
    let mut seen: BTreeMap<u32, u64> = ended.keys().map(|writer| (*writer, 0)).collect();
    // What was still in the pipe when the log was put aside stands in the fresh one.
    for path in kept.chain([yard.env.path("backend.log")]).filter(|path| path.exists()) {
        count(&read(&path), &mut seen, round);
    }
    for (writer, last) in &ended {
        assert!(
            seen[writer] > *last,
            "round {round}: {writer} wrote line {last}, {} are there",
            seen[writer]
        );
        fs::remove_file(yard.env.path(format!("tally/{writer}"))).unwrap();
    }
    folders.iter().for_each(|folder| fs::remove_dir_all(folder).unwrap());
    seen.values().sum()
}

fn read(path: &Path) -> String {
    let mut text = Vec::new();
    let file = fs::File::open(path).unwrap();
    if path.extension().is_some_and(|extension| extension == "zst") {
        decompress(file).unwrap().read_to_end(&mut text).unwrap();
    } else {
        (&file).read_to_end(&mut text).unwrap();
    }
    String::from_utf8(text).unwrap()
}

/// Each ended writer's lines stand in order, without a gap.
fn count(text: &str, seen: &mut BTreeMap<u32, u64>, round: u64) {
    for line in text.lines() {
        let mut words = line.split(' ');
        let (Some(Ok(writer)), Some(Ok(number))) =
            (words.next().map(str::parse::<u32>), words.next().map(str::parse::<u64>))
        else {
            continue;
        };
        let Some(next) = seen.get_mut(&writer) else { continue };
        assert_eq!(number, *next, "round {round}: a line of {writer} is missing");
        *next += 1;
    }
}
