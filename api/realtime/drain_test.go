package realtime_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/seed-7694ebf6/plinth/api/realtime"
)

// TestDrain: when a hub ends, its sockets close one after the other with a status that has
// clients reconnect.
func TestDrain(t *testing.T) {
	engines(t, realtime.Config{}, func(s *server) {
		var clients []*socket
		for range 50 {
			c := s.dial("2.0.0", "&apikey=ann", nil)
			c.idle() // it is served
			clients = append(clients, c)
		}
		var (
			mu    sync.Mutex
			times []time.Duration
			done  sync.WaitGroup
		)
		began := time.Now()
		for _, c := range clients {
			done.Go(func() {
				_, _, err := c.conn.Read(t.Context())
				mu.Lock()
				defer mu.Unlock()
				times = append(times, time.Since(began))
				if websocket.CloseStatus(err) != websocket.StatusGoingAway {
					t.Errorf("a socket ends with %v", err)
				}
			})
		}
		s.stop()
		done.Wait()
		slices.Sort(times)
		for i, at := range times {
			if at < time.Duration(i)*time.Millisecond {
				t.Errorf("%d sockets were closed after %v", i+1, at)
			}
		}
	})
}
