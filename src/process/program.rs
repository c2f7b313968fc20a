//! A configured command, taken apart so that a running process can be compared with it.
//!
//! What is started is seldom what runs: `python3` may be a shim and the process `python3.11`; `env`, `nohup` and `nice`
//! vanish; `uvicorn main:app` is a script and runs as `python /venv/bin/uvicorn main:app`. So the executable is compared
//! by file or by family, and the words from the script on, each as written or as the file that it leads to from the
//! folder that it was written for.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::process::Facts;

/// Programs that only start others; with a value after these options.
const WRAPPERS: [(&str, &[&str]); 8] = [
    ("env", &["-u", "-C", "-S"]),
    ("nohup", &[]),
    ("setsid", &[]),
    ("nice", &["-n"]),
    ("ionice", &["-c", "-n"]),
    ("chrt", &[]),
    ("stdbuf", &["-i", "-o", "-e"]),
    ("exec", &[]),
];

/// Programs that start something which cannot be known from their words; shells belong to them.
const LAUNCHERS: [&str; 18] = [
    "npm",
    "npx",
    "yarn",
    "pnpm",
    "make",
    "just",
    "uv",
    "poetry",
    "pipenv",
    "pdm",
    "hatch",
    "rye",
    "bundle",
    "foreman",
    "honcho",
    "tini",
    "dumb-init",
    "sudo",
];

const SHELLS: [&str; 7] = ["sh", "bash", "dash", "zsh", "ksh", "ash", "busybox"];

/// Interpreters whose first word that is no option is the program proper; with a value after these options.
const INTERPRETERS: [(&str, &[&str]); 9] = [
    ("python", &["-W", "-X"]),
    ("pypy", &["-W", "-X"]),
    ("node", &["-r", "--require", "--import", "--loader"]),
    ("ruby", &["-I", "-r"]),
    ("perl", &["-I"]),
    ("php", &["-d", "-c"]),
    ("java", &["-cp", "-classpath", "--class-path"]),
    ("deno", &[]),
    ("bun", &[]),
];

/// Options that start the program proper by themselves.
const STARTERS: [&str; 4] = ["-m", "-c", "-e", "-jar"];

/// How far a process is like a configured command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    Different,
    /// The words agree; executable or working folder may not be read.
    Words,
    /// Executable and working folder agree; the process has written a title over its words.
    Titled,
    /// Executable and words agree, and the words lead to the same files or stand in the same folder.
    Same,
}

/// A command as it was configured, without its wrappers.
#[derive(Clone, Debug)]
pub struct Program {
    words: Vec<String>,
    /// Real path of the folder that the command is started in.
    dir: PathBuf,
    /// Real path of the program, where it was written with a folder.
    file: Option<PathBuf>,
    family: String,
    /// The program is a script for a shell, which may execute anything in its place.
    is_shell_script: bool,
}

impl Program {
    /// Takes a command apart; `None` when nothing but wrappers is left. Looks at the file system.
    pub fn new(words: &[String], dir: &Path) -> Option<Self> {
        let words = unwrapped(words);
        let program = words.first()?;
        let dir = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
        let file = program.contains('/').then(|| dir.join(program).canonicalize().ok()).flatten();
        let is_shell_script = file.as_deref().is_some_and(is_shell_script);
        Some(Self { words: words.to_vec(), file, family: family(OsStr::new(program)), dir, is_shell_script })
    }

    /// The folder that the command is started in.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether what runs in the end cannot be known from the words.
    pub fn is_launcher(&self) -> bool {
        // A shim of an interpreter is such a script too; what it starts is known.
        let is_script = self.is_shell_script && !self.is_interpreter();
        is_script || self.family == SHELL || LAUNCHERS.contains(&self.family.as_str())
    }

    /// Compares a process with this command.
    ///
    /// `facts` is asked only when the words leave it open.
    pub fn likeness<'a, W: AsRef<OsStr>>(
        &self,
        words: &[W],
        facts: impl FnOnce() -> Option<&'a Facts>,
    ) -> Likeness {
        let words: Vec<&OsStr> = words.iter().map(AsRef::as_ref).collect();
        let Some((_, args)) = words.split_first() else { return Likeness::Different };
        let is_title = args.is_empty() && self.words.len() > 1;
        // Most processes end here, before anything dear is read of them.
        if !is_title && !self.could_be(&words) {
            return Likeness::Different;
        }
        let Some(facts) = facts().filter(|facts| !facts.is_contained) else { return Likeness::Different };
        let agrees = facts.executable.as_ref().map(|exe| self.is_executable(&exe.path));
        let is_here = facts.working_dir.as_ref().map(|dir| *dir == self.dir);
        if is_title {
            let is_alike = agrees == Some(true) && is_here == Some(true);
            return if is_alike { Likeness::Titled } else { Likeness::Different };
        }
        let dir = facts.working_dir.as_deref();
        match (self.compare(&words, dir), agrees, is_here) {
            (Agreement::None, ..) | (_, Some(false), _) => Likeness::Different,
            (Agreement::Files, Some(true), _) | (Agreement::Words, Some(true), Some(true)) => Likeness::Same,
            (Agreement::Words, _, Some(false)) => Likeness::Different,
            _ => Likeness::Words,
        }
    }

    /// Whether a file can be what this command runs as, by path or by family.
    pub fn is_executable(&self, exe: &Path) -> bool {
        if self.file.as_deref() == Some(exe) {
            return true;
        }
        let theirs = family(exe.as_os_str());
        // A script runs as its interpreter; which one, its words tell.
        theirs == self.family || (!self.is_interpreter() && (theirs == SHELL || is_interpreter(&theirs)))
    }

    fn is_interpreter(&self) -> bool {
        self.family == SHELL || is_interpreter(&self.family)
    }

    /// A cheap look at the words alone.
    fn could_be(&self, words: &[&OsStr]) -> bool {
        self.pairs(words).is_some_and(|(mine, theirs)| {
            mine.len() == theirs.len()
                && mine.iter().zip(theirs).all(|(a, b)| OsStr::new(a) == *b || name(OsStr::new(a)) == name(b))
        })
    }

    fn compare(&self, words: &[&OsStr], dir: Option<&Path>) -> Agreement {
        let Some((mine, theirs)) = self.pairs(words) else { return Agreement::None };
        if mine.len() != theirs.len() {
            return Agreement::None;
        }
        let mut agreement = Agreement::Words;
        for (mine, theirs) in mine.iter().zip(theirs) {
            match self.same_word(OsStr::new(mine), theirs, dir) {
                Agreement::None => return Agreement::None,
                Agreement::Files => agreement = Agreement::Files,
                Agreement::Words => {}
            }
        }
        agreement
    }

    fn same_word(&self, mine: &OsStr, theirs: &OsStr, dir: Option<&Path>) -> Agreement {
        let as_written = if mine == theirs { Agreement::Words } else { Agreement::None };
        let Some(dir) = dir.filter(|_| name(mine) == name(theirs)) else { return as_written };
        let file = |folder: &Path, word: &OsStr| {
            let path = folder.join(word).canonicalize().ok()?;
            path.is_file().then_some(path)
        };
        match (file(&self.dir, mine), file(dir, theirs)) {
            (Some(mine), Some(theirs)) if mine == theirs => Agreement::Files,
            // The same word for two files: a second copy of the program.
            (Some(_), Some(_)) => Agreement::None,
            _ => as_written,
        }
    }

    /// The words to be compared: from the script on for interpreters, from the program on for scripts that run as
    /// `interpreter script …`, else all arguments.
    fn pairs<'a>(&'a self, words: &'a [&'a OsStr]) -> Option<(&'a [String], &'a [&'a OsStr])> {
        let theirs = family(words.first()?);
        if self.is_interpreter() {
            let mine = &self.words[1..];
            let args = &words[1..];
            let skipped = |n| if self.family == SHELL { 0 } else { n };
            let from = skipped(options(&self.family, mine.iter().map(OsStr::new)));
            let start = skipped(options(&self.family, args.iter().copied()));
            return Some((&mine[from..], &args[start..]));
        }
        let program = OsStr::new(&self.words[0]);
        if is_interpreter(&theirs) || theirs == SHELL {
            let at = words[1..].iter().position(|word| name(word) == name(program))? + 1;
            // A bare name was looked up in PATH, which is not ours to know.
            let from = usize::from(self.file.is_none());
            return Some((&self.words[from..], &words[at + from..]));
        }
        Some((&self.words[1..], &words[1..]))
    }
}

/// How far two lists of words agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Agreement {
    None,
    Words,
    /// At least one word leads to a file, and to the same.
    Files,
}

const SHELL: &str = "shell";

/// A program's name without folder and version; all shells are one family, for `sh` is another one on each system.
fn family(program: &OsStr) -> String {
    let name = String::from_utf8_lossy(name(program)).to_ascii_lowercase();
    // A login shell calls itself `-bash`.
    let bare = name.trim_start_matches('-').trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let bare = match bare {
        "nodejs" => "node",
        "" => name.as_str(),
        bare => bare.trim_end_matches('-'),
    };
    if SHELLS.contains(&bare) { SHELL.to_owned() } else { bare.to_owned() }
}

/// Whether a file starts with the path of a shell, as in `#!/usr/bin/env bash`.
fn is_shell_script(file: &Path) -> bool {
    let mut head = [0; 64];
    let Ok(got) = File::open(file).and_then(|mut file| file.read(&mut head)) else { return false };
    let line = head[..got].split(|b| *b == b'\n').next().unwrap_or_default();
    let Some(words) = line.strip_prefix(b"#!") else { return false };
    let mut words = words.split(|b| b.is_ascii_whitespace()).filter(|word| !word.is_empty());
    words.any(|word| family(OsStr::from_bytes(word)) == SHELL)
}

fn is_interpreter(family: &str) -> bool {
    INTERPRETERS.iter().any(|(name, _)| *name == family)
}

fn name(word: &OsStr) -> &[u8] {
    let bytes = word.as_bytes();
    let start = memchr::memrchr(b'/', bytes).map_or(0, |at| at + 1);
    &bytes[start..]
}

/// How many leading words are options of the interpreter.
fn options<'a>(family: &str, words: impl Iterator<Item = &'a OsStr>) -> usize {
    let with_value = INTERPRETERS.iter().find(|(name, _)| *name == family).map_or(&[][..], |(_, list)| list);
    let mut skipped = 0;
    let mut is_value = false;
    for word in words {
        let text = word.to_string_lossy();
        if is_value {
            is_value = false;
        } else if !text.starts_with('-') || STARTERS.contains(&text.as_ref()) {
            break;
        } else {
            is_value = with_value.contains(&text.as_ref());
        }
        skipped += 1;
    }
    skipped
}

/// Leaves out what only starts the program proper.
fn unwrapped(mut words: &[String]) -> &[String] {
    while let Some((program, rest)) = words.split_first() {
        let program = family(OsStr::new(program));
        let Some((_, with_value)) = WRAPPERS.iter().find(|(name, _)| *name == program) else { break };
        let mut rest = rest;
        while let Some((word, after)) = rest.split_first() {
            let is_setting = program == "env" && word.contains('=') && !word.starts_with('-');
            if !word.starts_with('-') && !is_setting {
                break;
            }
            let has_value = with_value.contains(&word.as_str()) && word != "-S";
            rest = if has_value { after.get(1..).unwrap_or(&[]) } else { after };
        }
        words = rest;
    }
    words
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::platform::Executable;

    struct Place(tempfile::TempDir);

    impl Place {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            fs::create_dir(dir.path().join("other")).unwrap();
            for file in ["main.py", "other/main.py", "uvicorn", "serve.sh"] {
                fs::write(dir.path().join(file), "").unwrap();
            }
            Self(dir)
        }

        fn dir(&self) -> PathBuf {
            self.0.path().canonicalize().unwrap()
        }

        fn likeness(&self, command: &str, process: &str, exe: Option<&str>, dir: Option<&str>) -> Likeness {
            let split = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
            let program = Program::new(&split(command), &self.dir()).unwrap();
            let process = process.replace("DIR", self.dir().to_str().unwrap());
            let facts = Facts {
                executable: exe.map(|path| Executable { path: path.into(), is_deleted: false }),
                working_dir: dir.map(|dir| self.dir().join(dir).components().collect()),
                owner: Some(0),
                is_contained: false,
            };
            program.likeness(&split(&process), || Some(&facts))
        }
    }

    const PYTHON: Option<&str> = Some("/home/dev/.pyenv/versions/3.11.7/bin/python3.11");

    #[test]
    fn shim_interpreter_and_wrappers_do_not_hide_a_script() {
        let place = Place::new();
        let same = |command, process| {
            assert_eq!(
                place.likeness(command, process, PYTHON, Some("")),
                Likeness::Same,
                "{command} / {process}"
            );
        };
        same("python3 main.py", "python3 main.py");
        same("python3 main.py", "/usr/bin/python3.11 -u -X dev DIR/main.py");
        same("/usr/bin/env python3 main.py", "python3 main.py");
        same("env -u A B=1 nohup nice -n 5 python3 -u main.py", "python3 main.py");
        same("python -m uvicorn main:app --port 1", "/v/bin/python -m uvicorn main:app --port 1");
        same("uvicorn main:app", "/v/bin/python DIR/uvicorn main:app");
        same("uvicorn main:app", "python3 /elsewhere/bin/uvicorn main:app");
    }

    #[test]
    fn other_words_script_or_folder_is_another_program() {
        let place = Place::new();
        let differs = |command, process, dir| {
            let likeness = place.likeness(command, process, PYTHON, Some(dir));
            assert_eq!(likeness, Likeness::Different, "{command} / {process} in {dir:?}");
        };
        differs("python3 main.py", "python3 main.py", "other");
        differs("python3 main.py", "python3 main.py migrate", "");
        differs("python3 main.py", "python3 -m http.server 8000", "");
        differs("uvicorn main:app", "python3 /v/bin/uvicorn main:app", "other");
        differs("uvicorn main:app", "python3 /v/bin/uvicorn other:app", "");
        let wrong_exe = place.likeness("python3 main.py", "python3 main.py", Some("/usr/bin/vim"), Some(""));
        assert_eq!(wrong_exe, Likeness::Different);
    }

    #[test]
    fn shell_scripts_and_binaries_are_compared_too() {
        let place = Place::new();
        let like = |command, process, exe| place.likeness(command, process, Some(exe), Some(""));
        assert_eq!(like("./serve.sh x", "/bin/sh ./serve.sh x", "/usr/bin/dash"), Likeness::Same);
        assert_eq!(like("sh serve.sh", "sh serve.sh", "/usr/bin/dash"), Likeness::Same);
        assert_eq!(
            like("redis-server r.conf", "redis-server r.conf", "/usr/bin/redis-server"),
            Likeness::Same
        );
        assert_eq!(
            like("redis-server r.conf", "redis-server b.conf", "/usr/bin/redis-server"),
            Likeness::Different
        );
        assert_eq!(
            like("redis-server r.conf", "redis-server *:6379", "/usr/bin/redis-server"),
            Likeness::Different
        );
        assert_eq!(
            like("redis-server r.conf", "redis-server-*:6379", "/usr/bin/redis-server"),
            Likeness::Titled
        );
    }

    #[test]
    fn missing_rights_leave_words_which_prove_little() {
        let place = Place::new();
        let like = |exe, dir| place.likeness("python3 main.py", "python3 main.py", exe, dir);
        assert_eq!(like(None, None), Likeness::Words);
        assert_eq!(like(PYTHON, None), Likeness::Words);
        assert_eq!(like(None, Some("other")), Likeness::Different);
    }

    #[test]
    fn process_of_a_container_is_never_ours() {
        let place = Place::new();
        let words = ["python3", "main.py"].map(str::to_owned);
        let facts = Facts {
            executable: Some(Executable { path: "/usr/bin/python3".into(), is_deleted: false }),
            working_dir: Some(place.dir()),
            owner: Some(0),
            is_contained: true,
        };
        let program = Program::new(&words, &place.dir()).unwrap();
        assert_eq!(program.likeness(&words, || Some(&facts)), Likeness::Different);
    }

    #[test]
    fn launchers_are_known_by_name_or_by_their_first_line() {
        let place = Place::new();
        fs::write(place.dir().join("run"), "#!/usr/bin/env bash\nexec python3 main.py\n").unwrap();
        let is_launcher = |word: &str| Program::new(&[word.to_owned()], &place.dir()).unwrap().is_launcher();
        assert!(is_launcher("./run") && is_launcher("npm") && is_launcher("bash"));
        assert!(!is_launcher("python3") && !is_launcher("./main.py") && !is_launcher("redis-server"));
    }

    #[test]
    fn families_leave_out_versions() {
        let of = |program: &str| family(OsStr::new(program));
        assert_eq!(of("/usr/bin/python3.11"), "python");
        assert_eq!(of("Python"), "python");
        assert_eq!(of("nodejs"), "node");
        assert_eq!(of("-bash"), "shell");
        assert_eq!(of("7z"), "7z");
        assert_eq!(of("42"), "42");
    }

    #[test]
    fn no_words_make_a_comparison_panic() {
        let place = Place::new();
        let none = Facts::default();
        for process in ["", " ", "/", "- -", "python3", "-m", "python3 -W"] {
            for command in ["python3 main.py", "env", "nice -n", "a", "sh"] {
                let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
                let Some(program) = Program::new(&words, &place.dir()) else { continue };
                let process: Vec<&str> = process.split(' ').collect();
                let _likeness = program.likeness(&process, || Some(&none));
            }
        }
    }
}
