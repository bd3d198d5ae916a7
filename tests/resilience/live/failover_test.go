package live_test

import (
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestFailover promotes a standby without the last writes while clients of all transports
// follow. Each ends with the rows of the new primary: it sees what is written afterwards, or it
// is told to read the list again.
func TestFailover(t *testing.T) {
	t.Parallel()
	primary := pgtest.Start(t, pgtest.Options{})
	standby := primary.Standby(t)
	both, other := parsed(t, primary.URL()), parsed(t, standby.URL())
	both.Host += "," + other.Host
	both.RawQuery += "&target_session_attrs=read-write"
	s := startSite(t, both.String())
	for id := range int64(5) {
		s.write(1 + id)
	}
	standby.CatchUp(t, primary)
	standby.Detach(t)

	start := s.start()
	var following sync.WaitGroup
	var list []*follower
	for name, connect := range transports {
		f := &follower{
			site: s, since: start, seen: map[int64]int{}, wrong: map[string]int{}, longest: time.Minute, mayReset: true,
			done: func(f *follower) bool {
				n := 0
				for id := range f.seen {
					if id >= 1000 {
						n++
					}
				}
				return n == 20
			},
		}
		list = append(list, f)
		following.Go(func() {
			f.follow(connect)
			t.Logf("%s: %d connections, %d resyncs", name, f.connections, f.resyncs)
		})
	}
	for id := range int64(10) {
		s.write(100 + id) // lost
	}
	time.Sleep(500 * time.Millisecond) // they have some of them
	primary.Stop(t)
	standby.Promote(t)
	for id := range int64(20) {
		s.write(1000 + id)
	}
	following.Wait()
	for i, f := range list {
		after := 0
		for id := range f.seen {
			if id >= 1000 {
				after++
			}
		}
		if after != 20 || len(f.wrong) > 0 {
			t.Errorf("follower %d has %d of 20 rows, %v", i, after, f.wrong)
		}
		if f.resyncs == 0 {
			t.Errorf("follower %d was not told that rows are lost", i)
		}
	}
}

func parsed(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
