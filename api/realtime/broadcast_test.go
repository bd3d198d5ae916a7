package realtime_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/api/realtime"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store/storetest"
)

// rooms lets ann and bob into rooms, where ann alone sends, and everyone into the lobby.
func rooms() realtime.Config {
	anyone := func(context.Context, auth.Principal, string) (bool, error) { return true, nil }
	return realtime.Config{Channels: []realtime.Channel{
		{
			Pattern: "room:*",
			Join: func(_ context.Context, p auth.Principal, name string) (bool, error) {
				return p.ID == "ann" || p.ID == "bob" && name == "room:1", nil
			},
			Send: func(_ context.Context, p auth.Principal, _ string) (bool, error) { return p.ID == "ann", nil },
		},
		{Pattern: "lobby", Join: anyone, Send: anyone},
	}}
}

// got returns the next frame as "topic event payload".
func (c *socket) got() string {
	c.Helper()
	m := c.next()
	return fmt.Sprintf("%s %s %s", m.Topic, m.Event, m.Payload)
}

func (c *socket) idle() {
	c.Helper()
	c.reply(c.send("phoenix", "heartbeat", "{}"))
}

// TestBroadcast sends to the members of a channel whom the rules let in, on two instances.
func TestBroadcast(t *testing.T) {
	engines(t, rooms(), func(s *server) {
		join := func(config string) string { return `{"config":{"broadcast":` + config + `,"private":true}}` }
		plain := join(`{"ack":true,"self":false}`)
		ann, bob, cid := s.dial("2.0.0", "&apikey=ann", nil), s.dial("1.0.0", "&apikey=bob", nil), s.dial("2.0.0", "&apikey=cid", nil)
		ann.join("room:1", plain)
		bob.join("room:1", plain)
		for topic, c := range map[string]*socket{"room:1": cid, "room:2": bob, "none": ann} {
			if got := c.join(topic, plain); !strings.Contains(got, "Unauthorized") {
				t.Errorf("%s: %s", topic, got)
			}
		}
		message := `{"type":"broadcast","event":"say","payload":{"text":"<hi>"}}`
		if got := ann.reply(ann.send("realtime:room:1", "broadcast", message)); !strings.Contains(got, `"status":"ok"`) {
			t.Errorf("the acknowledgment: %s", got)
		}
		want := `realtime:room:1 broadcast {"event":"say","payload":{"text":"<hi>"},"type":"broadcast"}`
		if got := bob.got(); got != want {
			t.Errorf("bob gets %s", got)
		}
		if got := bob.reply(bob.send("realtime:room:1", "broadcast", message)); !strings.Contains(got, "Unauthorized") {
			t.Errorf("bob sends: %s", got)
		}
		ann.idle() // nothing of their own, and nothing of bob

		// Binary, as clients of version 2.0.0 send it, to a channel that gets its own.
		ann.join("lobby", join(`{"ack":false,"self":true}`))
		cid.join("lobby", plain)
		frame := []byte{3}
		parts := []string{"1", "7", "realtime:lobby", "say", "{}"}
		for _, p := range parts {
			frame = append(frame, byte(len(p)))
		}
		frame = append(frame, 1)
		frame = append(frame, strings.Join(parts, "")+`{"n":1}`...)
		if err := ann.conn.Write(t.Context(), websocket.MessageBinary, frame); err != nil {
			t.Fatal(err)
		}
		for _, c := range []*socket{ann, cid} {
			if got := c.got(); got != `realtime:lobby broadcast {"event":"say","payload":{"n":1},"type":"broadcast"}` {
				t.Errorf("a binary broadcast: %s", got)
			}
		}

		// By HTTP and in Go.
		post := func(user, path, body string) int {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/broadcast"+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("X-User", user)
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			return res.StatusCode
		}
		list := `{"messages":[{"topic":"room:1","event":"say","payload":{"text":"<hi>"}}]}`
		long := `{"text":"` + strings.Repeat("x", 256<<10) + `"}`
		for _, tt := range []struct {
			user, path, body string
			want             int
		}{
			{"ann", "", list, 202},
			{"ann", "/room:1/events/say", `{"text":"<hi>"}`, 202},
			{"bob", "", list, 403},
			{"ann", "/none/events/say", `{}`, 403},
			{"ann", "/room:1/say", `{}`, 404},
			{"ann", "", `{}`, 400},
			{"ann", "", `{"messages":[]}`, 400},
			{"ann", "/room:1/events/say", long, 400},
			{"ann", "/room:1/events/say", `{`, 400},
		} {
			if got := post(tt.user, tt.path, tt.body); got != tt.want {
				t.Errorf("%s %s %.40s: %d, want %d", tt.user, tt.path, tt.body, got, tt.want)
			}
		}
		if err := s.hub.Broadcast(t.Context(), "room:1", "say", map[string]string{"text": "<hi>"}); err != nil {
			t.Error(err)
		}
		for _, c := range []*socket{ann, bob} {
			for range 3 {
				if got := c.got(); got != want {
					t.Errorf("by HTTP and Go: %s", got)
				}
			}
		}

		// A member who loses the right gets nothing more.
		bob.send("realtime:room:1", "access_token", `{"access_token":"cid"}`)
		if got := bob.got(); !strings.Contains(got, "Unauthorized") {
			t.Errorf("after the token changed: %s", got)
		}
		bob.next() // phx_close
		ann.send("realtime:room:1", "broadcast", message)
		ann.next() // the acknowledgment
		bob.idle()

		if s.db.Capabilities().Engine == "sqlite" {
			return // one process
		}
		other := (&server{T: s.T, db: s.db, banned: map[string]bool{}}).start(rooms())
		far := other.dial("2.0.0", "&apikey=ann", nil)
		far.join("room:1", plain)
		listening := make(chan struct{})
		sending := make(chan error, 1)
		go func() { // until the other instance listens
			for i := 0; ; i++ {
				select {
				case <-listening:
					sending <- nil
					return
				case <-time.After(50 * time.Millisecond):
				}
				if err := s.hub.Broadcast(s.Context(), "room:1", "n", i); err != nil {
					sending <- err
					return
				}
			}
		}()
		far.got()
		close(listening)
		if err := <-sending; err != nil {
			t.Fatal(err)
		}
		// Those that are too large for a signal keep their order.
		sizes := []int{6900, 10, 200_000, 8_000, 20}
		for _, size := range sizes {
			if err := s.hub.Broadcast(t.Context(), "room:1", "big", strings.Repeat("<", size)); err != nil {
				t.Fatal(err)
			}
		}
		for _, size := range sizes {
			got := far.got()
			for !strings.Contains(got, `"event":"big"`) {
				got = far.got()
			}
			if n := strings.Count(got, "<"); n != size {
				t.Errorf("a broadcast of %d bytes: %d", size, n)
			}
		}
	})
}

// TestBinaryFrames sends bytes that are no frame.
func TestBinaryFrames(t *testing.T) {
	engines(t, rooms(), func(s *server) {
		for _, raw := range [][]byte{{}, {3}, {3, 0, 0, 0, 0, 0, 1}, {3, 255, 255, 255, 255, 255, 1, 'x'}, {4, 0, 0, 0, 0, 0, 1, '{', '}'}, {3, 0, 0, 0, 0, 1, 1, '{', '{', '}'}, {3, 0, 0, 0, 0, 0, 2, 'x'}} {
			c := s.dial("2.0.0", "&apikey=ann", nil)
			if err := c.conn.Write(t.Context(), websocket.MessageBinary, raw); err != nil {
				t.Fatal(err)
			}
			if _, _, err := c.conn.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusInvalidFramePayloadData {
				t.Errorf("%v: %v", raw, err)
			}
		}
		s.insert(Post{ID: 1, Author: "ann"}) // the server goes on
	})
}

// TestChannelRuleAsksThePolicy joins a room by the rows that the caller may read.
func TestChannelRuleAsksThePolicy(t *testing.T) {
	var s *server
	config := realtime.Config{Channels: []realtime.Channel{{
		Pattern: "post:*",
		Join: func(ctx context.Context, _ auth.Principal, name string) (bool, error) {
			return api.Can(ctx, s.db, api.CanRead, Post{ID: int64(name[len("post:")] - '0')})
		},
	}}}
	t.Run("rows", func(t *testing.T) {
		db := storetest.New(t, storetest.Models(Post{}, Member{}))
		s = &server{T: t, db: db, banned: map[string]bool{}}
		s.start(config)
		s.insert(Post{ID: 1, Author: "ann"}, Post{ID: 2, Author: "bob"})
		c := s.dial("2.0.0", "&apikey=ann", nil)
		if got := c.join("post:1", `{"config":{"private":true}}`); !strings.Contains(got, `"ok"`) {
			t.Errorf("the own post: %s", got)
		}
		if got := c.join("post:2", `{"config":{"private":true}}`); !strings.Contains(got, "Unauthorized") {
			t.Errorf("the post of another user: %s", got)
		}
	})
}
