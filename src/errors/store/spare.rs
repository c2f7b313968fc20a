//! Ids of events that have no row of their own: counted within another's row in a storm, or forgotten for want of room.
//!
//! They are all that is needed to know such an event when it comes again. Those of one commit stand together, sixteen bytes
//! each, so that a storm of random ids writes at the end of one table and not all over an index. Whoever writes events of a
//! source reads its ids once, and before each commit those that came since.

use std::collections::VecDeque;

use hashbrown::{HashMap, HashSet};
use rusqlite::{Connection, params};

use super::issues::source_word;
use crate::errors::door::{EventId, Source};

/// Sources whose events may come again under the same id, and how many ids of each are remembered, the youngest first.
const SOURCES: [(Source, usize); 3] =
    [(Source::Sdk, 1 << 17), (Source::Log, 1 << 20), (Source::Import, 1 << 20)];

/// The ids of the sources that this process writes events of.
#[derive(Debug, Default)]
pub(super) struct SpareIds {
    sources: HashMap<Source, Remembered>,
}

#[derive(Debug, Default)]
struct Remembered {
    ids: HashSet<EventId>,
    /// In the order in which they go.
    order: VecDeque<EventId>,
    /// The last row that was read.
    row: i64,
}

fn limit(source: Source) -> Option<usize> {
    SOURCES.iter().find(|(known, _)| *known == source).map(|(_, limit)| *limit)
}

impl SpareIds {
    /// Reads what is remembered of a source and was not read before, whoever wrote it.
    pub(super) fn read(&mut self, connection: &Connection, source: Source) -> rusqlite::Result<()> {
        let Some(limit) = limit(source) else { return Ok(()) };
        let mut newest =
            connection.prepare_cached("SELECT coalesce(max(id), 0) FROM spare_id WHERE source = ?1")?;
        let newest: i64 = newest.query_row([source_word(source)], |row| row.get(0))?;
        let remembered = self.sources.entry(source).or_default();
        if newest < remembered.row {
            // Once all rows are gone their numbers begin anew.
            *remembered = Remembered::default();
        }
        if newest > remembered.row {
            remembered.read(connection, source, limit)?;
            remembered.row = newest;
        }
        Ok(())
    }

    pub(super) fn contains(&self, source: Source, id: EventId) -> bool {
        self.sources.get(&source).is_some_and(|remembered| remembered.ids.contains(&id))
    }
}

impl Remembered {
    fn read(&mut self, connection: &Connection, source: Source, limit: usize) -> rusqlite::Result<()> {
        let mut query = connection
            .prepare_cached("SELECT ids FROM spare_id WHERE source = ?1 AND id > ?2 ORDER BY id DESC")?;
        let mut rows = query.query(params![source_word(source), self.row])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()?
            && found.len() < limit
        {
            found.extend(row.get_ref(0)?.as_blob()?.as_chunks::<16>().0.iter().rev().map(|id| EventId(*id)));
        }
        self.ids.extend(&found);
        self.order.extend(found.into_iter().rev());
        while self.order.len() > limit
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        Ok(())
    }
}

/// Writes ids of one source.
pub(super) fn write(
    connection: &Connection,
    now: i64,
    source: Source,
    ids: &[EventId],
) -> rusqlite::Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let bytes: Vec<u8> = ids.iter().flat_map(|id| id.0).collect();
    let mut insert =
        connection.prepare_cached("INSERT INTO spare_id (source, at, ids) VALUES (?1, ?2, ?3)")?;
    insert.execute(params![source_word(source), now, bytes]).map(drop)
}

/// Removes ids from before `oldest`, and of each source those beyond its limit.
pub(super) fn prune(connection: &Connection, oldest: i64) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM spare_id WHERE at < ?1", [oldest])?;
    for (source, limit) in SOURCES {
        let mut query = connection
            .prepare_cached("SELECT id, length(ids) / 16 FROM spare_id WHERE source = ?1 ORDER BY id DESC")?;
        let mut rows = query.query([source_word(source)])?;
        let mut left = limit;
        while let Some(row) = rows.next()? {
            if left == 0 {
                let beyond = params![source_word(source), row.get::<_, i64>(0)?];
                connection.execute("DELETE FROM spare_id WHERE source = ?1 AND id <= ?2", beyond)?;
                break;
            }
            left = left.saturating_sub(row.get(1)?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errors::store::{Access, Store};

    #[test]
    fn the_youngest_ids_are_remembered_and_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("e.db"), Access::Write, 0).unwrap();
        let id = |n: usize| EventId((n as u128).to_be_bytes());
        let limit = limit(Source::Sdk).unwrap();
        for batch in 0..6 {
            let ids: Vec<EventId> = (0..limit / 4).map(|n| id(batch * limit / 4 + n)).collect();
            write(&store.connection, 7, Source::Sdk, &ids).unwrap();
        }
        prune(&store.connection, 0).unwrap();
        let mut spare = SpareIds::default();
        spare.read(&store.connection, Source::Sdk).unwrap();
        assert!(spare.contains(Source::Sdk, id(limit)) && !spare.contains(Source::Sdk, id(1)));
        assert!(!spare.contains(Source::Log, id(limit)));
        write(&store.connection, 7, Source::Sdk, &[id(usize::MAX)]).unwrap();
        spare.read(&store.connection, Source::Sdk).unwrap();
        assert!(spare.contains(Source::Sdk, id(usize::MAX)));
        assert_eq!(spare.sources[&Source::Sdk].ids.len(), limit);
        prune(&store.connection, 8).unwrap();
        let rows: i64 =
            store.connection.query_row("SELECT count(*) FROM spare_id", [], |r| r.get(0)).unwrap();
        assert_eq!(rows, 0);
    }
}
