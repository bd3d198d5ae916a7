package server_test

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/leaktest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// engines runs a test on an empty database of each engine.
func engines(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, t.TempDir()+"/app.db") })
	t.Run("postgres", func(t *testing.T) { test(t, pgtest.URL(t)) })
}

// must returns a value, and panics if err is not nil.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
