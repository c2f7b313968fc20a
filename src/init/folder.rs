//! The files of a folder that tell what it is about.

use std::fs;
use std::path::{Path, PathBuf};

use crate::init::ask::ROUTES;
use crate::init::inventory::{App, AppKind, Files};
use crate::init::kinds::{KINDS, Kind};
use crate::process::PidFile;
use crate::store;

/// Entries of the folder that are looked at.
const MOST_ENTRIES: usize = 2_000;
/// Bytes of a source that are read.
const MAX_SOURCE: u64 = 256 * 1024;
/// Files that hold the app, the most likely first.
const APPS: [&str; 7] = ["main.py", "app.py", "server.py", "manage.py", "asgi.py", "wsgi.py", "run.py"];
/// Files that name packages.
const REQUIREMENTS: [&str; 3] = ["requirements.txt", "pyproject.toml", "Pipfile"];
const INTERPRETERS: [&str; 3] = [".venv/bin/python3", "venv/bin/python3", "env/bin/python3"];
const BACKUPS: [&str; 2] = ["backups", "backup"];

/// Looks at a folder.
pub(super) fn look(root: &Path) -> Files {
    let names = names(root);
    let is_there = |name: &&str| root.join(name).exists();
    Files {
        pid_files: names.iter().filter_map(|name| pid_file(root, name)).collect(),
        logs: logs(root, &names),
        app: APPS.into_iter().find_map(|name| app(root, name)),
        interpreter: INTERPRETERS.into_iter().find(is_there).map(PathBuf::from),
        backups: BACKUPS.into_iter().find(|name| root.join(name).is_dir()).map(PathBuf::from),
        env_file: root.join(".env").is_file().then(|| ".env".into()),
        drivers: drivers(root),
    }
}

fn drivers(root: &Path) -> Vec<&'static str> {
    let read = |name: &str| store::head(&root.join(name), MAX_SOURCE).ok();
    let sources: Vec<_> = REQUIREMENTS.into_iter().chain(APPS).filter_map(read).collect();
    let is_named =
        |kind: &&Kind| sources.iter().any(|source| kind.is_driven_by(&String::from_utf8_lossy(source)));
    KINDS.iter().filter(is_named).map(|kind| kind.name).collect()
}

fn names(root: &Path) -> Vec<String> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten().take(MOST_ENTRIES);
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

fn pid_file(root: &Path, name: &str) -> Option<(PathBuf, u32)> {
    let pid = name.ends_with(".pid").then(|| PidFile::read(&root.join(name)).pid()).flatten()?;
    Some((name.into(), pid))
}

/// Logs by name, and folders of logs as one glob.
fn logs(root: &Path, names: &[String]) -> Vec<String> {
    let is_plain = |name: &str| !name.contains(['*', '?', '[', '{', '\\']);
    let own =
        names.iter().filter(|name| name.ends_with(".log") && is_plain(name) && root.join(name).is_file());
    let mut logs: Vec<String> = own.cloned().collect();
    for folder in ["logs", "log"] {
        let members = fs::read_dir(root.join(folder)).into_iter().flatten().flatten().take(MOST_ENTRIES);
        if members.into_iter().any(|entry| entry.file_name().to_string_lossy().contains(".log")) {
            logs.push(format!("{folder}/*.log*"));
        }
    }
    logs
}

fn app(root: &Path, name: &str) -> Option<App> {
    let source = store::head(&root.join(name), MAX_SOURCE).ok()?;
    let source = String::from_utf8_lossy(&source);
    let serves = [".run(", "serve_forever", "uvicorn.run", "run_simple", "__main__"];
    let kind = match name {
        "manage.py" => AppKind::Django,
        "wsgi.py" => AppKind::Wsgi,
        "asgi.py" => AppKind::Asgi,
        _ if serves.iter().any(|sign| source.contains(sign)) => AppKind::Script,
        _ if source.contains("Flask(") || source.contains("wsgi") => AppKind::Wsgi,
        _ if source.contains("FastAPI(") || source.contains("Starlette(") => AppKind::Asgi,
        _ => AppKind::Script,
    };
    Some(App { file: name.into(), kind, port: port_in(&source), health: route_in(&source) })
}

/// A usual route of health that stands in a source as a word of its own.
fn route_in(source: &str) -> Option<String> {
    let is_there =
        |route: &&str| source.contains(&format!("\"{route}\"")) || source.contains(&format!("'{route}'"));
    ROUTES.into_iter().filter(|route| *route != "/").find(is_there).map(str::to_owned)
}

/// `port=8000`, `"PORT", "8000"`: the first such number.
fn port_in(source: &str) -> Option<u16> {
    let lower = source.to_ascii_lowercase();
    lower.match_indices("port").find_map(|(at, word)| {
        let rest = &lower[at + word.len()..];
        let rest = rest.trim_start_matches(['"', '\'', ',', '=', ':', ' ', '(', ')']);
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok().filter(|port| *port >= 80)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_is_read_where_it_is_set() {
        assert_eq!(port_in("uvicorn.run(app, host='0.0.0.0', port=8050)"), Some(8050));
        assert_eq!(port_in("port=int(os.environ.get(\"PORT\", \"8000\"))"), Some(8000));
        assert_eq!(port_in("import os\nsupport = 1\n"), None);
    }

    #[test]
    fn usual_layout_is_known() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
        write("requirements.txt", "fastapi\nPyMySQL==1.1.0\nredis\n");
        write("main.py", "app = FastAPI()\n@app.get('/health')\nuvicorn.run(app, port=8000)\n");
        write("backend.log", "");
        write("backend.pid", "4711\n");
        write(".env", "A=b\n");
        fs::create_dir(dir.path().join("logs")).unwrap();
        write("logs/app.log.1", "");
        let files = look(dir.path());
        let health = Some("/health".to_owned());
        let app = App { file: "main.py".into(), kind: AppKind::Script, port: Some(8000), health };
        assert_eq!(files.app, Some(app));
        assert_eq!(files.logs, ["backend.log", "logs/*.log*"]);
        assert_eq!(files.pid_files, [(PathBuf::from("backend.pid"), 4711)]);
        assert_eq!(files.drivers, ["mysql"]);
        assert!(files.env_file.is_some() && files.interpreter.is_none());
    }

    #[test]
    fn pipe_is_no_source_and_nobody_waits_for_its_writer() {
        let dir = tempfile::tempdir().unwrap();
        nix::unistd::mkfifo(&dir.path().join("main.py"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert_eq!(look(dir.path()).app, None);
    }

    #[test]
    fn missing_folder_has_nothing() {
        assert_eq!(look(Path::new("/no/such/folder")), Files::default());
    }
}
