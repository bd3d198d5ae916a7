package realtime_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/seed-7694ebf6/plinth/api/realtime"
	"github.com/seed-7694ebf6/plinth/store"
)

// socket is a client of the Phoenix protocol.
type socket struct {
	*testing.T

	conn    *websocket.Conn
	version string
	refs    int
}

// dial connects a client. Its key is the name of a user.
func (s *server) dial(version, query string, header http.Header) *socket {
	s.Helper()
	conn, _, err := websocket.Dial(s.Context(), "ws"+strings.TrimPrefix(s.url, "http")+"/websocket?vsn="+version+query, &websocket.DialOptions{HTTPHeader: header})
	if err != nil {
		s.Fatal(err)
	}
	conn.SetReadLimit(1 << 20)
	s.Cleanup(func() { _ = conn.CloseNow() })
	return &socket{T: s.T, conn: conn, version: version}
}

type message struct {
	JoinRef, Ref *string
	Topic, Event string
	Payload      json.RawMessage
}

// send sends a frame and returns its ref.
func (c *socket) send(topic, event, payload string) string {
	c.Helper()
	c.refs++
	ref := fmt.Sprint(c.refs)
	text := fmt.Sprintf(`[%q,%q,%q,%q,%s]`, ref, ref, topic, event, payload)
	if c.version != "2.0.0" {
		text = fmt.Sprintf(`{"topic":%q,"event":%q,"payload":%s,"ref":%q,"join_ref":%q}`, topic, event, payload, ref, ref)
	}
	if err := c.conn.Write(c.Context(), websocket.MessageText, []byte(text)); err != nil {
		c.Fatal(err)
	}
	return ref
}

// next returns the next frame that is no system event of a live subscription.
func (c *socket) next() (m message) {
	c.Helper()
	for {
		ctx, cancel := context.WithTimeout(c.Context(), 10*time.Second)
		m, err := c.read(ctx)
		cancel()
		if err != nil {
			c.Fatalf("no frame: %v", err)
		}
		if m.Event != "system" || !strings.Contains(string(m.Payload), `"status":"ok"`) {
			return m
		}
	}
}

// read returns the next frame.
func (c *socket) read(ctx context.Context) (m message, err error) {
	_, text, err := c.conn.Read(ctx)
	if err != nil {
		return m, err
	}
	if c.version != "2.0.0" {
		var v1 struct {
			Topic, Event string
			Payload      json.RawMessage
			Ref          *string
			JoinRef      *string `json:"join_ref"`
		}
		err = json.Unmarshal(text, &v1)
		return message{v1.JoinRef, v1.Ref, v1.Topic, v1.Event, v1.Payload}, err
	}
	var parts []json.RawMessage
	if err := json.Unmarshal(text, &parts); err != nil || len(parts) != 5 {
		return m, fmt.Errorf("%s: %w", text, err)
	}
	for i, into := range []any{&m.JoinRef, &m.Ref, &m.Topic, &m.Event, &m.Payload} {
		if err := json.Unmarshal(parts[i], into); err != nil {
			return m, err
		}
	}
	return m, nil
}

// reply returns the reply to a frame.
func (c *socket) reply(ref string) string {
	c.Helper()
	m := c.next()
	if m.Event != "phx_reply" || m.Ref == nil || *m.Ref != ref {
		c.Fatalf("want the reply to %s, got %+v %s", ref, m, m.Payload)
	}
	return string(m.Payload)
}

func (c *socket) join(topic, config string) string {
	c.Helper()
	return c.reply(c.send("realtime:"+topic, "phx_join", config))
}

// change returns an event of postgres_changes in short.
func (c *socket) change() string {
	c.Helper()
	m := c.next()
	var p struct {
		IDs  []int
		Data struct {
			Type, Schema, Table string
			Record              json.RawMessage
			Old                 json.RawMessage `json:"old_record"`
			Columns             []struct{ Name, Type string }
			Errors              []string
		}
	}
	if err := json.Unmarshal(m.Payload, &p); err != nil || m.Event != "postgres_changes" {
		c.Fatalf("want a change, got %+v %s", m, m.Payload)
	}
	return fmt.Sprintf("%s %v %s %s %s", m.Topic, p.IDs, p.Data.Type, p.Data.Record, p.Data.Old)
}

const all = `{"config":{"broadcast":{"ack":false,"self":false},"presence":{"key":"","enabled":false},"private":false,"postgres_changes":[{"event":"*","schema":"public","table":"posts"}]},"access_token":null}`

// TestSocket speaks both versions of the protocol.
func TestSocket(t *testing.T) {
	for _, version := range []string{"1.0.0", "2.0.0"} {
		t.Run(version, func(t *testing.T) {
			engines(t, realtime.Config{}, func(s *server) {
				ann, bob := s.dial(version, "&apikey=ann", nil), s.dial(version, "&apikey=bob", nil)
				if got := ann.reply(ann.send("phoenix", "heartbeat", "{}")); got != `{"response":{},"status":"ok"}` {
					t.Errorf("a heartbeat: %s", got)
				}
				if got := ann.join("a", all); got != `{"response":{"postgres_changes":[{"id":1,"event":"*","schema":"public","table":"posts"}]},"status":"ok"}` {
					t.Errorf("a join: %s", got)
				}
				filtered := `{"config":{"postgres_changes":[{"event":"UPDATE","schema":"public","table":"posts","filter":"room=in.(1,2),text=neq.z","select":["text"]},{"event":"DELETE","schema":"public","table":"posts"},{"event":"*","schema":"public"}]}}`
				if got := bob.join("b", filtered); !strings.Contains(got, `{"id":1,"event":"UPDATE","schema":"public","table":"posts","filter":"room=in.(1,2),text=neq.z","select":["text"]}`) {
					t.Errorf("a join: %s", got)
				}
				want := func(c *socket, wants ...string) {
					t.Helper()
					got := map[string]bool{}
					for range wants {
						got[c.change()] = true
					}
					for _, w := range wants {
						if !got[w] {
							t.Errorf("want %s, got %v", w, got)
						}
					}
				}
				s.insert(Post{ID: 1, Author: "bob", Room: 1, Text: "x", Note: "n"})
				want(bob, `realtime:b [3] INSERT {"id":1,"author":"bob","room":1,"text":"x"} {}`)
				s.patch(1, store.SetTo("text", "y"))
				want(bob, `realtime:b [1] UPDATE {"text":"y"} {"id":1}`, `realtime:b [3] UPDATE {"id":1,"author":"bob","room":1,"text":"y"} {"id":1}`)
				s.patch(1, store.SetTo("text", "z")) // leaves the filter of the first binding
				want(bob, `realtime:b [3] UPDATE {"id":1,"author":"bob","room":1,"text":"z"} {"id":1}`)
				s.patch(1, store.SetTo("text", "w")) // enters it
				want(bob, `realtime:b [1] UPDATE {"text":"w"} {"id":1}`, `realtime:b [3] UPDATE {"id":1,"author":"bob","room":1,"text":"w"} {"id":1}`)
				s.patch(1, store.SetTo("author", "ann"))
				want(bob, `realtime:b [2] DELETE {} {"id":1}`, `realtime:b [3] DELETE {} {"id":1}`)
				want(ann, `realtime:a [1] INSERT {"id":1,"author":"ann","room":1,"text":"w"} {}`)

				if got := bob.reply(bob.send("realtime:b", "phx_leave", "{}")); !strings.Contains(got, `"ok"`) {
					t.Errorf("a leave: %s", got)
				}
				if m := bob.next(); m.Event != "phx_close" {
					t.Errorf("after a leave: %+v", m)
				}
				s.insert(Post{ID: 2, Author: "bob"}, Post{ID: 3, Author: "ann"})
				want(ann, `realtime:a [1] INSERT {"id":3,"author":"ann","room":0,"text":""} {}`)
				if got := bob.reply(bob.send("phoenix", "heartbeat", "{}")); !strings.Contains(got, `"ok"`) {
					t.Errorf("a channel that was left sends %s", got)
				}
			})
		})
	}
}

// TestSocketResumes continues at a cursor of a system event.
func TestSocketResumes(t *testing.T) {
	engines(t, realtime.Config{}, func(s *server) {
		ann := s.dial("2.0.0", "&apikey=ann", nil)
		ann.send("realtime:a", "phx_join", all)
		since, resync := ann.cursor()
		if !resync {
			t.Error("a stream that begins now does not say that the list is to be read")
		}
		_ = ann.conn.CloseNow()
		s.insert(Post{ID: 1, Author: "ann"}, Post{ID: 2, Author: "bob"}, Post{ID: 3, Author: "ann"})
		again := s.dial("2.0.0", "&apikey=ann", nil)
		again.join("a", strings.Replace(all, `"table":"posts"`, `"table":"posts","since":"`+since+`"`, 1))
		for _, id := range []int{1, 3} {
			if got, want := again.change(), fmt.Sprintf(`realtime:a [1] INSERT {"id":%d,"author":"ann","room":0,"text":""} {}`, id); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
		third := s.dial("2.0.0", "&apikey=ann", nil)
		third.send("realtime:a", "phx_join", strings.Replace(all, `"table":"posts"`, `"table":"posts","since":"`+since+`"`, 1))
		if _, resync := third.cursor(); resync {
			t.Error("a stream that continues says that the list is to be read")
		}
	})
}

// cursor returns the cursor of the next system event, and whether the list is to be read.
func (c *socket) cursor() (since string, resync bool) {
	c.Helper()
	for {
		m, err := c.read(c.Context())
		if err != nil {
			c.Fatal(err)
		}
		var payload struct {
			Since  string
			Resync bool
		}
		if err := json.Unmarshal(m.Payload, &payload); err != nil {
			c.Fatal(err)
		}
		if payload.Since != "" {
			return payload.Since, payload.Resync
		}
	}
}

// TestSocketTokens: a channel follows the tokens of its client, and ends when one is revoked.
func TestSocketTokens(t *testing.T) {
	engines(t, realtime.Config{}, func(s *server) {
		c := s.dial("2.0.0", "&apikey=ann", nil)
		c.join("a", all)
		s.insert(Post{ID: 1, Author: "bob"}, Post{ID: 2, Author: "ann"})
		if got := c.change(); got != `realtime:a [1] INSERT {"id":2,"author":"ann","room":0,"text":""} {}` {
			t.Errorf("as ann: %s", got)
		}
		c.send("realtime:a", "access_token", `{"access_token":"bob"}`)
		c.reply(c.send("phoenix", "heartbeat", "{}"))
		s.insert(Post{ID: 3, Author: "ann"}, Post{ID: 4, Author: "bob"})
		if got := c.change(); got != `realtime:a [1] INSERT {"id":4,"author":"bob","room":0,"text":""} {}` {
			t.Errorf("as bob: %s", got)
		}
		for _, same := range []string{`{"access_token":"bob"}`, `{"access_token":null}`, `{}`} {
			c.send("realtime:a", "access_token", same)
		}
		s.ban("bob")
		began := time.Now()
		if m := c.next(); m.Event != "system" || !strings.Contains(string(m.Payload), "InvalidJWTToken") || time.Since(began) > 4*time.Second {
			t.Errorf("after the token was revoked: %+v %s", m, m.Payload)
		}
		if m := c.next(); m.Event != "phx_close" {
			t.Errorf("then %+v", m)
		}
		s.insert(Post{ID: 5, Author: "bob"})
		c.reply(c.send("phoenix", "heartbeat", "{}"))
	})
}

// TestSocketRefuses refuses joins and connections with the texts that clients know.
func TestSocketRefuses(t *testing.T) {
	engines(t, realtime.Config{}, func(s *server) {
		s.ban("eve")
		for query, want := range map[string]int{"?vsn=3.0.0&apikey=ann": 400, "?vsn=2.0.0&apikey=eve": 401, "?vsn=2.0.0": 426} {
			res, err := http.Get(s.url + "/websocket" + query) //nolint:noctx // a test
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != want {
				t.Errorf("%s: %d, want %d", query, res.StatusCode, want)
			}
		}
		c := s.dial("2.0.0", "&apikey=ann", nil)
		changes := func(text string) string { return `{"config":{"postgres_changes":[` + text + `]}}` }
		for topic, tests := range map[string]map[string]string{
			"": {all: "TopicNameRequired"},
			"x": {
				`{"config":{"private":true}}`:                                                                "Unauthorized",
				`{"config":{"presence":{"enabled":true}}}`:                                                   "Unauthorized",
				`{"config":[]}`:                                                                              "InvalidJoinConfiguration",
				`{"config":{},"access_token":"eve"}`:                                                         "InvalidJWTToken",
				changes(`{"event":"*","schema":"public","table":"none"}`):                                    "InvalidTable",
				changes(`{"event":"*","schema":"public","table":"members"}`):                                 "InvalidTable",
				changes(`{"event":"*","schema":"auth","table":"posts"}`):                                     "InvalidSchema",
				changes(`{"event":"TRUNCATE","schema":"public","table":"posts"}`):                            "InvalidEvent",
				changes(`{"event":"*","schema":"public","filter":"id=eq.1"}`):                                "InvalidFilter",
				changes(`{"event":"*","schema":"public","table":"posts","filter":"note=eq.n"}`):              "InvalidFilter",
				changes(`{"event":"*","schema":"public","table":"posts","filter":"id=eq.x"}`):                "InvalidFilter",
				changes(`{"event":"*","schema":"public","table":"posts","filter":"id"}`):                     "InvalidFilter",
				changes(`{"event":"*","schema":"public","table":"posts","filter":"members.room=eq.1"}`):      "InvalidFilter",
				changes(`{"event":"*","schema":"public","table":"posts","filter":"select=note"}`):            "InvalidFilter",
				changes(`{"event":"*","schema":"public","table":"posts","filter":"or=(id.eq.1)&note=eq.n"}`): "InvalidFilter",
				changes(`{"event":"*","schema":"public","table":"posts","select":["note"]}`):                 "InvalidFilter",
				changes(`{"event":"*","schema":"public","table":"posts","select":["*,members(room)"]}`):      "InvalidFilter",
				changes(`{"event":"*","schema":"public","table":"posts","since":"abc"}`):                     "cursor",
			},
		} {
			for config, want := range tests {
				if got := c.join(topic, config); !strings.Contains(got, `"status":"error"`) || !strings.Contains(got, want) {
					t.Errorf("%s: %s, want %s", config, got, want)
				}
			}
		}
		if got := c.reply(c.send("realtime:y", "broadcast", "{}")); !strings.Contains(got, "UnmatchedTopic") {
			t.Errorf("a channel that is not joined: %s", got)
		}
		if err := c.conn.Write(t.Context(), websocket.MessageText, []byte("{}")); err != nil {
			t.Fatal(err)
		}
		if _, _, err := c.conn.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusInvalidFramePayloadData {
			t.Errorf("no frame: %v", err)
		}

		foreign := s.dial("2.0.0", "", http.Header{"Origin": {"https://evil.example"}, "Cookie": {"user=ann"}})
		foreign.join("a", all)
		own := s.dial("2.0.0", "&apikey=ann", nil)
		own.join("a", all)
		s.insert(Post{ID: 9, Author: "ann"})
		own.change()                                              // which the other one would have by now
		foreign.reply(foreign.send("phoenix", "heartbeat", "{}")) // and no change
	})
}

// TestStuckSocket has a client that reads nothing. It is disconnected, and neither writers nor
// other clients wait for it.
func TestStuckSocket(t *testing.T) {
	engines(t, realtime.Config{Queue: 8}, func(s *server) {
		stuck, reader := s.dial("2.0.0", "&apikey=ann", nil), s.dial("2.0.0", "&apikey=ann", nil)
		stuck.join("a", all)
		reader.join("a", all)
		text := strings.Repeat("x", 64<<10)
		const posts = 300 // 20 MB, more than the network holds
		longest := time.Duration(0)
		for i := range int64(posts) {
			begun := time.Now()
			s.insert(Post{ID: i, Author: "ann", Text: text})
			if got := reader.change(); !strings.Contains(got, fmt.Sprintf(`"id":%d,`, i)) {
				t.Fatalf("change %d: %.80s", i, got)
			}
			longest = max(longest, time.Since(begun))
		}
		if longest > 5*time.Second { // a message may take ten to be written
			t.Errorf("another client waited for a change for %v", longest)
		}
		n := 0
		for {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			_, text, err := stuck.conn.Read(ctx)
			cancel()
			if ctx.Err() == context.DeadlineExceeded {
				t.Fatalf("it is still connected after %d messages", n)
			}
			if err != nil || strings.Contains(string(text), "phx_close") {
				break
			}
			n++
		}
		if n >= posts {
			t.Errorf("it has got all %d changes", n)
		}
	})
}
