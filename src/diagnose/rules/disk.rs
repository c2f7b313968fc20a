//! A disk is full.

use std::path::Path;

use crate::config::CheckKind;
use crate::diagnose::naming::is_recent;
use crate::diagnose::rule::Rule;
use crate::diagnose::rules::shared::{is_of_disk, said};
use crate::diagnose::scene::{Node, Part};
use crate::logs::rules::{FaultClass, find};
use crate::model::Cause;

/// Bytes below which nothing of use can be written.
const NOTHING: f64 = 65_536.0;
/// Words by which a database or cache says that it cannot write.
const CANNOT_WRITE: [&str; 7] =
    ["no space", "disk full", "disk is full", "read-only", "read only", "readonly", "misconf"];

/// A check of a disk, and the disk itself.
pub(super) const SAME_SPACE: Rule = Rule {
    name: "same-space",
    is_root: |root| root.id().starts_with("disk.") && is_full(root),
    proof: |root, consequence| {
        let Some(CheckKind::Disk(check)) = consequence.kind() else { return None };
        let is_same = consequence.cause() == root.cause() && is_on(root, &check.path);
        is_same.then(|| format!("{} lies there", check.path.display()))
    },
};

/// A service that cannot write, and says so.
pub(super) const NO_SPACE_TO_WRITE: Rule = Rule {
    name: "no-space-to-write",
    is_root: is_full,
    proof: |root, consequence| {
        let fault = said(consequence, &[FaultClass::Disk])?;
        let (service, part) = consequence.service()?;
        let folders = service.log_file.iter().chain([&service.cwd]);
        let lies_there = folders.into_iter().any(|path| is_on(root, path));
        let counts = match part {
            Part::Process => consequence.is_one_of(&[Cause::ProcessDown]),
            Part::Http => consequence.is_server_error() || consequence.is_one_of(&[Cause::ProcessHung]),
            Part::Restarts => true,
            Part::Port => false,
        };
        (counts && lies_there).then(|| format!("its log says: {}", fault.summary))
    },
};

/// A service that fails, and whose log has no room left to say why.
pub(super) const NO_SPACE_TO_TELL: Rule = Rule {
    name: "no-space-to-tell",
    is_root: |root| is_full(root) && root.number("free_bytes").is_some_and(|free| free < NOTHING),
    proof: |root, consequence| {
        let (service, Part::Http) = consequence.service()? else { return None };
        let log = service.log_file.as_ref().filter(|log| is_on(root, log))?;
        let words = consequence.evidence().last_words_of(&service.name);
        let has_told = words.is_some_and(|words| words.faults.iter().any(|fault| is_recent(words, fault)));
        (consequence.is_server_error() && !has_told)
            .then(|| format!("{} lies there, and can tell nothing more", log.display()))
    },
};

/// A database or cache whose files lie on the disk, and which cannot write.
pub(super) const SERVER_WITHOUT_SPACE: Rule = Rule {
    name: "server-without-space",
    is_root: is_full,
    proof: |root, consequence| {
        if !matches!(consequence.kind()?, CheckKind::Mysql(_) | CheckKind::Postgres(_) | CheckKind::Redis(_))
        {
            return None;
        }
        let endpoint = consequence.endpoint().filter(|endpoint| endpoint.is_loopback())?;
        let server = root.evidence().servers.iter().find(|server| server.port == endpoint.port)?;
        let dir = server.dir.as_deref().filter(|dir| is_on(root, dir))?;
        cannot_write(consequence).then(|| format!("its files lie there, in {}", dir.display()))
    },
};

/// A file that nobody can write to any more.
pub(super) const NOTHING_WRITTEN: Rule = Rule {
    name: "nothing-written",
    is_root: |root| is_full(root) && root.number("free_bytes").is_some_and(|free| free < NOTHING),
    proof: |root, consequence| {
        let Some(CheckKind::FileAge(check)) = consequence.kind() else { return None };
        is_on(root, &check.path).then(|| "nothing can be written there".to_owned())
    },
};

fn is_full(root: Node<'_>) -> bool {
    is_of_disk(root) && root.is_one_of(&[Cause::DiskFull, Cause::InodesFull])
}

fn is_on(disk: Node<'_>, path: &Path) -> bool {
    let Some(mount) = disk.text("path").map(Path::new) else { return false };
    let evidence = disk.evidence();
    // A check of a disk names any path on it.
    let mount = evidence.mount_of(mount).unwrap_or(mount);
    evidence.is_on(path, mount)
}

fn cannot_write(node: Node<'_>) -> bool {
    let finding = node.finding();
    let texts = finding.observed.values().filter_map(|value| value.as_str());
    let mut texts = texts.chain([finding.summary.as_str()]);
    let flags = ["read_only", "save_failed", "append_failed"];
    let is_flag = |flag: &str| finding.observed.get(flag).is_some_and(|value| value == true);
    flags.into_iter().any(is_flag)
        || texts.any(|text| {
            let lower = text.to_lowercase();
            CANNOT_WRITE.iter().any(|sign| lower.contains(sign))
                || find(text).is_some_and(|(rule, _)| rule.class == FaultClass::Disk)
        })
}
