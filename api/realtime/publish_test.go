package realtime_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/seed-7694ebf6/plinth/api/realtime"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// elsewhere returns another instance on PostgreSQL, and the same one on SQLite.
func (s *server) elsewhere(config realtime.Config) *server {
	if s.db.Capabilities().Engine == "sqlite" {
		return s
	}
	return (&server{T: s.T, db: s.db, banned: map[string]bool{}}).start(config)
}

// hears waits until a member gets what another instance sends: until its own listens.
func (s *server) hears(c *socket) {
	s.Helper()
	heard, sending := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			if err := s.hub.Broadcast(s.Context(), "lobby", "ping", nil); err != nil {
				sending <- err
				return
			}
			select {
			case <-heard:
				sending <- nil
				return
			case <-s.Context().Done():
				sending <- s.Context().Err()
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	c.got()
	close(heard)
	s.do(<-sending)
}

// event returns the next broadcast that is no ping.
func (c *socket) event() string {
	c.Helper()
	return string(c.until(func(m message) bool { return !strings.Contains(string(m.Payload), `"event":"ping"`) }).Payload)
}

// TestPublish: events of a transaction reach members after its commit, and none of one that is
// rolled back.
func TestPublish(t *testing.T) {
	engines(t, rooms(), func(s *server) {
		near := s.dial("2.0.0", "&apikey=ann", nil)
		far := s.elsewhere(rooms()).dial("1.0.0", "&apikey=bob", nil)
		far.join("lobby", "{}")
		s.hears(far)
		near.join("lobby", "{}")
		publish := func(id int64, payload any, end error) error {
			return s.db.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				if err := store.For[Post](tx).Insert(ctx, &Post{ID: id, Author: "ann"}); err != nil {
					return err
				}
				if err := s.hub.Publish(tx, "lobby", "paid", payload); err != nil {
					return err
				}
				return end
			})
		}
		failed := errors.New("rolled back")
		if err := publish(1, "lost", failed); !errors.Is(err, failed) {
			t.Errorf("a rollback: %v", err)
		}
		if err := publish(2, strings.Repeat("x", 300<<10), nil); err == nil || !strings.Contains(err.Error(), "262144 bytes") {
			t.Errorf("an event that is too large: %v", err)
		}
		large := strings.Repeat("y", 100_000)
		for i, payload := range []any{map[string]int{"n": 1}, large, "last"} {
			s.do(publish(int64(3+i), payload, nil))
		}
		for _, c := range []*socket{near, far} {
			for _, want := range []string{`{"n":1}`, `"` + large + `"`, `"last"`} {
				if got := c.event(); got != `{"event":"paid","payload":`+want+`,"type":"broadcast"}` {
					t.Errorf("got %.100s, want %.100s", got, want)
				}
			}
		}
	})
}

// push writes a binary frame: kind 3 with its strings.
func (c *socket) push(encoding byte, metadata string, payload []byte) {
	c.Helper()
	parts := []string{"1", "7", "realtime:lobby", "say", metadata}
	data := []byte{3}
	for _, p := range parts {
		data = append(data, byte(len(p)))
	}
	data = append(append(append(data, encoding), strings.Join(parts, "")...), payload...)
	c.do(c.conn.Write(c.Context(), websocket.MessageBinary, data))
}

func (c *socket) do(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// bytesOf returns the next frame that is no text.
func (c *socket) bytesOf() []byte {
	c.Helper()
	for {
		kind, data, err := c.conn.Read(c.Context())
		c.do(err)
		if kind == websocket.MessageBinary {
			return data
		}
	}
}

// TestBytes sends broadcasts of bytes, which version 2.0.0 alone can get.
func TestBytes(t *testing.T) {
	engines(t, rooms(), func(s *server) {
		other := s.elsewhere(rooms())
		ann, old, far := s.dial("2.0.0", "&apikey=ann", nil), s.dial("1.0.0", "&apikey=bob", nil), other.dial("2.0.0", "&apikey=bob", nil)
		far.join("lobby", "{}")
		s.hears(far)
		for _, c := range []*socket{ann, old} {
			c.join("lobby", `{"config":{"broadcast":{"self":true}}}`)
		}
		raw := []byte{0, 1, 255, '{', 0}
		for _, payload := range [][]byte{raw, {}, bytes.Repeat(raw, 20_000)} {
			ann.push(0, "", payload)
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/broadcast/lobby/events/say?private=true", bytes.NewReader(payload))
			s.do(err)
			r.Header.Set("X-User", "ann")
			r.Header.Set("Content-Type", "application/octet-stream")
			want := append([]byte("\x04\x0e\x03\x00\x00realtime:lobbysay"), payload...)
			for _, c := range []*socket{ann, far} {
				if got := c.bytesOf(); !bytes.Equal(got, want) {
					t.Errorf("got %.60q, want %.60q", got, want)
				}
			}
			res, err := http.DefaultClient.Do(r)
			s.do(err)
			res.Body.Close()
			if res.StatusCode != http.StatusAccepted {
				t.Errorf("by HTTP: %s", res.Status)
			}
			for _, c := range []*socket{ann, far} {
				if got := c.bytesOf(); !bytes.Equal(got, want) {
					t.Errorf("by HTTP: got %.60q, want %.60q", got, want)
				}
			}
		}
		ann.push(1, "", []byte(`{"n":1}`))
		if got := old.event(); got != `{"event":"say","payload":{"n":1},"type":"broadcast"}` { // and no bytes before
			t.Errorf("a client of version 1.0.0 gets %s", got)
		}
	})
}

// TestKeptBroadcastsAreRefused: the server keeps and replays no broadcasts, and says so.
func TestKeptBroadcastsAreRefused(t *testing.T) {
	engines(t, rooms(), func(s *server) {
		ann := s.dial("2.0.0", "&apikey=ann", nil)
		if got := ann.join("lobby", `{"config":{"private":true,"broadcast":{"replay":{"since":1,"limit":2}}}}`); !strings.Contains(got, "NotSupported") {
			t.Errorf("a replay: %s", got)
		}
		ann.join("lobby", `{"config":{"private":true,"broadcast":{"ack":true,"self":true,"replication_ready":false}}}`)
		want := `"error":"NotSupported: the server keeps no broadcasts: send it without persist"`
		for _, persist := range []string{`{"persist":true}`, `{"persist":{"ttl":60}}`} {
			ann.push(1, persist, []byte(`{}`))
			if got := ann.event(); !strings.Contains(got, want) || !strings.Contains(got, `"status":"error"`) {
				t.Errorf("%s: %s", persist, got)
			}
			ann.send("realtime:lobby", "broadcast", `{"event":"say","payload":{},`+persist[1:])
			if got := ann.event(); !strings.Contains(got, want) {
				t.Errorf("%s as text: %s", persist, got)
			}
		}
		for query, want := range map[string]int{"?persist=true": 400, "?persist%5Bttl%5D=60": 400, "?persist=false": 202} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/broadcast/lobby/events/kept"+query, strings.NewReader("{}"))
			s.do(err)
			r.Header.Set("X-User", "ann")
			res, err := http.DefaultClient.Do(r)
			s.do(err)
			res.Body.Close()
			if res.StatusCode != want {
				t.Errorf("%s: %s", query, res.Status)
			}
		}
		ann.push(1, `{"persist":false}`, []byte(`{}`))
		for _, want := range []string{`"event":"kept"`, `"event":"say"`, `"ok"`} {
			if got := ann.event(); !strings.Contains(got, want) {
				t.Errorf("got %s, want %s", got, want)
			}
		}
	})
}

// TestReplicationReady: a client that asks for it gets a system event after its join.
func TestReplicationReady(t *testing.T) {
	engines(t, rooms(), func(s *server) {
		ann := s.dial("2.0.0", "&apikey=ann", nil)
		ann.join("lobby", `{"config":{"broadcast":{"replication_ready":true}}}`)
		_, text, err := ann.conn.Read(t.Context())
		s.do(err)
		want := `[null,null,"realtime:lobby","system",{"channel":"lobby","extension":"system","message":"Replication connection established","status":"ok"}]`
		if string(text) != want {
			t.Errorf("got %s, want %s", text, want)
		}
	})
}

// TestSweep: stored broadcasts are deleted after a minute.
func TestSweep(t *testing.T) {
	t.Parallel()
	db := storetest.NewPostgres(t, pgtest.Source(), storetest.Models(Post{}, Member{}))
	s := (&server{T: t, db: db, banned: map[string]bool{}}).start(rooms())
	for _, age := range []int{61, 50} {
		_, err := db.Bun().DB.ExecContext(t.Context(), "insert into plinth_broadcasts (message, sent_at) values ('{}', clock_timestamp() - make_interval(secs => $1))", age)
		s.do(err)
	}
	s.hub.SweepBroadcasts(t.Context())
	var left int
	s.do(db.Bun().DB.QueryRowContext(t.Context(), "select count(*) from plinth_broadcasts").Scan(&left))
	if left != 1 {
		t.Errorf("%d broadcasts are left, want the one of the last minute", left)
	}
}
