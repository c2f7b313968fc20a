//! What is kept of a recovery: the logs, compressed once the services are up, the evidence, and a list of every file with
//! the hash of its content.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use ring::digest::{Context, SHA256};
use serde_json::json;

use crate::recover::preserve::Kept;
use crate::recover::snapshot::Evidence;
use crate::store::{self, AtomicFile, Compressor, WriteError, decompress};

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
    store::write_own(&folder.join(FACTS), &facts, MODE)?;
    for (name, text) in &evidence.texts {
        // Names come from log files; a slash in one has no business here.
        let name = name.replace('/', "_");
        store::write_own(&folder.join(name), text.as_bytes(), MODE)?;
    }
    Ok(())
}

/// A file that was put aside, as it lies there now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    pub from: PathBuf,
    /// Ends in `.zst` where it could be compressed.
    pub path: PathBuf,
    /// Of its content.
    pub bytes: u64,
    pub sha256: Option<String>,
}

/// Compresses what was put aside, each file read back and compared before the plain one goes; what cannot be compressed
/// stays as it is. Returns why not all was, too.
pub fn pack(kept: &Kept) -> (Vec<Packed>, Option<String>) {
    let mut problem = None;
    let mut packed = Vec::new();
    for file in &kept.files {
        let mut entry =
            Packed { from: file.from.clone(), path: file.to.clone(), bytes: file.bytes, sha256: None };
        match compress(&file.to) {
            Ok((path, content)) => {
                (entry.path, entry.bytes, entry.sha256) = (path, content.bytes, Some(content.hash));
            }
            Err(error) => {
                problem.get_or_insert_with(|| format!("{} is not compressed: {error}", file.to.display()));
            }
        }
        packed.push(entry);
    }
    (packed, problem)
}

/// Writes the list of what was put aside; returns where.
///
/// # Errors
/// When the disk takes no more.
pub fn write_manifest(folder: &Path, packed: &[Packed]) -> Result<PathBuf, WriteError> {
    let of = |file: &Packed| {
        json!({
            "from": file.from.to_string_lossy(),
            "path": file.path.to_string_lossy(),
            "bytes": file.bytes,
            "sha256": file.sha256,
        })
    };
    let files: Vec<_> = packed.iter().map(of).collect();
    let list = json!({ "schema": "fuelops.preserved/1", "files": files });
    let path = folder.join(MANIFEST);
    store::write_own(&path, format!("{list:#}\n").as_bytes(), MODE)?;
    Ok(path)
}

/// Length and hash of what a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Content {
    bytes: u64,
    hash: String,
}

fn compress(path: &Path) -> anyhow::Result<(PathBuf, Content)> {
    let mut name = path.as_os_str().to_owned();
    name.push(".zst");
    let target = PathBuf::from(name);
    let mut compressor = Compressor::new(AtomicFile::create(&target, MODE)?);
    let plain = read_through(File::open(path)?, &mut compressor)?;
    compressor.finish()?.commit()?;
    let again = read_through(decompress(File::open(&target)?)?, &mut io::sink())?;
    if again != plain {
        fs::remove_file(&target)?;
        anyhow::bail!("what was written is not what was read");
    }
    fs::remove_file(path)?;
    Ok((target, plain))
}

fn read_through(mut from: impl Read, to: &mut impl Write) -> io::Result<Content> {
    let mut context = Context::new(&SHA256);
    let mut block = vec![0; BLOCK];
    let mut bytes = 0;
    loop {
        match from.read(&mut block)? {
            0 => return Ok(Content { bytes, hash: HEXLOWER.encode(context.finish().as_ref()) }),
            n => {
                context.update(&block[..n]);
                to.write_all(&block[..n])?;
                bytes += n as u64;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recover::KeptFile;

    #[test]
    fn every_file_is_compressed_and_stands_in_the_list_with_the_hash_of_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("backend.log");
        fs::write(&to, "abc").unwrap();
        let files = vec![KeptFile { from: "/srv/backend.log".into(), to: to.clone(), bytes: 3 }];
        let (packed, problem) = pack(&Kept { files, ..Kept::default() });
        assert_eq!((problem, to.exists()), (None, false));
        let mut text = String::new();
        decompress(File::open(&packed[0].path).unwrap()).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), packed[0].path.extension()), ("abc", Some("zst".as_ref())));
        let path = write_manifest(folder.path(), &packed).unwrap();
        let list: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        // FIPS 180-2, appendix B.1.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(list["files"][0]["sha256"], expected);
    }

    #[test]
    fn what_cannot_be_compressed_is_told_and_stays_in_the_list() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("gone.log");
        let files = vec![KeptFile { from: "/srv/gone.log".into(), to: to.clone(), bytes: 3 }];
        let (packed, problem) = pack(&Kept { files, ..Kept::default() });
        assert!(problem.unwrap().contains("gone.log"));
        assert_eq!((&packed[0].path, &packed[0].sha256), (&to, &None));
    }

    #[test]
    fn evidence_stays_in_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let texts = vec![("../../etc/x".to_owned(), "text".to_owned())];
        let evidence = Evidence { texts, ..Evidence::default() };
        write_evidence(folder.path(), &evidence).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
