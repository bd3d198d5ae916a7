package pgtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Standby makes a streaming standby of the server, which has the same test database,
// and removes it when tb ends. It is read-only until [Server.Promote].
func (s *Server) Standby(tb testing.TB) *Server {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), readyTime)
	defer cancel()
	primary := s.instance
	in, err := newInstanceFrom(ctx, primary.bin, primary.settings, primary.password, func(in *instance, ctx context.Context) error {
		return in.copyOf(ctx, primary)
	})
	if err != nil {
		tb.Fatalf("pgtest: standby: %v", err)
	}
	tb.Cleanup(func() {
		if err := in.remove(); err != nil {
			tb.Errorf("pgtest: %v", err)
		}
	})
	u, err := url.Parse(s.url)
	if err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	u.Host = "127.0.0.1:" + in.port
	return &Server{instance: in, url: u.String()}
}

// copyOf makes the data folder of a standby.
func (s *instance) copyOf(ctx context.Context, primary *instance) error {
	backup := s.command(ctx, filepath.Join(s.bin, "pg_basebackup"), "--pgdata="+s.data(), "--write-recovery-conf", "--checkpoint=fast", "--no-sync",
		"--host=127.0.0.1", "--port="+primary.port, "--username=postgres")
	backup.Env = append(os.Environ(), "PGPASSWORD="+primary.password)
	if out, err := backup.CombinedOutput(); err != nil {
		return fmt.Errorf("pg_basebackup: %w: %s", err, lastLine(string(out)))
	}
	return nil
}

// CatchUp waits until a standby has all that its primary has now.
func (s *Server) CatchUp(tb testing.TB, primary *Server) {
	tb.Helper()
	want := ""
	primary.connect(tb, func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, "select pg_current_wal_lsn()::text").Scan(&want)
	})
	for until := time.Now().Add(readyTime); !s.ask(tb, "select pg_last_wal_replay_lsn() >= '"+want+"'"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			tb.Fatal("pgtest: the standby does not catch up")
		}
	}
}

// Detach ends the replication of a standby: what its primary writes from then on is not
// there, as in an asynchronous failover.
func (s *Server) Detach(tb testing.TB) {
	tb.Helper()
	s.admin(tb, "alter system set primary_conninfo = ''", "select pg_reload_conf()")
	for until := time.Now().Add(readyTime); ; time.Sleep(10 * time.Millisecond) {
		if !s.ask(tb, "select exists(select from pg_stat_wal_receiver)") {
			return
		}
		if time.Now().After(until) {
			tb.Fatal("pgtest: the standby goes on receiving")
		}
	}
}

// Promote makes a standby a primary, on a new timeline.
func (s *Server) Promote(tb testing.TB) {
	tb.Helper()
	if !s.ask(tb, "select pg_promote(true, 60)") {
		tb.Fatal("pgtest: the standby was not promoted in time")
	}
}

// admin runs statements one by one in the maintenance database.
func (s *Server) admin(tb testing.TB, statements ...string) {
	tb.Helper()
	s.connect(tb, func(ctx context.Context, conn *pgx.Conn) (err error) {
		for _, statement := range statements {
			if _, err = conn.Exec(ctx, statement); err != nil {
				break
			}
		}
		return err
	})
}

// ask returns the answer to a question.
func (s *Server) ask(tb testing.TB, question string) (yes bool) {
	tb.Helper()
	s.connect(tb, func(ctx context.Context, conn *pgx.Conn) error { return conn.QueryRow(ctx, question).Scan(&yes) })
	return yes
}

func (s *Server) connect(tb testing.TB, use func(context.Context, *pgx.Conn) error) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), readyTime)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.instance.admin())
	if err == nil {
		defer conn.Close(ctx)
		err = use(ctx, conn)
	}
	if err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
}
