//! What a look at the health of a service asks: how many errors came of late, and which issues are new or back.

use rusqlite::params;

use super::error::StoreError;
use super::issues::Issue;
use super::open::Store;
use super::span::Span;
use crate::errors::life::IssueState;
use crate::model::Level;

/// Rows that are summed; a storm of more is red by far.
const MAX_ROWS: i64 = 20_000;

/// Whether errors that were read from logs are counted, too. Whoever counts the logs by itself would count them twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FromLogs {
    Counted,
    LeftOut,
}

/// What came in a span of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct News {
    /// Events of level error or worse.
    pub errors: u64,
    pub is_at_least: bool,
    /// Type and message of the newest of them.
    pub newest: Option<(String, String)>,
    /// Issues that are new, or came back, and that nobody has put aside since; the youngest first.
    pub fresh: Vec<Issue>,
}

impl Store {
    /// Tells what is new.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn news(&self, span: Span, from_logs: FromLogs) -> Result<News, StoreError> {
        let mut fresh = self.all_issues(span.to)?;
        fresh.retain(|issue| {
            matches!(issue.state, IssueState::New | IssueState::Regressed | IssueState::Escalating)
        });
        fresh.sort_by_key(|issue| (std::cmp::Reverse(issue.came_at()), issue.id));
        let mut news = self.errors_of(span, from_logs).map_err(|e| self.error(e))?;
        news.fresh = fresh;
        Ok(news)
    }

    fn errors_of(&self, span: Span, from_logs: FromLogs) -> rusqlite::Result<News> {
        let mut query = self.connection.prepare_cached(
            "SELECT e.count, e.issue, e.message FROM event e WHERE counted_at BETWEEN ?1 AND ?2
               AND level IN (?3, ?4) AND (source <> 'log' OR ?5) ORDER BY counted_at DESC LIMIT ?6",
        )?;
        let levels = [Level::Error.word(), Level::Critical.word()];
        let all = from_logs == FromLogs::Counted;
        let mut rows = query.query(params![span.from, span.to, levels[0], levels[1], all, MAX_ROWS])?;
        let (mut news, mut seen) = (News::default(), 0);
        while let Some(row) = rows.next()? {
            seen += 1;
            news.errors += row.get::<_, u64>(0)?;
            if news.newest.is_none() {
                let mut kind = self.connection.prepare_cached("SELECT type FROM issue WHERE id = ?1")?;
                let kind = kind.query_row([row.get::<_, i64>(1)?], |row| row.get(0))?;
                news.newest = Some((kind, row.get(2)?));
            }
        }
        news.is_at_least = seen == MAX_ROWS;
        Ok(news)
    }
}

impl Issue {
    /// When it became news: it came back, or was there for the first time.
    pub fn came_at(&self) -> i64 {
        self.regressed_at.unwrap_or(self.first_seen)
    }
}
