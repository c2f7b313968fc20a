//! What a valid config may still get wrong on this machine.
//!
//! Nothing here keeps a config from being used: a secret may come later, a folder may be made. `config check` says it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::{CommandLine, Config, Loaded, Manager, Secret, Service, pending};

/// Bits by which others than the owner can read a file.
const READABLE_BY_OTHERS: u32 = 0o044;

/// Looks a config over; each remark begins with the dotted key that it is about. `has_program` tells what PATH leads to.
pub fn advice(loaded: &Loaded, has_program: fn(&str) -> bool) -> Vec<String> {
    let config = &loaded.config;
    let mut remarks = Vec::new();
    if config.services.is_empty() && config.checks.is_empty() {
        remarks.push(
            "no service and no check: health can show the system, and its verdict is unknown".to_owned(),
        );
    }
    remarks.extend(pending::remarks(loaded));
    for service in &config.services {
        remarks.extend(about_service(service, has_program));
    }
    remarks.extend(about_listener(config));
    remarks.extend(loaded.secrets.iter().filter_map(|(key, secret)| about_secret(key, secret)));
    remarks
}

fn about_service(service: &Service, has_program: fn(&str) -> bool) -> Vec<String> {
    let mut remarks = Vec::new();
    let mut remark =
        |key: &str, text: String| remarks.push(format!("service.{}.{key}: {text}", service.name));
    if !service.cwd.is_dir() {
        remark("cwd", format!("{} is not a folder", service.cwd.display()));
    }
    if let Some(path) = service.env_file.as_ref().filter(|path| !path.exists()) {
        remark("env_file", format!("{} is not there", path.display()));
    }
    if let Some(program) = service.command.as_ref().map(CommandLine::program) {
        let path = service.cwd.join(program);
        if program.contains('/') && !path.exists() {
            remark("command", format!("{} is not there", path.display()));
        } else if !program.contains('/') && is_of_this_path(service) && !has_program(program) {
            remark("command", format!("the PATH here has no program {program:?}"));
        }
    }
    if let Some(user) = &service.user
        && matches!(nix::unistd::User::from_name(user), Ok(None))
    {
        remark("user", format!("there is no user {user:?} on this machine"));
    }
    for (key, path) in [("pid_file", &service.pid_file), ("log_file", &service.log_file)] {
        if let Some(folder) = path.as_deref().and_then(Path::parent).filter(|folder| !folder.is_dir()) {
            remark(key, format!("its folder {} is not there", folder.display()));
        }
    }
    remarks
}

/// Whether a service's program is looked for where this process would look, and not by a manager or a PATH of its own.
fn is_of_this_path(service: &Service) -> bool {
    let has_path = service.env.iter().any(|(name, _)| name == "PATH");
    service.manager == Manager::Process && service.env_file.is_none() && !has_path
}

fn about_listener(config: &Config) -> Option<String> {
    let serve = config.serve.as_ref()?;
    let is_open = !serve.listen.ip().is_loopback() && serve.token.is_none();
    is_open.then(|| {
        format!(
            "serve.listen: {} is beyond loopback: without token only live and ready are answered",
            serve.listen
        )
    })
}

/// Opens the secret; what it holds is forgotten at once.
fn about_secret(key: &str, secret: &Secret) -> Option<String> {
    if let Err(error) = secret.expose() {
        return Some(format!("{key}: {error}"));
    }
    let path = secret.path()?;
    let mode = fs::metadata(path).ok()?.mode();
    let command = crate::text::shell::command(["chmod", "go-rwx", &path.to_string_lossy()]);
    (mode & READABLE_BY_OTHERS != 0).then(|| {
        format!("{key}: {} can be read by others (mode {:o}); {command}", path.display(), mode & 0o7777)
    })
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::config::{Environment, load};

    fn remarks(text: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fuelops.toml");
        fs::write(&path, text).unwrap();
        fs::write(folder.path().join("token"), "x").unwrap();
        fs::set_permissions(folder.path().join("token"), Permissions::from_mode(0o644)).unwrap();
        let caller = nix::unistd::geteuid().as_raw();
        let environment = Environment { cwd: folder.path().to_owned(), caller, ..Environment::default() };
        let loaded = load(Some(&path), &environment).unwrap();
        let place = folder.path().to_string_lossy().into_owned();
        advice(&loaded, |name| name == "true").into_iter().map(|remark| remark.replace(&place, "@")).collect()
    }

    #[test]
    fn a_sound_config_needs_no_advice() {
        let text = "[[service]]\nname = \"x\"\ncommand = [\"true\"]\npid_file = \"x.pid\"\n[serve]\n";
        assert_eq!(remarks(text), Vec::<String>::new());
    }

    #[test]
    fn a_program_that_path_does_not_lead_to_is_told() {
        let text = "[[service]]\nname = \"x\"\ncommand = [\"pythn3\", \"main.py\"]\n";
        assert!(remarks(&format!("{text}env = {{ PATH = \"/srv/bin\" }}\n")).is_empty());
        assert_eq!(remarks(text), ["service.x.command: the PATH here has no program \"pythn3\""]);
    }

    #[test]
    fn what_would_fail_later_is_told_now() {
        let text = r#"
            [[service]]
            name = "backend"
            command = ["venv/bin/python3", "main.py"]
            cwd = "."
            user = "nobody-by-this-name"
            env_file = ".env"
            log_file = "run/backend.log"
            [[check]]
            name = "workers"
            type = "celery"
            url = { env = "NOT_SET_ANYWHERE" }
            [serve]
            listen = "0.0.0.0:9180"
            [[alert]]
            name = "chat"
            type = "slack"
            url = { file = "token" }
        "#;
        assert_eq!(
            remarks(text),
            [
                "service.backend.env_file: @/.env is not there",
                "service.backend.command: @/venv/bin/python3 is not there",
                "service.backend.user: there is no user \"nobody-by-this-name\" on this machine",
                "service.backend.log_file: its folder @/run is not there",
                "serve.listen: 0.0.0.0:9180 is beyond loopback: without token only live and ready are answered",
                "check.workers.url: environment variable NOT_SET_ANYWHERE is not set",
                "alert.chat.url: @/token can be read by others (mode 644); chmod go-rwx @/token",
            ]
        );
    }

    #[test]
    fn a_config_that_watches_nothing_is_told_so() {
        assert_eq!(remarks("").len(), 1);
    }
}
