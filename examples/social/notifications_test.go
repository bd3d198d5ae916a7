package main

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestMentioned(t *testing.T) {
	for text, want := range map[string][]string{
		"@ann, meet @Bob_2 and @ann.": {"ann", "bob_2"},
		"mail ann@example.org":        nil,
		"(@ann)/@bob @@cid @d":        {"ann"},
		"über@ann @änne":              nil,
		"":                            nil,
		strings.Repeat("@aa1 @aa2 @aa3 @aa4 @aa5 @aa6 @aa7 @aa8 @aa9 @bb1 @bb2 ", 2): {"aa1", "aa2", "aa3", "aa4", "aa5", "aa6", "aa7", "aa8", "aa9", "bb1"},
	} {
		if got := mentioned(text); !reflect.DeepEqual(got, want) {
			t.Errorf("%q mentions %v, want %v", text, got, want)
		}
	}
}

// TestNotifications has one notification for each thing that happens, and the exact number of
// unseen ones.
func TestNotifications(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		ann, bob, cid := f.join(t, "ann"), f.join(t, "bob"), f.join(t, "cid")
		check := func(m *member, kinds string) {
			t.Helper()
			var want []string
			for _, kind := range strings.Fields(kinds) {
				actor, kind, _ := strings.Cut(kind, ":")
				want = append(want, fmt.Sprintf(`{"kind":%q,"actor":{"handle":%q}}`, kind, actor))
			}
			list := "[" + strings.Join(want, ",") + "]"
			if got := m.get(t, "notifications?select=kind,actor:people!actor_id(handle)&seen=is.false&order=created_at"); got != list {
				t.Errorf("%s has %s, want %s", m.Handle, got, list)
			}
			if got, want := m.get(t, "inboxes?select=unread"), fmt.Sprintf(`[{"unread":%d}]`, len(want)); got != want {
				t.Errorf("%s has %s, want %s", m.Handle, got, want)
			}
		}
		bob.follow(t, ann)
		post := ann.post(t, "Hello @bob, @cid and @ann")
		check(ann, "bob:follow")
		check(bob, "ann:mention")
		bob.like(t, post)
		root := bob.comment(t, post, nil, "Hi @ann and @cid")
		check(ann, "bob:follow bob:like bob:comment")
		check(cid, "ann:mention bob:mention")
		reply := cid.comment(t, post, root, "Hi @bob")
		check(bob, "ann:mention cid:reply")
		check(ann, "bob:follow bob:like bob:comment cid:comment")
		ann.comment(t, post, reply, "Welcome")
		check(cid, "ann:mention bob:mention ann:reply")

		// What is taken back is no news.
		bob.unlike(t, post)
		bob.remove(t, "follows?followed_id=eq.%s", ann.ID)
		check(ann, "bob:comment cid:comment")
		if status, body := ann.send("PATCH", "notifications?seen=is.false", `{"seen":true}`); status != 200 {
			t.Fatal(status, body)
		}
		check(ann, "")
		if _, body := ann.send("PATCH", "notifications?kind=eq.comment", `{"seen":false}`); !strings.Contains(body, "comment") {
			t.Fatal(body)
		}
		check(ann, "bob:comment cid:comment")
		bob.remove(t, "comments?id=eq.%s", root.ID)
		check(ann, "")
		check(cid, "ann:mention")
		ann.remove(t, "posts?id=eq.%s", post.ID)
		check(cid, "")
		check(bob, "")
	})
}
