package realtime_test

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/seed-7694ebf6/plinth/api/realtime"
)

// joins joins a topic until it is let in, as a client that tries again.
func (c *socket) joins(topic string) {
	c.Helper()
	for {
		got := c.join(topic, "{}")
		if strings.Contains(got, `"status":"ok"`) {
			return
		}
		if !strings.Contains(got, "RateLimitReached") {
			c.Fatal(got)
		}
	}
}

// TestSocketLimits refuses connections and channels over the limits of a principal and of an IP
// address.
func TestSocketLimits(t *testing.T) {
	engines(t, realtime.Config{Limits: realtime.Limits{Connections: 1, Channels: 2, Messages: -1, Bytes: -1}}, func(s *server) {
		var all []*socket
		for i := range 10 { // of an IP address
			all = append(all, s.dial("2.0.0", fmt.Sprintf("&apikey=user%d", i/2), nil))
		}
		_, res, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(s.url, "http")+"/websocket?apikey=late", nil) //nolint:bodyclose // of a socket
		if err == nil || res == nil || res.StatusCode != http.StatusTooManyRequests {
			t.Errorf("one connection more: %v", err)
		}
		first, second := all[0], all[1] // of one user
		first.joins("a")
		if got := second.join("a", "{}"); !strings.Contains(got, "ConnectionRateLimitReached: Too many connected users") {
			t.Errorf("a second connection of a user: %s", got)
		}
		all[2].joins("a") // of another one
		first.joins("b")
		if got := first.join("c", "{}"); !strings.Contains(got, "ChannelRateLimitReached: Too many channels") {
			t.Errorf("a third channel: %s", got)
		}
		first.joins("b") // in place of the older one
		first.reply(first.send("realtime:a", "phx_leave", "{}"))
		first.next() // phx_close
		first.joins("c")
		_ = first.conn.CloseNow()
		second.joins("a")
		second.joins("b")
		s.dial("2.0.0", "&apikey=late", nil).joins("a")
	})
}

// until reads frames until one is wanted.
func (c *socket) until(wanted func(m message) bool) message {
	c.Helper()
	for {
		if m := c.next(); wanted(m) {
			return m
		}
	}
}

// TestMessageLimits ends the channels of clients that send too much, and slows them down.
func TestMessageLimits(t *testing.T) {
	for name, tt := range map[string]struct {
		limits  realtime.Limits
		payload string
	}{
		"messages": {realtime.Limits{Messages: 10}, `{}`},
		"bytes":    {realtime.Limits{Bytes: 40 << 10}, `{"text":"` + strings.Repeat("x", 3<<10) + `"}`},
	} {
		t.Run(name, func(t *testing.T) {
			config := rooms()
			config.Limits = tt.limits
			engines(t, config, func(s *server) {
				ann, bob := s.dial("2.0.0", "&apikey=ann", nil), s.dial("2.0.0", "&apikey=bob", nil)
				ann.join("lobby", "{}")
				bob.join("lobby", "{}")
				for range 80 { // 50 may come at once
					ann.send("realtime:lobby", "broadcast", `{"event":"x","payload":`+tt.payload+`}`)
				}
				m := ann.next()
				if m.Event != "system" || !strings.Contains(string(m.Payload), "Too many messages per second") {
					t.Errorf("after a flood: %s %s", m.Event, m.Payload)
				}
				if m := ann.next(); m.Event != "phx_close" {
					t.Errorf("then %s %s", m.Event, m.Payload)
				}
				for got := ""; !strings.Contains(got, "ClientJoinRateLimitReached: Too many joins per second"); {
					ref := ann.send("realtime:lobby", "phx_join", `{"config":{}}`)
					got = string(ann.until(func(m message) bool { return m.Ref != nil && *m.Ref == ref }).Payload)
				}
				bob.send("realtime:lobby", "broadcast", `{"event":"mine","payload":{}}`) // another principal
				ref := bob.send("phoenix", "heartbeat", "{}")
				bob.until(func(m message) bool {
					if m.Event == "system" || m.Event == "phx_close" {
						t.Errorf("another principal: %s", m.Payload)
					}
					return m.Ref != nil && *m.Ref == ref
				})
			})
		})
	}
}

// TestHugeLimits lets everybody in.
func TestHugeLimits(t *testing.T) {
	huge := realtime.Limits{Connections: math.MaxInt / 9, Channels: math.MaxInt / 9, Messages: math.MaxInt / 9, Bytes: math.MaxInt}
	engines(t, realtime.Config{Limits: huge}, func(s *server) {
		for range 2 {
			c := s.dial("2.0.0", "&apikey=ann", nil)
			for _, topic := range []string{"a", "b", "c"} {
				if got := c.join(topic, "{}"); !strings.Contains(got, `"status":"ok"`) {
					t.Error(got)
				}
			}
		}
	})
}
