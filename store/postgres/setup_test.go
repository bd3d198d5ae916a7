package postgres

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// openTest opens a database of its own. The tests of this package are internal
// because the driver behind a store.DB is.
func openTest(tb testing.TB, opts *Options) *database {
	tb.Helper()
	return openURL(tb, pgtest.URL(tb), opts)
}

func openURL(tb testing.TB, url string, opts *Options) *database {
	tb.Helper()
	o, err := opts.withDefaults()
	if err != nil {
		tb.Fatal(err)
	}
	d, err := open(tb.Context(), url, o)
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

// mustExec runs statements without arguments.
func mustExec(tb testing.TB, d *database, statements ...string) {
	tb.Helper()
	for _, s := range statements {
		if _, err := d.sql.ExecContext(tb.Context(), s); err != nil {
			tb.Fatalf("%s: %v", s, err)
		}
	}
}

// mustQuery returns the rows of a statement.
func mustQuery(tb testing.TB, d *database, conn driver.Conn, s *driver.Statement) string {
	tb.Helper()
	var r driver.Result
	if err := d.Query(tb.Context(), conn, s, &r); err != nil {
		tb.Fatalf("%s: %v", s.SQL, err)
	}
	return string(r.Body)
}

// one is the shape of rows with a single member "v".
func one(kind driver.Kind) *driver.Shape {
	return &driver.Shape{Members: []driver.Member{{Key: `"v":`, Kind: kind}}}
}
