package realtime_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/api/realtime"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestLive sends each change to those who may see it, as they see it.
func TestLive(t *testing.T) {
	engines(t, realtime.Config{}, func(s *server) {
		s.insert(Post{ID: 1, Author: "ann", Room: 1, Text: "old", Note: "n"})
		ann := s.listen("ann", "/live/posts?snapshot=true")
		bob := s.listen("bob", "/live/posts")
		room := s.listen("root", "/live/posts?room=eq.2&select=text")
		if e := ann.next(); text(e) != `snapshot [{"id":1,"author":"ann","room":1,"text":"old"}]` {
			t.Errorf("the snapshot: %s", text(e))
		}
		want := func(c *stream, want string) {
			t.Helper()
			if got := text(c.next()); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
		s.insert(Post{ID: 2, Author: "ann", Room: 1, Text: "x", Note: "secret"})
		want(ann, `insert {"id":2} {"id":2,"author":"ann","room":1,"text":"x"}`)
		s.patch(2, store.SetTo("note", "other")) // hidden
		s.patch(2, store.SetTo("text", "y"))
		want(ann, `update {"id":2} {"id":2,"author":"ann","room":1,"text":"y"}`)
		s.patch(2, store.SetTo("author", "bob"))
		want(ann, `delete {"id":2}`)
		want(bob, `insert {"id":2} {"id":2,"author":"bob","room":1,"text":"y"}`)
		s.do(store.For[Member](s.db).Insert(t.Context(), &Member{Room: 2, UserName: "ann"}))
		s.patch(2, store.SetTo("room", 2))
		want(ann, `insert {"id":2} {"id":2,"author":"bob","room":2,"text":"y"}`)
		want(bob, `update {"id":2} {"id":2,"author":"bob","room":2,"text":"y"}`)
		want(room, `insert {"id":2} {"text":"y"}`)
		s.patch(2, store.SetTo("author", "eve")) // not in the columns of room
		want(bob, `delete {"id":2}`)
		want(ann, `update {"id":2} {"id":2,"author":"eve","room":2,"text":"y"}`)
		s.patch(2, store.SetTo("room", 1))
		want(room, `delete {"id":2}`)
		want(ann, `delete {"id":2}`)
		s.do(store.For[Post](s.db).Delete(t.Context(), 1))
		want(ann, `delete {"id":1}`)

		// A client that was away continues where it was.
		last := ann.last
		ann.cancel()
		s.insert(Post{ID: 3, Author: "ann", Text: "a"}, Post{ID: 4, Author: "bob", Text: "b"}, Post{ID: 5, Author: "ann", Text: "c"})
		again := s.listen("ann", "/live/posts?select=text", "Last-Event-ID", last)
		want(again, `insert {"id":3} {"text":"a"}; insert {"id":5} {"text":"c"}`)
		s.insert(Post{ID: 6, Author: "ann", Text: "d"})
		want(again, `insert {"id":6} {"text":"d"}`)
		other := s.listen("ann", "/live/posts?select=text&since="+again.last)
		s.insert(Post{ID: 7, Author: "ann", Text: "e"})
		want(other, `insert {"id":7} {"text":"e"}`)
	})
}

// TestLiveMistakes answers before the stream begins.
func TestLiveMistakes(t *testing.T) {
	engines(t, realtime.Config{}, func(s *server) {
		s.ban("eve")
		for path, want := range map[string]int{
			"/live/none": 404, "/live/members": 404, "/live/plinth_changes": 404, "/live/": 404, "/live/posts?note=eq.x": 400, "/live/posts?none=eq.x": 400,
			"/live/posts?select=note": 400, "/live/posts?select=id,members(room)": 400, "/live/posts?order=id": 400, "/live/posts?limit=1": 400,
			"/live/posts?select=n:text": 400, "/live/posts?select=count()": 400, "/live/posts?since=abc": 400, "/live/posts?id=eq.x": 400, "/live/posts?members.room=eq.1": 400,
			"/changes": 400, "/changes?tables=none": 404, "/changes?tables=posts,members": 404, "/changes?tables=posts&since=abc": 400, "/changes?tables=posts&wait=61": 400,
		} {
			if c := s.listen("ann", path); c.status != want {
				body, _ := io.ReadAll(c.body)
				t.Errorf("%s: %d, want %d: %s", path, c.status, want, body)
			}
		}
		if c := s.listen("eve", "/live/posts"); c.status != http.StatusUnauthorized {
			t.Errorf("a revoked credential: %d", c.status)
		}
	})
}

// TestRevoked ends the stream of a caller whose credentials are revoked, or expire.
func TestRevoked(t *testing.T) {
	engines(t, realtime.Config{}, func(s *server) {
		s.expires = time.Now().Add(time.Second)
		soon := s.listen("cid", "/live/posts")
		s.mu.Lock()
		s.expires = time.Time{}
		s.mu.Unlock()
		ann := s.listen("ann", "/live/posts")
		s.ban("ann")
		began := time.Now()
		time.Sleep(2500 * time.Millisecond)
		s.insert(Post{ID: 1, Author: "ann", Text: "x"}, Post{ID: 2, Author: "cid", Text: "x"})
		for _, c := range []*stream{ann, soon} {
			if e, err := c.read(); !errors.Is(err, errEnded) || time.Since(began) > 5*time.Second {
				t.Errorf("after %s: %+v, %v", time.Since(began), e, err)
			}
		}
	})
}

// TestResync tells a client that the log has lost what it needs.
func TestResync(t *testing.T) {
	engines(t, realtime.Config{Replay: 3}, func(s *server) {
		ann := s.listen("ann", "/live/posts")
		for i := range int64(6) {
			s.insert(Post{ID: i, Author: "ann", Text: "x"})
			ann.next()
		}
		page := func(since string) (out struct {
			Changes []realtime.Event
			Next    string
			Resync  bool
		},
		) {
			c := s.listen("ann", "/changes?tables=posts&since="+since)
			if err := json.NewDecoder(c.body).Decode(&out); err != nil {
				t.Fatal(err)
			}
			return out
		}
		old := page("").Next
		for i := range int64(6) {
			s.insert(Post{ID: 10 + i, Author: "ann", Text: "x"})
		}
		if e := s.listen("ann", "/live/posts", "Last-Event-ID", old).next(); e.name != "resync" {
			t.Errorf("too many changes: %s", text(e))
		}
		if got := page(old); len(got.Changes) != 6 || got.Resync {
			t.Errorf("the changes: %+v", got)
		}
		programtest.Until(t, 20*time.Second, "the cursor is lost", func() bool { // not while transactions of other tests run
			if _, err := changelog.Trim(t.Context(), s.db, changelog.Retention{MaxRows: 1}); err != nil {
				t.Fatal(err)
			}
			return page(old).Resync
		})
		if got := page(old); len(got.Changes) != 0 || !got.Resync || got.Next == "" {
			t.Errorf("after the log was trimmed: %+v", got)
		}
	})
}

// TestLongPoll waits for a change.
func TestLongPoll(t *testing.T) {
	engines(t, realtime.Config{}, func(s *server) {
		poll := func(since string) (out struct {
			Changes []realtime.Event
			Next    string
		},
		) {
			c := s.listen("ann", "/changes?tables=posts&wait=10&since="+since)
			if err := json.NewDecoder(c.body).Decode(&out); err != nil {
				t.Fatal(err)
			}
			return out
		}
		start := poll("")
		go func() {
			time.Sleep(300 * time.Millisecond)
			p := Post{ID: 1, Author: "bob", Text: "x"}
			_ = store.For[Post](s.db).Insert(t.Context(), &p)
			p = Post{ID: 2, Author: "ann", Text: "y"}
			_ = store.For[Post](s.db).Insert(t.Context(), &p)
		}()
		began := time.Now()
		got := poll(start.Next)
		if len(got.Changes) != 1 || string(got.Changes[0].Row) != `{"id":2,"author":"ann","room":0,"text":"y"}` || time.Since(began) > 5*time.Second {
			t.Errorf("after %s: %+v", time.Since(began), got)
		}
	})
}

// TestSlow ends the subscription of a reader that does not read, and it continues without a
// gap.
func TestSlow(t *testing.T) {
	engines(t, realtime.Config{Queue: 2}, func(s *server) {
		table := s.api.Table("posts")
		scope := store.ScopeFrom(s.api.WithScope(auth.WithPrincipal(t.Context(), auth.Principal{Kind: auth.User, ID: "ann"})))
		view := changelog.View{Scope: scope}
		sub, err := s.hub.Subscribe(t.Context(), realtime.Request{Table: table, View: view})
		if err != nil {
			t.Fatal(err)
		}
		defer sub.Close()
		cursor, events := changelog.Cursor(""), 0
		for i := range int64(20) {
			s.insert(Post{ID: i, Author: "ann", Text: "x"})
			time.Sleep(20 * time.Millisecond)
		}
		for {
			m, err := sub.Next(t.Context(), time.Second)
			if errors.Is(err, realtime.ErrSlow) {
				if n := s.hub.Stats(); n.Dropped != 1 || n.Subscriptions != 0 {
					t.Errorf("stats: %+v", n)
				}
				break
			}
			if err != nil || m == nil {
				t.Fatalf("%v, %v", m, err)
			}
			cursor = m.Cursor
			events += len(m.Events)
		}
		again, err := s.hub.Subscribe(t.Context(), realtime.Request{Table: table, View: view, Since: cursor})
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		for events < 20 {
			m, err := again.Next(t.Context(), time.Second)
			if err != nil || m == nil {
				t.Fatalf("%d events, %v, %v", events, m, err)
			}
			events += len(m.Events)
		}
		if events != 20 {
			t.Errorf("%d events", events)
		}
	})
}

// TestRefusedFilters refuses filters that would cost much for each change.
func TestRefusedFilters(t *testing.T) {
	engines(t, realtime.Config{}, func(s *server) {
		for _, filter := range []string{"text=match.(a|b)*c", "text=imatch.a", "text=not.match.a", "text=fts.a", "text=plfts(nosuchconfig).a", "text=wfts.a", "or=(id.eq.1,text.match.a)"} {
			if c := s.listen("ann", "/live/posts?"+filter); c.status != http.StatusBadRequest {
				t.Errorf("%s: %d", filter, c.status)
			}
		}
	})
}

// TestManyAtOnce gets more changes than a page has, right after a snapshot.
func TestManyAtOnce(t *testing.T) {
	engines(t, realtime.Config{}, func(s *server) {
		ann := s.listen("ann", "/live/posts?snapshot=true")
		ann.next()
		if err := s.db.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			for i := range int64(500) { // as many as a page has
				if err := store.For[Post](tx).Insert(ctx, &Post{ID: i, Author: "ann"}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		for got := 0; got < 500; {
			var events []realtime.Event
			if err := json.Unmarshal([]byte(ann.next().data), &events); err != nil {
				t.Fatal(err)
			}
			got += len(events)
		}
	})
}

// TestTimeOfDelivery judges now() when a change is delivered.
func TestTimeOfDelivery(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		s := &server{T: t, db: db, banned: map[string]bool{}}
		s.start(realtime.Config{}, api.Resource[Offer]{Policy: api.Policy{Read: api.Where(store.Compare("until", query.OpGt, store.Var("now()")))}})
		c := s.listen("ann", "/live/offers")
		offers := store.For[Offer](db)
		s.do(offers.Insert(t.Context(), &Offer{ID: 1, Until: time.Now().Add(700 * time.Millisecond), Text: "a"}))
		if got := text(c.next()); !strings.HasPrefix(got, `insert {"id":1}`) {
			t.Errorf("a valid offer: %s", got)
		}
		time.Sleep(time.Second)
		_, err := offers.Patch(t.Context(), 1, store.SetTo("text", "b")) // it is over
		s.do(err)
		s.do(offers.Insert(t.Context(), &Offer{ID: 2, Until: time.Now().Add(time.Minute), Text: "c"}))
		if got := text(c.next()); !strings.HasPrefix(got, `insert {"id":2}`) {
			t.Errorf("after the end of the first offer: %s", got)
		}
	}, storetest.Models(Post{}, Member{}, Offer{}))
}
