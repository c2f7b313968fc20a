//! The figures of `clean`: `cargo bench --bench clean`, and `cargo bench --bench clean -- soak 100000` for its long run
//! under a folder that turns into a link and back.
//!
//! Runs alternate with those of `find -delete` on a tree of the same files, both on the disk before; the median counts.

mod measure;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use measure::{Taken, measure, median};

const BINARY: &str = env!("CARGO_BIN_EXE_fuelops");
const RUNS: usize = 3;
const FILES: [usize; 2] = [100_000, 200_000];
/// Bytes of a file; the second could be a database by its length, so that its first bytes are looked at.
const SIZES: [usize; 2] = [1_000, 1_024];
const PER_FOLDER: usize = 1_000;
const AGE: Duration = Duration::from_secs(30 * 86_400);
const RULE: &str = "[[clean.rule]]\npaths = [\"logs/**/*.log.*\"]\nolder_than = \"7d\"\nkeep_last = 0\n";
/// Files outside the tree that no run may touch.
const PRECIOUS: usize = 50;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let done = match args.split_first() {
        Some((first, command)) if first == measure::ONE => measure::measure_one(command),
        Some((first, rest)) if first == "soak" => {
            let swaps = rest.first().and_then(|swaps| swaps.parse().ok()).unwrap_or(100_000);
            soak(swaps).map_err(|error| error.to_string())
        }
        _ => SIZES
            .iter()
            .flat_map(|size| FILES.map(|files| (files, *size)))
            .try_for_each(|(files, size)| against_find(files, size)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            writeln!(std::io::stderr(), "clean: {error}").map_or(ExitCode::FAILURE, |()| ExitCode::FAILURE)
        }
    }
}

fn folder(name: &str) -> std::io::Result<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clean").join(name);
    fs::create_dir_all(&folder)?;
    folder.canonicalize()
}

/// A tree of small files that were last written to a month ago.
fn plant(root: &Path, files: usize, size: usize) -> std::io::Result<()> {
    let then = SystemTime::now() - AGE;
    for n in 0..files {
        let folder = root.join(format!("logs/d{}", n / PER_FOLDER));
        if n % PER_FOLDER == 0 {
            fs::create_dir_all(&folder)?;
        }
        let mut file = File::create(folder.join(format!("app{n}.log.1")))?;
        file.write_all(&vec![b'x'; size])?;
        file.set_modified(then)?;
    }
    Ok(())
}

fn against_find(files: usize, size: usize) -> Result<(), String> {
    let at = |error: std::io::Error| error.to_string();
    let (ours, theirs) = (folder("ours").map_err(at)?, folder("theirs").map_err(at)?);
    fs::write(ours.join("fuelops.toml"), RULE).map_err(at)?;
    let config = ours.join("fuelops.toml").display().to_string();
    let logs = theirs.join("logs").display().to_string();
    let (mut clean, mut find): (Vec<Taken>, Vec<Taken>) = (Vec::new(), Vec::new());
    for round in 0..RUNS {
        plant(&ours, files, size).and_then(|()| plant(&theirs, files, size)).map_err(at)?;
        // Whoever comes first would wait for what was planted to reach the disk, and pay for it.
        rustix::fs::sync();
        for turn in [round, round + 1] {
            if turn % 2 == 0 {
                clean.push(measure(&[BINARY, "--config", &config, "clean", "--yes", "--quiet"])?);
            } else {
                let wanted = ["-type", "f", "-name", "*.log.*", "-mtime", "+7", "-delete"];
                find.push(measure(&[&["find", &logs][..], &wanted].concat())?);
            }
        }
    }
    let cpu = |taken: &[Taken]| median(taken.iter().map(|taken| taken.cpu.as_secs_f64()).collect());
    let wall = |taken: &[Taken]| median(taken.iter().map(|taken| taken.wall.as_secs_f64()).collect());
    let peak = median(clean.iter().map(|taken| taken.peak_rss_bytes as f64).collect());
    let line = format!(
        "{files} files of {size} bytes: fuelops {:.2} s of CPU in {:.2} s, find {:.2} s in {:.2} s, ratio of CPU {:.2}, peak RSS {:.1} MB",
        cpu(&clean),
        wall(&clean),
        cpu(&find),
        wall(&find),
        cpu(&clean) / cpu(&find),
        peak / 1e6
    );
    writeln!(std::io::stdout(), "{line}").map_err(at)
}

/// Cleans over and over while a folder and a link to precious files change places so many times.
fn soak(swaps: u64) -> std::io::Result<()> {
    let (root, other) = (folder("soak")?, folder("precious")?);
    fs::write(root.join("fuelops.toml"), RULE.replace("*.log.*", "*.log"))?;
    let (real, link) = (root.join("logs/a/b"), root.join("logs/a/link"));
    fs::create_dir_all(&real)?;
    if link.symlink_metadata().is_err() {
        std::os::unix::fs::symlink(&other, &link)?;
    }
    for n in 0..PRECIOUS {
        File::create(other.join(format!("p{n}.log")))?.set_modified(SystemTime::now() - AGE)?;
    }
    let done = AtomicU64::new(0);
    let mut runs = 0_u64;
    std::thread::scope(|scope| -> std::io::Result<()> {
        let swapper = scope.spawn(|| {
            for _ in 0..swaps {
                renameat_with(CWD, &real, CWD, &link, RenameFlags::EXCHANGE)?;
                done.fetch_add(1, Ordering::Relaxed);
                // So that the walk meets each state now and then.
                std::thread::sleep(Duration::from_micros(200));
            }
            Ok::<(), rustix::io::Errno>(())
        });
        while !swapper.is_finished() {
            let mut run = Command::new(BINARY);
            run.arg("--config").arg(root.join("fuelops.toml")).args(["clean", "--yes", "--quiet"]);
            run.stdout(Stdio::null()).stderr(Stdio::null()).status()?;
            runs += 1;
        }
        swapper.join().map_or_else(|_| Err(std::io::ErrorKind::Other.into()), |ended| Ok(ended?))
    })?;
    let left = fs::read_dir(&other)?.count();
    let (done, lost) = (done.into_inner(), PRECIOUS - left.min(PRECIOUS));
    writeln!(std::io::stdout(), "{done} swaps under {runs} runs, {lost} of {PRECIOUS} files lost")?;
    if lost == 0 { Ok(()) } else { Err(std::io::Error::other("files outside the tree are gone")) }
}
