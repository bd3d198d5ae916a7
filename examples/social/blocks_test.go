package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
)

// world is two people with everything between them, and a third one who talks of both.
type world struct {
	ann, bob, cid    *member
	annPost, bobPost *Post
	cidPost          *Post
	annSays, bobSays *Comment // below the post of cid
}

func newWorld(t *testing.T, f *fixture) *world {
	t.Helper()
	w := &world{ann: f.join(t, "ann"), bob: f.join(t, "bob"), cid: f.join(t, "cid")}
	w.ann.follow(t, w.bob)
	w.bob.follow(t, w.ann)
	w.cid.follow(t, w.ann)
	w.cid.follow(t, w.bob)
	w.annPost, w.bobPost = w.ann.post(t, "I am ann, hello @bob"), w.bob.post(t, "I am bob, hello @ann")
	w.cidPost = w.cid.post(t, "I know both")
	w.annSays = w.ann.comment(t, w.cidPost, nil, "ann says")
	w.bobSays = w.bob.comment(t, w.cidPost, w.annSays, "bob says")
	w.ann.comment(t, w.bobPost, nil, "ann at bob")
	w.bob.comment(t, w.annPost, nil, "bob at ann")
	w.cid.comment(t, w.annPost, nil, "cid at ann, hello @bob")
	w.cid.comment(t, w.bobPost, nil, "cid at bob, hello @ann")
	for _, m := range []*member{w.ann, w.bob} {
		for _, post := range []*Post{w.annPost, w.bobPost, w.cidPost} {
			m.like(t, post)
		}
	}
	return w
}

// seen are requests for rows of the other person.
func seen(other *member, post *Post, says *Comment, cidPost *Post) []string {
	return []string{
		"people?select=id&id=eq." + other.ID.String(),
		"people?select=id&handle=search." + other.Handle,
		"posts?select=id&author_id=eq." + other.ID.String(),
		"posts?select=id&id=eq." + post.ID.String(),
		"posts?select=id&body=search." + other.Handle + "%20hello&author_id=eq." + other.ID.String(),
		"comments?select=id&author_id=eq." + other.ID.String(),
		"comments?select=id&post_id=eq." + post.ID.String(),
		"comments?select=id&id=eq." + says.ID.String(),
		"likes?select=post_id&person_id=eq." + other.ID.String(),
		"likes?select=post_id&post_id=eq." + post.ID.String(),
		"follows?select=follower_id&follower_id=eq." + other.ID.String(),
		"follows?select=follower_id&followed_id=eq." + other.ID.String(),
		"notifications?select=id&actor_id=eq." + other.ID.String(),
		"notifications?select=id&post_id=eq." + post.ID.String(),
		"posts?select=id,liked_by:likes!inner(person_id)&id=eq." + cidPost.ID.String() + "&liked_by.person_id=eq." + other.ID.String(),
		"posts?select=id,said:comments!inner(id)&id=eq." + cidPost.ID.String() + "&said.author_id=eq." + other.ID.String(),
	}
}

// TestBlocks asks for everything that two people have with each other. They see it before one
// blocks the other, and nothing of it right after, in both directions. A third person sees no
// difference. Without the block posts and comments are back, and follows are not.
func TestBlocks(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		w := newWorld(t, f)
		type view struct {
			who  *member
			path string
		}
		var pair, third []view
		for _, path := range seen(w.bob, w.bobPost, w.bobSays, w.cidPost) {
			pair, third = append(pair, view{w.ann, path}), append(third, view{w.cid, path})
		}
		for _, path := range seen(w.ann, w.annPost, w.annSays, w.cidPost) {
			pair, third = append(pair, view{w.bob, path}), append(third, view{w.cid, path})
		}
		ends := func(path string) bool {
			return strings.HasPrefix(path, "follows") || strings.HasPrefix(path, "notifications")
		}
		before := map[view]string{}
		for _, v := range pair {
			if before[v] = v.who.get(t, v.path); before[v] == "[]" {
				t.Errorf("%s sees nothing at %s before the block", v.who.Handle, v.path)
			}
		}
		for _, v := range third {
			before[v] = v.who.get(t, v.path)
		}
		feeds := func(who *member, want int) {
			t.Helper()
			posts, _, err := feed(t.Context(), store.For[FeedItem](f.app.DB()), who.ID, "")
			if err != nil || len(posts) != want {
				t.Errorf("the feed of %s has %d posts, want %d: %v", who.Handle, len(posts), want, err)
			}
		}
		feeds(w.ann, 2)

		w.bob.block(t, w.ann)
		for _, v := range pair {
			if got := v.who.get(t, v.path); got != "[]" {
				t.Errorf("%s sees %s at %s", v.who.Handle, got, v.path)
			}
		}
		feeds(w.ann, 1)
		feeds(w.bob, 1)
		for _, v := range third {
			if got := v.who.get(t, v.path); got != before[v] && !ends(v.path) {
				t.Errorf("cid sees %s at %s, was %s", got, v.path, before[v])
			}
		}
		if got := w.ann.get(t, "blocks"); got != "[]" {
			t.Errorf("ann sees who blocks her: %s", got)
		}
		for _, m := range []*member{w.ann, w.bob} {
			other, post, says := w.bob, w.bobPost, w.bobSays
			if m == w.bob {
				other, post, says = w.ann, w.annPost, w.annSays
			}
			for path, body := range map[string]string{
				"follows":  fmt.Sprintf(`{"followed_id":%q}`, other.ID),
				"comments": fmt.Sprintf(`{"post_id":%q,"parent_id":%q,"body":"x"}`, w.cidPost.ID, says.ID),
			} {
				if status, answer := m.send("POST", path, body); status != 409 || !strings.Contains(answer, "23503") {
					t.Errorf("%s writes %s past the block: %d %s", m.Handle, path, status, answer)
				}
			}
			if status, answer := m.send("POST", "rpc/like", fmt.Sprintf(`{"post":%q}`, post.ID)); status != 404 {
				t.Errorf("%s likes past the block: %d %s", m.Handle, status, answer)
			}
			unread := m.get(t, "inboxes?select=unread")
			other.post(t, "Do you hear me, @"+m.Handle+"?")
			w.cid.comment(t, post, nil, "Look, @"+m.Handle)
			if got := m.get(t, "inboxes?select=unread"); got != unread {
				t.Errorf("%s is notified past the block: %s, was %s", m.Handle, got, unread)
			}
		}

		w.ann.block(t, w.bob)
		w.ann.remove(t, "blocks?blocked_id=eq.%s", w.bob.ID)
		if got := w.ann.get(t, "people?handle=eq.bob"); got != "[]" {
			t.Errorf("ann has ended the block of bob: %s", got)
		}
		w.bob.remove(t, "blocks?blocked_id=eq.%s", w.ann.ID)
		for _, v := range pair {
			if got := v.who.get(t, v.path); got == "[]" != (ends(v.path) && !strings.Contains(v.path, "followed_id")) { // cid still follows
				t.Errorf("after the block %s sees %s at %s", v.who.Handle, got, v.path)
			}
		}
	})
}
