//! The figures of `analyze-logs`, as rows of a Markdown table.
//!
//! `cargo bench --bench logs -- [--size 1GiB] [--runs 5] [--binary FILE]`. Each figure is a median over runs taken in
//! turn with the program that it is compared with, so that a busy machine slows both. Processor time is user and system
//! together; "per core" is bytes over processor time with one core allowed.

#[allow(dead_code, unused_imports, reason = "the generator's own program uses all of it")]
mod corpus;
mod measure;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use corpus::{Kind, generate};
use measure::{Taken, measure, median};

struct Bench {
    binary: String,
    folder: PathBuf,
    size: u64,
    runs: usize,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let done = match args.split_first() {
        Some((first, command)) if first == measure::ONE => measure::measure_one(command),
        _ => Bench::new(&args).and_then(|bench| bench.run()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            writeln!(std::io::stderr(), "logs: {error}").map_or(ExitCode::FAILURE, |()| ExitCode::FAILURE)
        }
    }
}

impl Bench {
    fn new(args: &[String]) -> Result<Self, String> {
        let mut bench = Self {
            binary: env!("CARGO_BIN_EXE_fuelops").to_owned(),
            folder: Path::new(env!("CARGO_TARGET_TMPDIR")).join("logs"),
            size: 1 << 30,
            runs: 5,
        };
        for pair in args.chunks(2) {
            let [name, value] = pair else { return Err(format!("`{}` needs a value", pair[0])) };
            match name.as_str() {
                "--binary" => value.clone_into(&mut bench.binary),
                "--runs" => bench.runs = value.parse().map_err(|_| format!("bad number `{value}`"))?,
                "--size" => {
                    bench.size = corpus::parse_size(value).ok_or_else(|| format!("bad size `{value}`"))?;
                }
                _ => return Err(format!("no option `{name}`")),
            }
        }
        fs::create_dir_all(&bench.folder).map_err(|error| error.to_string())?;
        Ok(bench)
    }

    fn run(&self) -> Result<(), String> {
        say("| what | bar | measured | how |")?;
        say("| --- | --- | --- | --- |")?;
        self.against_ripgrep()?;
        self.per_core("plain mixed text, per core", "≥ 350 MB/s", Kind::Backend)?;
        self.per_core("JSON lines, per core", "≥ 300 MB/s", Kind::Jsonl)?;
        self.two_cores()?;
        self.against_gzip()?;
        self.small_log()?;
        for (kind, what) in [
            (Kind::Random, "peak RSS, random bytes"),
            (Kind::OneLine, "peak RSS, one line"),
            (Kind::Distinct, "peak RSS, no two lines alike"),
            (Kind::Backend, "peak RSS, mixed text"),
        ] {
            self.memory(kind, what)?;
        }
        Ok(())
    }

    /// Writes a corpus unless it is there.
    fn corpus(&self, kind: Kind, size: u64) -> Result<String, String> {
        let name = Kind::ALL.iter().find(|(_, known)| *known == kind).map_or("", |(name, _)| name);
        let path = self.folder.join(format!("{name}-{size}.log"));
        let text = path.to_string_lossy().into_owned();
        if path.metadata().is_ok_and(|metadata| metadata.len() >= size) {
            return Ok(text);
        }
        let failed = |error: std::io::Error| format!("{text}: {error}");
        let truth = generate(kind, 1, size, &mut File::create(&path).map_err(failed)?).map_err(failed)?;
        if let Some(truth) = truth {
            fs::write(format!("{text}.truth.json"), truth.to_json()).map_err(failed)?;
        }
        Ok(text)
    }

    fn analyze<'a>(&'a self, file: &'a str) -> Vec<&'a str> {
        vec![&self.binary, "analyze-logs", "--no-save", "--no-progress", "--format", "json", file]
    }

    /// Runs commands in turn and hands each turn to `figure`.
    fn turns(&self, commands: &[Vec<&str>], figure: impl Fn(&[Taken]) -> f64) -> Result<f64, String> {
        let mut figures = Vec::new();
        for _ in 0..self.runs {
            let taken = commands.iter().map(|command| measure(command)).collect::<Result<Vec<_>, _>>()?;
            figures.push(figure(&taken));
        }
        Ok(median(figures))
    }

    fn against_ripgrep(&self) -> Result<(), String> {
        let file = self.corpus(Kind::Backend, self.size)?;
        if !has("rg") {
            return say("| CPU against `rg -a -c '^'` | ≤ 2.0× | – | ripgrep is not installed |");
        }
        let commands = [self.analyze(&file), vec!["rg", "-a", "-c", "^", &file]];
        let ratio = self.turns(&commands, |taken| seconds(taken[0].cpu) / seconds(taken[1].cpu))?;
        let how = format!("{}, every turn of {} compared", human(self.size), self.runs);
        say(&format!("| CPU against `rg -a -c '^'` | ≤ 2.0× | {ratio:.2}× | {how} |"))
    }

    fn per_core(&self, what: &str, bar: &str, kind: Kind) -> Result<(), String> {
        let file = self.corpus(kind, self.size)?;
        let command = on_cores("0", self.analyze(&file));
        let speed = self.turns(&[command], |taken| self.size as f64 / 1e6 / seconds(taken[0].cpu))?;
        say(&format!("| {what} | {bar} | {speed:.0} MB/s | {}, one core allowed |", human(self.size)))
    }

    fn two_cores(&self) -> Result<(), String> {
        let file = self.corpus(Kind::Backend, self.size)?;
        let commands = [on_cores("0", self.analyze(&file)), on_cores("0,1", self.analyze(&file))];
        let ratio = self.turns(&commands, |taken| seconds(taken[0].wall) / seconds(taken[1].wall))?;
        say(&format!("| two cores against one | ≥ 1.8× | {ratio:.2}× | wall time, `taskset` |"))
    }

    fn against_gzip(&self) -> Result<(), String> {
        let file = self.corpus(Kind::Backend, self.size)?;
        let packed = format!("{file}.gz");
        if !Path::new(&packed).exists() {
            let status = Command::new("gzip").args(["-k", &file]).status();
            status.map_err(|error| format!("gzip: {error}"))?;
        }
        let commands = [self.analyze(&packed), vec!["gzip", "-dc", &packed]];
        let ratio = self.turns(&commands, |taken| seconds(taken[0].cpu) / seconds(taken[1].cpu))?;
        say(&format!(
            "| gz against `gzip -dc` alone (CPU) | ≤ 1.25× | {ratio:.2}× | {} unpacked |",
            human(self.size)
        ))
    }

    /// The program's own pages are dropped from the cache before each run.
    fn small_log(&self) -> Result<(), String> {
        let file = self.corpus(Kind::Backend, 10_000_000)?;
        let forget = format!("of={}", self.binary);
        let drop_cache = vec![
            "dd",
            "if=/dev/null",
            &forget,
            "oflag=nocache",
            "conv=notrunc,fdatasync",
            "count=0",
            "status=none",
        ];
        let commands = [drop_cache, self.analyze(&file)];
        let wall = self.turns(&commands, |taken| seconds(taken[1].wall) * 1e3)?;
        say(&format!("| 10 MB log, whole process, cold binary | ≤ 30 ms | {wall:.1} ms | wall time |"))
    }

    fn memory(&self, kind: Kind, what: &str) -> Result<(), String> {
        let file = self.corpus(kind, self.size)?;
        let taken = measure(&self.analyze(&file))?;
        let peak = taken.peak_rss_bytes as f64 / f64::from(1 << 20);
        say(&format!(
            "| {what} | ≤ 64 MiB | {peak:.1} MiB | {}, {:.1} s |",
            human(self.size),
            seconds(taken.wall)
        ))
    }
}

/// The command with only some cores allowed.
fn on_cores<'a>(cores: &'a str, command: Vec<&'a str>) -> Vec<&'a str> {
    ["taskset", "-c", cores].into_iter().chain(command).collect()
}

fn has(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

fn seconds(time: std::time::Duration) -> f64 {
    time.as_secs_f64().max(1e-6)
}

fn human(size: u64) -> String {
    match size {
        0..=0xf_ffff => format!("{} KiB", size >> 10),
        0x10_0000..=0x3fff_ffff => format!("{} MiB", size >> 20),
        _ => format!("{} GiB", size >> 30),
    }
}

fn say(line: &str) -> Result<(), String> {
    writeln!(std::io::stdout(), "{line}").map_err(|error| error.to_string())
}
