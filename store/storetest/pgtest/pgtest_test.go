package pgtest

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// probe is a test that records whether it was failed.
type probe struct {
	testing.TB
	failed bool
}

func (p *probe) Helper() {}

func (p *probe) Fatalf(string, ...any) {
	p.failed = true
	runtime.Goexit()
}

func TestOpenWithoutServer(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection refused")
	tests := []struct {
		name, require string
		err           error
		fails         bool
	}{
		{name: "Skipped", err: errUnavailable},
		{name: "PostgresRequired", require: "postgres", err: errUnavailable, fails: true},
		{name: "DockerRequired", require: "docker", err: errUnavailable, fails: true},
		{name: "NamedServerBroken", err: broken, fails: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var notice bytes.Buffer
			d := &Databases{require: tt.require, notice: &notice, server: func() (*cluster, error) { return nil, tt.err }}
			for range 3 {
				p := &probe{TB: t}
				done := make(chan struct{})
				go func() {
					defer close(done)
					if _, ok := d.Open(p); ok {
						t.Error("Open has a database without a server")
					}
				}()
				if <-done; p.failed != tt.fails {
					t.Errorf("failed is %v, want %v", p.failed, tt.fails)
				}
			}
			if got := strings.Count(notice.String(), "\n"); (got == 1) == tt.fails {
				t.Errorf("notice %q", &notice)
			}
		})
	}
}

func TestURL(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	first := URL(t)
	t.Logf("ready after %v", time.Since(begin))
	if second := URL(t); second == first {
		t.Fatalf("two databases are one: %s", first)
	}

	db := connect(t, first)
	var encoding, locale string
	var byLetter, byRune bool
	err := db.QueryRow(t.Context(), `select pg_encoding_to_char(encoding), coalesce(datcollate, ''), 'a' < 'B', lower('ÄÉ') = 'äé'
		from pg_database where datname = current_database()`).Scan(&encoding, &locale, &byLetter, &byRune)
	if err != nil {
		t.Fatal(err)
	}
	if encoding != "UTF8" || !byLetter || !byRune {
		t.Errorf("encoding %s, locale %s: 'a' < 'B' is %v, lower folds all letters is %v", encoding, locale, byLetter, byRune)
	}
}

func TestURLDropsDatabase(t *testing.T) {
	t.Parallel()
	watch := connect(t, URL(t))
	var name string
	t.Run("User", func(t *testing.T) {
		db := connect(t, URL(t)) // still connected when the database is dropped
		if err := db.QueryRow(t.Context(), "select current_database()").Scan(&name); err != nil {
			t.Fatal(err)
		}
	})
	var exists bool
	if err := watch.QueryRow(t.Context(), "select exists (select from pg_database where datname = $1)", name).Scan(&exists); err != nil {
		t.Fatal(err)
	}
	if name == "" || exists {
		t.Errorf("database %q is still there", name)
	}
}

func TestNewClusterHidesPassword(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"host=127.0.0.1 password=s3cret", "postgres://u:s3cret@127.0.0.1:port/x", "mysql://u:s3cret@127.0.0.1/x"} {
		if _, err := newCluster(t.Context(), bad); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("newCluster(%q): %v", bad, err)
		}
	}
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	db, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close(context.Background()) }) // the test is over
	return db
}
