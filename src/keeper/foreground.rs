//! One program in the foreground: its input and its signals are the caller's, its output is shown and captured.

use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::capture::{Losses, Splitter, Tap};
use crate::keeper::client::Keeper;
use crate::keeper::program::{Audience, Program, Wiring};
use crate::keeper::source::Channel;
use crate::keeper::{KeeperError, Start};
use crate::model::Level;
use crate::platform::{self, Arrivals, Session, Signal};
use crate::process::{Bound, Trust};
use crate::store::{KeptProgram, create_folder, kept_folder};

/// Signals that are handed on.
const FORWARDED: [i32; 6] =
    [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT, libc::SIGUSR1, libc::SIGUSR2];
const ROOM: usize = 128 << 10;
/// After so long without output an open record is judged, and shown, as it stands.
const REST: Duration = Duration::from_millis(30);
/// How long what a program has left behind may take to close its output.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// Where a program's output is shown.
pub trait Echo {
    /// Bytes as they come from one of its streams.
    fn raw(&mut self, is_error: bool, bytes: &[u8]);

    /// Lines of one record, both streams together.
    fn lines(&mut self, bytes: &[u8], level: Option<Level>);
}

/// A program to be run in the foreground.
#[derive(Clone, Debug)]
pub struct Foreground {
    pub start: Start,
    pub state_dir: PathBuf,
    /// For what the program leaves behind, and what others have left.
    pub keeper: Keeper,
}

/// How it went.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub status: ExitStatus,
    pub losses: Losses,
    /// It has left processes behind that print on; a keeper reads them.
    pub has_left_some: bool,
}

/// Runs a program to its end.
///
/// # Errors
/// When it cannot be started; nothing runs then.
pub fn run(mut request: Foreground, echo: &mut dyn Echo) -> Result<Outcome, KeeperError> {
    let state_dir = request.state_dir.clone();
    create_folder(&kept_folder(&state_dir), 0o700)?;
    let keeper = request.keeper.clone();
    keeper.take_over_orphans()?;
    request.start.name = free_name(&request);
    let program = request.start.words.first().cloned().unwrap_or_default();
    let failed = |source: io::Error| KeeperError::NotStarted { program: program.clone(), source };
    // At a terminal it stays in our group, so that it may read from it.
    let session = if io::stdin().is_terminal() { Session::Shared } else { Session::Own };
    let arrivals = Arrivals::of(&[&FORWARDED[..], &[libc::SIGCHLD]].concat()).map_err(failed)?;
    let me = Bound::take(std::process::id()).ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?;
    let wiring = Wiring::Foreground(session);
    let program = Program::start(request.start.clone(), wiring, &state_dir, me.identity()).map_err(failed)?;
    let bound = Bound::take(program.pid());
    let splitter = Splitter::new();
    let mut stage =
        Stage { program, bound, arrivals, session, splitter, room: vec![0; ROOM], is_asked: false };
    let status = stage.play(&mut Shown(echo));
    let losses = stage.program.losses().clone();
    let has_left_some = !stage.program.is_silent();
    if has_left_some {
        stage.program.rest(&mut stage.splitter, &mut Shown(echo));
        stage.hand_over(&keeper)?;
    } else {
        stage.program.close(&mut stage.splitter, &mut Shown(echo));
    }
    Ok(Outcome { status, losses, has_left_some })
}

/// A name that no living program has.
fn free_name(request: &Foreground) -> String {
    let name = &request.start.name;
    let taken = KeptProgram::read(&request.state_dir, name);
    let is_alive = taken.and_then(|kept| kept.keeper).as_ref().and_then(Bound::again).is_some();
    if is_alive { format!("{name}.run-{}", std::process::id()) } else { name.clone() }
}

struct Shown<'a>(&'a mut dyn Echo);

impl Tap for Shown<'_> {
    fn lines(&mut self, bytes: &[u8], level: Option<Level>) {
        self.0.lines(bytes, level);
    }
}

impl Audience for Shown<'_> {
    fn raw(&mut self, channel: Channel, bytes: &[u8]) {
        self.0.raw(channel == Channel::Errors, bytes);
    }
}

struct Stage {
    program: Program,
    bound: Option<Bound>,
    arrivals: Arrivals,
    session: Session,
    splitter: Splitter,
    room: Vec<u8>,
    /// Somebody has asked the program, through us, to end.
    is_asked: bool,
}

impl Stage {
    fn play(&mut self, shown: &mut Shown<'_>) -> ExitStatus {
        loop {
            let is_quiet = !self.wait(REST);
            self.listen(shown);
            if is_quiet && self.program.is_restless() {
                self.program.rest(&mut self.splitter, shown);
            }
            if let Some(status) = self.signals() {
                // What it has printed is in the pipe by now; what it has left behind may close it in a moment.
                self.listen(shown);
                if !self.program.is_silent() {
                    self.wait(LAST_WORDS);
                    self.listen(shown);
                }
                self.program.end(Some(status), self.is_asked, &mut self.splitter, shown);
                return status;
            }
        }
    }

    /// Waits for output and signals; false where nothing came in time.
    fn wait(&self, limit: Duration) -> bool {
        let mut fds = vec![PollFd::from_borrowed_fd(self.arrivals.as_fd(), PollFlags::IN)];
        if let Some(gathers) = self.program.gathers()
            && poll(&mut fds, Some(&timespec(gathers))).unwrap_or(0) > 0
        {
            return true;
        }
        let open = self.program.sources.iter().filter(|source| source.is_open);
        fds.extend(open.map(|source| PollFd::from_borrowed_fd(source.as_fd(), PollFlags::IN)));
        let limit = timespec(limit);
        let limit = self.program.is_restless().then_some(&limit);
        poll(&mut fds, limit).map_or(true, |ready| ready > 0)
    }

    fn listen(&mut self, shown: &mut Shown<'_>) {
        for source in 0..self.program.sources.len() {
            if self.program.sources[source].is_open {
                self.program.listen(source, &mut self.room, &mut self.splitter, shown);
            }
        }
    }

    /// Hands signals on, and collects children; the program's own end is told.
    fn signals(&mut self) -> Option<ExitStatus> {
        for arrived in self.arrivals.take() {
            // What the terminal sent has reached the program as well.
            let is_shared = arrived.from_system && self.session == Session::Shared;
            let signal = Signal::from_named_raw(arrived.signal).filter(|_| arrived.signal != libc::SIGCHLD);
            let Some(signal) = signal else { continue };
            self.is_asked = true;
            if !is_shared && let Some(bound) = &self.bound {
                // Gone already is told by its end.
                let _told = bound.signal(signal, Trust::Marked);
            }
        }
        let mut ended = None;
        while let Some((pid, status)) = platform::reap() {
            ended = ended.or((pid == self.program.pid()).then_some(status));
        }
        ended
    }

    /// Leaves what is left to a keeper of its own.
    fn hand_over(&mut self, keeper: &Keeper) -> Result<(), KeeperError> {
        self.program.record.keeper = None;
        self.program.record.write(self.program.state_dir())?;
        self.program.sources.clear();
        keeper.launch()
    }
}

/// Of less than a second.
fn timespec(span: Duration) -> Timespec {
    Timespec { tv_sec: 0, tv_nsec: i64::from(span.subsec_nanos()) }
}
