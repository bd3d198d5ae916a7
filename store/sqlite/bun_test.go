package sqlite

import (
	"context"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/uptrace/bun"
)

type bunNote struct {
	bun.BaseModel `bun:"table:note"`

	ID    int64     `bun:"id,pk"`
	Title string    `bun:"title"`
	At    time.Time `bun:"at"`
}

func TestBun(t *testing.T) {
	t.Parallel()
	d := openFile(t, nil)
	db := d.Bun()
	mustExec(t, d, "create table note (id integer primary key, title text, at text)")
	at := time.Date(2026, 1, 2, 3, 4, 5, 600_000_789, time.FixedZone("", -7200))
	if _, err := db.NewInsert().Model(&bunNote{ID: 1, Title: "it's", At: at}).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	kinds := []driver.Kind{driver.KindText, driver.KindTimestamp}
	if got := values(t, d, nil, kinds, "select title, at from note"); got != `["it's","2026-01-02T05:04:05.600000+00:00"]` {
		t.Errorf("stored %s", got)
	}
	var note bunNote
	if err := db.NewSelect().Model(&note).Where("at = ?", at).Scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := at.Truncate(time.Microsecond); !note.At.Equal(want) || note.Title != "it's" {
		t.Errorf("read %+v", note)
	}
}

func TestBunReadsOnReaders(t *testing.T) {
	t.Parallel()
	d := openFile(t, nil)
	db := d.Bun()
	mustExec(t, d, "create table note (id integer primary key, title text, at text)")
	w := begin(t, d, false) // the writer is busy
	n, err := db.NewSelect().Model((*bunNote)(nil)).Count(t.Context())
	if err != nil || n != 0 {
		t.Errorf("count %d, %v", n, err)
	}
	if err := w.Rollback(); err != nil {
		t.Fatal(err)
	}
	err = db.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewInsert().Model(&bunNote{ID: 2}).Exec(ctx); err != nil {
			return err
		}
		n, err = tx.NewSelect().Model((*bunNote)(nil)).Count(ctx)
		return err
	})
	if err != nil || n != 1 {
		t.Errorf("inside a transaction: count %d, %v", n, err)
	}
	// Closing Bun's view does not close the database.
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if got := value(t, d, nil, "select count(*) from note"); got != "[1]" {
		t.Errorf("rows: %s", got)
	}
}

func TestBunWithMoreUsersThanConnections(t *testing.T) {
	t.Parallel()
	d := openFile(t, &Options{Readers: 2})
	db := d.Bun()
	done := make(chan error)
	const users = 12
	for i := range users {
		go func() {
			var got int
			err := db.NewSelect().ColumnExpr("?", i).Scan(t.Context(), &got)
			if err == nil {
				_, err = db.ExecContext(t.Context(), "create table ? (a integer)", bun.Ident("t"+string(rune('a'+i))))
			}
			done <- err
		}()
	}
	for range users {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
