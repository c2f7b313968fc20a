//! Services: what runs in the folder, and what could.

use std::ffi::OsStr;
use std::path::Path;

use crate::init::inventory::{App, AppKind, Inventory, Process};
use crate::init::proposal::{Proposal, ServicePlan, slug};
use crate::text::arguments::without_secrets;

/// Servers that are told as checks, not started by us.
const SERVERS: [&str; 9] = [
    "mysqld",
    "mariadbd",
    "postgres",
    "redis-server",
    "valkey-server",
    "prometheus",
    "node_exporter",
    "prometheus-node",
    "beam.smp",
];

/// What to do about a secret on a command line.
const FILL_IN: &str = "its command line holds a secret, which is not repeated: put that into the environment, name its \
                       variable in place of SECRET_1, and take the # away";

/// Adds what runs in the folder; where nothing does, the app that lies there.
pub(super) fn add(inventory: &Inventory, proposal: &mut Proposal) {
    let is_program = |process: &&Process| process.is_at_home && !is_server(process, inventory);
    for process in inventory.processes.iter().filter(is_program) {
        let plan = running(process, inventory, proposal);
        if plan.holds_secret() {
            let why = format!("{}; {FILL_IN}", plan.because);
            proposal.find_pending("service", &plan.name, "secret", why);
        } else {
            let what = if plan.unit.is_some() { "a unit of systemd".into() } else { plan.command.join(" ") };
            proposal.find("service", &plan.name, what, plan.because.clone());
        }
        proposal.services.push(plan);
    }
    if proposal.services.is_empty()
        && let Some(app) = &inventory.files.app
    {
        let plan = lying(app, inventory, proposal);
        proposal.find("service", &plan.name, plan.command.join(" "), plan.because.clone());
        proposal.services.push(plan);
    }
}

/// Whether it is such a server, or only what starts one: `mysqld_safe`.
fn is_server(process: &Process, inventory: &Inventory) -> bool {
    let is_one = |name: &str| SERVERS.contains(&name);
    // Redis and PostgreSQL put more than a name there: `redis-server *:6379`.
    let title = process.words.first().and_then(|word| word.split_whitespace().next());
    let program = title.map(Path::new).and_then(Path::file_name).and_then(OsStr::to_str);
    let serves = |port: &u16| {
        let mut there = inventory.listening.iter().filter(|at| at.address.port() == *port);
        there.any(|at| at.program.as_deref().is_some_and(is_one))
    };
    let is_parent = !process.ports.is_empty() && process.ports.iter().all(serves);
    is_parent || program.is_some_and(|name| is_one(name.trim_end_matches(':')))
}

fn running(process: &Process, inventory: &Inventory, proposal: &Proposal) -> ServicePlan {
    let root = &inventory.folder;
    let inside = |path: &Path| relative(path, root);
    let port = process.ports.first().copied();
    let answer = port.and_then(|port| inventory.listening.iter().find(|at| at.address.port() == port));
    let pid_file = inventory.files.pid_files.iter().find(|(_, pid)| *pid == process.pid);
    let mut because =
        format!("pid {} runs in {}", process.pid, process.dir.as_deref().unwrap_or(root).display());
    if let Some(port) = port {
        because = format!("{because} and listens on port {port}");
    }
    let plan = ServicePlan {
        name: proposal.free_name(&name_of(&process.words)),
        unit: process.unit.clone(),
        pid_file: pid_file.map(|(path, _)| path.display().to_string()),
        log_file: process.output.as_deref().map(inside),
        port,
        health: answer.and_then(|listening| listening.answer.http.clone()),
        because,
        depends_on: dependencies(proposal),
        ..ServicePlan::default()
    };
    if plan.unit.is_some() {
        return ServicePlan { pid_file: None, ..plan };
    }
    ServicePlan {
        command: without_secrets(&process.words),
        dir: process.dir.as_deref().filter(|dir| dir != root).map(inside),
        user: process.user.clone().filter(|user| Some(user) != inventory.owner.as_ref()),
        env_file: inventory.files.env_file.as_ref().map(|path| path.display().to_string()),
        ..plan
    }
}

/// A check that the app is likely to need comes first.
fn dependencies(proposal: &Proposal) -> Vec<String> {
    let is_store = |kind: &str| ["mysql", "postgres", "redis"].contains(&kind);
    let stores = proposal.checks.iter().filter(|check| is_store(check.kind) || is_store(&check.name));
    stores.map(|check| check.name.clone()).collect()
}

/// A path as it stands in the file: relative where it lies below the root.
fn relative(path: &Path, root: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

/// The usual name of a program, by its words.
fn name_of(words: &[String]) -> String {
    let is = |name: &str| words.iter().any(|word| word == name || word.ends_with(&format!("/{name}")));
    if is("celery") {
        let beat = if is("beat") { "celery-beat" } else { "celery-worker" };
        return beat.to_owned();
    }
    if is("uvicorn") || is("gunicorn") || is("hypercorn") || is("flask") {
        return "backend".to_owned();
    }
    let script = words.iter().skip(1).find(|word| !word.starts_with('-'));
    let stem =
        script.and_then(|word| Path::new(word).file_stem()).map(|stem| stem.to_string_lossy().into_owned());
    match stem.as_deref() {
        Some("main" | "app" | "server" | "manage" | "run" | "wsgi" | "asgi") | None => "backend".to_owned(),
        Some(stem) => slug(stem).unwrap_or_else(|| "backend".to_owned()),
    }
}

/// Nothing runs: how the app would be started.
fn lying(app: &App, inventory: &Inventory, proposal: &Proposal) -> ServicePlan {
    let files = &inventory.files;
    let python =
        files.interpreter.as_ref().map_or_else(|| "python3".to_owned(), |path| path.display().to_string());
    let from_env = || {
        inventory.environment.iter().find(|v| v.name == "PORT" || v.name == "APP_PORT").and_then(|v| v.port)
    };
    let port = app.port.or_else(from_env).unwrap_or(8000);
    let (file, number) = (app.file.display().to_string(), port.to_string());
    let module = app.file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let name = if app.kind == AppKind::Django { "wsgi" } else { &module };
    let (target, address) = (format!("{name}:app"), format!("127.0.0.1:{port}"));
    let words: Vec<&str> = match app.kind {
        AppKind::Script => vec![&python, &file],
        AppKind::Django => vec![&python, &file, "runserver", "--noreload", &number],
        AppKind::Asgi => vec![&python, "-m", "uvicorn", &target, "--port", &number],
        AppKind::Wsgi => vec![&python, "-m", "gunicorn", "--bind", &address, &target],
    };
    // Those of another program lie there as well.
    let is_its = |file: &str, ending| {
        let stem = file.strip_suffix(ending);
        stem.is_some_and(|stem| {
            stem == module || ["backend", "server", "uvicorn", "gunicorn"].contains(&stem)
        })
    };
    let mut pid_files = files.pid_files.iter().map(|(path, _)| path.display().to_string());
    let pid_file = pid_files.find(|file| is_its(file, ".pid"));
    let log = files.logs.iter().find(|log| is_its(log, ".log"));
    ServicePlan {
        name: proposal.free_name("backend"),
        command: words.into_iter().map(str::to_owned).collect(),
        pid_file: Some(pid_file.unwrap_or_else(|| "backend.pid".to_owned())),
        log_file: Some(log.cloned().unwrap_or_else(|| "backend.log".to_owned())),
        port: Some(port),
        health: app.health.clone().map(|path| (path, 200)),
        env_file: files.env_file.as_ref().map(|path| path.display().to_string()),
        depends_on: dependencies(proposal),
        because: format!("{file} lies here; nothing of it runs now, so look at every line"),
        ..ServicePlan::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::inventory::{Answer, Listening};

    fn name(line: &str) -> String {
        name_of(&line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn programs_get_the_names_that_teams_give_them() {
        assert_eq!(name("/srv/venv/bin/python3 main.py"), "backend");
        assert_eq!(name("python3 -u wialon_sync.py"), "wialon-sync");
        assert_eq!(name("/usr/bin/python3 /usr/bin/uvicorn main:app"), "backend");
        assert_eq!(name("python -m celery -A tasks worker"), "celery-worker");
        assert_eq!(name("python -m celery -A tasks beat"), "celery-beat");
    }

    #[test]
    fn wsgi_app_is_bound_to_the_port_that_is_watched() {
        let app = App { file: "app.py".into(), kind: AppKind::Wsgi, port: Some(8050), health: None };
        let mut inventory = Inventory { folder: "/srv/portal".into(), ..Inventory::default() };
        inventory.files.app = Some(app);
        let proposal = Proposal::of(&inventory);
        let command = proposal.services[0].command.join(" ");
        assert_eq!(command, "python3 -m gunicorn --bind 127.0.0.1:8050 app:app");
    }

    #[test]
    fn app_that_does_not_run_is_proposed_as_it_would_be_started() {
        let app = App {
            file: "main.py".into(),
            kind: AppKind::Asgi,
            port: Some(8050),
            health: Some("/healthz".into()),
        };
        let mut inventory = Inventory { folder: "/srv/portal".into(), ..Inventory::default() };
        inventory.files.app = Some(app);
        let proposal = Proposal::of(&inventory);
        assert_eq!(proposal.services[0].command.join(" "), "python3 -m uvicorn main:app --port 8050");
        assert_eq!(proposal.services[0].health, Some(("/healthz".into(), 200)));
        let files_of = |inventory: &Inventory| {
            let plan = Proposal::of(inventory).services.remove(0);
            (plan.pid_file.unwrap(), plan.log_file.unwrap())
        };
        inventory.files.logs = vec!["redis.log".into()];
        inventory.files.pid_files = vec![("redis.pid".into(), 7)];
        assert_eq!(files_of(&inventory), ("backend.pid".into(), "backend.log".into()));
        inventory.files.logs.push("main.log".into());
        inventory.files.pid_files.push(("main.pid".into(), 8));
        assert_eq!(files_of(&inventory), ("main.pid".into(), "main.log".into()));
        assert_eq!(proposal.name, "portal");
    }

    fn process(title: &str, ports: &[u16]) -> Process {
        Process {
            pid: 7,
            words: title.split('\t').map(str::to_owned).collect(),
            dir: Some("/srv/fuel".into()),
            user: None,
            output: None,
            unit: None,
            ports: ports.to_vec(),
            is_at_home: true,
        }
    }

    #[test]
    fn server_that_works_in_the_folder_is_no_program_of_it() {
        let at = |program: &str, port: u16| Listening {
            address: ([127, 0, 0, 1], port).into(),
            pid: Some(7),
            program: Some(program.into()),
            answer: Answer::default(),
        };
        let listening = vec![at("mariadbd", 3306), at("redis-server", 6379), at("python3", 8000)];
        let inventory = Inventory { folder: "/srv/fuel".into(), listening, ..Inventory::default() };
        for (title, ports, expected) in [
            ("redis-server *:6379", &[6379][..], true),
            ("/usr/bin/redis-server 127.0.0.1:0", &[], true),
            ("postgres: checkpointer", &[], true),
            ("/bin/sh\t/usr/bin/mysqld_safe", &[3306], true),
            ("python3\tmain.py", &[8000], false),
            ("python3\tall.py", &[6379, 8000], false),
            ("python3\twork.py", &[], false),
        ] {
            assert_eq!(is_server(&process(title, ports), &inventory), expected, "{title}");
        }
    }

    #[test]
    fn secret_of_a_command_line_is_told_with_what_to_do() {
        let processes = vec![process("python3\tmain.py\t--password=hunter2", &[])];
        let inventory = Inventory { folder: "/srv/fuel".into(), processes, ..Inventory::default() };
        let find = &Proposal::of(&inventory).finds[0];
        assert!(find.is_pending && find.what == "a comment, until its secret is filled in", "{find:?}");
        assert!(find.why.contains("in place of SECRET_1") && !find.why.contains("hunter2"), "{find:?}");
    }
}
