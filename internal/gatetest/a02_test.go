package gatetest_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestA2HiddenTexts: how long a pattern takes tells nothing of rows that the caller
// does not see: they are not compared with it, whatever the rule costs the database. A text
// of a megabyte takes some milliseconds, and what it begins with decides of how many.
func TestA2HiddenTexts(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		long := strings.Repeat("x", 900_000)
		for i := range 5 {
			f.do(t, asAri, ask{method: http.MethodPost, target: "/notes", body: fmt.Sprintf(`{"slug":"hidden-%d","title":"x","status":"draft","body":"secret %s"}`, i, long)}).Want(http.StatusCreated)
			f.do(t, asAri, ask{method: http.MethodPost, target: "/projects", body: fmt.Sprintf(`{"name":"secret %s","budget":1,"memo":"x"}`, long)}).Want(http.StatusCreated)
		}
		const slow = "(a%7Cx)*(b%7Cx)*(c%7Cx)*y"
		patterns := []string{"match.secret." + slow, "imatch.secret." + slow, "like.*x*a*b*c*", "ilike.*x*a*b*c*", "like(any).{*a*b*c*,*d*e*}", "not.match.secret." + slow}
		if f.db.Capabilities().FullText {
			patterns = append(patterns, "fts(english).word")
		}
		asks := []ask{
			{method: http.MethodGet, target: "/notes?select=slug&body=%s"},
			{method: http.MethodGet, target: "/notes?select=count()&body=%s"},
			{method: http.MethodHead, target: "/notes?body=%s", prefer: counted},
			{method: http.MethodGet, target: "/notes?select=slug&or=(body.%s,slug.eq.x)"},
			{method: http.MethodGet, target: "/projects?select=id&name=%s"},
			{method: http.MethodGet, target: "/projects?select=id,notes!inner(slug)&notes.body=%s"},
			{method: http.MethodGet, target: "/notes?select=slug,project!inner(id)&project.name=%s"},
			{method: http.MethodPatch, target: "/notes?slug=eq.none&body=%s", body: `{"status":"draft"}`},
			{method: http.MethodDelete, target: "/notes?slug=like.hidden-*&body=%s"},
		}
		took := func(a ask) time.Duration {
			var all [5]time.Duration
			for i := range all {
				began := time.Now()
				f.do(t, asAna, a)
				all[i] = time.Since(began)
			}
			slices.Sort(all[:])
			return all[1]
		}
		for _, a := range asks {
			usual := a
			usual.target = fmt.Sprintf(a.target, "eq.x")
			least := took(usual)
			for _, pattern := range patterns {
				this := a
				this.target = fmt.Sprintf(a.target, pattern)
				if strings.Contains(a.target, "or=(") && strings.ContainsAny(pattern, "()") {
					continue // would have to be quoted
				}
				if d := took(this); d > least+20*time.Millisecond { // the machine may be busy
					t.Errorf("%s takes %s, and %s without a pattern", this, d, least)
				}
			}
		}
	})
}
