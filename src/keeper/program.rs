//! One program that is kept: its pipe, its files, its end.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use chrono::{Local, Utc};

use crate::capture::{Capture, Crash, Ending, Losses, Splitter, Tap, record_crash};
use crate::keeper::source::{Channel, Source, Whole};
use crate::keeper::{ProgramStatus, Start};
use crate::model::Identity;
use crate::platform::{FileUser, Scope, Session};
use crate::process::{Bound, Cookie, Launch, Stream, spawn};
use crate::store::{Desired, Ended, KeptProgram, Wish, tag_of, write_until_boot};
use crate::text::arguments::without_secrets;
use crate::text::shell;

/// Ends that an operator asks for.
const ASKED_FOR: [i32; 3] = [libc::SIGTERM, libc::SIGINT, libc::SIGHUP];

/// What is printed within so long after something was read is read together.
const GATHER: Duration = Duration::from_millis(2);
/// One that prints so much between two looks is read as fast as can be.
const FLOOD: usize = 64 << 10;

/// A program, alive or not, as long as anybody can print into its pipe.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) record: KeptProgram,
    state_dir: PathBuf,
    pid: u32,
    pub(super) sources: Vec<Source>,
    /// Watched where it is nobody's child here.
    pub(super) bound: Option<Bound>,
    is_child: bool,
    capture: Capture,
    file_user: Option<(u32, u32)>,
    pid_file: Option<PathBuf>,
    /// When it last printed something.
    pub(super) heard: Instant,
    /// That was a lot.
    is_flooding: bool,
}

/// How the streams of a program are connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wiring {
    /// In the background: no input, both streams in one pipe, in the order in which they were printed.
    Service,
    /// Before a person's eyes or in a script: the caller's input, each stream by itself.
    Foreground(Session),
}

/// What a program is shown to while it is captured.
pub(super) trait Audience: Tap {
    /// Bytes as they come.
    fn raw(&mut self, _channel: Channel, _bytes: &[u8]) {}
}

impl Audience for () {}

impl Program {
    /// Starts a program.
    pub(super) fn start(
        start: Start,
        wiring: Wiring,
        state_dir: &Path,
        keeper: &Identity,
    ) -> io::Result<Self> {
        let pipe = KeptProgram::pipe_of(state_dir, &start.name);
        let owner = start.user.as_ref().map(|user| (user.uid, user.gid));
        let (source, end) = Source::create(&pipe, owner)?;
        let cookie = Cookie::new()?;
        let scope = Scope::create(&tag_of(state_dir), &start.name);
        let scope_dir = scope.as_ref().map(|scope| scope.dir().to_owned());
        let (sources, stdin, stdout, stderr, session) = match wiring {
            Wiring::Service => {
                let again = end.try_clone()?;
                (vec![source], Stream::Nothing, end, again, Session::Own)
            }
            Wiring::Foreground(session) => {
                let (errors, errors_end) = Source::create(&errors_pipe(&pipe), owner)?;
                let sources = vec![source.of_two(Channel::Output), errors.of_two(Channel::Errors)];
                (sources, Stream::Inherited, end, errors_end, session)
            }
        };
        let launched = spawn(Launch {
            words: start.words.iter().map(OsString::from).collect(),
            dir: start.dir,
            env: start.env,
            account: start.user.map(Into::into),
            session,
            stdin,
            stdout: Stream::To(stdout),
            stderr: Stream::To(stderr),
            scope,
            cookie: cookie.clone(),
        });
        let launched = launched.inspect_err(|_| leave_nothing(&pipe, scope_dir.as_deref()))?;
        let record = KeptProgram {
            name: start.name,
            program: launched.bound.as_ref().map(|bound| bound.identity().clone()),
            command: shell::command(without_secrets(&start.words)),
            cookie: cookie.value().to_owned(),
            scope: scope_dir,
            pipe,
            files: start.files,
            started_at: Utc::now(),
            keeper: Some(keeper.clone()),
            ended: None,
        };
        let program = Self {
            state_dir: state_dir.to_owned(),
            pid: launched.pid,
            sources,
            bound: None,
            is_child: true,
            capture: Capture::new(&record.files, start.file_user, Local::now()),
            file_user: start.file_user,
            pid_file: start.pid_file,
            heard: Instant::now(),
            is_flooding: false,
            record,
        };
        program.write_pid_file();
        // On a full disk the program runs all the same; a later keeper will not find it.
        program.record.write(state_dir).unwrap_or(());
        Ok(program)
    }

    /// Takes over a program whose keeper is gone; `None` where there is nothing left of it.
    pub(super) fn adopt(mut record: KeptProgram, state_dir: &Path, keeper: &Identity) -> Option<Self> {
        let bound = record.program.as_ref().and_then(Bound::again);
        let source = Source::open(&record.pipe).ok()?;
        let errors = Source::open(&errors_pipe(&record.pipe)).ok();
        let sources = match errors {
            Some(errors) => vec![source.of_two(Channel::Output), errors.of_two(Channel::Errors)],
            None => vec![source],
        };
        record.keeper = Some(keeper.clone());
        record.write(state_dir).unwrap_or(());
        let file_user = owner_of(&record.files.main);
        Some(Self {
            state_dir: state_dir.to_owned(),
            pid: record.program.as_ref().map_or(0, |program| program.pid),
            sources,
            bound,
            is_child: false,
            capture: Capture::new(&record.files, file_user, Local::now()),
            file_user,
            pid_file: None,
            heard: Instant::now(),
            is_flooding: false,
            record,
        })
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    pub(super) fn state_dir(&self) -> &Path {
        &self.state_dir
    }

    /// Whether it is this process's child and lives.
    pub(super) fn is_living_child(&self) -> bool {
        self.is_child && self.record.ended.is_none()
    }

    pub(super) fn has_ended(&self) -> bool {
        self.record.ended.is_some()
    }

    /// Whether nobody can print anything more.
    pub(super) fn is_silent(&self) -> bool {
        self.sources.iter().all(|source| !source.is_open)
    }

    pub(super) fn losses(&self) -> &Losses {
        self.capture.losses()
    }

    pub(super) fn status(&self) -> ProgramStatus {
        let Losses { bytes, lines, why } = self.capture.losses().clone();
        ProgramStatus {
            name: self.record.name.clone(),
            pid: self.pid,
            started_at: self.record.started_at,
            ended: self.record.ended.clone(),
            lost_bytes: bytes,
            lost_lines: lines,
            lost_why: why,
        }
    }

    /// Reads what was printed into one of its pipes.
    pub(super) fn listen(
        &mut self,
        source: usize,
        room: &mut [u8],
        splitter: &mut Splitter,
        audience: &mut dyn Audience,
    ) {
        let (capture, source) = (&mut self.capture, &mut self.sources[source]);
        let channel = source.channel;
        let now = Local::now();
        let bytes = source.drain(room, &mut |bytes, whole| match whole {
            Whole::Raw => audience.raw(channel, bytes),
            Whole::Lines => capture.take(bytes, now, splitter, audience),
            Whole::Everything => {
                audience.raw(channel, bytes);
                capture.take(bytes, now, splitter, audience);
            }
        });
        if bytes > 0 {
            self.heard = Instant::now();
            self.is_flooding = bytes >= FLOOD;
        }
    }

    /// How long it is left alone before it is read again: each line of one that prints all the time would wake the reader,
    /// and hold up whoever prints it. Nothing for one that was silent, or that would fill its pipe meanwhile.
    pub(super) fn gathers(&self) -> Option<Duration> {
        if self.is_flooding {
            return None;
        }
        GATHER.checked_sub(self.heard.elapsed()).filter(|left| !left.is_zero())
    }

    /// Whether something waits for the rest of it.
    pub(super) fn is_restless(&self) -> bool {
        self.capture.is_restless()
    }

    /// Files what waits for a rest that has not come.
    pub(super) fn rest(&mut self, splitter: &mut Splitter, audience: &mut dyn Audience) {
        let now = Local::now();
        for source in &mut self.sources {
            source.flush(&mut |bytes, _| self.capture.take(bytes, now, splitter, audience));
        }
        self.capture.rest(now, splitter, audience);
    }

    /// Notes its end. `status` is known for children only; `is_asked`: somebody here has sent it the signal.
    pub(super) fn end(
        &mut self,
        status: Option<ExitStatus>,
        is_asked: bool,
        splitter: &mut Splitter,
        audience: &mut dyn Audience,
    ) {
        self.bound = None;
        let at = Utc::now();
        self.rest(splitter, audience);
        let crash = self.crash(status);
        self.record.ended = Some(Ended {
            at,
            code: status.and_then(|status| status.code()),
            signal: status.and_then(|status| status.signal()),
            said: crash.said(),
        });
        if !is_asked && is_abnormal(status) && !self.is_wished() {
            // Where not even that can be written, there is nobody to tell.
            record_crash(&self.record.files.crashes, &crash, self.file_user).unwrap_or(());
        }
        self.remove_pid_file();
        if self.record.is_current(&self.state_dir) {
            self.record.write(&self.state_dir).unwrap_or(());
        }
    }

    /// Nothing more will come: files what is left, and forgets it.
    pub(super) fn close(mut self, splitter: &mut Splitter, audience: &mut dyn Audience) {
        self.rest(splitter, audience);
        self.capture.finish(Local::now(), splitter, audience);
        if let Some(scope) = self.record.scope.as_deref().and_then(Scope::open).filter(|s| !s.is_populated())
        {
            scope.remove();
        }
        if self.record.is_current(&self.state_dir) {
            fs::remove_file(errors_pipe(&self.record.pipe)).unwrap_or(());
            self.record.forget(&self.state_dir);
        }
    }

    /// Whether an operator wants it to be down, or somebody ends it right now: whoever is at work on it since before it
    /// was started has started it.
    fn is_wished(&self) -> bool {
        let Some(desired) = Desired::read(&self.state_dir, &self.record.name) else { return false };
        let is_worked_on = || desired.in_work_by.as_ref().and_then(Bound::again).is_some();
        desired.wish == Wish::Stopped || (desired.since >= self.record.started_at && is_worked_on())
    }

    fn crash(&self, status: Option<ExitStatus>) -> Crash {
        let seen = status.map(|status| (status.code(), status.signal()));
        let ending = match seen {
            Some((_, Some(number))) => Ending::Signal(number),
            Some((code, None)) => Ending::Code(code.unwrap_or(0)),
            None => Ending::Unseen,
        };
        Crash {
            at: Local::now(),
            name: self.record.name.clone(),
            pid: self.pid,
            command: self.record.command.clone(),
            ending,
            traceback: self.capture.traceback().map(<[u8]>::to_vec),
            last_words: self.capture.last_words().to_vec(),
        }
    }

    fn write_pid_file(&self) {
        let Some(path) = &self.pid_file else { return };
        let _user = self.file_user.map(|(uid, gid)| FileUser::become_for_files(uid, gid));
        write_until_boot(path, format!("{}\n", self.pid).as_bytes(), 0o644).unwrap_or(());
    }

    /// Removes the pid file if it still is about this program.
    fn remove_pid_file(&self) {
        let Some(path) = &self.pid_file else { return };
        let _user = self.file_user.map(|(uid, gid)| FileUser::become_for_files(uid, gid));
        let is_ours = fs::read_to_string(path).is_ok_and(|text| text.trim() == self.pid.to_string());
        if is_ours {
            fs::remove_file(path).unwrap_or(());
        }
    }
}

/// Removes what was made for a program that could not be started.
fn leave_nothing(pipe: &Path, scope: Option<&Path>) {
    fs::remove_file(pipe).unwrap_or(());
    fs::remove_file(errors_pipe(pipe)).unwrap_or(());
    if let Some(scope) = scope.and_then(Scope::open) {
        scope.remove();
    }
}

/// The second pipe of a program whose streams are told apart.
fn errors_pipe(pipe: &Path) -> PathBuf {
    pipe.with_extension("errors.pipe")
}

fn is_abnormal(status: Option<ExitStatus>) -> bool {
    let Some(status) = status else { return true };
    match status.signal() {
        Some(number) => !ASKED_FOR.contains(&number),
        None => !status.success(),
    }
}

/// Whose a file is, where root goes on writing it.
fn owner_of(path: &Path) -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::metadata(path).ok()?;
    (metadata.uid() != 0).then(|| (metadata.uid(), metadata.gid()))
}
