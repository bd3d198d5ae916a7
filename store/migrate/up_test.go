package migrate_test

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
)

var shop = map[string]string{
	"0001_init.up.sql":  "-- a comment; with a semicolon\ncreate table shops (id integer primary key, name text default 'a;b');\ninsert into shops (id) values (1);\n",
	"0002_items.up.sql": "create table items (id integer primary key, shop_id integer references shops (id)); insert into items values (1, 1);",
	"README.md":         "not a migration",
}

func TestUp(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		db := open()
		wantList(t, up(t, db, source("shop", shop)), "plinth 1 init", "plinth 2 idempotency", "plinth 3 idempotency_caller", "plinth 4 log_size", "plinth 5 jobs", "plinth 6 history", "plinth 7 realtime", "plinth 8 job_keys", "shop 1 init", "shop 2 items")
		wantList(t, up(t, open(), source("shop", shop)))
		if got := value(t, db, `select name from shops`); got != "a;b" {
			t.Errorf("name is %q", got)
		}
		if got := value(t, db, `select count(*) from items`); got != "1" {
			t.Errorf("%s items: the second statement of a file did not run", got)
		}
		more := with(shop, "0010_more.up.sql", "alter table items add column price integer")
		m := newMigrator(t, db, source("shop", more))
		pending, err := m.DryRun(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		wantList(t, titles(pending), "shop 10 more")
		wantError(t, m.Verify(t.Context()), "migration shop 10 more is pending")
		wantList(t, up(t, db, source("shop", more)), "shop 10 more")
		if err := m.Verify(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestSettingsAreMadeOnce(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		db := open()
		up(t, db)
		read := func(name string) string {
			return value(t, db, `select value from plinth_settings where name = '`+name+`'`)
		}
		epoch, key := read("epoch"), read("cursor_key")
		if len(epoch) != 64 || len(key) != 64 || epoch == key {
			t.Errorf("epoch %q, cursor_key %q", epoch, key)
		}
		runSQL(t, db, `delete from plinth_settings where name = 'epoch'`)
		up(t, db)
		if read("cursor_key") != key || read("epoch") == epoch {
			t.Error("Up must make what is missing and keep what is there")
		}
	})
}

// TestBrokenMigration has a file whose last statement fails.
func TestBrokenMigration(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		db := open()
		broken := with(shop, "0002_items.up.sql", "create table items (id integer primary key); insert into items values (1); insert into nothing values (1);")
		applied, err := newMigrator(t, db, source("shop", broken)).Up(t.Context())
		wantError(t, err, "shop 2 items", "nothing")
		wantList(t, titles(applied), "plinth 1 init", "plinth 2 idempotency", "plinth 3 idempotency_caller", "plinth 4 log_size", "plinth 5 jobs", "plinth 6 history", "plinth 7 realtime", "plinth 8 job_keys", "shop 1 init")
		wantError(t, migrate.Verify(t.Context(), db, source("shop", broken)), "migration shop 2 items is pending")
		if _, err := migrate.Auto(t.Context(), db, source("shop", broken)); err == nil {
			t.Error("Auto starts on a broken migration")
		}
		// The repaired file creates the same table: nothing of it is there.
		wantList(t, up(t, db, source("shop", shop)), "shop 2 items")
	})
}

func TestFileThatCommits(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		db := open()
		files := map[string]string{"0001_init.up.sql": "create table a (id integer); commit;"}
		_, err := newMigrator(t, db, source("x", files)).Up(t.Context())
		wantError(t, err, "commit")
		pending, err := newMigrator(t, db, source("x", files)).DryRun(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		wantList(t, titles(pending), "x 1 init")
	})
}

func TestHistoryAgainstFiles(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		db := open()
		up(t, db, source("shop", with(shop, "0005_more.up.sql", "create table more (id integer)")))
		for _, tc := range []struct {
			name  string
			files map[string]string
			want  string
		}{
			{"changed", with(shop, "0001_init.up.sql", shop["0001_init.up.sql"]+" "), "shop 1 init was changed after it was applied"},
			{"gone", map[string]string{"0001_init.up.sql": shop["0001_init.up.sql"], "0005_more.up.sql": "create table more (id integer)"}, "shop 2 items is applied, but its file is gone"},
			{"late", with(shop, "0003_late.up.sql", "select 1"), "shop 3 late came after version 5 was applied"},
		} {
			m := newMigrator(t, db, source("shop", tc.files))
			applied, err := m.Up(t.Context())
			wantError(t, err, tc.want)
			wantList(t, titles(applied))
			wantError(t, m.Verify(t.Context()), tc.want)
			_, err = m.DryRun(t.Context())
			wantError(t, err, tc.want)
		}
		// Windows line ends and a database ahead of the program are fine.
		crlf := with(shop, "0001_init.up.sql", "-- a comment; with a semicolon\r\ncreate table shops (id integer primary key, name text default 'a;b');\r\ninsert into shops (id) values (1);\r\n")
		m := newMigrator(t, db, source("shop", crlf))
		wantList(t, up(t, db, source("shop", crlf)))
		if err := m.Verify(t.Context()); err != nil {
			t.Error(err)
		}
		status, err := m.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		wantList(t, titles(status), "plinth 1 init", "plinth 2 idempotency", "plinth 3 idempotency_caller", "plinth 4 log_size", "plinth 5 jobs", "plinth 6 history", "plinth 7 realtime", "plinth 8 job_keys", "shop 1 init", "shop 2 items", "shop 5 more")
		for _, s := range status {
			if s.AppliedAt.IsZero() {
				t.Errorf("%s has no time", s)
			}
		}
	})
}

func TestNoTransaction(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		db := open()
		text := "-- plinth:no-transaction\n" + onSQLite(db,
			"pragma foreign_keys = off;\n-- plinth:next\ndrop table if exists items;\n-- plinth:next\npragma foreign_keys = on;\n",
			"drop index concurrently if exists items_idx;\n-- plinth:next\ncreate index concurrently items_idx on items (shop_id);\n")
		files := with(shop, "0003_alone.up.sql", text)
		wantList(t, up(t, db, source("shop", files)), "plinth 1 init", "plinth 2 idempotency", "plinth 3 idempotency_caller", "plinth 4 log_size", "plinth 5 jobs", "plinth 6 history", "plinth 7 realtime", "plinth 8 job_keys", "shop 1 init", "shop 2 items", "shop 3 alone")
		if err := migrate.Verify(t.Context(), db, source("shop", files)); err != nil {
			t.Error(err)
		}
		broken := with(files, "0004_broken.up.sql", "-- plinth:no-transaction\nselect broken")
		_, err := newMigrator(t, db, source("shop", broken)).Up(t.Context())
		wantError(t, err, "shop 4 broken")
		wantError(t, newMigrator(t, db, source("shop", broken)).Verify(t.Context()), "shop 4 broken is pending")
	})
}

// TestNoTransactionAtOnce: of two instances that see the same pending migration without a transaction one applies it.
func TestNoTransactionAtOnce(t *testing.T) {
	t.Parallel()
	files := with(shop, "0003_alone.up.sql", "-- plinth:no-transaction\ncreate table alone (id integer);\n")
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		db, other := open(), open()
		up(t, db, source("shop", shop))
		err := migrate.UpLate(t.Context(), db, func() error {
			_, err := newMigrator(t, other, source("shop", files)).Up(t.Context())
			return err
		}, source("shop", files))
		if err != nil {
			t.Errorf("up: %v", err)
		}
		if err := newMigrator(t, db, source("shop", files)).Verify(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
