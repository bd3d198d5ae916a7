package main

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
)

// fill makes 2,000 people with 100,000 posts. The reader follows 1,000 of them: if they are
// quiet, they have written the oldest 1,000 posts, else every second one.
func fill(t *testing.T, f *fixture, quiet bool) (reader *member) {
	t.Helper()
	reader = f.join(t, "reader")
	bun, now := f.app.DB().Bun(), time.Now().Add(-100_000*time.Second).UTC()
	people, posts, follows := make([]*Person, 2_000), make([]*Post, 100_000), make([]*Follow, 1_000)
	for i := range people {
		people[i] = &Person{Model: store.Model{ID: store.NewID(), CreatedAt: now, UpdatedAt: now, Version: 1}, Handle: fmt.Sprint("p", i), Name: fmt.Sprint("Person ", i)}
	}
	for i := range follows {
		follows[i] = &Follow{FollowerID: reader.ID, FollowedID: people[2*i].ID, CreatedAt: now}
	}
	for i := range posts {
		author := people[i%len(people)]
		if quiet && i >= 1_000 {
			author = people[2*(i%1_000)+1]
		}
		at := now.Add(time.Duration(i) * time.Second)
		posts[i] = &Post{Model: store.Model{ID: store.NewID(), CreatedAt: at, UpdatedAt: at, Version: 1}, AuthorID: author.ID, Body: fmt.Sprint("Post number ", i)}
	}
	insert := func(rows any) {
		t.Helper()
		if _, err := bun.NewInsert().Model(rows).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	insert(&people)
	insert(&follows)
	for part := range slices.Chunk(posts, 2_000) {
		insert(&part)
	}
	const deliver = "insert into feed_items (person_id, post_id, created_at) select follower_id, id, posts.created_at from posts join follows on followed_id = author_id"
	if _, err := bun.ExecContext(t.Context(), deliver); err != nil {
		t.Fatal(err)
	}
	if _, err := bun.ExecContext(t.Context(), "analyze"); err != nil {
		t.Fatal(err)
	}
	return reader
}

// TestFeedTime measures the home page of a person who follows 1,000 others among 100,000 posts.
func TestFeedTime(t *testing.T) {
	programtest.SkipShort(t)
	for name, quiet := range map[string]bool{"even": false, "quiet": true} {
		t.Run(name, func(t *testing.T) {
			engines(t, func(t *testing.T, f *fixture) {
				reader := fill(t, f, quiet)
				var query, page []time.Duration
				for i := range 30 {
					begun := time.Now()
					if p, _, err := feed(t.Context(), store.For[FeedItem](f.app.DB()), reader.ID, ""); err != nil || len(p) != pageSize {
						t.Fatal(len(p), err)
					}
					read := time.Since(begun)
					begun = time.Now()
					if r := reader.client.Do("GET", "/", nil); r.Status != 200 {
						t.Fatal(r.Status, r.Body)
					}
					if i >= 9 {
						query, page = append(query, read), append(page, time.Since(begun))
					}
				}
				slices.Sort(query)
				slices.Sort(page)
				t.Logf("of 21: feed: median %v, slowest %v; page: median %v, slowest %v", query[10], query[20], page[10], page[20])
				if page[10] > 5*time.Millisecond {
					t.Errorf("the page takes %v, want at most 5 ms", page[10])
				}
			})
		})
	}
}
