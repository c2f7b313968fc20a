//! The sample backend's life: bind, serve, break as told, end.

use std::fmt;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use chrono::{DateTime, Local};
use serde_json::{Value, json};

use super::http::{Answer, Request};
use super::logbook::{FATAL_TRACEBACK, Logbook, ROUTE_TRACEBACK, Server};
use super::routes::{self, Body};
use super::vitals::Vitals;
use crate::demo::Fault;
use crate::platform::Termination;

/// Connections served at the same time; more are closed unanswered.
const CONNECTIONS: usize = 64;

/// A peer that neither sends nor takes is given up after this.
const PEER_PATIENCE: Duration = Duration::from_secs(5);

/// How often faults that need no request are looked for.
const TICK: Duration = Duration::from_millis(25);

/// Ticks between two lines of the application's own work.
const TICKS_PER_REMARK: u64 = 80;

/// Bytes that a leak takes at each tick, and where it stops: a demo must not bring its machine down.
const LEAK_STEP: usize = 4 * 1024 * 1024;
const LEAK_STEPS: usize = 64;

/// A sample program to run.
#[derive(Clone, Debug)]
pub struct Sample {
    /// On loopback.
    pub port: u16,
    /// Working folder: pid file and fault stand there.
    pub folder: PathBuf,
    pub role: Role,
    /// Pid of a program that it ends with, whoever has started it.
    pub ends_with: Option<u32>,
}

/// Which program it plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The backend.
    Backend,
    /// Some other program that squats on the backend's port and answers 200 to everything.
    Stranger,
}

impl Role {
    /// The word that selects it on the command line and names its files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Backend => "backend",
            Self::Stranger => "stranger",
        }
    }

    /// The role of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Backend, Self::Stranger].into_iter().find(|role| role.word() == word)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// Ties a sample program to whoever started it: it ends when this reads its end.
pub type Leash = Box<dyn Read + Send>;

/// How a sample program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It was asked to, and ended in order.
    Asked,
    /// The crash that was ordered: nothing was tidied up.
    Crashed,
    /// It never served: the port belongs to somebody else.
    PortTaken,
}

/// What the threads of one program share.
#[derive(Debug)]
struct Shared {
    sample: Sample,
    log: Logbook,
    vitals: Vitals,
    connections: AtomicUsize,
}

impl Sample {
    /// The hidden command that plays a sample program.
    pub const COMMAND: &str = "__sample";

    /// The command line, after the program itself, that plays this sample in its folder.
    pub fn words(&self) -> Vec<String> {
        let mut words = vec![Self::COMMAND.to_owned(), self.role.word().to_owned(), self.port.to_string()];
        words.extend(self.ends_with.map(|pid| pid.to_string()));
        words
    }

    /// Holds the program's own pid while it listens.
    pub fn pid_file(&self) -> PathBuf {
        self.folder.join(format!("{}.pid", self.role))
    }

    /// Where whoever starts it should send its output.
    pub fn log_file(&self) -> PathBuf {
        self.folder.join(format!("{}.log", self.role))
    }

    /// Runs until a signal, a fault or the leash ends it. What a service would print goes to `log`.
    ///
    /// # Errors
    ///
    /// Fails if it cannot listen for a reason other than a taken port, or cannot write its pid file.
    pub fn run(self, leash: Option<Leash>, log: Box<dyn Write + Send>) -> io::Result<Ending> {
        let log = Logbook::new(log);
        let termination = Termination::hold_back()?;
        let pid = std::process::id();
        log.server(Server::Info, &format!("Started server process [{pid}]"));
        log.server(Server::Info, "Waiting for application startup.");
        log.application(Local::now(), "INFO", "Connected to database fuel_copilot_local");
        log.server(Server::Info, "Application startup complete.");
        let listener = match TcpListener::bind(("127.0.0.1", self.port)) {
            Ok(listener) => listener,
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                log.server(Server::Error, &bind_failure(self.port, &error));
                return Ok(Ending::PortTaken);
            }
            Err(error) => return Err(error),
        };
        let pid_file = PidFile::write(self.pid_file(), pid)?;
        log.server(
            Server::Info,
            &format!("Uvicorn running on http://127.0.0.1:{} (Press CTRL+C to quit)", self.port),
        );
        let shared =
            Arc::new(Shared { sample: self, log, vitals: Vitals::new(), connections: AtomicUsize::new(0) });
        let ending = shared.clone().serve(listener, termination, leash).recv().unwrap_or(Ending::Asked);
        shared.end(ending, pid_file);
        Ok(ending)
    }
}

impl Shared {
    /// Starts every thread; the first ending that one of them sends is the program's.
    fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        termination: Termination,
        leash: Option<Leash>,
    ) -> Receiver<Ending> {
        let (ends, ending) = channel();
        let asked = ends.clone();
        thread::spawn(move || termination.wait().map(|_| asked.send(Ending::Asked)));
        if let Some(mut leash) = leash {
            let asked = ends.clone();
            thread::spawn(move || {
                // Whatever arrives is nothing; only the end counts.
                let _bytes = io::copy(&mut leash, &mut io::sink());
                asked.send(Ending::Asked)
            });
        }
        let shared = self.clone();
        thread::spawn(move || shared.work(&ends));
        thread::spawn(move || self.accept(&listener));
        ending
    }

    fn end(&self, ending: Ending, pid_file: PidFile) {
        match ending {
            Ending::Crashed => {
                self.log.application(Local::now(), "CRITICAL", "Unhandled exception, backend is going down");
                self.log.verbatim(FATAL_TRACEBACK);
            }
            Ending::Asked | Ending::PortTaken => {
                self.log.server(Server::Info, "Shutting down");
                self.log.server(Server::Info, "Waiting for application shutdown.");
                self.log.server(Server::Info, "Application shutdown complete.");
                self.log.server(Server::Info, &format!("Finished server process [{}]", std::process::id()));
                pid_file.remove();
            }
        }
    }

    fn fault(&self) -> Option<Fault> {
        match self.sample.role {
            Role::Backend => Fault::read(&self.sample.folder),
            Role::Stranger => None,
        }
    }

    /// What goes on without any request: faults, and the sync job's lines.
    fn work(&self, ends: &Sender<Ending>) {
        let mut leaked: Vec<Vec<u8>> = Vec::new();
        for tick in 0_u64.. {
            match self.fault() {
                Some(Fault::Crash) => {
                    let _already_ended = ends.send(Ending::Crashed);
                    return;
                }
                Some(Fault::Leak) if leaked.len() < LEAK_STEPS => leaked.push(vec![1; LEAK_STEP]),
                // A blocked event loop writes nothing either.
                Some(Fault::Hang) => {}
                _ if tick % TICKS_PER_REMARK == 0 && self.sample.role == Role::Backend => {
                    self.log.application(Local::now(), "INFO", "Wialon sync: 4 units, 0 late");
                }
                _ => {}
            }
            thread::sleep(TICK);
        }
    }

    fn accept(self: Arc<Self>, listener: &TcpListener) {
        for stream in listener.incoming() {
            // Hung: this connection waits, those behind it wait in the kernel, and TCP looks fine from outside.
            while self.fault() == Some(Fault::Hang) {
                thread::sleep(TICK);
            }
            let Ok(stream) = stream else { continue };
            if self.connections.fetch_add(1, Ordering::Relaxed) >= CONNECTIONS {
                self.connections.fetch_sub(1, Ordering::Relaxed);
                continue;
            }
            let shared = self.clone();
            thread::spawn(move || {
                // A peer that went away or sent nonsense is its own problem.
                let _gone = shared.converse(&stream);
                shared.connections.fetch_sub(1, Ordering::Relaxed);
            });
        }
    }

    fn converse(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_read_timeout(Some(PEER_PATIENCE))?;
        stream.set_write_timeout(Some(PEER_PATIENCE))?;
        let peer = stream.peer_addr()?;
        let request = Request::read(stream)?;
        let answer = self.answer(&request, peer);
        answer.write(stream, &request.method)
    }

    fn answer(&self, request: &Request, peer: SocketAddr) -> Answer {
        let now = Local::now();
        let (answer, remarks) = match (self.sample.role, self.fault()) {
            (Role::Stranger, _) => (Answer::new(200, json!({"hello": "from another program"})), Vec::new()),
            (Role::Backend, Some(Fault::Errors)) if request.path != "/health/live" => {
                (Answer::new(500, json!({"detail": "Internal Server Error"})), Vec::new())
            }
            (Role::Backend, _) => routes::answer(request, self, now),
        };
        for (level, message) in remarks {
            self.log.application(now, level, &message);
        }
        self.log.access(peer, request, &answer.status_line());
        if answer.status == 500 {
            self.log.verbatim(ROUTE_TRACEBACK);
        }
        answer
    }
}

impl Body for Shared {
    fn machine(&self) -> (Value, Value) {
        self.vitals.machine(&self.sample.folder)
    }

    fn process(&self, now: DateTime<Local>) -> Value {
        self.vitals.process(now)
    }
}

/// The pid file, as long as it is ours.
#[derive(Debug)]
struct PidFile {
    path: PathBuf,
    pid: u32,
}

impl PidFile {
    fn write(path: PathBuf, pid: u32) -> io::Result<Self> {
        fs::write(&path, format!("{pid}\n"))?;
        Ok(Self { path, pid })
    }

    /// A successor may have written its own by now; that one stays.
    fn remove(self) {
        if fs::read_to_string(&self.path).is_ok_and(|text| text.trim() == self.pid.to_string()) {
            let _gone_already = fs::remove_file(&self.path);
        }
    }
}

fn bind_failure(port: u16, error: &io::Error) -> String {
    let errno = error.raw_os_error().unwrap_or_default();
    format!(
        "[Errno {errno}] error while attempting to bind on address ('127.0.0.1', {port}): address already in use"
    )
}
