//! What SQLite's planner is told of the tables, so that it takes the right index from the first row on.
//!
//! A table without statistics counts as small: then a tenant's rows look like a handful, and going through all of them
//! is as good as an index. A store that has grown would be slow at what was fast when it was new. So a new store gets
//! the statistics of a large one, and keeps them: a plan does not change while a store is in use.

use rusqlite::Connection;

/// Rows of a table, and of a part of it that an index is of.
const ROWS: u64 = 1_000_000;
const ROWS_OF_PART: u64 = 10_000;
/// A tenant has one in so many of the rows.
const TENANTS: u64 = 10;
/// Each further column of an index leaves one in so many, but no fewer than a few.
const EACH_COLUMN: u64 = 1_000;
const FEW: u64 = 10;

/// Writes the statistics, into `sqlite_stat1` (<https://www.sqlite.org/fileformat2.html#stat1tab>).
pub(super) fn tell(connection: &Connection) -> rusqlite::Result<()> {
    // Makes the table.
    connection.execute_batch("ANALYZE")?;
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    for table in texts(connection, tables)? {
        let mut indexes = connection.prepare("SELECT name, \"unique\", origin, partial FROM pragma_index_list(?1)")?;
        let indexes = indexes.query_map([&table], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?, row.get::<_, String>(2)?, row.get::<_, bool>(3)?))
        })?;
        for index in indexes {
            let (name, unique, origin, partial) = index?;
            let columns = "SELECT count(*) FROM pragma_index_xinfo(?1) WHERE key";
            let columns: u32 = connection.query_row(columns, [&name], |row| row.get(0))?;
            // A primary key goes by the name of its table.
            let known_as = if origin == "pk" { &table } else { &name };
            let told = statistic(columns, unique, partial);
            connection
                .execute("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?1, ?2, ?3)", [&table, known_as, &told])?;
        }
    }
    // Has the planner read them.
    connection.execute_batch("ANALYZE sqlite_schema")
}

/// How many rows there are, and how many are alike in the first column, in the first two, and so on.
fn statistic(columns: u32, unique: bool, partial: bool) -> String {
    let rows = if partial { ROWS_OF_PART } else { ROWS };
    let mut told = vec![rows];
    let mut alike = rows / TENANTS;
    for column in 1..=columns {
        let last = column == columns;
        told.push(match last {
            true if unique => 1,
            true => alike.min(FEW),
            false => alike,
        });
        alike = (alike / EACH_COLUMN).max(FEW);
    }
    told.iter().map(u64::to_string).collect::<Vec<_>>().join(" ")
}

fn texts(connection: &Connection, sql: &str) -> rusqlite::Result<Vec<String>> {
    let mut found = connection.prepare(sql)?;
    let found = found.query_map([], |row| row.get(0))?;
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(sql: &str) -> String {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("schema.sql")).unwrap();
        tell(&connection).unwrap();
        let mut explained = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let mut rows = explained.raw_query();
        let mut all = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            all.push(row.get::<_, String>(3).unwrap());
        }
        all.join("; ")
    }

    #[test]
    fn what_each_step_asks_goes_by_an_index() {
        let cases = [
            (
                "SELECT id FROM instance WHERE tenant = ?1 AND parent = ?2 AND ended_at IS NULL ORDER BY id",
                "instance_by_parent (tenant=? AND parent=?)",
            ),
            (
                "SELECT id FROM subscription WHERE tenant = ?1 AND message = ?2 AND key = ?3 ORDER BY id",
                "(tenant=? AND message=? AND key=?)",
            ),
            (
                "SELECT id FROM message WHERE tenant = ?1 AND message = ?2 AND key = ?3 AND taken_by IS NULL ORDER BY id",
                "message_unclaimed (tenant=? AND message=? AND key=?)",
            ),
            (
                "SELECT id FROM task WHERE tenant = ?1 AND instance = ?2 AND token = ?3 AND state = 'open'",
                "task_by_instance (tenant=? AND instance=? AND token=?)",
            ),
            (
                "SELECT id FROM exclusive WHERE tenant = ?1 AND instance = ?2 AND token = ?3 ORDER BY id",
                "exclusive_by_instance (tenant=? AND instance=? AND token=?)",
            ),
            ("SELECT id FROM token WHERE tenant = ?1 AND message = ?2", "token_by_message (tenant=? AND message=?)"),
            (
                "SELECT id FROM timer WHERE tenant = ?1 AND due <= ?2 ORDER BY due, id LIMIT 1",
                "timer_by_due (tenant=? AND due<?)",
            ),
        ];
        for (sql, index) in cases {
            let plan = plan(sql);
            assert!(plan.contains(index), "{sql}: {plan}");
        }
    }

    #[test]
    fn a_statistic_says_how_many_rows_are_alike() {
        assert_eq!(statistic(1, true, false), "1000000 1");
        assert_eq!(statistic(3, true, false), "1000000 100000 100 1");
        assert_eq!(statistic(2, false, true), "10000 1000 10");
    }
}
