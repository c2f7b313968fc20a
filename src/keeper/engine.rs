//! The keeper's loop: one thread, one wait for pipes, ends, signals and requests.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chrono::Utc;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::capture::Splitter;
use crate::keeper::program::{Program, Wiring};
use crate::keeper::protocol::{Answer, Request, receive, send};
use crate::keeper::source::Source;
use crate::keeper::{ProgramStatus, Start};
use crate::model::Identity;
use crate::platform::{self, Arrivals};
use crate::process::Bound;
use crate::store::{KeptProgram, Lock, LockError, create_folder, kept_folder};

/// Held for as long as a keeper lives.
pub(super) const LOCK: &str = "keeper.lock";
/// Where a keeper is asked.
pub(super) const SOCKET: &str = "keeper.sock";
/// Bytes that are read at once.
const ROOM: usize = 128 << 10;
/// After so long without output an open record is judged as it stands.
const REST: Duration = Duration::from_millis(200);
/// How long a keeper without programs waits for a request.
const LINGER: Duration = Duration::from_secs(2);
/// How long one who asks may take.
const PATIENCE: Duration = Duration::from_secs(1);
/// What was needed for a request is given back when there was none for so long.
const SETTLED: Duration = Duration::from_secs(1);
/// Ends that are remembered for whoever asks.
const MAX_ENDS: usize = 64;

/// Keeps the programs of a state folder until there is none left. Returns at once where another keeper does.
///
/// `ready` is called when requests are answered.
///
/// # Errors
/// When the state folder cannot be used.
pub fn keep(state_dir: &Path, ready: impl FnOnce()) -> anyhow::Result<()> {
    let _lock = match Lock::take(&state_dir.join(LOCK), "keeper", Utc::now()) {
        Err(LockError::Held { .. }) => {
            ready();
            return Ok(());
        }
        lock => lock?,
    };
    create_folder(&kept_folder(state_dir), 0o700)?;
    let arrivals = Arrivals::of(&[libc::SIGCHLD, libc::SIGTERM, libc::SIGINT, libc::SIGHUP])?;
    platform::adopt_orphans();
    let listener = listen(state_dir)?;
    let me = Bound::take(std::process::id())
        .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?
        .identity()
        .clone();
    let mut engine = Engine {
        state_dir: state_dir.to_owned(),
        me,
        listener,
        arrivals,
        programs: Vec::new(),
        splitter: Splitter::new(),
        room: vec![0; ROOM],
        idle_since: Instant::now(),
        is_settled: false,
        ends: VecDeque::new(),
    };
    engine.take_over();
    ready();
    engine.run()
}

/// Binds the socket; its folder is nobody else's.
fn listen(state_dir: &Path) -> io::Result<UnixListener> {
    // The name of a socket may be short only.
    std::env::set_current_dir(state_dir)?;
    match fs::remove_file(SOCKET) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(SOCKET)?;
    fs::set_permissions(SOCKET, fs::Permissions::from_mode(0o600))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

struct Engine {
    state_dir: PathBuf,
    me: Identity,
    listener: UnixListener,
    arrivals: Arrivals,
    programs: Vec<Program>,
    splitter: Splitter,
    room: Vec<u8>,
    idle_since: Instant,
    /// What it does not need while it waits was given back.
    is_settled: bool,
    /// The last ends, oldest first.
    ends: VecDeque<ProgramStatus>,
}

/// What a descriptor that is ready belongs to.
#[derive(Clone, Copy, Debug)]
enum Ready {
    Signals,
    Listener,
    Pipe(usize, usize),
    End(usize),
}

impl Engine {
    /// Takes over what earlier keepers have left.
    fn take_over(&mut self) {
        for record in KeptProgram::all_in(&self.state_dir) {
            let is_kept = record.keeper.as_ref().and_then(Bound::again).is_some();
            if is_kept {
                continue;
            }
            match Program::adopt(record.clone(), &self.state_dir, &self.me) {
                Some(program) => self.programs.push(program),
                None => record.forget(&self.state_dir),
            }
        }
        for index in 0..self.programs.len() {
            if self.programs[index].bound.is_none() && !self.programs[index].has_ended() {
                self.hear_all(index);
                self.programs[index].end(None, false, &mut self.splitter, &mut ());
            }
        }
    }

    fn run(&mut self) -> anyhow::Result<()> {
        loop {
            self.close_silent();
            if self.programs.is_empty() && self.idle_since.elapsed() >= LINGER {
                fs::remove_file(SOCKET).unwrap_or(());
                return Ok(());
            }
            for ready in self.wait() {
                match ready {
                    Ready::Signals => {
                        if self.signals() {
                            return Ok(());
                        }
                    }
                    Ready::Listener => self.answer_all(),
                    Ready::Pipe(program, source) => {
                        self.programs[program].listen(source, &mut self.room, &mut self.splitter, &mut ());
                    }
                    Ready::End(program) => {
                        self.hear_all(program);
                        self.programs[program].end(None, false, &mut self.splitter, &mut ());
                    }
                }
            }
            self.rest();
            self.settle();
        }
    }

    fn settle(&mut self) {
        if !self.is_settled && self.idle_since.elapsed() >= SETTLED {
            platform::release_idle_memory();
            self.is_settled = true;
        }
    }

    fn wait(&self) -> Vec<Ready> {
        let mut keys = vec![Ready::Signals, Ready::Listener];
        let mut fds = vec![
            PollFd::from_borrowed_fd(self.arrivals.as_fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(self.listener.as_fd(), PollFlags::IN),
        ];
        // Whose pipe is left out is looked at again when its time is over.
        let mut gathers = None;
        for (at, program) in self.programs.iter().enumerate() {
            let left = program.gathers();
            gathers = gathers.into_iter().chain(left).min();
            let is_heard = |source: &Source| source.is_open && left.is_none();
            for (index, source) in program.sources.iter().enumerate().filter(|(_, s)| is_heard(s)) {
                keys.push(Ready::Pipe(at, index));
                fds.push(PollFd::from_borrowed_fd(source.as_fd(), PollFlags::IN));
            }
            if let Some(bound) = &program.bound {
                keys.push(Ready::End(at));
                fds.push(PollFd::from_borrowed_fd(bound.as_fd(), PollFlags::IN));
            }
        }
        let limit = self.limit().into_iter().chain(gathers).min().map(|limit| Timespec {
            tv_sec: limit.as_secs().cast_signed(),
            tv_nsec: i64::from(limit.subsec_nanos()),
        });
        // Interrupted: then there is a signal to be seen at the next turn.
        poll(&mut fds, limit.as_ref()).unwrap_or(0);
        keys.into_iter().zip(&fds).filter(|(_, fd)| !fd.revents().is_empty()).map(|(key, _)| key).collect()
    }

    fn limit(&self) -> Option<Duration> {
        if self.programs.is_empty() {
            return Some(LINGER.saturating_sub(self.idle_since.elapsed()));
        }
        let restless = self.programs.iter().filter(|program| program.is_restless());
        let rests = restless.map(|program| REST.saturating_sub(program.heard.elapsed())).min();
        let settles = (!self.is_settled).then(|| SETTLED.saturating_sub(self.idle_since.elapsed()));
        rests.into_iter().chain(settles).min()
    }

    /// Collects children that have ended; tells whether the keeper itself was asked to end.
    fn signals(&mut self) -> bool {
        let arrived = self.arrivals.take();
        while let Some((pid, status)) = platform::reap() {
            let Some(index) = self.programs.iter().position(|p| p.is_living_child() && p.pid() == pid) else {
                continue;
            };
            self.hear_all(index);
            self.programs[index].end(Some(status), false, &mut self.splitter, &mut ());
        }
        // What it keeps lives on and waits for the next one.
        let is_asked = arrived.iter().any(|arrived| arrived.signal == libc::SIGTERM);
        if is_asked {
            self.programs.iter_mut().for_each(|program| program.rest(&mut self.splitter, &mut ()));
        }
        is_asked
    }

    /// Reads everything that a program has printed so far.
    fn hear_all(&mut self, index: usize) {
        let program = &mut self.programs[index];
        for source in 0..program.sources.len() {
            program.listen(source, &mut self.room, &mut self.splitter, &mut ());
        }
    }

    fn close_silent(&mut self) {
        let mut index = 0;
        while index < self.programs.len() {
            let program = &self.programs[index];
            if program.has_ended() && program.is_silent() {
                let program = self.programs.swap_remove(index);
                self.remember(program.status());
                program.close(&mut self.splitter, &mut ());
                self.idle_since = Instant::now();
                self.is_settled = false;
            } else {
                index += 1;
            }
        }
    }

    fn remember(&mut self, end: ProgramStatus) {
        self.ends.push_back(end);
        if self.ends.len() > MAX_ENDS {
            self.ends.pop_front();
        }
    }

    fn how_ended(&self, name: &str, pid: u32) -> Answer {
        let living = self.programs.iter().rev().find(|p| p.record.name == name && p.pid() == pid);
        let past = || self.ends.iter().rev().find(|end| end.name == name && end.pid == pid);
        match living.map(Program::status).as_ref().or_else(past) {
            Some(program) => Answer::Ended(program.ended.clone()),
            None => Answer::Failed(format!("\"{name}\" is not kept as pid {pid}")),
        }
    }

    fn rest(&mut self) {
        for program in &mut self.programs {
            if program.is_restless() && program.heard.elapsed() >= REST {
                program.rest(&mut self.splitter, &mut ());
            }
        }
    }

    fn answer_all(&mut self) {
        while let Ok((mut stream, _)) = self.listener.accept() {
            self.idle_since = Instant::now();
            self.is_settled = false;
            // One who goes away unanswered has not waited.
            self.answer(&mut stream).unwrap_or(());
        }
    }

    fn answer(&mut self, stream: &mut UnixStream) -> io::Result<()> {
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let answer = match receive(&*stream)? {
            Request::List => Answer::Programs(self.programs.iter().map(Program::status).collect()),
            Request::Start(start) => self.start(*start),
            Request::HowEnded { name, pid } => self.how_ended(&name, pid),
        };
        send(stream, &answer)
    }

    fn start(&mut self, start: Start) -> Answer {
        let alive = self.programs.iter().find(|p| p.record.name == start.name && !p.has_ended());
        if let Some(program) = alive {
            return Answer::Failed(format!("\"{}\" runs already, as pid {}", start.name, program.pid()));
        }
        let shown = start.words.first().cloned().unwrap_or_default();
        let dir = start.dir.clone();
        match Program::start(start, Wiring::Service, &self.state_dir, &self.me) {
            Ok(program) => {
                let pid = program.pid();
                self.programs.push(program);
                Answer::Started(pid)
            }
            // The system has one word for both: no such file.
            Err(_) if !dir.is_dir() => {
                Answer::Failed(format!("cannot start {shown}: its folder {} is not there", dir.display()))
            }
            Err(error) => Answer::Failed(format!("cannot start {shown}: {error}")),
        }
    }
}
