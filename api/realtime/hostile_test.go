package realtime_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/seed-7694ebf6/plinth/api/realtime"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// TestHostile has clients send frames that are wrong in many ways, and cut their sockets. The
// hub survives, and nothing is left of them. PLINTH_TEST_LONG=1 plays for 40 seconds.
func TestHostile(t *testing.T) {
	d := 2 * time.Second
	if programtest.Long() {
		d = 40 * time.Second
	}
	yes := func(context.Context, auth.Principal, string) (bool, error) { return true, nil }
	engines(t, realtime.Config{Limits: realtime.Limits{Connections: -1, Channels: -1, Messages: -1, Bytes: -1}, Channels: []realtime.Channel{{Pattern: "*", Join: yes, Send: yes, Presence: yes}}}, func(s *server) {
		events := []string{"phx_join", "phx_leave", "access_token", "broadcast", "presence", "heartbeat", "x", ""}
		topics := []string{"realtime:a", "realtime:b", "realtime:", "phoenix", "", "realtime:*", "realtime:\u0000", "realtime:a[", "realtime:../b"}
		payloads := []string{
			`{}`, `null`, `[]`, `1`, `"x"`, all, `{"config":null}`, `{"config":{"postgres_changes":[null]}}`, `{"config":{"postgres_changes":[{}]}}`,
			`{"config":{"postgres_changes":[{"event":"*","schema":"*"}]}}`, `{"config":{"postgres_changes":[{"event":"*","schema":"public","table":"posts","filter":"room=in.(1,2,3),text=not.eq.x"}]}}`,
			`{"config":{"postgres_changes":[{"event":"*","schema":"public","table":"posts","filter":"room=in.()"}]}}`, `{"config":{"postgres_changes":[{"event":"*","schema":"public","table":"posts","since":"AAAA"}]}}`,
			`{"config":{"presence":{"enabled":true,"key":"k"}}}`, `{"type":"presence","event":"track","payload":{"a":1}}`, `{"event":"untrack"}`, `{"event":"track","payload":null}`,
			`{"access_token":"bob"}`, `{"access_token":null}`, `{"access_token":1}`, `{"event":"say","payload":{"a":1}}`, `{"event":null,"payload":null}`, `{"config":{"broadcast":{"ack":true,"self":true}}}`,
			`{"config":{"postgres_changes":[{"event":"*","schema":"public","table":"posts","filter":"text=eq.\u0000"}]}}`,
			`{"config":{"private":"yes"}}`, `{"config":{"presence":{"key":1}}}`,
		}
		end := time.Now().Add(d)
		var clients sync.WaitGroup
		for w := range 12 {
			clients.Go(func() {
				for time.Now().Before(end) {
					version := []string{"1.0.0", "2.0.0"}[rand.IntN(2)]
					conn, _, err := websocket.Dial(s.Context(), "ws"+s.url[4:]+"/websocket?vsn="+version+"&apikey=ann", nil)
					if err != nil {
						t.Error(err)
						return
					}
					reads := w%3 != 0
					if reads {
						go func() {
							for {
								if _, _, err := conn.Read(s.Context()); err != nil {
									return
								}
							}
						}()
					}
					for range rand.IntN(60) {
						text := []byte(fmt.Sprintf(`["1","%d",%q,%q,%s]`, rand.IntN(9), topics[rand.IntN(len(topics))], events[rand.IntN(len(events))], payloads[rand.IntN(len(payloads))]))
						if version == "1.0.0" {
							text = []byte(fmt.Sprintf(`{"topic":%q,"event":%q,"payload":%s,"ref":"1","join_ref":"1"}`, topics[rand.IntN(len(topics))], events[rand.IntN(len(events))], payloads[rand.IntN(len(payloads))]))
						}
						kind := websocket.MessageText
						switch rand.IntN(20) {
						case 0:
							text[rand.IntN(len(text))] = byte(rand.IntN(256))
						case 1:
							kind, text = websocket.MessageBinary, make([]byte, rand.IntN(40))
							for i := range text {
								text[i] = byte(rand.IntN(12))
							}
							if len(text) > 0 {
								text[0] = 3
							}
						}
						if conn.Write(s.Context(), kind, text) != nil {
							break
						}
						time.Sleep(time.Duration(rand.IntN(3)) * time.Millisecond)
					}
					_ = conn.CloseNow()
				}
			})
		}
		for id := int64(1); time.Now().Before(end); id++ {
			s.insert(Post{ID: id, Author: []string{"ann", "bob"}[id%2], Room: id % 3, Text: "x"})
			time.Sleep(5 * time.Millisecond)
		}
		clients.Wait()
		programtest.Until(t, 20*time.Second, "nothing is left", func() bool {
			st := s.hub.Stats()
			return st.Sockets+st.Channels+st.Subscriptions+st.Classes == 0
		})
		if s.hub.Stats().Changes == 0 {
			t.Error("no change was delivered beside them")
		}
	})
}
