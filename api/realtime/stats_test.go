package realtime_test

import (
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/api/realtime"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// TestStats counts what clients do.
func TestStats(t *testing.T) {
	config := rooms()
	config.Replay = 2
	engines(t, config, func(s *server) {
		until := func(what string, holds func(realtime.Stats) bool) {
			t.Helper()
			var last realtime.Stats
			defer func() {
				if t.Failed() {
					t.Logf("%+v", last)
				}
			}()
			programtest.Until(t, 10*time.Second, what, func() bool {
				last = s.hub.Stats()
				return holds(last)
			})
		}
		if got := s.hub.Stats(); got != (realtime.Stats{}) {
			t.Errorf("without clients: %+v", got)
		}
		const posts = `{"config":{"postgres_changes":[{"event":"*","schema":"public","table":"posts"}]}}`
		ann, bob := s.dial("2.0.0", "&apikey=ann", nil), s.dial("1.0.0", "&apikey=bob", nil)
		live, same := s.listen("ann", "/live/posts"), s.listen("ann", "/live/posts")
		ann.join("posts", posts)
		ann.join("room:1", `{"config":{"broadcast":{"ack":true,"self":true},"private":true}}`)
		bob.join("room:1", `{"config":{"private":true}}`)
		until("clients", func(n realtime.Stats) bool {
			return n.Sockets == 2 && n.Channels == 3 && n.Subscriptions == 3 && n.Classes == 1
		})
		s.insert(Post{ID: 1, Author: "ann"}, Post{ID: 2, Author: "eve"})
		live.next()
		first := live.last
		s.insert(Post{ID: 3, Author: "ann"}, Post{ID: 4, Author: "ann"}, Post{ID: 5, Author: "ann"})
		until("changes", func(n realtime.Stats) bool {
			return n.Changes == 5 && n.Lag == 0 && n.Delay > 0 && n.Delay < time.Minute
		})
		ann.send("realtime:room:1", "broadcast", `{"type":"broadcast","event":"say","payload":{}}`)
		until("broadcasts", func(n realtime.Stats) bool { return n.Broadcasts == 2 })
		again := s.listen("ann", "/live/posts?since="+first) // three changes, of which two may be replayed
		if e := again.next(); e.name != "resync" {
			t.Errorf("%+v", e)
		}
		until("a resync", func(n realtime.Stats) bool { return n.Lost == 1 && n.Dropped == 0 })
		live.cancel()
		same.cancel()
		_ = ann.conn.CloseNow()
		_ = bob.conn.CloseNow()
		until("the end", func(n realtime.Stats) bool {
			return n.Sockets == 0 && n.Channels == 0 && n.Subscriptions == 0 && n.Classes == 0
		})
	})
}
