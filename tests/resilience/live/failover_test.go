package live_test

import (
	"database/sql"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestFailover promotes a standby while clients of all transports follow. Each ends with the rows
// of the new primary: it sees all that is written afterwards, and is told to read the list again
// if it has seen rows that are lost.
func TestFailover(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(s *site, primary, standby *pgtest.Server){
		"rows are lost": func(s *site, primary, standby *pgtest.Server) {
			standby.CatchUp(s.T, primary)
			standby.Detach(s.T)
			s.writeRange(100, 110)
			time.Sleep(500 * time.Millisecond) // the clients have some of them
			primary.Stop(s.T)
			standby.Promote(s.T)
		},
		"the standby has all rows": func(s *site, primary, standby *pgtest.Server) {
			s.writeRange(100, 110)
			standby.CatchUp(s.T, primary)
			primary.Stop(s.T)
			standby.Promote(s.T)
		},
		"during writes": func(s *site, primary, standby *pgtest.Server) {
			var writing sync.WaitGroup
			for from := int64(100); from < 500; from += 100 {
				writing.Go(func() { s.writeRange(from, from+100) })
			}
			programtest.Until(s.T, patience(), "rows are written", func() bool { return len(s.rows(primary)) > 100 })
			primary.Stop(s.T)
			standby.Promote(s.T)
			writing.Wait()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			primary := pgtest.Start(t, pgtest.Options{})
			standby := primary.Standby(t)
			both, other := parsed(t, primary.URL()), parsed(t, standby.URL())
			both.Host += "," + other.Host
			both.RawQuery += "&target_session_attrs=read-write"
			s := startSite(t, both.String())
			s.writeRange(1, 6)
			f := s.followThroughLoss()
			fail(s, primary, standby)
			s.writeRange(last-20, last+1)
			f.ending.Wait()
			want := s.rows(standby)
			for _, f := range f.list {
				if got := slices.Sorted(maps.Keys(f.seen)); !slices.Equal(got, want) || len(f.wrong) > 0 {
					t.Errorf("a client has the rows %v after %d resyncs, want %v; %v", got, f.resyncs, want, f.wrong)
				}
			}
		})
	}
}

// last is the last row of a failover.
const last = 1000

// followThroughLoss starts two clients of each transport, which read the list again when they are
// told that changes are lost. They have all rows of the beginning, and end with the last row.
func (s *site) followThroughLoss() *followers {
	fs := &followers{site: s}
	for name, connect := range transports {
		for range 2 {
			f := &follower{
				site: s, wrong: map[string]int{}, longest: time.Minute, mayReset: true,
				done: func(f *follower) bool { return f.seen[last] > 0 },
			}
			f.resync(s.Context(), s.any())
			f.resyncs = 0
			fs.list = append(fs.list, f)
			fs.ending.Go(func() {
				f.follow(connect)
				s.Logf("%s: %d connections, %d resyncs", name, f.connections, f.resyncs)
			})
		}
	}
	return fs
}

// writeRange writes the entries from one to before another.
func (s *site) writeRange(from, to int64) {
	for id := from; id < to; id++ {
		s.write(id)
	}
}

// rows are the entries that a server has.
func (s *site) rows(server *pgtest.Server) (ids []int64) {
	s.Helper()
	pool, err := sql.Open("pgx", server.URL())
	if err != nil {
		s.Fatal(err)
	}
	defer pool.Close()
	var list []byte
	if err := pool.QueryRowContext(s.Context(), "select coalesce(json_agg(id order by id), '[]') from entries").Scan(&list); err != nil {
		s.Fatal(err)
	}
	if err := json.Unmarshal(list, &ids); err != nil {
		s.Fatal(err)
	}
	return ids
}

func parsed(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
