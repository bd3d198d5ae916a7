package pgtest

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// readyTime is how long a local server may take to be made and started.
const readyTime = time.Minute

// Options are the options of [Start]. The zero value is a server like the shared one.
type Options struct {
	// Fsync makes the server write through to disk, for tests of crash recovery. It is
	// much slower.
	Fsync bool

	// Settings are further settings of the server, such as "max_connections=6".
	Settings []string
}

// Server is a PostgreSQL server that belongs to one test, which may stop and crash it. Its methods are for one goroutine at a
// time.
type Server struct {
	instance *instance
	url      string
}

// Start makes a server from this machine's binaries and removes it when tb ends. If the
// binaries are missing tb is skipped, or fails if PLINTH_TEST_REQUIRE requires
// postgres.
func Start(tb testing.TB, opts Options) *Server {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), readyTime)
	defer cancel()
	require, err := requirement(os.Getenv(envRequire))
	if err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	bin, err := findPrograms(machine())
	if programtest.Without() {
		err = errUnavailable
	}
	if err != nil && require != requirePostgres {
		tb.Skipf("pgtest: no server of one's own: %v", err)
	}
	if err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	in, err := newInstance(ctx, bin, append(settingsOf(opts.Fsync), opts.Settings...))
	if err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	tb.Cleanup(func() {
		if err := in.remove(); err != nil {
			tb.Errorf("pgtest: %v", err)
		}
	})
	c, err := newCluster(ctx, in.admin())
	if err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	name, err := c.create(ctx)
	if err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	return &Server{instance: in, url: c.url(name)}
}

// URL is the address of the server's one test database. It stays the same when the server is restarted.
func (s *Server) URL() string { return s.url }

// Stop ends the server at once, without a checkpoint and without waiting for clients, as if it had crashed. Its data stay. To stop
// a stopped server does nothing.
func (s *Server) Stop(tb testing.TB) {
	tb.Helper()
	if err := s.instance.halt(); err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
}

// Restart stops the server as [Server.Stop] does, starts it again and returns when it has recovered and answers.
func (s *Server) Restart(tb testing.TB) {
	tb.Helper()
	s.Stop(tb)
	ctx, cancel := context.WithTimeout(context.Background(), readyTime)
	defer cancel()
	if err := s.instance.start(ctx); err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
}
