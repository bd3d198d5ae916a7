package main

import (
	"fmt"
	"slices"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// TestFeed reads the pages of a feed while posts are added: each post is there once, the newest
// first, and posts of people who are not followed are missing.
func TestFeed(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		ann, bob, cid := f.join(t, "ann"), f.join(t, "bob"), f.join(t, "cid")
		ann.follow(t, bob)
		bob.follow(t, cid)
		var want []string
		for i := range 45 {
			author := []*member{ann, bob, cid}[i%3]
			if text := fmt.Sprint(author.Handle, i); author != cid {
				want = append(want, text)
			}
			author.post(t, fmt.Sprint(author.Handle, i))
		}
		slices.Reverse(want)
		var got []string
		var pages []int
		var after query.Cursor
		for {
			posts, next, err := feed(t.Context(), store.For[FeedItem](f.app.DB()), ann.ID, after)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range posts {
				got = append(got, p.Body)
				if p.Author == nil || p.Author.ID != p.AuthorID {
					t.Errorf("%s has author %v", p.Body, p.Author)
				}
			}
			pages = append(pages, len(posts))
			if after = next; after == "" {
				break
			}
			bob.post(t, "later")
		}
		if !slices.Equal(got, want) || !slices.Equal(pages, []int{20, 10}) {
			t.Errorf("pages %v:\n%v, want\n%v", pages, got, want)
		}
	})
}

// TestFeedChanges has follows and deleted posts change a feed.
func TestFeedChanges(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		ann, bob := f.join(t, "ann"), f.join(t, "bob")
		first := bob.post(t, "First")
		bob.post(t, "Second")
		check := func(want string) {
			t.Helper()
			if got := ann.get(t, "feed_items?select=post:posts(body)&order=created_at"); got != want {
				t.Errorf("the feed is %s, want %s", got, want)
			}
		}
		check(`[]`)
		ann.follow(t, bob)
		check(`[{"post":{"body":"First"}},{"post":{"body":"Second"}}]`)
		bob.remove(t, "posts?id=eq.%s", first.ID)
		check(`[{"post":{"body":"Second"}}]`)
		ann.remove(t, "follows?followed_id=eq.%s", bob.ID)
		check(`[]`)
	})
}

// TestNumbers follows the numbers of people and posts through rows that come and go.
func TestNumbers(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		ann, bob := f.join(t, "ann"), f.join(t, "bob")
		people := func(want string) {
			t.Helper()
			if got := ann.get(t, "people?select=handle,posts,followers,following&order=handle"); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
		post := ann.post(t, "One")
		ann.post(t, "Two")
		bob.follow(t, ann)
		people(`[{"handle":"ann","posts":2,"followers":1,"following":0},{"handle":"bob","posts":0,"followers":0,"following":1}]`)
		bob.remove(t, "follows?followed_id=eq.%s", ann.ID)
		ann.remove(t, "posts?body=eq.Two")
		people(`[{"handle":"ann","posts":1,"followers":0,"following":0},{"handle":"bob","posts":0,"followers":0,"following":0}]`)

		root := bob.comment(t, post, nil, "Root")
		reply := ann.comment(t, post, root, "Reply")
		bob.comment(t, post, reply, "Reply to the reply")
		ann.comment(t, post, nil, "Another root")
		comments := func(want string) {
			t.Helper()
			if got := ann.get(t, "posts?select=comments"); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
		comments(`[{"comments":4}]`)
		thread := ann.get(t, fmt.Sprintf("comments?select=body&root_id=eq.%s&order=created_at", root.ID))
		if want := `[{"body":"Reply"},{"body":"Reply to the reply"}]`; thread != want {
			t.Errorf("thread %s, want %s", thread, want)
		}
		bob.remove(t, "comments?id=eq.%s", root.ID) // with its thread
		comments(`[{"comments":1}]`)
	})
}

// TestForeignWrites has the API refuse what a client must not write.
func TestForeignWrites(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		ann, bob := f.join(t, "ann"), f.join(t, "bob")
		post, other := ann.post(t, "One"), ann.post(t, "Two")
		root := ann.comment(t, post, nil, "Root")
		for i, tt := range []struct {
			method, path, body string
			status             int
		}{
			{"POST", "posts", fmt.Sprintf(`{"body":"x","author_id":%q}`, ann.ID), 403},
			{"POST", "posts", `{"body":"x","likes":9}`, 400},
			{"POST", "posts", `{"body":""}`, 400},
			{"POST", "follows", fmt.Sprintf(`{"followed_id":%q}`, bob.ID), 400},
			{"POST", "follows", fmt.Sprintf(`{"followed_id":%q}`, store.NewID()), 409},
			{"POST", "likes", fmt.Sprintf(`{"post_id":%q,"person_id":%q}`, post.ID, bob.ID), 403},
			{"POST", "comments", fmt.Sprintf(`{"post_id":%q,"parent_id":%q,"body":"other post"}`, other.ID, root.ID), 404},
			{"POST", "notifications", fmt.Sprintf(`{"person_id":%q,"actor_id":%q,"kind":"follow"}`, ann.ID, bob.ID), 400},
			{"POST", "blocks", fmt.Sprintf(`{"blocked_id":%q}`, bob.ID), 400},
			{"PATCH", "people?handle=eq.bob", `{"followers":9}`, 400},
			{"PATCH", "people?handle=eq.bob", `{"name":"Bobby"}`, 200},
		} {
			if status, body := bob.send(tt.method, tt.path, tt.body); status != tt.status {
				t.Errorf("%d: %s %s %s: %d %s, want %d", i, tt.method, tt.path, tt.body, status, body, tt.status)
			}
		}
		for _, path := range []string{"posts?author_id=eq." + ann.ID.String(), "comments?body=eq.Root", "people?handle=eq.ann"} {
			if status, body := bob.send("DELETE", path, ""); status < 300 && body != "[]" {
				t.Errorf("bob deleted %s: %d %s", path, status, body)
			}
		}
	})
}
