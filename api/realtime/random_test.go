package realtime_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/api/realtime"
	"github.com/seed-7694ebf6/plinth/store"
)

// list is the state of a client, and what was wrong on the way.
type list struct {
	rows  map[string]string
	seen  map[string]bool
	wrong []string
}

func newList() *list { return &list{rows: map[string]string{}, seen: map[string]bool{}} }

// apply applies events, each of which must fit the rows.
func (l *list) apply(events []realtime.Event) {
	for _, e := range events {
		key := string(e.Key)
		_, have := l.rows[key]
		switch {
		case e.ID != "" && l.seen[e.ID]:
			l.wrong = append(l.wrong, "doubled "+e.ID)
		case e.Op == "insert" == have:
			l.wrong = append(l.wrong, fmt.Sprintf("%s of %s, which is there: %t", e.Op, key, have))
		}
		l.seen[e.ID] = true
		if e.Op == "delete" {
			delete(l.rows, key)
			continue
		}
		l.rows[key] = string(e.Row)
	}
}

// load takes a snapshot.
func (l *list) load(data string) error {
	var rows []json.RawMessage
	if err := json.Unmarshal([]byte(data), &rows); err != nil {
		return err
	}
	for _, row := range rows {
		l.rows[string(keyOf(row))] = string(row)
	}
	return nil
}

// follow keeps a list by streams that are cut at random, until ctx ends and the list is what
// it should be.
func (s *server) follow(ctx context.Context, user, filter string, done func(*list) bool) *list {
	l := newList()
	last := ""
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) {
		path := "/live/posts?" + filter
		if last == "" {
			path += "&snapshot=true"
		}
		c := s.listen(user, path, "Last-Event-ID", last)
		cut := time.AfterFunc(time.Duration(20+rand.IntN(300))*time.Millisecond, c.cancel)
		for {
			e, err := c.read()
			if err != nil {
				break
			}
			switch e.name {
			case "snapshot":
				l = newList()
				err = l.load(e.data)
			case "changes":
				var events []realtime.Event
				err = json.Unmarshal([]byte(e.data), &events)
				l.apply(events)
			case "resync":
				l.wrong = append(l.wrong, "resync")
			}
			if err != nil {
				l.wrong = append(l.wrong, err.Error())
			}
			last = c.last
		}
		cut.Stop()
		if ctx.Err() != nil && done(l) {
			return l
		}
	}
	return l
}

// poll is follow by long polls.
func (s *server) poll(ctx context.Context, user string, start string, done func(*list) bool) *list {
	l := newList()
	next := start
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) {
		var page struct {
			Changes []realtime.Event
			Next    string
		}
		wait := 1
		if ctx.Err() != nil { // all is written
			wait = 0
		}
		c := s.listen(user, fmt.Sprintf("/changes?tables=posts&wait=%d&since=%s", wait, url.QueryEscape(next)))
		if err := json.NewDecoder(c.body).Decode(&page); err != nil {
			l.wrong = append(l.wrong, err.Error())
			return l
		}
		l.apply(page.Changes)
		next = page.Next
		if ctx.Err() != nil && done(l) {
			return l
		}
	}
	return l
}

// join is follow by sockets. A socket tells its cursor from time to time, so the client goes back
// to the rows that it had at the last one and continues there.
func (s *server) join(ctx context.Context, user, version, start string, done func(*list) bool) *list {
	l, since := newList(), start
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) {
		kept := maps.Clone(l.rows)
		c := s.dial(version, "&apikey="+user, nil)
		c.send("realtime:a", "phx_join", fmt.Sprintf(`{"config":{"postgres_changes":[{"event":"*","schema":"public","table":"posts","since":%q}]}}`, since))
		cut := time.AfterFunc(time.Duration(20+rand.IntN(300))*time.Millisecond, func() { _ = c.conn.CloseNow() })
		for {
			m, err := c.read(s.Context())
			if err != nil {
				break
			}
			var p struct {
				Status, Since string
				Data          struct {
					Type   string
					Record json.RawMessage
					Old    json.RawMessage `json:"old_record"`
				}
			}
			err = json.Unmarshal(m.Payload, &p)
			switch {
			case err != nil || p.Status == "error":
				l.wrong = append(l.wrong, fmt.Sprintf("%s %s", m.Event, m.Payload))
			case m.Event == "system" && p.Since != "":
				since, kept = p.Since, maps.Clone(l.rows)
			case m.Event == "postgres_changes":
				key := p.Data.Old
				if p.Data.Type == "INSERT" {
					key = keyOf(p.Data.Record)
				}
				l.apply([]realtime.Event{{Op: store.WriteOp(strings.ToLower(p.Data.Type)), Key: key, Row: p.Data.Record}})
			}
		}
		cut.Stop()
		if ctx.Err() != nil && done(l) {
			return l
		}
		l.rows = kept
	}
	return l
}

// keyOf returns the key of a row.
func keyOf(row json.RawMessage) json.RawMessage {
	var id struct{ ID int64 }
	_ = json.Unmarshal(row, &id)
	return json.RawMessage(fmt.Sprintf(`{"id":%d}`, id.ID))
}

// TestNothingMissed writes generated transactions while clients follow them over cut streams.
// Each ends with the rows that its scope and filter select, and has seen no change twice.
// PLINTH_TEST_LONG=1 plays 1,000 schedules on each engine.
func TestNothingMissed(t *testing.T) {
	schedules := 6
	if os.Getenv("PLINTH_TEST_LONG") != "" {
		schedules = 1000
	}
	engines(t, realtime.Config{}, func(s *server) {
		for n := range schedules {
			s.schedule(n)
		}
	})
}

func (s *server) schedule(number int) {
	users := []string{"ann", "bob"}
	_, err := store.For[Post](s.db).DeleteWhere(s.Context(), store.True())
	s.do(err)
	var start struct{ Next string }
	s.do(json.NewDecoder(s.listen("ann", "/changes?tables=posts").body).Decode(&start))
	for i := range int64(6) {
		if rand.IntN(2) == 0 {
			_ = store.For[Post](s.db).Insert(s.Context(), &Post{ID: i, Author: users[rand.IntN(2)], Room: rand.Int64N(2), Text: "0"})
		}
	}
	ctx, written := context.WithCancel(s.Context())
	defer written()
	// The oracle reads the table without rules.
	want := func(user, room string) map[string]string {
		rows := map[string]string{}
		posts, err := store.For[Post](s.db).List(s.Context(), store.Query{})
		if err != nil {
			return nil
		}
		for _, p := range posts {
			if p.Author == user && (room == "" || fmt.Sprint(p.Room) == room) {
				rows[fmt.Sprintf(`{"id":%d}`, p.ID)] = fmt.Sprintf(`{"id":%d,"author":%q,"room":%d,"text":%q}`, p.ID, p.Author, p.Room, p.Text)
			}
		}
		return rows
	}
	var clients, writers sync.WaitGroup
	results := make([]*list, 7)
	for i, c := range []struct{ user, room string }{{"ann", ""}, {"bob", ""}, {"ann", "1"}, {"bob", "0"}} {
		filter := ""
		if c.room != "" {
			filter = "room=eq." + c.room
		}
		clients.Go(func() {
			results[i] = s.follow(ctx, c.user, filter, func(l *list) bool { return maps.Equal(l.rows, want(c.user, c.room)) })
			if !maps.Equal(results[i].rows, want(c.user, c.room)) {
				results[i].wrong = append(results[i].wrong, fmt.Sprintf("%s %s has %v, want %v", c.user, filter, results[i].rows, want(c.user, c.room)))
			}
		})
	}
	clients.Go(func() {
		results[4] = s.poll(ctx, "ann", start.Next, func(l *list) bool { return maps.Equal(l.rows, want("ann", "")) })
	})
	for i, c := range []struct{ user, version string }{{"ann", "2.0.0"}, {"bob", "1.0.0"}} {
		clients.Go(func() {
			l := s.join(ctx, c.user, c.version, start.Next, func(l *list) bool { return maps.Equal(l.rows, want(c.user, "")) })
			if !maps.Equal(l.rows, want(c.user, "")) {
				l.wrong = append(l.wrong, fmt.Sprintf("%s has %v, want %v", c.user, l.rows, want(c.user, "")))
			}
			results[5+i] = l
		})
	}
	for w := range int64(3) {
		writers.Go(func() {
			posts := func(tx *store.Tx) store.Repo[Post] { return store.For[Post](tx) }
			for range 12 {
				_ = s.db.Tx(s.Context(), func(ctx context.Context, tx *store.Tx) error {
					for range 1 + rand.IntN(3) {
						id := w*2 + rand.Int64N(2)
						err := error(nil)
						switch rand.IntN(5) {
						case 0:
							_, err = posts(tx).DeleteWhere(ctx, store.Eq("id", id))
						case 1:
							_, err = posts(tx).PatchWhere(ctx, store.Eq("id", id), store.SetTo("author", users[rand.IntN(2)]))
						case 2:
							_, err = posts(tx).PatchWhere(ctx, store.Eq("id", id), store.SetTo("room", rand.Int64N(2)))
						case 3:
							err = posts(tx).Upsert(ctx, &Post{ID: id, Author: users[rand.IntN(2)], Room: rand.Int64N(2), Text: fmt.Sprint(rand.IntN(1000))})
						case 4:
							_, err = posts(tx).PatchWhere(ctx, store.Eq("id", id), store.SetTo("text", fmt.Sprint(rand.IntN(1000))))
						}
						if err != nil {
							return err
						}
					}
					time.Sleep(time.Duration(rand.IntN(4)) * time.Millisecond)
					if rand.IntN(6) == 0 {
						return context.Canceled // rolled back
					}
					return nil
				})
				time.Sleep(time.Duration(rand.IntN(15)) * time.Millisecond)
			}
		})
	}
	writers.Wait()
	written()
	clients.Wait()
	for i, l := range results {
		if len(l.wrong) > 0 {
			slices.Sort(l.wrong)
			s.Errorf("schedule %d, client %d: %s", number, i, strings.Join(slices.Compact(l.wrong), "\n"))
		}
	}
}
