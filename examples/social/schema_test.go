package main

import (
	"path/filepath"
	"testing"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestMigrations makes the schema by migrations alone, as a deployed program has it: nothing is
// missing then.
func TestMigrations(t *testing.T) {
	t.Parallel()
	for engine, location := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "social.db") },
		"postgres": func(t *testing.T) string { return pgtest.URL(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			config := testConfig(location(t))
			s, err := newSocial(t.Context(), config)
			if err != nil {
				t.Fatal(err)
			}
			if code := s.app.Main(t.Context(), []string{"migrate", "up"}); code != 0 {
				t.Fatalf("migrate up: exit code %d", code)
			}
			config.Schema = plinth.SchemaVerify
			if s, err = newSocial(t.Context(), config); err != nil {
				t.Fatal(err)
			}
			defer s.app.DB().Close()
			if _, err := s.app.Handler(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}
