package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// patience bounds everything that happens before a test has its database, an image pull included.
const patience = 3 * time.Minute

// URL returns the URL of a fresh, empty database, which is dropped when tb ends.
// Without a PostgreSQL it skips tb, or fails it if PLINTH_TEST_REQUIRE requires one. It
// may be called from parallel tests and any number of times.
func URL(tb testing.TB) string {
	tb.Helper()
	url, ok := Source().Open(tb)
	if !ok {
		tb.Skip("pgtest: " + errUnavailable.Error())
	}
	return url
}

// Source returns the process's source of databases, for code that takes one instead of importing this package. The server starts
// with the first call of Open.
func Source() *Databases { return process() }

// The process shares one server, because starting one is slow.
var process = sync.OnceValue(func() *Databases {
	require, err := requirement(os.Getenv(envRequire))
	return &Databases{require: require, notice: os.Stderr, server: sync.OnceValues(func() (*cluster, error) {
		if err == nil && programtest.Without() {
			err = fmt.Errorf("%w (%s=1)", errUnavailable, programtest.WithoutEnv)
		}
		if err != nil {
			return nil, err
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		return choose(ctx, require, places(os.Getenv))
	})}
})

// Databases hands out databases of one server. It is safe for concurrent use.
type Databases struct {
	require string
	server  func() (*cluster, error)
	notice  io.Writer
	noticed sync.Once

	mu        sync.Mutex
	templates map[any]func() (name string, err error)
}

// Open returns the URL of a fresh, empty database, which is dropped when tb ends.
// Without a PostgreSQL ok is false, and the first call of the process prints the reason
// to standard error. If PLINTH_TEST_REQUIRE requires a server, tb fails instead.
func (d *Databases) Open(tb testing.TB) (url string, ok bool) {
	tb.Helper()
	return d.open(tb, (*cluster).create)
}

// Copy is [Databases.Open] for a copy of a database that prepare has filled. For each
// key prepare runs once in a process; it must close its connections. The filled
// database stays until the server ends.
func (d *Databases) Copy(tb testing.TB, key any, prepare func(ctx context.Context, url string) error) (url string, ok bool) {
	tb.Helper()
	return d.open(tb, func(server *cluster, ctx context.Context) (string, error) {
		template, err := d.template(server, key, prepare)()
		if err != nil {
			return "", err
		}
		return server.copy(ctx, template)
	})
}

// Server returns the URL of the server on which databases are made, for [EnvURL] of other processes. It is there while
// this process is, unless a variable named it.
func (d *Databases) Server() (url string, err error) {
	server, err := d.server()
	if err != nil {
		return "", err
	}
	return server.admin.String(), nil
}

// template returns the function that makes the database of a key, which all tests of the key share.
func (d *Databases) template(server *cluster, key any, prepare func(ctx context.Context, url string) error) func() (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	known := d.templates[key]
	if known == nil {
		known = sync.OnceValues(func() (string, error) {
			ctx, cancel := context.WithTimeout(context.Background(), patience) // shared by tests
			defer cancel()
			name, err := server.create(ctx)
			if err != nil {
				return "", err
			}
			return name, prepare(ctx, server.url(name))
		})
		if d.templates == nil {
			d.templates = map[any]func() (string, error){}
		}
		d.templates[key] = known
	}
	return known
}

// open returns the URL of the database that create makes on the server, which is dropped when tb ends.
func (d *Databases) open(tb testing.TB, create func(*cluster, context.Context) (name string, err error)) (url string, ok bool) {
	tb.Helper()
	server, err := d.server()
	switch {
	case err == nil:
		return fresh(tb, server, create), true
	case d.require != requireNothing, !errors.Is(err, errUnavailable):
		tb.Fatalf("pgtest: %v", err)
	default:
		d.noticed.Do(func() { fmt.Fprintf(d.notice, "pgtest: the PostgreSQL half is skipped: %v\n", err) })
	}
	return "", false
}

// fresh creates a database for tb.
func fresh(tb testing.TB, server *cluster, create func(*cluster, context.Context) (string, error)) string {
	tb.Helper()
	// Not tb.Context: a canceled CREATE DATABASE may still create a database, which
	// would not be dropped.
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	name, err := create(server, ctx)
	if err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := server.drop(ctx, name); err != nil {
			tb.Errorf("pgtest: %v", err)
		}
	})
	return server.url(name)
}
