package sqlite

import (
	"path/filepath"
	"testing"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// openFile opens a database in a file of its own.
func openFile(tb testing.TB, o *Options) *database {
	tb.Helper()
	return openPath(tb, filepath.Join(tb.TempDir(), "test.db"), o)
}

func openPath(tb testing.TB, path string, o *Options) *database {
	tb.Helper()
	d, err := openDatabase(tb.Context(), path, o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := d.Close(); err != nil {
			tb.Error(err)
		}
	})
	return d
}

func mustExec(tb testing.TB, d *database, text string, args ...any) int64 {
	tb.Helper()
	n, err := d.Exec(tb.Context(), nil, &driver.Statement{SQL: text, Args: args})
	if err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
	return n
}

func begin(tb testing.TB, d *database, readOnly bool) driver.Conn {
	tb.Helper()
	c, err := d.Begin(tb.Context(), driver.TxOptions{ReadOnly: readOnly})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := c.Rollback(); err != nil {
			tb.Error(err)
		}
	})
	return c
}

func execIn(tb testing.TB, d *database, in driver.Conn, text string, args ...any) error {
	tb.Helper()
	_, err := d.Exec(tb.Context(), in, &driver.Statement{SQL: text, Args: args})
	return err
}

// values returns the extra values of all rows, as JSON.
func values(tb testing.TB, d *database, in driver.Conn, kinds []driver.Kind, text string, args ...any) string {
	tb.Helper()
	var r driver.Result
	s := &driver.Statement{SQL: text, Args: args, Shape: &driver.Shape{Extra: kinds, EachExtra: true}}
	if err := d.Query(tb.Context(), in, s, &r); err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
	return string(r.Extra)
}

// value returns the integer a statement without arguments yields, as JSON.
func value(tb testing.TB, d *database, in driver.Conn, text string, args ...any) string {
	tb.Helper()
	return values(tb, d, in, []driver.Kind{driver.KindInt}, text, args...)
}
