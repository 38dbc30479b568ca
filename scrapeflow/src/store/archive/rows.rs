//! What a save writes into the database: a task's row, how its executors ended, and where its bodies are.
//!
//! Statements that SQLite runs in one pass: `RETURNING` opens a table of its own each time, and an upsert keeps copies of the pages that it changes.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::database::Place;
use super::save::Save;

/// The ids of outcomes that were met; to be dropped with a transaction that failed.
#[derive(Debug, Default)]
pub(super) struct OutcomeIds(HashMap<String, i64>);

/// How many are kept: texts in messages may make as many as there are tasks.
const KEPT: usize = 64;

impl OutcomeIds {
    /// The id of one, which most tasks share with others.
    fn id(&mut self, connection: &Connection, messages: &str) -> rusqlite::Result<i64> {
        if let Some(id) = self.0.get(messages) {
            return Ok(*id);
        }
        let known = connection
            .prepare_cached("SELECT id FROM outcomes WHERE messages = ?1")?
            .query_row([messages], |row| row.get(0))
            .optional()?;
        let id = match known {
            Some(known) => known,
            None => connection
                .prepare_cached("INSERT INTO outcomes (messages) VALUES (?1)")?
                .insert([messages])?,
        };
        if self.0.len() >= KEPT {
            self.0.clear();
        }
        self.0.insert(messages.to_owned(), id);
        Ok(id)
    }
}

/// Saves a status: the number of its task.
pub(super) fn save(
    connection: &Connection,
    outcomes: &mut OutcomeIds,
    save: &Save,
) -> rusqlite::Result<i64> {
    let Save {
        key,
        status,
        ended,
        modified,
        ..
    } = save;
    let outcome = outcomes.id(connection, &ended.messages)?;
    let known = connection
        .prepare_cached("SELECT id FROM tasks WHERE key = ?1")?
        .query_row([key.as_str()], |row| row.get(0))
        .optional()?;
    let Some(task) = known else {
        return connection
            .prepare_cached(
                "INSERT INTO tasks (key, status, outcome, failed, modified) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .insert(params![key.as_str(), status, outcome, ended.failed, modified]);
    };
    connection
        .prepare_cached(
            "UPDATE tasks SET status = ?2, outcome = ?3, failed = ?4, modified = ?5 WHERE id = ?1",
        )?
        .execute(params![task, status, outcome, ended.failed, modified])?;
    Ok(task)
}

/// Says where a body is.
pub(super) fn put(
    connection: &Connection,
    task: i64,
    suffix: &str,
    place: &Place,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "REPLACE INTO bodies (task, suffix, file, offset, length, size, md5, modified)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            task,
            suffix,
            place.file,
            place.offset,
            place.length,
            place.size,
            place.md5,
            place.modified
        ])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::ArchiveStore;
    use super::*;
    use crate::store::{Durability, Store};
    use crate::task::Key;

    async fn save(store: &ArchiveStore, key: &str, message: &str) -> bool {
        let status = format!(r#"{{"page_status": "{message}"}}"#);
        let key = Key::new(key).unwrap();
        store.save(&key, &status, Vec::new()).await.is_ok()
    }

    /// Keys, each with the outcome that it has.
    fn outcomes(connection: &Connection) -> Vec<(String, String)> {
        let joined = "SELECT key, messages FROM tasks JOIN outcomes ON outcomes.id = outcome ORDER BY tasks.id";
        let mut asked = connection.prepare(joined).unwrap();
        let rows = asked.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        rows.unwrap().map(Result::unwrap).collect()
    }

    #[tokio::test]
    async fn an_outcome_that_was_rolled_back_is_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        let store = ArchiveStore::new(dir.path().join("a.sfa"));
        let _lease = store.begin(Durability::Process).await.unwrap();
        let other = Connection::open(store.dir().join("status.db")).unwrap();
        let refuses = "CREATE TRIGGER refuses BEFORE INSERT ON tasks WHEN NEW.key = 'bad'
            BEGIN SELECT RAISE (ABORT, 'no'); END";
        other.execute_batch(refuses).unwrap();
        assert!(!save(&store, "bad", "SUCCESS").await);
        assert!(save(&store, "good", "SUCCESS").await);
        let success = r#"{"page_status":"SUCCESS"}"#;
        assert_eq!(outcomes(&other), [("good".to_owned(), success.to_owned())]);
    }

    #[tokio::test]
    async fn every_task_has_its_outcome_however_many_there_are() {
        let dir = tempfile::tempdir().unwrap();
        let store = ArchiveStore::new(dir.path().join("a.sfa"));
        let _lease = store.begin(Durability::Process).await.unwrap();
        let key = |nth: usize| format!("task-{nth}");
        // The first a second time, when they were forgotten.
        let mut all: Vec<usize> = (0..2 * KEPT).collect();
        all.push(0);
        for nth in &all {
            assert!(save(&store, &key(*nth), &format!("error {nth}")).await);
        }
        let message = |nth| format!(r#"{{"page_status":"error {nth}"}}"#);
        let expected: Vec<_> = (0..2 * KEPT).map(|nth| (key(nth), message(nth))).collect();
        let other = Connection::open(store.dir().join("status.db")).unwrap();
        assert_eq!(outcomes(&other), expected);
    }
}
