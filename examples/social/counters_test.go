package main

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
)

// decode reads the first row of an answer.
func decode[T any](t *testing.T, answer string) *T {
	t.Helper()
	var rows []map[string]any
	if err := json.Unmarshal([]byte(answer), &rows); err != nil || len(rows) == 0 {
		t.Fatalf("%s: %v", answer, err)
	}
	row := new(T)
	switch row := any(row).(type) {
	case *Post:
		row.ID = parseID(t, rows[0]["id"])
	case *Comment:
		row.ID = parseID(t, rows[0]["id"])
	}
	return row
}

func parseID(t *testing.T, text any) store.ID {
	t.Helper()
	id, err := store.ParseID(fmt.Sprint(text))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// TestParallelLikes has 100 people like a post at once, twice, and half of them take it back.
func TestParallelLikes(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		author := f.join(t, "author")
		post := author.post(t, "Like this")
		fans := make([]*member, 100)
		for i := range fans {
			fans[i] = f.join(t, fmt.Sprintf("fan%d", i))
		}
		parallel := func(each func(i int, m *member)) {
			var all sync.WaitGroup
			for i, m := range fans {
				all.Go(func() { each(i, m) })
			}
			all.Wait()
		}
		check := func(want int) {
			t.Helper()
			if got, want := author.get(t, "posts?select=likes"), fmt.Sprintf(`[{"likes":%d}]`, want); got != want {
				t.Errorf("counter: %s, want %s", got, want)
			}
			if n, err := store.For[Like](f.app.DB()).Count(t.Context(), store.True()); err != nil || n != int64(want) {
				t.Errorf("%d rows, want %d: %v", n, want, err)
			}
			if got, want := author.get(t, "inboxes?select=unread"), fmt.Sprintf(`[{"unread":%d}]`, want); got != want {
				t.Errorf("unread: %s, want %s", got, want)
			}
		}
		parallel(func(_ int, m *member) {
			var both sync.WaitGroup
			both.Go(func() { m.like(t, post) })
			both.Go(func() { m.like(t, post) })
			both.Wait()
		})
		check(100)
		parallel(func(i int, m *member) {
			if i%2 == 0 {
				m.unlike(t, post)
			}
		})
		check(50)
	})
}
