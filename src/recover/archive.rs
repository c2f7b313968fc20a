//! What is kept of a recovery beside the logs: the evidence, and a list of every file with its hash.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use ring::digest::{Context, SHA256};
use serde_json::json;

use crate::recover::preserve::Kept;
use crate::recover::snapshot::Evidence;
use crate::store::{self, WriteError};

/// Names, sizes and hashes of what is kept.
const MANIFEST: &str = "manifest.json";
const FACTS: &str = "snapshot.json";
const MODE: u32 = 0o600;
const BLOCK: usize = 256 * 1024;

/// Writes the evidence into a folder.
///
/// # Errors
/// When the disk takes no more; what was written before stays.
pub fn write_evidence(folder: &Path, evidence: &Evidence) -> Result<(), WriteError> {
    let mut facts = serde_json::to_vec_pretty(&evidence.facts).unwrap_or_default();
    facts.push(b'\n');
    store::write_atomic(&folder.join(FACTS), &facts, MODE)?;
    for (name, text) in &evidence.texts {
        // Names come from log files; a slash in one has no business here.
        let name = name.replace('/', "_");
        store::write_atomic(&folder.join(name), text.as_bytes(), MODE)?;
    }
    Ok(())
}

/// Hashes what was put aside and writes the list beside it; returns where.
///
/// # Errors
/// When a file cannot be read, or the list not written.
pub fn write_manifest(folder: &Path, kept: &Kept) -> anyhow::Result<PathBuf> {
    let mut files = Vec::new();
    for file in &kept.files {
        let hash = sha256(&file.to)?;
        files.push(json!({
            "from": file.from.to_string_lossy(),
            "path": file.to.to_string_lossy(),
            "bytes": file.bytes,
            "sha256": hash,
        }));
    }
    let mut text = serde_json::to_vec_pretty(&json!({ "schema": "fuelops.preserved/1", "files": files }))?;
    text.push(b'\n');
    let path = folder.join(MANIFEST);
    store::write_atomic(&path, &text, MODE)?;
    Ok(path)
}

fn sha256(path: &Path) -> io::Result<String> {
    let told = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    let mut file = File::open(path).map_err(told)?;
    let mut context = Context::new(&SHA256);
    let mut block = vec![0; BLOCK];
    loop {
        match file.read(&mut block).map_err(told)? {
            0 => return Ok(HEXLOWER.encode(context.finish().as_ref())),
            n => context.update(&block[..n]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recover::KeptFile;

    #[test]
    fn every_file_stands_in_the_list_with_its_hash() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("backend.log");
        std::fs::write(&to, "abc").unwrap();
        let from = PathBuf::from("/srv/backend.log");
        let files = vec![KeptFile { from, to, bytes: 3 }];
        let kept = Kept { files, ..Kept::default() };
        let path = write_manifest(folder.path(), &kept).unwrap();
        let list: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        // FIPS 180-2, appendix B.1.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(list["files"][0]["sha256"], expected);
    }

    #[test]
    fn evidence_stays_in_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let texts = vec![("../../etc/x".to_owned(), "text".to_owned())];
        let evidence = Evidence { texts, ..Evidence::default() };
        write_evidence(folder.path(), &evidence).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
