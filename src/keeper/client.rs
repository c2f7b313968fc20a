//! Asking a keeper, and making one where there is none.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::StatVfsMountFlags;

use crate::keeper::COMMAND;
use crate::keeper::engine::SOCKET;
use crate::keeper::protocol::{Answer, ProgramStatus, Request, Start, receive, send};
use crate::platform::{Scope, Session};
use crate::process::{Bound, Cookie, Launch, Stream, spawn};
use crate::store::{Ended, KeptProgram, WriteError, create_folder, create_spare, spare_of, tag_of};

/// How long a keeper may take to be ready, on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(10);
/// How long it may take to answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// A keeper that ends at the very moment is followed by another.
const TRIES: u32 = 3;
/// How often, and after which pause, a keeper is asked about the end of a program that has ended already.
const ENDING_TRIES: u32 = 25;
const ENDING_PAUSE: Duration = Duration::from_millis(2);
/// Longest path of a socket that every system takes.
const MAX_SOCKET: usize = 100;

/// Why a keeper could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum KeeperError {
    #[error("cannot start the keeper of {}", state_dir.display())]
    NoKeeper { state_dir: PathBuf, source: io::Error },
    #[error(transparent)]
    State(#[from] WriteError),
    #[error("cannot start {program}")]
    NotStarted { program: String, source: io::Error },
    #[error("{0}")]
    Refused(String),
}

/// The keeper of a state folder, alive or to be made.
#[derive(Clone, Debug)]
pub struct Keeper {
    state_dir: PathBuf,
    program: PathBuf,
    environment: Vec<(OsString, OsString)>,
}

impl Keeper {
    /// The keeper of this folder. Where it has to be made, it is this program in this environment; what it starts is given
    /// another.
    pub fn of(state_dir: &Path, program: PathBuf, environment: Vec<(OsString, OsString)>) -> Self {
        Self { state_dir: state_dir.to_owned(), program, environment }
    }

    /// Starts a program and keeps it; returns its pid.
    ///
    /// # Errors
    /// When there can be no keeper, or the program cannot be started.
    pub fn start(&self, start: Start) -> Result<u32, KeeperError> {
        let request = Request::Start(Box::new(start));
        match self.ask(&request).and_then(started) {
            // A service that is up counts for more than records on a disk.
            Err(KeeperError::NoKeeper { .. } | KeeperError::State(_)) if takes_nothing(&self.state_dir) => {
                create_spare(&self.state_dir)
                    .map_err(|source| self.no_keeper(source))
                    .and_then(|spare| self.in_folder(spare).ask(&request))
                    .and_then(started)
            }
            result => result,
        }
    }

    /// The same with its records elsewhere.
    fn in_folder(&self, state_dir: PathBuf) -> Self {
        Self { state_dir, ..self.clone() }
    }

    /// This one, and the one whose records stand in memory because the disk took none.
    fn both(&self) -> impl Iterator<Item = Self> {
        [Some(self.clone()), spare_of(&self.state_dir).map(|spare| self.in_folder(spare))]
            .into_iter()
            .flatten()
    }

    /// Tells what living keepers keep; nothing where none lives. Makes none.
    pub fn programs(&self) -> Vec<ProgramStatus> {
        let listed = |keeper: Self| match exchange(&mut keeper.connect().ok()?, &Request::List) {
            Ok(Answer::Programs(programs)) => Some(programs),
            _ => None,
        };
        self.both().filter_map(listed).flatten().collect()
    }

    /// Tells how a program that was kept has ended; `None` where no keeper knows. Its end may be known here sooner than to
    /// its keeper, which is waited for a moment.
    pub fn how_ended(&self, name: &str, pid: u32) -> Option<Ended> {
        self.both().find_map(|keeper| keeper.how_its_own_ended(name, pid))
    }

    fn how_its_own_ended(&self, name: &str, pid: u32) -> Option<Ended> {
        for _ in 0..ENDING_TRIES {
            let request = Request::HowEnded { name: name.to_owned(), pid };
            match self.connect().and_then(|mut stream| exchange(&mut stream, &request)) {
                Ok(Answer::Ended(Some(ended))) => return Some(ended),
                Ok(Answer::Ended(None)) => std::thread::sleep(ENDING_PAUSE),
                _ => return None,
            }
        }
        None
    }

    /// Makes a keeper where programs have lost theirs.
    ///
    /// # Errors
    /// When there can be no keeper.
    pub fn take_over_orphans(&self) -> Result<(), KeeperError> {
        let is_orphan = |kept: &KeptProgram| {
            kept.keeper.as_ref().and_then(Bound::again).is_none()
                && kept.program.as_ref().and_then(Bound::again).is_some()
        };
        let is_missed = |keeper: &Self| KeptProgram::all_in(&keeper.state_dir).iter().any(is_orphan);
        self.both().filter(is_missed).try_for_each(|keeper| keeper.launch())
    }

    fn ask(&self, request: &Request) -> Result<Answer, KeeperError> {
        let mut failure = io::Error::from(io::ErrorKind::NotConnected);
        for _ in 0..TRIES {
            match self.connect().and_then(|mut stream| exchange(&mut stream, request)) {
                Ok(answer) => return Ok(answer),
                Err(error) => failure = error,
            }
            self.launch()?;
        }
        Err(self.no_keeper(failure))
    }

    fn connect(&self) -> io::Result<UnixStream> {
        let path = self.state_dir.join(SOCKET);
        let stream = if path.as_os_str().len() < MAX_SOCKET {
            UnixStream::connect(path)?
        } else {
            // By way of a descriptor the name is short.
            let folder = File::open(&self.state_dir)?;
            let number = std::os::fd::AsRawFd::as_raw_fd(&folder);
            UnixStream::connect(format!("/dev/fd/{number}/{SOCKET}"))?
        };
        stream.set_read_timeout(Some(ANSWER_LIMIT))?;
        stream.set_write_timeout(Some(ANSWER_LIMIT))?;
        Ok(stream)
    }

    /// Starts a keeper and waits until it answers; one that is there already makes it end at once.
    pub(super) fn launch(&self) -> Result<(), KeeperError> {
        create_folder(&self.state_dir, 0o700)?;
        self.spawn().map_err(|source| self.no_keeper(source))
    }

    fn spawn(&self) -> io::Result<()> {
        let (reader, writer) = io::pipe()?;
        let mut options = OpenOptions::new();
        let log = options.append(true).create(true).mode(0o600).custom_flags(libc::O_NOFOLLOW);
        // What it would say in its last need; on a full disk it says nothing.
        let log =
            log.open(self.state_dir.join("keeper.log")).map_or(Stream::Nothing, |log| Stream::To(log.into()));
        let words = [
            self.program.clone().into_os_string(),
            COMMAND.into(),
            self.state_dir.canonicalize()?.into_os_string(),
        ];
        let launch = |scope| -> io::Result<_> {
            Ok(Launch {
                words: words.to_vec(),
                dir: "/".into(),
                env: self.environment.clone(),
                account: None,
                session: Session::Own,
                stdin: Stream::Nothing,
                stdout: Stream::To(writer.into()),
                stderr: log,
                scope,
                cookie: Cookie::new()?,
            })
        };
        // Out of the group of whoever asks: it must not end with them.
        spawn(launch(Scope::create(&tag_of(&self.state_dir), &format!("keeper-{}", std::process::id())))?)?;
        await_word(&OwnedFd::from(reader).into())
    }

    fn no_keeper(&self, source: io::Error) -> KeeperError {
        KeeperError::NoKeeper { state_dir: self.state_dir.clone(), source }
    }
}

fn started(answer: Answer) -> Result<u32, KeeperError> {
    match answer {
        Answer::Started(pid) => Ok(pid),
        Answer::Failed(why) => Err(KeeperError::Refused(why)),
        _ => Err(KeeperError::Refused("the keeper has misunderstood".to_owned())),
    }
}

/// Whether the disk of a folder that is, or is to be, has no byte or no name left, or is read-only.
fn takes_nothing(folder: &Path) -> bool {
    let there = folder.ancestors().find(|path| path.is_dir());
    let space = there.and_then(|path| rustix::fs::statvfs(path).ok());
    space.is_some_and(|space| {
        space.f_flag.contains(StatVfsMountFlags::RDONLY)
            || space.f_bavail == 0
            || (space.f_files > 0 && space.f_favail == 0)
    })
}

fn exchange(stream: &mut UnixStream, request: &Request) -> io::Result<Answer> {
    send(stream, request)?;
    receive(&*stream)
}

/// Waits until the keeper says that it is ready.
fn await_word(mut from: &File) -> io::Result<()> {
    let limit = Timespec { tv_sec: START_LIMIT.as_secs().cast_signed(), tv_nsec: 0 };
    if poll(&mut [PollFd::new(&from, PollFlags::IN)], Some(&limit))? == 0 {
        return Err(io::ErrorKind::TimedOut.into());
    }
    let mut word = [0; 1];
    match from.read(&mut word)? {
        0 => Err(io::Error::other("it ended at once; keeper.log in the state folder may say why")),
        _ => Ok(()),
    }
}
