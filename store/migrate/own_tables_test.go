package migrate_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
)

// schemaOf describes the tables of a database by what the engine itself says.
func schemaOf(t *testing.T, db *store.DB) string {
	t.Helper()
	query := `select coalesce(sql, name) from sqlite_schema where name not like 'sqlite~_%' escape '~' order by type, name`
	if db.Capabilities().Engine == "postgres" {
		query = `select concat_ws(' ', table_name, column_name, udt_name, collation_name, is_nullable, is_identity, column_default)
			from information_schema.columns where table_schema = 'public'
			union all select indexdef from pg_indexes where schemaname = 'public'
			union all select conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) from pg_constraint where contype <> 'n' and connamespace = 'public'::regnamespace
			order by 1`
	}
	rows, err := db.Bun().DB.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var b strings.Builder
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&b, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestOwnTables compares the schema of the library's own tables with a file.
func TestOwnTables(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		db := open()
		up(t, db)
		golden(t, "plinth."+db.Capabilities().Engine+".txt", schemaOf(t, db))
	})
}

// TestChangeLogDefaults writes the log as the store does.
func TestChangeLogDefaults(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		db := open()
		up(t, db)
		runSQL(t, db, `insert into plinth_changes (tbl, op, key) values ('a', 'insert', '{"id":1}')`)
		runSQL(t, db, `delete from plinth_changes`)
		runSQL(t, db, `insert into plinth_changes (tbl, op, key) values ('b', 'insert', '{"id":1}')`)
		if seq := value(t, db, `select seq from plinth_changes`); seq != "2" {
			t.Errorf("seq is %s: a number came twice", seq)
		}
		if at := value(t, db, `select `+isoTime(db, "at")+` from plinth_changes`); len(at) != 32 || !strings.HasSuffix(at, "+00:00") {
			t.Errorf("at is %q", at)
		}
	})
}

func TestCanceledUp(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		db := open()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := newMigrator(t, db).Up(ctx); err == nil {
			t.Error("Up works with a context that has ended")
		}
		wantList(t, up(t, db), "plinth 1 init", "plinth 2 idempotency", "plinth 3 idempotency_caller", "plinth 4 log_size", "plinth 5 jobs", "plinth 6 history", "plinth 7 realtime", "plinth 8 job_keys")
	})
}
