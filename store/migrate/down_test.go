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

// TestOwnTablesUpDownUp freezes the schema of the library's own tables.
func TestOwnTablesUpDownUp(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		db := open()
		up(t, db)
		name := "plinth." + db.Capabilities().Engine + ".txt"
		golden(t, name, schemaOf(t, db))
		reverted, err := newMigrator(t, db).Down(t.Context(), "plinth", 0)
		if err != nil {
			t.Fatal(err)
		}
		wantList(t, titles(reverted), "plinth 4 log_size", "plinth 3 idempotency_caller", "plinth 2 idempotency", "plinth 1 init")
		if left := schemaOf(t, db); strings.Contains(left, "plinth_changes") || strings.Contains(left, "plinth_settings") {
			t.Errorf("down leaves\n%s", left)
		}
		wantList(t, up(t, db), "plinth 1 init", "plinth 2 idempotency", "plinth 3 idempotency_caller", "plinth 4 log_size")
		golden(t, name, schemaOf(t, db))
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

func TestDown(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		db := open()
		up(t, db, source("shop", shop))
		m := newMigrator(t, db, source("shop", shop))
		down := func(version int) []string {
			t.Helper()
			reverted, err := m.Down(t.Context(), "shop", version)
			if err != nil {
				t.Fatal(err)
			}
			return titles(reverted)
		}
		wantList(t, down(2))
		wantList(t, down(1), "shop 2 items")
		wantList(t, up(t, db, source("shop", shop)), "shop 2 items")
		wantList(t, down(0), "shop 2 items", "shop 1 init")
		wantList(t, up(t, db, source("shop", shop)), "shop 1 init", "shop 2 items")

		_, err := m.Down(t.Context(), "nobody", 0)
		wantError(t, err, "no line nobody")
		oneWay := with(shop, "0003_oneway.up.sql", "create table oneway (id integer)")
		up(t, db, source("shop", oneWay))
		reverted, err := newMigrator(t, db, source("shop", oneWay)).Down(t.Context(), "shop", 0)
		wantError(t, err, "shop 3 oneway has no down file")
		wantList(t, titles(reverted))
		// What an old program does not know it cannot revert.
		reverted, err = m.Down(t.Context(), "shop", 0)
		wantError(t, err, "shop 3 oneway has no down file")
		wantList(t, titles(reverted))
	})
}

func TestBrokenDown(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		db := open()
		files := with(shop, "0002_items.down.sql", "drop table items; drop table nothing;")
		up(t, db, source("shop", files))
		_, err := newMigrator(t, db, source("shop", files)).Down(t.Context(), "shop", 1)
		wantError(t, err, "shop 2 items", "nothing")
		if got := value(t, db, `select count(*) from items`); got != "1" {
			t.Errorf("%s items: a broken down file left something behind", got)
		}
		wantList(t, up(t, db, source("shop", files)))
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
		wantList(t, up(t, db), "plinth 1 init", "plinth 2 idempotency", "plinth 3 idempotency_caller", "plinth 4 log_size")
	})
}
