package gate_test

import (
	"net/http"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth"
)

// conditionalLists are lists whose answers differ from caller to caller.
var conditionalLists = []string{
	"/notes?select=slug,title,owner(name)",
	"/notes?select=slug&order=owner(name),slug&limit=1",
	"/users?select=name", "/users", "/suggestions",
}

// TestA52ConditionalLists (security list A-52): the entity tag of a list says no
// more than its rows. Changes of rows that a caller does not see change neither
// their tag nor the answer to it, on the first request behind the change and on
// those that are answered from memory; a tag of others leads to 304 only where
// they see the same; and only the client may keep the list.
func TestA52ConditionalLists(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		callers := []auth.Principal{asAna, asAri, asBea, asAdmin, {}}
		for _, target := range conditionalLists {
			tags, bodies := make([]string, len(callers)), make([]string, len(callers))
			for i, p := range callers {
				res := f.as(t, p).Get(target)
				if res.Status >= 300 {
					continue // not for this caller
				}
				tags[i], bodies[i] = res.Header.Get("Etag"), res.Body
				if tags[i] == "" || res.Header.Get("Cache-Control") != "private, no-cache" {
					t.Errorf("GET %s: tag %q, Cache-Control %q", target, tags[i], res.Header.Get("Cache-Control"))
				}
			}
			for i, p := range callers {
				for j, tag := range tags {
					if tag == "" || bodies[i] == "" {
						continue
					}
					got := f.as(t, p).With("If-None-Match", tag).Get(target)
					if (got.Status == http.StatusNotModified) != (bodies[i] == bodies[j]) {
						t.Errorf("GET %s: %d for the tag of %s, the caller has %s", target, got.Status, bodies[j], bodies[i])
					}
				}
			}
		}
	})
}

// TestA52HiddenChanges changes rows that a caller does not see.
func TestA52HiddenChanges(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		const target = "/notes?select=slug,title,owner(name)&order=slug"
		ask := func(tag string) (int, string) {
			res := f.as(t, asAna).With("If-None-Match", tag).Get(target)
			return res.Status, res.Header.Get("Etag")
		}
		_, tag := ask(`"none"`)
		for i, title := range []string{"one", "two", "three"} {
			f.as(t, asBea).Patch("/notes/"+beaDraft, map[string]any{"title": title}).Want(http.StatusNoContent)
			for range 3 {
				if status, same := ask(tag); status != http.StatusNotModified || same != tag {
					t.Fatalf("change %d of a hidden row: %d, tag %s, had %s", i, status, same, tag)
				}
			}
			if _, fresh := ask(`"none"`); fresh != tag {
				t.Fatalf("change %d of a hidden row made the tag %s, was %s", i, fresh, tag)
			}
		}
		f.as(t, asAna).Patch("/notes/"+anaDraft, map[string]any{"title": "seen"}).Want(http.StatusNoContent)
		if status, fresh := ask(tag); status != http.StatusOK || fresh == tag {
			t.Errorf("a change the caller sees: %d, tag %s", status, fresh)
		}
	})
}
