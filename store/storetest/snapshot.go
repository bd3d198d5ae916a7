package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
)

// Snapshot keeps the rows of all tables, and returns a function that brings them back. That
// is faster than a new database. It is for test databases only: it adds tables to them, and
// on PostgreSQL the role must be a superuser, because foreign keys are not checked on the
// way. The change log and the sequences of keys go on. No request may run meanwhile.
func Snapshot(tb testing.TB, db *store.DB) (restore func(tb testing.TB)) {
	tb.Helper()
	s := &snapshot{postgres: db.Capabilities().Engine == "postgres"}
	s.on(tb, db, s.take)
	return func(tb testing.TB) {
		tb.Helper()
		s.on(tb, db, s.restore)
	}
}

// snapshot is the tables of a database and their kept rows.
type snapshot struct {
	postgres bool
	tables   []keptTable
}

type keptTable struct{ name, kept, columns string }

// going are tables that a snapshot leaves alone: the log and the positions of its readers.
var going = []string{"plinth_changes", "plinth_cursors", "plinth_migrations"}

// on runs work in a transaction of one connection without foreign keys.
func (s *snapshot) on(tb testing.TB, db *store.DB, work func(ctx context.Context, tx *sql.Tx) error) {
	tb.Helper()
	ctx := context.WithoutCancel(tb.Context())
	if err := s.run(ctx, db, work); err != nil {
		tb.Fatalf("storetest: snapshot: %v", err)
	}
}

func (s *snapshot) run(ctx context.Context, db *store.DB, work func(ctx context.Context, tx *sql.Tx) error) error {
	conn, err := db.Bun().DB.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	begin, end := `set session_replication_role = replica`, `reset session_replication_role`
	if !s.postgres {
		begin, end = `pragma foreign_keys = off`, `pragma foreign_keys = on`
	}
	if _, err := conn.ExecContext(ctx, begin); err != nil {
		return err
	}
	defer conn.ExecContext(ctx, end)
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // after a commit it does nothing
	if err := work(ctx, tx); err != nil {
		return err
	}
	return tx.Commit()
}

const (
	postgresTables = `select c.relname, string_agg(quote_ident(a.attname), ', ' order by a.attnum)
from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' group by c.relname order by c.relname`
	sqliteTables = `select m.name, (select group_concat('"' || c.name || '"', ', ') from pragma_table_xinfo(m.name) c where c.hidden = 0)
from sqlite_schema m where m.type = 'table' and m.name not like 'sqlite~_%' escape '~' and m.name not like '%~_search%' escape '~'
and m.sql not like 'create virtual%' order by m.name`
)

// take copies the rows.
func (s *snapshot) take(ctx context.Context, tx *sql.Tx) error {
	query, place := sqliteTables, `"plinth_kept_%s"`
	if s.postgres {
		query, place = postgresTables, `plinth_kept."%s"`
		if _, err := tx.ExecContext(ctx, `drop schema if exists plinth_kept cascade; create schema plinth_kept`); err != nil {
			return err
		}
	}
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var t keptTable
		if err := rows.Scan(&t.name, &t.columns); err != nil {
			return err
		}
		if slices.Contains(going, t.name) || strings.HasPrefix(t.name, "plinth_kept_") {
			continue
		}
		t.kept = fmt.Sprintf(place, t.name)
		s.tables = append(s.tables, t)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, t := range s.tables {
		for _, text := range []string{"drop table if exists " + t.kept, fmt.Sprintf(`create table %s as select %s from "%s"`, t.kept, t.columns, t.name)} {
			if _, err := tx.ExecContext(ctx, text); err != nil {
				return err
			}
		}
	}
	return nil
}

// restore writes the rows of the tables that have changed.
func (s *snapshot) restore(ctx context.Context, tx *sql.Tx) error {
	changed, err := s.changed(ctx, tx)
	if err != nil {
		return err
	}
	for _, t := range changed {
		overriding := ""
		if s.postgres {
			overriding = " overriding system value"
		}
		for _, text := range []string{
			fmt.Sprintf(`delete from "%s"`, t.name),
			fmt.Sprintf(`insert into "%s" (%s)%s select %s from %s`, t.name, t.columns, overriding, t.columns, t.kept),
		} {
			if _, err := tx.ExecContext(ctx, text); err != nil {
				return err
			}
		}
	}
	return nil
}

// changed finds the tables with other rows by one statement.
func (s *snapshot) changed(ctx context.Context, tx *sql.Tx) (list []keptTable, err error) {
	parts := make([]string, len(s.tables))
	for i, t := range s.tables {
		now, then := fmt.Sprintf(`select %s from "%s"`, t.columns, t.name), fmt.Sprintf("select %s from %s", t.columns, t.kept)
		parts[i] = fmt.Sprintf("select %d where exists (%s except %s) or exists (%s except %s)", i, now, then, then, now)
	}
	rows, err := tx.QueryContext(ctx, strings.Join(parts, " union all "))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var i int
		if err := rows.Scan(&i); err != nil {
			return nil, err
		}
		list = append(list, s.tables[i])
	}
	return list, rows.Err()
}
