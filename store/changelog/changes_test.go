package changelog_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/uptrace/bun"
)

func TestChangesStart(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		mustLog(t, db, "things", 1, 1)
		now := changelog.Open(db, "now", nil)
		start := changelog.Open(db, "start", &changelog.Options{Start: changelog.FromStart})
		if got := drained(t, now); len(got) != 0 {
			t.Errorf("a reader from now gets %q", got)
		}
		if got, want := drained(t, start), []string{"things [1] 1"}; !slices.Equal(got, want) {
			t.Errorf("a reader from the start gets %q, want %q", got, want)
		}
		mustLog(t, db, "things", 1, 2)
		want := []string{"things [1] 2"}
		if got := drained(t, now); !slices.Equal(got, want) {
			t.Errorf("then it gets %q, want %q", got, want)
		}
		// The place belongs to the name, not to the value.
		again := changelog.Open(db, "start", &changelog.Options{Start: changelog.FromStart})
		if got := drained(t, again); !slices.Equal(got, want) {
			t.Errorf("a reader of a known name gets %q, want %q", got, want)
		}
		if got := drained(t, again); len(got) != 0 {
			t.Errorf("a second time it gets %q", got)
		}
	})
}

func TestChangesWithoutName(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		a, b := changelog.Open(db, "", nil), changelog.Open(db, "", nil)
		drained(t, a)
		mustLog(t, db, "things", 1, 1)
		drained(t, b)
		mustLog(t, db, "things", 2, 1)
		if got, want := drained(t, a), []string{"things [1] 1", "things [2] 1"}; !slices.Equal(got, want) {
			t.Errorf("the first gets %q, want %q", got, want)
		}
		if got, want := drained(t, b), []string{"things [2] 1"}; !slices.Equal(got, want) {
			t.Errorf("the second gets %q, want %q", got, want)
		}
		if got := count(t, db, "plinth_cursors"); got != 0 {
			t.Errorf("%d cursors are stored", got)
		}
	})
}

func count(t *testing.T, db *store.DB, table string) (n int) {
	t.Helper()
	if err := db.Bun().DB.QueryRowContext(t.Context(), "select count(*) from "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestChangesPages(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		for i := range int64(10) {
			mustLog(t, db, "things", i, i)
		}
		c := changelog.Open(db, "pages", &changelog.Options{Start: changelog.FromStart, BatchSize: 3})
		var got []string
		var sizes []int
		n, err := c.Drain(t.Context(), func(_ context.Context, _ *store.Tx, batch []changelog.Change) error {
			sizes = append(sizes, len(batch))
			for _, change := range batch {
				got = append(got, label(change))
			}
			if len(sizes) == 2 {
				mustLogLater(t, db) // behind what the pages show
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if n != 10 && n != 11 {
			t.Errorf("%d changes in batches of %v", n, sizes)
		}
		if slices.Max(sizes) > 3 {
			t.Errorf("batches of %v, at most 3 asked for", sizes)
		}
		if !slices.IsSorted(got[:10]) {
			t.Errorf("order %q", got)
		}
	})
}

// mustLogLater does nothing on SQLite, where the reader's transaction is the
// only one that can write.
func mustLogLater(t *testing.T, db *store.DB) {
	t.Helper()
	if db.Capabilities().Instances {
		mustLog(t, db, "things", 99, 1)
	}
}

func TestChangesEffectAndPositionAreOne(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		mustRun(t, db.Bun().DB, "create table effects (version bigint)")
		for i := range int64(5) {
			mustLog(t, db, "things", i, i)
		}
		c := changelog.Open(db, "effects", &changelog.Options{Start: changelog.FromStart, BatchSize: 2})
		broken := errors.New("broken")
		calls := 0
		effect := func(ctx context.Context, tx *store.Tx, batch []changelog.Change) error {
			for range batch {
				if _, err := tx.SQL().ExecContext(ctx, "insert into effects values (1)"); err != nil {
					return err
				}
			}
			if calls++; calls == 2 {
				return broken // behind the effect, before the commit
			}
			return nil
		}
		if n, err := c.Drain(t.Context(), effect); !errors.Is(err, broken) || n != 2 {
			t.Fatalf("Drain = %d, %v", n, err)
		}
		if got := count(t, db, "effects"); got != 2 {
			t.Fatalf("%d effects of the first batch, want 2", got)
		}
		if err := c.Run(t.Context(), func(context.Context, *store.Tx, []changelog.Change) error { return broken }); !errors.Is(err, broken) {
			t.Fatalf("Run = %v, want the error of its function", err)
		}
		if n, err := c.Drain(t.Context(), effect); err != nil || n != 3 {
			t.Fatalf("Drain = %d, %v", n, err)
		}
		if got := count(t, db, "effects"); got != 5 {
			t.Errorf("%d effects of 5 changes", got)
		}
	})
}

func TestChangesRunWakesUp(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		// Without a wake-up nothing would come within the time of the test.
		opts := &changelog.Options{Poll: time.Hour}
		got := make(chan string, 10)
		ended := make(chan error, 2)
		for _, name := range []string{"a", "b"} {
			c := changelog.Open(db, name, opts)
			drained(t, c)
			go func() {
				ended <- c.Run(ctx, func(_ context.Context, _ *store.Tx, batch []changelog.Change) error {
					for _, change := range batch {
						got <- name + " " + change.Table
					}
					return nil
				})
			}()
		}
		if err := store.For[Tag](db).Insert(t.Context(), &Tag{Name: "go"}); err != nil {
			t.Fatal(err)
		}
		seen := []string{receive(t, got), receive(t, got)}
		if slices.Sort(seen); !slices.Equal(seen, []string{"a tags", "b tags"}) {
			t.Errorf("got %q", seen)
		}
		cancel()
		for range 2 {
			if err := <-ended; err != nil {
				t.Errorf("Run = %v at the end of its context", err)
			}
		}
	})
}

func receive(t *testing.T, ch <-chan string) string {
	t.Helper()
	select {
	case s := <-ch:
		return s
	case <-time.After(20 * time.Second):
		t.Fatal("nothing came within 20 seconds")
		return ""
	}
}

func TestChangesOfAReader(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		// What a reader writes itself is a change like any other, also for it.
		mustLog(t, db, "things", 1, 1)
		c := changelog.Open(db, "echo", &changelog.Options{Start: changelog.FromStart})
		var got []string
		for range 3 {
			_, err := c.Drain(t.Context(), func(_ context.Context, tx *store.Tx, batch []changelog.Change) error {
				for _, change := range batch {
					got = append(got, label(change))
					if change.Table == "things" {
						if err := appendLog(db, tx.SQL(), "echoes", 1, 1); err != nil {
							return err
						}
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if want := []string{"things [1] 1", "echoes [1] 1"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// Sheet has a column of every kind.
type Sheet struct {
	bun.BaseModel `bun:"table:sheets"`
	ID            int64         `bun:",pk"`
	Title         string        `bun:",notnull"`
	Size          float64       `bun:",notnull"`
	Price         store.Decimal `bun:",notnull"`
	At            time.Time     `bun:",notnull"`
	Doc           store.JSON    `bun:",notnull"`
	Labels        []string      `bun:",array,notnull"`
	Blob          []byte        `bun:",notnull"`
	Note          *string
	Inner         string `bun:",notnull" plinth:"hidden"`
	Hash          string `bun:",notnull" plinth:"secret"`
}

const (
	sheetRow = `{"id":9007199254740993,"title":"ä\"","size":1e+20,"price":9.50,"at":"2026-01-02T03:04:05.100000+00:00",` +
		`"doc":{"a":[1.0,null],"bb":"x"},"labels":["a","b,c"],"blob":"\\xdead","note":null,"inner":"i","gone":[1.50,{"b":1,"aa":2}]}`
)

// TestChangesSameBytes writes the same row into the log of both engines, on
// PostgreSQL in the form of to_jsonb, with a column the model does not have.
func TestChangesSameBytes(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		if err := db.Register(Sheet{}); err != nil {
			t.Fatal(err)
		}
		if db.Capabilities().Engine == "postgres" {
			mustRun(t, db.Bun().DB, `insert into plinth_changes (tbl, op, key, old, new, actor, tenant)
				select 'sheets', 'update', '[9007199254740993]', to_jsonb(r), to_jsonb(r), 'ann', 'acme' from (select
				9007199254740993::bigint as id, 'ä"' as title, 1e20::float8 as size, 9.50::numeric as price,
				'2026-01-02 03:04:05.1+00'::timestamptz as at, '{"bb": "x", "a": [1.0, null]}'::jsonb as doc,
				array['a', 'b,c'] as labels, '\xdead'::bytea as blob, null::text as note, 'i' as inner, 'pw' as hash,
				'[1.50, {"aa": 2, "b": 1}]'::jsonb as gone) r`)
		} else {
			row := strings.Replace(sheetRow, `"inner"`, `"hash":"pw","inner"`, 1)
			mustRun(t, db.Bun().DB, `insert into plinth_changes (tbl, op, key, old, new, actor, tenant) values
				('sheets', 'update', '[9007199254740993]', ?1, ?1, 'ann', 'acme')`, row)
		}
		var got []changelog.Change
		c := changelog.Open(db, "bytes", &changelog.Options{Start: changelog.FromStart})
		_, err := c.Drain(t.Context(), func(_ context.Context, _ *store.Tx, batch []changelog.Change) error {
			got = append(got, batch...)
			return nil
		})
		if err != nil || len(got) != 1 {
			t.Fatalf("%d changes, %v", len(got), err)
		}
		change := got[0]
		for name, text := range map[string]string{"old": string(change.Old), "new": string(change.New)} {
			if text != sheetRow {
				t.Errorf("%s is\n%s, want\n%s", name, text, sheetRow)
			}
		}
		if change.Table != "sheets" || change.Op != store.OpUpdate || string(change.Key) != "[9007199254740993]" ||
			change.Actor != "ann" || change.Tenant != "acme" {
			t.Errorf("change is %+v", change)
		}
		if age := time.Since(change.At); age < -time.Minute || age > time.Minute {
			t.Errorf("the change is %v old", age)
		}
	})
}

func TestChangesOfTheWritePath(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		c := changelog.Open(db, "writes", nil)
		drained(t, c)
		email := "ann@example.org"
		author := &Author{Name: "Ann", Email: &email, Hash: "s3cret"}
		if err := store.For[Author](db).Insert(ctx, author); err != nil {
			t.Fatal(err)
		}
		if _, err := store.For[Author](db).Patch(ctx, author.ID, store.SetTo("name", "Bob")); err != nil {
			t.Fatal(err)
		}
		if err := store.For[Author](db).Delete(ctx, author.ID); err != nil {
			t.Fatal(err)
		}
		var got []changelog.Change
		if _, err := c.Drain(ctx, func(_ context.Context, _ *store.Tx, batch []changelog.Change) error {
			got = append(got, batch...)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if len(got) != 3 {
			t.Fatalf("%d changes of 3 writes", len(got))
		}
		ids := map[string]bool{}
		for i, want := range []struct {
			op       store.WriteOp
			old, new string
		}{{store.OpInsert, "", "Ann"}, {store.OpUpdate, "Ann", "Bob"}, {store.OpDelete, "Bob", ""}} {
			change := got[i]
			ids[change.ID] = true
			if change.Op != want.op || string(change.Key) != `["`+author.ID.String()+`"]` {
				t.Errorf("change %d is %s of %s", i, change.Op, change.Key)
			}
			for text, name := range map[string]string{string(change.Old): want.old, string(change.New): want.new} {
				has := strings.Contains(text, `"name":"`+name+`","email":"ann@example.org"}`)
				if name == "" && text != "" || name != "" && !has {
					t.Errorf("%s: image %q, want the name %q", change.Op, text, name)
				}
			}
			if all := string(change.Old) + string(change.New); strings.Contains(all, "s3cret") || strings.Contains(all, "hash") {
				t.Errorf("%s holds the secret column: %s", change.Op, all)
			}
		}
		if len(ids) != 3 {
			t.Errorf("ids %v", ids)
		}
	})
}

// TestChangesLargeRows logs rows of which not even the smallest batch asked for
// fits into memory comfortably.
func TestChangesLargeRows(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		const rows, size = 5, 5 << 20
		text := strings.Repeat("x", size)
		for i := range rows {
			mustRun(t, db.Bun().DB, marks(db, `insert into plinth_changes (tbl, op, key, new) values ('large', 'insert', $1, $2)`),
				fmt.Sprintf("[%d]", i), `{"text":"`+text+`"}`)
		}
		mustLog(t, db, "small", 1, 1)
		var got []string
		largest := 0
		c := changelog.Open(db, "large", &changelog.Options{Start: changelog.FromStart})
		_, err := c.Drain(t.Context(), func(_ context.Context, _ *store.Tx, batch []changelog.Change) error {
			bytes := 0
			for _, change := range batch {
				bytes += len(change.New)
				got = append(got, change.Table+string(change.Key))
			}
			largest = max(largest, bytes)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if want := []string{"large[0]", "large[1]", "large[2]", "large[3]", "large[4]", "small[1]"}; !slices.Equal(got, want) {
			t.Errorf("got %q", got)
		}
		if largest > 16<<20+size+1000 || largest == 0 {
			t.Errorf("a batch of %d MiB", largest>>20)
		}
	})
}
