package main

import (
	"net/url"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api/apitest"
)

// submit sends a form and returns the status and the page.
func (m *member) submit(path string, form url.Values) (int, string) {
	r := m.client.With("Content-Type", "application/x-www-form-urlencoded").Do("POST", path, []byte(form.Encode()))
	return r.Status, r.Body
}

// TestBlockedPages looks for a person on all pages, before and after a block by a form.
func TestBlockedPages(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		w := newWorld(t, f)
		pages := map[string]string{ // with what is seen before the block
			"/":                               "I am bob",
			"/people/bob":                     "@bob",
			"/people/cid/following":           "/people/bob",
			"/posts/" + w.bobPost.ID.String(): "I am bob",
			"/posts/" + w.cidPost.ID.String(): "bob says",
			"/notifications":                  "/people/bob",
			"/search?q=bob":                   "I am bob",
		}
		shows := func(path, text string) bool {
			return strings.Contains(w.ann.client.Do("GET", path, nil).Body, text)
		}
		for path, text := range pages {
			if !shows(path, text) {
				t.Errorf("%s does not show %q before the block", path, text)
			}
		}
		if status, body := w.bob.submit("/people/ann/block", nil); status != 303 {
			t.Fatal(status, body)
		}
		for path, text := range pages {
			if shows(path, text) {
				t.Errorf("%s shows %q after the block", path, text)
			}
		}
		for _, path := range []string{"/people/bob", "/people/bob/followers", "/posts/" + w.bobPost.ID.String()} {
			if r := w.ann.client.Do("GET", path, nil); r.Status != 404 {
				t.Errorf("%s: %d", path, r.Status)
			}
		}
		for path, form := range map[string]url.Values{
			"/people/bob/follow": nil, "/posts/" + w.bobPost.ID.String() + "/like": {"on": {"true"}},
		} {
			if status, _ := w.ann.submit("/people/ann/block", nil); status != 403 {
				t.Errorf("ann blocks herself: %d", status)
			}
			if status, _ := w.ann.submit(path, form); status != 404 {
				t.Errorf("ann posts to %s: %d", path, status)
			}
		}
		if status, _ := w.bob.submit("/settings/blocks/"+w.ann.ID.String()+"/end", nil); status != 303 || !shows("/people/bob", "@bob") {
			t.Errorf("the block does not end: %d", status)
		}
	})
}

// TestForms has forms keep what was written, with the error at the field.
func TestForms(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		ann := f.join(t, "ann")
		post := ann.post(t, "One")
		long := strings.Repeat("long ", 101)
		for path, form := range map[string]url.Values{
			"/posts": {"body": {long}},
			"/posts/" + post.ID.String() + "/comments": {"body": {long}},
			"/settings": {"name": {"Ann"}, "bio": {long}},
		} {
			status, page := ann.submit(path, form)
			if status != 422 || !strings.Contains(page, long) || !strings.Contains(page, `aria-invalid="true"`) {
				t.Errorf("%s: %d %s", path, status, page)
			}
		}
		if status, page := ann.submit("/posts", url.Values{"body": {"<b>Hi</b> @ann"}}); status != 303 {
			t.Fatal(status, page)
		}
		if page := ann.client.Do("GET", "/", nil).Body; !strings.Contains(page, `&lt;b&gt;Hi&lt;/b&gt; <a href="/people/ann">@ann</a>`) {
			t.Error(page)
		}
		if r := apitest.New(t, f.handler).Do("GET", "/notifications", nil); r.Status != 303 || r.Header.Get("Location") != "/sign-in?next=%2Fnotifications" {
			t.Errorf("without a session: %d %s", r.Status, r.Header.Get("Location"))
		}
	})
}
