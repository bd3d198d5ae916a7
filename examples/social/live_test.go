package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
)

// TestBlockedEvents polls for changes as a person who is blocked meanwhile. Posts and comments of
// the other one do not arrive from then on, and those of a third person do.
func TestBlockedEvents(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			f.app.RunBackground(ctx)
		}()
		defer func() {
			stop()
			<-ended
		}()
		w := newWorld(t, f)
		var cursor string
		poll := func() (bodies string) {
			t.Helper()
			var answer struct {
				Changes []struct{ Row struct{ Body string } }
				Next    string
			}
			if err := json.Unmarshal([]byte(w.ann.get(t, "-/changes?wait=20&tables=posts,comments&since="+cursor)), &answer); err != nil {
				t.Fatal(err)
			}
			for _, c := range answer.Changes {
				bodies += c.Row.Body + ";"
			}
			cursor = answer.Next
			return bodies
		}
		until := func(last string) (bodies string) {
			t.Helper()
			for !strings.Contains(bodies, last) {
				bodies += poll()
			}
			return bodies
		}
		cursor = func() string {
			var answer struct{ Next string }
			if err := json.Unmarshal([]byte(w.ann.get(t, "-/changes?tables=posts,comments")), &answer); err != nil {
				t.Fatal(err)
			}
			return answer.Next
		}()
		say := func(words string) {
			t.Helper()
			w.bob.post(t, "bob "+words)
			w.bob.comment(t, w.cidPost, nil, "bob below cid "+words)
			w.cid.comment(t, w.bobPost, nil, "cid below bob "+words)
			w.cid.post(t, "cid "+words)
		}
		say("before")
		if got := until("cid before;"); !strings.Contains(got, "bob before;") || !strings.Contains(got, "bob below cid before;") || !strings.Contains(got, "cid below bob before;") {
			t.Errorf("before the block: %s", got)
		}
		w.bob.block(t, w.ann)
		say("after")
		if got := until("cid after;"); strings.Contains(got, "bob") {
			t.Errorf("after the block: %s", got)
		}
	})
}
