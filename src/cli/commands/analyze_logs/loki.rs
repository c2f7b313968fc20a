//! `--loki URL --query Q`: what a Loki holds of some programs, fetched and then read like any log.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE64;

use crate::checks::{HttpGet, Postman};
use crate::cli::commands::analyze_logs::AnalyzeLogsArgs;
use crate::cli::context::Context;
use crate::cli::exit::UsageError;
use crate::cli::time_range::Span;
use crate::config::{LokiAccess, Url};
use crate::logs::input::{Problem, ProblemKind};
use crate::logs::loki::{LokiFault, Pages, Query, Reply, Shelf, Shelved, Turn};
use crate::text::human;

/// What is asked for where nothing is said.
const USUAL_SPAN: TimeDelta = TimeDelta::hours(1);
/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes of one answer.
const MAX_ANSWER: usize = 32 << 20;
/// Bytes of lines in all; they lie in temporary files.
const MAX_BYTES: u64 = 1 << 30;
/// Pauses before a busy Loki is asked again.
const PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];
/// The longest pause that Loki may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Lines that were fetched, and what kept the rest from being.
pub(super) type Fetched = (Shelved, Vec<Problem>);

/// Fetches everything that was asked for.
///
/// # Errors
/// When the options make no sense, or nothing could be fetched.
pub(super) fn fetch(
    args: &AnalyzeLogsArgs,
    span: Span,
    access: Option<&LokiAccess>,
    context: &Context,
) -> Result<Fetched> {
    let url = args.loki.as_deref().unwrap_or_default();
    let text = args.query.clone().unwrap_or_default();
    let caller = Caller::new(url, access, context)?;
    let query = query(text, span, Utc::now(), context);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot ask Loki")?;
    let spinner = context.ui.spinner(format!("asking {}", caller.url));
    let fetched = runtime.block_on(caller.all(query));
    spinner.finish_and_clear();
    fetched
}

/// The times that are asked for: what Loki's own clients ask for where nothing is said is the last hour.
fn query(text: String, span: Span, now: DateTime<Utc>, context: &Context) -> Query {
    let nanoseconds = |us: i64| us.saturating_mul(1_000);
    let to = span.until.unwrap_or_else(|| now.timestamp_micros());
    let from = span.since.unwrap_or_else(|| {
        context.ui.note("the last hour is asked for; --since asks for more");
        to - USUAL_SPAN.num_microseconds().unwrap_or(0)
    });
    Query { text, from: nanoseconds(from), to: nanoseconds(to) }
}

/// Who asks.
struct Caller<'a> {
    url: Url,
    headers: Vec<(String, String)>,
    ca: Option<PathBuf>,
    postman: Postman,
    context: &'a Context,
}

impl<'a> Caller<'a> {
    fn new(url: &str, access: Option<&LokiAccess>, context: &'a Context) -> Result<Self> {
        let url = Url::literal(url).map_err(|error| UsageError(format!("--loki {url:?}: {error}")))?;
        let parts = url.parts()?;
        if parts.user.is_some() || parts.password.is_some() {
            let words = "--loki: a password on the command line is seen by everybody; [logs.loki] of the config takes \
                         username and password, or token, from a file or the environment";
            return Err(UsageError(words.to_owned()).into());
        }
        let headers = headers(access)?;
        let ca = access.and_then(|access| access.ca.clone());
        Ok(Self { url, headers, ca, postman: Postman::default(), context })
    }

    /// Asks for page after page.
    async fn all(&self, query: Query) -> Result<Fetched> {
        let mut pages = Pages::new(query);
        let mut shelf = Shelf::default();
        let mut problems = Vec::new();
        loop {
            let taken = match self.page(&pages).await {
                Ok(reply) => pages.take(&reply, |program, at, text| match shelf.put(program, at, text) {
                    Err(error) => ControlFlow::Break(Some(error)),
                    Ok(()) if shelf.bytes() >= MAX_BYTES => ControlFlow::Break(None),
                    Ok(()) => ControlFlow::Continue(()),
                }),
                Err(fault) => Err(fault),
            };
            match taken {
                Ok(ControlFlow::Continue(Turn::More)) => {}
                Ok(ControlFlow::Continue(Turn::Done)) => break,
                Ok(ControlFlow::Break(Some(error))) => {
                    return Err(error).context("the lines of Loki cannot be kept in a temporary file");
                }
                Ok(ControlFlow::Break(None)) => {
                    let told = format!("only the first {}; ask for less time", human::bytes(MAX_BYTES));
                    problems.push(self.problem(ProblemKind::TooMany, told));
                    break;
                }
                // What has come is told all the same.
                Err(fault) if shelf.lines() > 0 => {
                    problems.push(self.problem(ProblemKind::CutShort, fault.to_string()));
                    break;
                }
                Err(LokiFault::Refused(words)) => {
                    return Err(UsageError(format!("{}: {}", self.url, LokiFault::Refused(words))).into());
                }
                Err(fault) => return Err(fault).with_context(|| self.url.to_string()),
            }
        }
        if pages.crowded() > 0 {
            let moments = human::plural(pages.crowded(), "moment");
            let told = format!("{moments} with more lines than Loki gives at once: some are missing");
            problems.push(self.problem(ProblemKind::CutShort, told));
        }
        let shelved = shelf.finish().context("the lines of Loki cannot be kept in a temporary file")?;
        Ok((shelved, problems))
    }

    /// One answer; a busy Loki is asked again.
    async fn page(&self, pages: &Pages) -> Result<Reply, LokiFault> {
        let mut pauses = PAUSES.iter();
        loop {
            let target = pages.target();
            self.context.ui.detail(&format!("asking {}{target}", self.url));
            let get = HttpGet {
                url: self.url.clone(),
                below: target,
                headers: self.headers.clone(),
                ca: self.ca.clone(),
                most: MAX_ANSWER,
            };
            let got = self.postman.fetch(get, PATIENCE).await.map_err(LokiFault::Unreachable)?;
            let reply = Reply { status: got.status, body: got.body, is_cut: got.is_cut };
            let fault = LokiFault::of_status(&reply).filter(LokiFault::may_pass);
            let (Some(fault), Some(pause)) = (fault, pauses.next()) else { return Ok(reply) };
            let pause = got.retry_after.unwrap_or(*pause).min(LONGEST_PAUSE);
            self.context.ui.detail(&format!("{fault}; again in {}", human::duration(pause)));
            tokio::time::sleep(pause).await;
        }
    }

    fn problem(&self, kind: ProblemKind, told: String) -> Problem {
        Problem::beginning(self.url.to_string(), kind, told)
    }
}

/// What tells Loki who asks, and for whose logs.
fn headers(access: Option<&LokiAccess>) -> Result<Vec<(String, String)>> {
    // What a line alone bears does not make it another program's.
    let mut headers = vec![("X-Loki-Response-Encoding-Flags".to_owned(), "categorize-labels".to_owned())];
    let Some(access) = access else { return Ok(headers) };
    if let Some(token) = &access.token {
        headers.push(("Authorization".to_owned(), format!("Bearer {}", token.expose()?)));
    } else if let Some(username) = &access.username {
        let password = access.password.as_ref().map(|password| password.expose()).transpose()?;
        let login = BASE64.encode(format!("{username}:{}", password.unwrap_or_default()).as_bytes());
        headers.push(("Authorization".to_owned(), format!("Basic {login}")));
    }
    if let Some(tenant) = &access.tenant {
        headers.push(("X-Scope-OrgID".to_owned(), tenant.clone()));
    }
    Ok(headers)
}
