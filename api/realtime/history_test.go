package realtime_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/api/realtime"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// Paper is read by its owner, and has a history.
type Paper struct {
	bun.BaseModel `bun:"table:papers"`
	store.History
	ID    string `bun:",pk"`
	Owner string `bun:",notnull"`
	Text  string `bun:",notnull"`
	Note  string `bun:",notnull" plinth:"hidden"`
}

// Draft is a Paper that a delete only marks.
type Draft struct {
	bun.BaseModel `bun:"table:drafts"`
	store.History
	store.SoftDelete
	ID    int64  `bun:",pk"`
	Owner string `bun:",notnull"`
}

// histories runs a test with resources that have histories on each engine.
func histories(t *testing.T, test func(s *server)) {
	t.Parallel()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		s := &server{T: t, db: db, banned: map[string]bool{}}
		owned := api.Policy{Read: api.AnyOf(api.Role("admin"), api.Owner("owner"))}
		s.start(realtime.Config{History: realtime.HistoryGates{Actors: api.SignedIn(), Origins: api.Role("admin")}}, api.Resource[Paper]{Policy: owned}, api.Resource[Draft]{Policy: owned})
		test(s)
	}, storetest.Models(Post{}, Member{}, Paper{}, Draft{}))
}

type revisions struct {
	Changes []struct {
		ID                 string
		Op, Actor, Address string
		Row, Old           json.RawMessage
		RequestID          string `json:"request_id"`
	}
	Next string
}

// history returns what a user gets for a path.
func (s *server) history(user, path string) (status int, page revisions) {
	s.Helper()
	c := s.listen(user, "/history/"+path)
	if c.status == http.StatusOK {
		s.do(json.NewDecoder(c.body).Decode(&page))
	}
	return c.status, page
}

// lines are the changes in short: "update b a by ann from r1 192.0.2.1".
func (p revisions) lines() (list []string) {
	for _, c := range p.Changes {
		line := strings.TrimSpace(c.Op + " " + string(c.Row) + " " + string(c.Old))
		for _, more := range []string{c.Actor, c.RequestID, c.Address} {
			if more != "" {
				line += " " + more
			}
		}
		list = append(list, line)
	}
	return list
}

func (s *server) wantHistory(user, path string, want ...string) {
	s.Helper()
	status, page := s.history(user, path)
	if got := page.lines(); status != http.StatusOK || !slices.Equal(got, want) {
		s.Errorf("%s, %s: %d\n%s\nwant\n%s", user, path, status, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func (s *server) wantStatus(user, path string, want int) {
	s.Helper()
	if status, page := s.history(user, path); status != want {
		s.Errorf("%s, %s: %d, want %d: %v", user, path, status, want, page)
	}
}

// TestHistory shows each caller the changes of what it could read, with the columns that it may
// read.
func TestHistory(t *testing.T) {
	histories(t, func(s *server) {
		papers := store.For[Paper](s.db)
		by := store.WithScope(s.Context(), &store.Scope{Actor: "ann", Origin: query.Origin{RequestID: "r1", Address: netip.MustParseAddr("192.0.2.1")}})
		s.do(papers.Insert(by, &Paper{ID: "a/ä", Owner: "ann", Text: "a", Note: "secret"}))
		patch := func(sets ...store.Set) {
			t.Helper()
			_, err := papers.Patch(store.WithActor(s.Context(), "job"), "a/ä", sets...)
			s.do(err)
		}
		patch(store.SetTo("text", "b"))
		patch(store.SetTo("note", "hidden"))
		patch(store.SetTo("owner", "bob"), store.SetTo("text", "c"))
		patch(store.SetTo("text", "d"))
		const path = "papers/a%2F%C3%A4"
		row := func(owner, text string) string {
			return `{"id":"a/ä","owner":"` + owner + `","text":"` + text + `"}`
		}
		s.wantStatus("ann", path, 404)
		s.wantHistory("bob", path, "update "+row("bob", "d")+` {"text":"c"} job`, "insert "+row("bob", "c")+" job")
		patch(store.SetTo("owner", "ann"))
		anns := []string{
			"insert " + row("ann", "d") + " job", "delete job", "update " + row("ann", "b") + ` {"text":"a"} job`, "insert " + row("ann", "a") + " ann",
		}
		s.wantHistory("ann", path, anns...)
		s.wantHistory("root", path, "update "+row("ann", "d")+` {"owner":"bob"} job`, "update "+row("bob", "d")+` {"text":"c"} job`,
			"update "+row("bob", "c")+` {"owner":"ann","text":"b"} job`, "update "+row("ann", "b")+` {"text":"a"} job`, "insert "+row("ann", "a")+" ann r1 192.0.2.1")

		// Pages are those of the whole, however small.
		var paged []string
		for before, pages := "", 0; ; pages++ {
			status, page := s.history("ann", path+"?limit=1&before="+before)
			if status != http.StatusOK || pages > 10 || len(page.Changes) > 1 {
				t.Fatalf("%d: %v", status, page)
			}
			paged = append(paged, page.lines()...)
			if before = page.Next; before == "" {
				break
			}
		}
		if !slices.Equal(paged, anns) {
			t.Errorf("in pages: %q", paged)
		}

		// Of a deleted row the last state counts, and a new row of the key is another.
		s.do(papers.Delete(s.Context(), "a/ä"))
		s.wantStatus("bob", path, 404)
		s.wantHistory("ann", path, append([]string{"delete"}, anns...)...)
		s.do(papers.Insert(s.Context(), &Paper{ID: "a/ä", Owner: "eve"}))
		s.wantStatus("ann", path, 404)
		s.wantHistory("eve", path, "insert "+row("eve", ""))

		s.insert(Post{ID: 1, Author: "ann"})
		s.do(papers.Insert(s.Context(), &Paper{ID: "other", Owner: "ann"}))
		for path, want := range map[string]int{
			"papers/none": 404, "papers/": 404, "papers": 404, "none/1": 404, "posts/1": 404, "members/1": 404, "papers/%00": 404, "drafts/x": 400,
			"papers/other?before=x": 400, "papers/other?limit=0": 400, "papers/other?limit=101": 400, "papers/other?limit=100": 200, "": 404,
		} {
			s.wantStatus("ann", path, want)
		}
		s.wantStatus("", "papers/other", 404)
		s.ban("eve")
		s.wantStatus("eve", "papers/other", 401)
	})
}

// TestHistoryOfMarkedRows treats the mark of store.SoftDelete as a delete.
func TestHistoryOfMarkedRows(t *testing.T) {
	histories(t, func(s *server) {
		drafts := store.For[Draft](s.db)
		s.do(drafts.Insert(s.Context(), &Draft{ID: 1, Owner: "ann"}))
		s.do(drafts.Delete(s.Context(), 1))
		insert := `insert {"id":1,"owner":"ann"}`
		s.wantHistory("ann", "drafts/1", "delete", insert)
		s.wantStatus("bob", "drafts/1", 404)
		s.do(drafts.Restore(s.Context(), 1))
		s.wantHistory("ann", "drafts/1", insert, "delete", insert)
	})
}

// TestHistoryRandom compares histories with a list of the states of each row.
func TestHistoryRandom(t *testing.T) {
	histories(t, func(s *server) {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 1))
		papers := store.For[Paper](s.db)
		states := map[string][]*Paper{} // nil for a deleted row
		for range 150 {
			id := fmt.Sprint(random.IntN(3))
			last := (*Paper)(nil)
			if n := len(states[id]); n > 0 {
				last = states[id][n-1]
			}
			next := &Paper{ID: id, Owner: []string{"ann", "bob"}[random.IntN(2)], Text: fmt.Sprint(random.IntN(3)), Note: fmt.Sprint(random.IntN(3))}
			switch {
			case last == nil:
				s.do(papers.Insert(s.Context(), next))
			case random.IntN(6) == 0:
				s.do(papers.Delete(s.Context(), id))
				next = nil
			default:
				_, err := papers.Patch(s.Context(), id, store.SetTo("owner", next.Owner), store.SetTo("text", next.Text), store.SetTo("note", next.Note))
				s.do(err)
			}
			states[id] = append(states[id], next)
		}
		for id, list := range states {
			for _, user := range []string{"ann", "bob"} {
				want, readable := seenStates(list, user)
				if !readable {
					s.wantStatus(user, "papers/"+id, 404)
					continue
				}
				var got []string
				for before := ""; ; {
					_, page := s.history(user, fmt.Sprintf("papers/%s?limit=%d&before=%s", id, 1+random.IntN(9), before))
					got = append(got, page.lines()...)
					if before = page.Next; before == "" {
						break
					}
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s, %s:\n%s\nwant\n%s", user, id, strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
			}
		}
	})
}

// seenStates returns the history of a row for a user, and whether the user may read it.
func seenStates(states []*Paper, user string) (lines []string, readable bool) {
	var before *Paper
	for _, state := range states {
		was, is := before != nil && before.Owner == user, state != nil && state.Owner == user
		row := ""
		if is {
			row = fmt.Sprintf(` {"id":%q,"owner":%q,"text":%q}`, state.ID, state.Owner, state.Text)
		}
		switch {
		case is && !was:
			lines = append(lines, "insert"+row)
		case was && !is:
			lines = append(lines, "delete")
		case is && was && state.Text != before.Text:
			lines = append(lines, fmt.Sprintf(`update%s {"text":%q}`, row, before.Text))
		}
		readable = is || was && state == nil
		before = state
	}
	slices.Reverse(lines)
	return lines, readable
}
