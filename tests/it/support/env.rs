//! A hermetic place to run the binary in.

use std::fmt;
use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// No command of a test may take longer; a hang becomes a failure that says what hung.
const LIMIT: Duration = Duration::from_secs(60);

/// The ordinary user and group of Debian and most others.
const NOBODY: u32 = 65_534;

/// Lines of the folder's listing in a failure message.
const TREE_LINES: usize = 60;

/// A private folder and a bare environment: fixed time zone, width and home, nothing of the caller's but `PATH`.
#[derive(Debug)]
pub(crate) struct Env {
    dir: TempDir,
}

impl Env {
    /// Creates an empty place.
    pub(crate) fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("fuelops-it.").tempdir().unwrap();
        fs::create_dir(dir.path().join("tmp")).unwrap();
        fs::create_dir(dir.path().join("work")).unwrap();
        Self { dir }
    }

    /// Processes that run in its folder, or below.
    pub(crate) fn inhabitants(&self) -> Vec<u32> {
        let root = self.root().canonicalize().unwrap();
        let entries = fs::read_dir("/proc").unwrap().flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        pids.filter(|pid| fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd.starts_with(&root)))
            .collect()
    }

    /// The folder that commands run in.
    pub(crate) fn root(&self) -> PathBuf {
        self.dir.path().join("work")
    }

    /// A path in the folder that commands run in.
    pub(crate) fn path(&self, inside: impl AsRef<Path>) -> PathBuf {
        self.root().join(inside)
    }

    /// The folder that stands as `TMPDIR`.
    pub(crate) fn tmp(&self) -> PathBuf {
        self.dir.path().join("tmp")
    }

    /// Writes a file, with the folders above it.
    pub(crate) fn write(&self, inside: impl AsRef<Path>, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(inside);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// Any program, in this place's folder and environment.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.root())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.dir.path())
            .env("TMPDIR", self.tmp())
            .env("TZ", "UTC")
            .env("LANG", "C.UTF-8")
            .env("COLUMNS", "120")
            .stdin(Stdio::null());
        command
    }

    /// The binary under test with these arguments, for a caller that adds to it before [`Env::finish`].
    pub(crate) fn fuelops(&self, args: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_fuelops"));
        command.args(args);
        command
    }

    /// The binary as an ordinary user, who may read this place but nothing of the caller's; only root can ask for it.
    pub(crate) fn fuelops_as_nobody(&self, args: &[&str]) -> Command {
        // The build may lie in a folder that only its owner can enter.
        let program = self.dir.path().join("fuelops");
        if !program.exists() {
            fs::copy(env!("CARGO_BIN_EXE_fuelops"), &program).unwrap();
        }
        for folder in [self.dir.path().to_owned(), self.root()] {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let mut command = self.command(program);
        command.args(args).uid(NOBODY).gid(NOBODY);
        command
    }

    /// Runs the binary to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Outcome {
        self.finish(self.fuelops(args))
    }

    /// Runs a prepared command to its end, within a limit.
    pub(crate) fn finish(&self, mut command: Command) -> Outcome {
        let shown = format!("{command:?}");
        let start = Instant::now();
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = child.stdout.take().unwrap();
        let mut err = child.stderr.take().unwrap();
        let drain = |stream: &mut dyn Read| {
            let mut bytes = Vec::new();
            stream.read_to_end(&mut bytes).unwrap();
            bytes
        };
        std::thread::scope(|scope| {
            let stdout = scope.spawn(|| drain(&mut out));
            let stderr = scope.spawn(|| drain(&mut err));
            let mut hung = false;
            let status = loop {
                if let Some(status) = child.try_wait().unwrap() {
                    break status;
                }
                if start.elapsed() > LIMIT && !hung {
                    hung = true;
                    child.kill().unwrap();
                }
                std::thread::sleep(Duration::from_millis(2));
            };
            let outcome = Outcome {
                command: shown,
                folder: self.root(),
                stdout: String::from_utf8_lossy(&stdout.join().unwrap()).into_owned(),
                stderr: String::from_utf8_lossy(&stderr.join().unwrap()).into_owned(),
                code: status.code(),
                elapsed: start.elapsed(),
            };
            assert!(!hung, "did not end within {LIMIT:?}\n{outcome}");
            outcome
        })
    }
}

/// What a command did. Shown, it is all that one needs to understand a failure.
#[derive(Debug)]
pub(crate) struct Outcome {
    command: String,
    folder: PathBuf,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// Absent when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) elapsed: Duration,
}

impl Outcome {
    /// Fails unless the command ended with this code.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert!(self.code == Some(code), "expected exit code {code}\n{self}");
        self
    }

    /// Fails unless this stands in stdout.
    #[track_caller]
    pub(crate) fn says(self, what: &str) -> Self {
        assert!(self.stdout.contains(what), "stdout does not say `{what}`\n{self}");
        self
    }

    /// Stdout as one JSON document.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("stdout is not JSON: {error}\n{self}"))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "command: {}", self.command)?;
        writeln!(f, "folder:  {}", self.folder.display())?;
        let mut lines = Vec::new();
        tree(&self.folder, 1, &mut lines);
        for line in lines.iter().take(TREE_LINES) {
            writeln!(f, "{line}")?;
        }
        let code = self.code.map_or_else(|| "by a signal".to_owned(), |code| code.to_string());
        writeln!(f, "exit:    {code}, after {:?}", self.elapsed)?;
        writeln!(f, "--- stdout ---\n{}--- stderr ---\n{}---", self.stdout, self.stderr)
    }
}

fn tree(folder: &Path, depth: usize, lines: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let size = path.symlink_metadata().map_or(0, |meta| meta.len());
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        lines.push(format!("{:1$}{name}  {size} bytes", "", depth * 2));
        if path.is_dir() && !path.is_symlink() && lines.len() < TREE_LINES {
            tree(&path, depth + 1, lines);
        }
    }
}

#[test]
fn the_environment_holds_nothing_of_the_callers() {
    let env = Env::new();
    let outcome = env.finish(env.command("env")).expect(0);
    let mut names: Vec<_> = outcome.stdout.lines().filter_map(|line| line.split('=').next()).collect();
    names.sort_unstable();
    assert_eq!(names, ["COLUMNS", "HOME", "LANG", "PATH", "TMPDIR", "TZ"], "{outcome}");
}

#[test]
fn an_outcome_shows_command_folder_tree_and_both_streams() {
    let env = Env::new();
    env.write("logs/backend.log", "one\n");
    let mut command = env.command("sh");
    command.args(["-c", "echo out; echo err >&2; exit 3"]);
    let shown = env.finish(command).expect(3).says("out").to_string();
    for part in ["\"sh\" \"-c\"", "logs", "backend.log  4 bytes", "exit:    3", "out\n", "err\n"] {
        assert!(shown.contains(part), "`{part}` is missing in:\n{shown}");
    }
}
