//! Monit, supervisord with superlance's `httpok`, and pm2, each as the watcher of the same small server.
//!
//! They are taken from `FUELOPS_BENCH_PEERS` (a folder with a `bin`), else from `PATH`; what is missing is said. Each gets
//! what makes it fast: a look each second where it has such a setting, soon after a start, too, and KILL where it would wait
//! for a stopped process.

use std::fmt::Write as _;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::{ISOLATED, SERVER, answers, free_ports, milliseconds, python, wait_until};

/// Another watcher.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    kind: Kind,
    program: PathBuf,
    /// Its own folder first, for what it starts itself.
    path: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Monit,
    Supervisord,
    Pm2,
}

/// Those that are here; the others are named on stderr.
pub(crate) fn found() -> Vec<Peer> {
    let own = std::env::var_os("FUELOPS_BENCH_PEERS").map(|folder| PathBuf::from(folder).join("bin"));
    let path = std::env::var("PATH").unwrap_or_default();
    let path = own.map_or_else(|| path.clone(), |own| format!("{}:{path}", own.display()));
    let known = [
        ("Monit", Kind::Monit, &["monit"][..]),
        ("supervisord + httpok", Kind::Supervisord, &["supervisord", "httpok"][..]),
        ("pm2", Kind::Pm2, &["pm2"][..]),
    ];
    let of = |(name, kind, programs): (&'static str, Kind, &[&str])| {
        let lies =
            |program: &&str| std::env::split_paths(&path).map(|dir| dir.join(program)).find(|p| p.exists());
        let found: Option<Vec<PathBuf>> = programs.iter().map(lies).collect();
        if found.is_none() {
            eprintln!("left out: {name} ({} not found)", programs.join(", "));
        }
        let program = found?.into_iter().next()?;
        Some(Peer { name, kind, program, path: path.clone() })
    };
    known.into_iter().filter_map(of).collect()
}

impl Peer {
    /// Has it watch a server, which answers by then.
    pub(crate) fn watch(&self) -> PeerYard<'_> {
        let dir = tempfile::tempdir().unwrap();
        let port = free_ports(1)[0];
        fs::write(dir.path().join("server.py"), SERVER).unwrap();
        let watcher = match self.kind {
            Kind::Monit => self.monit(dir.path(), port),
            Kind::Supervisord => self.supervisord(dir.path(), port),
            Kind::Pm2 => self.pm2(dir.path(), port),
        };
        let yard = PeerYard { peer: self, dir, watcher, port };
        wait_until(|| answers(port) && yard.pid().is_some());
        yard
    }

    fn command(&self, dir: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(dir).env("PATH", &self.path).env("HOME", dir).env("PM2_HOME", dir.join("pm2"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn monit(&self, dir: &Path, port: u16) -> Option<Child> {
        let (at, words) = (dir.display(), words(port));
        let text = format!(
            "set daemon 1\nset idfile {at}/id\nset statefile {at}/state\nset pidfile {at}/monit.pid\n\
             check process server with pidfile {at}/server.pid\n\
             \x20 start program = \"/bin/sh -c 'cd {at} && exec {words} >/dev/null 2>&1 &'\"\n\
             \x20   with timeout 2 seconds\n\
             \x20 stop program = \"/bin/sh -c 'kill -9 $(cat {at}/server.pid)'\"\n\
             \x20 if failed port {port} protocol http with timeout 1 seconds then restart\n"
        );
        let config = dir.join("monitrc");
        fs::write(&config, text).unwrap();
        fs::set_permissions(&config, Permissions::from_mode(0o600)).unwrap();
        Some(self.command(dir).arg("-c").arg(config).arg("-I").spawn().unwrap())
    }

    fn supervisord(&self, dir: &Path, port: u16) -> Option<Child> {
        let (at, words) = (dir.display(), words(port));
        let mut text = format!(
            "[supervisord]\nnodaemon=true\nlogfile={at}/log\npidfile={at}/supervisord.pid\nchildlogdir={at}\n\
             [unix_http_server]\nfile={at}/socket\n\
             [rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n\
             [supervisorctl]\nserverurl=unix://{at}/socket\n"
        );
        write!(
            text,
            "[program:server]\ncommand={words}\ndirectory={at}\nstopsignal=KILL\n\
             [eventlistener:httpok]\ncommand=httpok -p server -t 1 http://127.0.0.1:{port}/\nevents=TICK_5\n"
        )
        .unwrap();
        let config = dir.join("supervisord.conf");
        fs::write(&config, text).unwrap();
        Some(self.command(dir).arg("-c").arg(config).spawn().unwrap())
    }

    /// Its daemon leaves whoever has started it.
    fn pm2(&self, dir: &Path, port: u16) -> Option<Child> {
        let (port, isolated) = (port.to_string(), ISOLATED.join(" "));
        let how = ["--interpreter", python(), "--interpreter-args", &isolated];
        let words = [&["start", "server.py", "--name", "server"][..], &how, &["--", &port]].concat();
        assert!(self.command(dir).args(words).status().unwrap().success(), "pm2 does not start the server");
        None
    }
}

/// The server's command line.
fn words(port: u16) -> String {
    format!("{} {} server.py {port}", python(), ISOLATED.join(" "))
}

/// A watched server; everything ends with it.
pub(crate) struct PeerYard<'a> {
    peer: &'a Peer,
    dir: TempDir,
    watcher: Option<Child>,
    port: u16,
}

impl PeerYard<'_> {
    /// The server's process, by its own word.
    fn pid(&self) -> Option<u32> {
        fs::read_to_string(self.dir.path().join("server.pid")).ok()?.trim().parse().ok()
    }

    /// Milliseconds from a signal until another process answers; `None` where none does within `patience`.
    pub(crate) fn struck(&self, signal: Signal, patience: Duration) -> Option<f64> {
        let old = self.pid()?;
        let begun = Instant::now();
        kill(Pid::from_raw(old.cast_signed()), signal).unwrap();
        while begun.elapsed() < patience {
            if self.pid().is_some_and(|pid| pid != old) && answers(self.port) {
                return Some(milliseconds(begun.elapsed()));
            }
            std::thread::sleep(Duration::from_micros(500));
        }
        None
    }

    /// The watcher and what it needs beside the server.
    pub(crate) fn residents(&self) -> Vec<u32> {
        let pid_file = self.dir.path().join("pm2/pm2.pid");
        let daemon = || fs::read_to_string(pid_file).ok()?.trim().parse().ok();
        let Some(root) = self.watcher.as_ref().map(Child::id).or_else(daemon) else { return Vec::new() };
        let server = self.pid();
        let mut found = vec![root];
        let mut next = 0;
        while let Some(parent) = found.get(next).copied() {
            next += 1;
            let children = format!("/proc/{parent}/task/{parent}/children");
            let children = fs::read_to_string(children).unwrap_or_default();
            let pids = children.split_whitespace().filter_map(|pid| pid.parse().ok());
            found.extend(pids.filter(|pid| Some(*pid) != server));
        }
        found
    }
}

impl Drop for PeerYard<'_> {
    fn drop(&mut self) {
        if self.peer.kind == Kind::Pm2 {
            self.peer.command(self.dir.path()).arg("kill").status().map(drop).unwrap_or(());
        }
        let others = self.residents();
        if let Some(watcher) = &mut self.watcher {
            watcher.kill().unwrap_or(());
            watcher.wait().map(drop).unwrap_or(());
        }
        // What the watcher has left, and only what lives in this folder.
        for pid in others.into_iter().skip(1).chain(self.pid()) {
            let is_ours = fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == self.dir.path());
            if is_ours {
                kill(Pid::from_raw(pid.cast_signed()), Signal::SIGKILL).unwrap_or(());
            }
        }
    }
}
