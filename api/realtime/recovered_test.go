package realtime_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api/realtime"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
)

// TestPanics: rules and authenticators that panic in goroutines of the hub end neither the
// process nor the other channels.
func TestPanics(t *testing.T) {
	rule := func(_ context.Context, p auth.Principal, name string) (bool, error) {
		if name == "broken" {
			panic("a rule")
		}
		return true, nil
	}
	engines(t, realtime.Config{Channels: []realtime.Channel{{Pattern: "*", Join: rule, Send: rule, Presence: rule}}}, func(s *server) {
		ann, bob := s.dial("2.0.0", "&apikey=ann", nil), s.dial("2.0.0", "&apikey=bob", nil)
		if got := ann.join("broken", `{"config":{}}`); !strings.Contains(got, "UnableToCheckToken") {
			t.Errorf("a rule that panics: %s", got)
		}
		ann.join("a", all)
		bob.join("b", all)
		asked := make(chan bool, 100)
		s.fault(func(name string) error {
			if name == "bob" {
				asked <- true
				panic("an authenticator")
			}
			return nil
		})
		<-asked // as the credentials are verified
		s.fault(nil)
		s.insert(Post{ID: 1, Author: "ann"}, Post{ID: 2, Author: "bob"})
		if got := ann.change(); !strings.Contains(got, `"id":1`) {
			t.Errorf("ann gets %s", got)
		}
		if got := bob.change(); !strings.Contains(got, `"id":2`) {
			t.Errorf("bob gets %s", got)
		}
	})
}

// TestUncheckedCredentials: channels outlive a short failure of what checks credentials, since
// clients do not join again by themselves.
func TestUncheckedCredentials(t *testing.T) {
	engines(t, realtime.Config{}, func(s *server) {
		ann := s.dial("2.0.0", "&apikey=ann", nil)
		ann.join("a", all)
		asked := make(chan bool, 100)
		s.fault(func(string) error {
			asked <- true
			return errors.New("the database is away")
		})
		<-asked
		s.fault(nil)
		s.insert(Post{ID: 1, Author: "ann"})
		if got := ann.change(); !strings.Contains(got, `"id":1`) {
			t.Errorf("ann gets %s", got)
		}
		s.ban("ann")
		if m := ann.next(); m.Event != "system" || !strings.Contains(string(m.Payload), "InvalidJWTToken") {
			t.Errorf("a revoked caller gets %+v %s", m, m.Payload)
		}
		if m := ann.next(); m.Event != "phx_close" {
			t.Errorf("a revoked caller gets %+v", m)
		}
		// The channel is gone: it counts no more and can be joined again.
		s.unban("ann")
		if got := ann.reply(ann.send("realtime:a", "access_token", `{}`)); !strings.Contains(got, "UnmatchedTopic") {
			t.Errorf("a failed channel answers %s", got)
		}
		if got := ann.join("a", all); !strings.Contains(got, `"ok"`) {
			t.Errorf("the next join: %s", got)
		}
	})
}

// TestCursorOfAQuietTable: the cursor of a stream that continues goes on with the log.
func TestCursorOfAQuietTable(t *testing.T) {
	engines(t, realtime.Config{}, func(s *server) {
		ann := s.dial("2.0.0", "&apikey=ann", nil)
		ann.send("realtime:a", "phx_join", all)
		since, _ := ann.cursor()
		again := s.dial("2.0.0", "&apikey=ann", nil)
		again.send("realtime:a", "phx_join", strings.Replace(all, `"table":"posts"`, `"table":"posts","since":"`+since+`"`, 1))
		first, _ := again.cursor()
		for i := range int64(3) {
			s.do(store.For[Member](s.db).Insert(t.Context(), &Member{Room: i, UserName: "x"}))
		}
		if next, _ := again.cursor(); next == first {
			t.Error("the cursor of a quiet table stays behind the log")
		}
	})
}

// TestUncheckedStream is the same for server-sent events.
func TestUncheckedStream(t *testing.T) {
	engines(t, realtime.Config{}, func(s *server) {
		c := s.listen("ann", "/live/posts")
		asked := make(chan bool, 100)
		s.fault(func(string) error {
			asked <- true
			return errors.New("the database is away")
		})
		<-asked
		<-asked // the first failure did not end the stream
		s.fault(nil)
		s.insert(Post{ID: 1, Author: "ann"})
		if got := c.next(); got.name != "changes" {
			t.Errorf("the stream gets %+v", got)
		}
		s.ban("ann")
		if e, err := c.read(); !errors.Is(err, errEnded) {
			t.Errorf("a revoked caller gets %+v, %v", e, err)
		}
	})
}
