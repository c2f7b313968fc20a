//! Starting a program so that the next stop is exact: in a session and, where there may be one, a control group of its own,
//! marked with a cookie, as its own user, with nothing open but what it is given.

use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::platform::{self, Account, Birth, Credentials, Scope, Session};
use crate::process::{Bound, COOKIE_VARIABLE, Cookie};

/// Where programs are looked for on behalf of another user.
const SAFE_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What a stream of a program leads to.
#[derive(Debug, Default)]
pub enum Stream {
    #[default]
    Nothing,
    /// The caller's own.
    Inherited,
    To(OwnedFd),
}

/// A program that is to be started.
#[derive(Debug)]
pub struct Launch {
    /// Program and arguments; never empty.
    pub words: Vec<OsString>,
    pub dir: PathBuf,
    /// All of its environment, but for the cookie.
    pub env: Vec<(OsString, OsString)>,
    /// Whom it becomes, if not the caller.
    pub account: Option<Account>,
    pub session: Session,
    pub stdin: Stream,
    pub stdout: Stream,
    pub stderr: Stream,
    /// The group that it is to live in.
    pub scope: Option<Scope>,
    pub cookie: Cookie,
}

/// A program that was started. It is this process's child, to be collected by
/// [`platform::reap`].
#[derive(Debug)]
pub struct Launched {
    pub pid: u32,
    /// `None` where it has ended already.
    pub bound: Option<Bound>,
    pub scope: Option<Scope>,
}

/// Starts a program.
///
/// # Errors
/// When it is not there, may not be run, or its user or folder cannot be had; nothing runs then.
pub fn spawn(launch: Launch) -> io::Result<Launched> {
    let (program, args) = launch.words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let account = launch.account.filter(|account| account.uid != platform::caller_uid());
    let mut command = Command::new(located(Path::new(program), &launch.dir));
    command.args(args).current_dir(&launch.dir).env_clear();
    // A relative path in the program's own words stays as it was written.
    std::os::unix::process::CommandExt::arg0(&mut command, program);
    command.envs(launch.env).env(COOKIE_VARIABLE, launch.cookie.value());
    command
        .stdin(launch.stdin.into_stdio())
        .stdout(launch.stdout.into_stdio())
        .stderr(launch.stderr.into_stdio());
    let door = launch.scope.as_ref().map(Scope::door).transpose()?;
    let credentials = account.as_ref().map(|account| Credentials {
        uid: account.uid,
        gid: account.gid,
        groups: platform::groups_of(&account.name, account.gid),
    });
    let pid = Birth { session: launch.session, door, credentials }.spawn(command)?;
    Ok(Launched { pid, bound: Bound::take(pid), scope: launch.scope })
}

impl Stream {
    fn into_stdio(self) -> Stdio {
        match self {
            Self::Nothing => Stdio::null(),
            Self::Inherited => Stdio::inherit(),
            Self::To(fd) => Stdio::from(fd),
        }
    }
}

/// A relative path starts at the folder that the program runs in; a bare name is looked up.
fn located(program: &Path, dir: &Path) -> OsString {
    if program.components().count() > 1 {
        dir.join(program).into_os_string()
    } else {
        program.as_os_str().to_owned()
    }
}

/// The environment of a program that runs as another user: nothing of the caller's goes along.
pub fn bare_environment(account: &Account) -> Vec<(OsString, OsString)> {
    let name = || OsString::from(&account.name);
    vec![
        ("PATH".into(), SAFE_PATH.into()),
        ("HOME".into(), account.home.clone().into_os_string()),
        ("USER".into(), name()),
        ("LOGNAME".into(), name()),
    ]
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn launch(words: &[&str]) -> Launch {
        Launch {
            words: words.iter().map(OsString::from).collect(),
            dir: "/".into(),
            env: std::env::vars_os().collect(),
            account: None,
            session: Session::Own,
            stdin: Stream::Nothing,
            stdout: Stream::Nothing,
            stderr: Stream::Nothing,
            scope: None,
            cookie: Cookie::new().unwrap(),
        }
    }

    fn output(launch: Launch) -> String {
        output_of(launch).1
    }

    fn output_of(mut launch: Launch) -> (u32, String) {
        let (reader, writer) = io::pipe().unwrap();
        launch.stdout = Stream::To(writer.into());
        let launched = spawn(launch).unwrap();
        let mut text = String::new();
        std::fs::File::from(OwnedFd::from(reader)).read_to_string(&mut text).unwrap();
        let pid = rustix::process::Pid::from_raw(launched.pid.cast_signed());
        rustix::process::waitpid(pid, rustix::process::WaitOptions::empty()).unwrap();
        (launched.pid, text)
    }

    #[test]
    fn a_child_has_three_descriptors_a_session_and_a_cookie() {
        let _leaked = rustix::io::dup(std::fs::File::open("/dev/null").unwrap()).unwrap();
        let text = output(launch(&[
            "sh",
            "-c",
            "ps -o sid= -p $$; echo $$; echo $FUELOPS_RUN; exec ls /proc/self/fd",
        ]));
        let mut words = text.split_whitespace();
        assert_eq!(words.next(), words.next(), "it leads its session");
        assert_eq!(words.next().unwrap().len(), 32);
        // The fourth is the folder that `ls` reads.
        assert_eq!(words.collect::<Vec<_>>(), ["0", "1", "2", "3"], "{text}");
    }

    #[test]
    fn a_program_in_a_control_group_is_our_child_and_the_pid_is_its_own() {
        let Some(scope) = Scope::create("test-spawn", &format!("born-{}", std::process::id())) else {
            return;
        };
        let mut inside = launch(&["sh", "-c", "echo $$ $PPID; cat /proc/self/cgroup"]);
        let dir = scope.dir().to_owned();
        inside.scope = Some(scope);
        let (pid, text) = output_of(inside);
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some(format!("{pid} {}", std::process::id()).as_str()));
        let group = text.lines().find_map(|line| line.strip_prefix("0::")).unwrap();
        assert!(dir.to_string_lossy().ends_with(group), "{group} is not {}", dir.display());

        let mut missing = launch(&["/no/such/program"]);
        missing.scope = Scope::open(&dir);
        assert_eq!(spawn(missing).unwrap_err().kind(), io::ErrorKind::NotFound);
        let scope = Scope::open(&dir).unwrap();
        assert!(scope.members().unwrap().is_empty());
        scope.remove();
    }

    #[test]
    fn another_user_gets_its_groups_and_nothing_of_our_environment() {
        if platform::caller_uid() != 0 {
            return;
        }
        let mut other = launch(&["sh", "-c", "id -u; id -G; env | cut -d= -f1 | sort | tr '\\n' ' '"]);
        let nobody = platform::account_of_name("nobody").unwrap();
        other.env = bare_environment(&nobody);
        other.account = Some(nobody.clone());
        let text = output(other);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], nobody.uid.to_string());
        assert!(!lines[1].split(' ').any(|group| group == "0"), "{text}");
        assert!(!text.contains("CARGO"), "{text}");
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error_and_no_process() {
        assert_eq!(spawn(launch(&["/no/such/program"])).unwrap_err().kind(), io::ErrorKind::NotFound);
        let mut nowhere = launch(&["true"]);
        nowhere.dir = "/no/such/folder".into();
        assert_eq!(spawn(nowhere).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
