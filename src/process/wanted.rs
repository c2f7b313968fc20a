//! What a service's own process is known by: its config, its pid file, and what its keeper wrote down.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use crate::config::{Manager, Service};
use crate::platform;
use crate::process::{Bound, PidFile, Program};
use crate::store::KeptProgram;

/// What is known of a service whose process is looked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// `None` where the command is nothing but wrappers.
    pub program: Option<Program>,
    /// The user that its process should belong to.
    pub owner: Option<u32>,
    /// Others that it may belong to: what root or the caller has started is no impostor's.
    pub trusted: Vec<u32>,
    pub pid_file: PidFile,
    /// The living process that a keeper has started for it, by its record.
    pub kept: Option<u32>,
    /// The living processes that keepers have started for its twins.
    pub of_twins: Vec<u32>,
    pub port: Option<u16>,
}

impl Wanted {
    /// What a service's process is known by. Looks at the file system; `root` is the folder whose owner it runs as where
    /// nothing else is said; in `state_dir` stands what keepers have started.
    pub fn of(service: &Service, twins: &Twins, root: &Path, state_dir: &Path) -> Self {
        Self {
            program: service.command.as_ref().and_then(|c| Program::new(c.words(), &service.cwd)),
            owner: Self::owner_of_service(service, root),
            trusted: vec![0, platform::caller_uid()],
            pid_file: service.pid_file.as_ref().map_or(PidFile::Missing, |path| PidFile::read(path)),
            kept: living(state_dir, &service.name),
            of_twins: twins.of(&service.name).iter().filter_map(|twin| living(state_dir, twin)).collect(),
            port: service.port,
        }
    }

    /// The user that a service's process should belong to; `None` where nobody is called so.
    pub fn owner_of_service(service: &Service, root: &Path) -> Option<u32> {
        match service.user.as_deref() {
            Some(name) => platform::account_of_name(name).map(|account| account.uid),
            None => platform::file_owner(root),
        }
    }

    /// Whether a process of this user may be the service's.
    pub fn may_belong_to(&self, user: u32) -> bool {
        self.owner == Some(user) || self.trusted.contains(&user)
    }
}

/// The living process that a keeper has started under a name.
fn living(state_dir: &Path, name: &str) -> Option<u32> {
    let kept = KeptProgram::read(state_dir, name)?;
    Bound::again(kept.program.as_ref()?).map(|bound| bound.identity().pid)
}

/// Services of one config that differ in nothing but their environment: the same command in the same folder. Only what
/// their keeper wrote down tells whose a process is.
#[derive(Clone, Debug, Default)]
pub struct Twins(Arc<HashMap<String, Vec<String>>>);

impl Twins {
    /// Finds them.
    pub fn among(services: &[Service]) -> Self {
        let mut alike: HashMap<_, Vec<&str>> = HashMap::new();
        for service in services.iter().filter(|service| service.manager == Manager::Process) {
            if let Some(command) = &service.command {
                alike.entry((command.words(), &service.cwd)).or_default().push(&service.name);
            }
        }
        let others = |names: &[&str], own: &str| -> Vec<String> {
            names.iter().filter(|name| **name != own).map(|name| (*name).to_owned()).collect()
        };
        let twins = alike
            .values()
            .filter(|names| names.len() > 1)
            .flat_map(|names| names.iter().map(move |name| ((*name).to_owned(), others(names, name))));
        Self(Arc::new(twins.collect()))
    }

    /// The names of a service's twins.
    pub fn of(&self, service: &str) -> &[String] {
        self.0.get(service).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, parse};

    #[test]
    fn twins_have_one_command_and_one_folder() {
        let service = |name: &str, rest: &str| format!("[[service]]\nname = \"{name}\"\n{rest}\n");
        let worker = "command = [\"celery\", \"worker\"]";
        let text = [
            service("a", worker),
            service("b", worker),
            service("c", &format!("{worker}\ncwd = \"/else\"")),
            service("d", "command = [\"celery\", \"beat\"]"),
        ];
        let config = parse(&text.concat(), Path::new("/srv"), &Environment::default()).unwrap();
        let twins = Twins::among(&config.services);
        assert_eq!((twins.of("a"), twins.of("b")), (&["b".to_owned()][..], &["a".to_owned()][..]));
        assert!(twins.of("c").is_empty() && twins.of("d").is_empty() && twins.of("x").is_empty());
    }
}
