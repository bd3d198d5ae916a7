package gate_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
)

// TestA2HiddenTexts: how long a pattern takes tells nothing of rows that the caller
// does not see: they are not compared with it, whatever the rule costs the database. A text
// of a megabyte takes some milliseconds, and what it begins with decides of how many.
func TestA2HiddenTexts(t *testing.T) {
	programtest.SkipShort(t)
	engines(t, func(t *testing.T, f *fixture) {
		long := strings.Repeat("x", 900_000)
		for i := range 5 {
			f.do(t, asAri, ask{method: http.MethodPost, target: "/notes", body: fmt.Sprintf(`{"slug":"hidden-%d","title":"x","status":"draft","body":"secret %s"}`, i, long)}).Want(http.StatusCreated)
			f.do(t, asAri, ask{method: http.MethodPost, target: "/projects", body: fmt.Sprintf(`{"name":"secret %s","budget":1,"memo":"x"}`, long)}).Want(http.StatusCreated)
		}
		const slow = "(a%7Cx)*(b%7Cx)*(c%7Cx)*y"
		patterns := []string{"match.secret." + slow, "imatch.secret." + slow, "like.*x*a*b*c*", "ilike.*x*a*b*c*", "like(any).{*a*b*c*,*d*e*}", "not.match.secret." + slow, "not.search.word1"}
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

// TestA2HiddenDocuments: neither does how long it takes to compare documents, places
// in them and arrays.
func TestA2HiddenDocuments(t *testing.T) {
	programtest.SkipShort(t)
	sheetEngines(t, 0, 0, func(t *testing.T, s *sheets) {
		for i := range 5 {
			m := &Sheet{ID: int64(i), Secret: "x", Status: new("draft"), Meta: new(store.JSON("[" + strings.Repeat("2,", 400_000) + "1,3,4]")), Labels: new(strings.Split(strings.Repeat("2", 200_000), ""))}
			if err := store.For[Sheet](s.db).Insert(store.WithTenant(t.Context(), tenant1), m); err != nil {
				t.Fatal(err)
			}
		}
		digits := "4,3,1,2" + strings.Repeat(",2.0", 80)
		took := func(filter string) time.Duration {
			least := time.Hour
			for range 4 {
				began := time.Now()
				s.do(t, asAna, ask{method: http.MethodGet, target: "/sheets?select=id&" + filter}).Want(http.StatusOK)
				least = min(least, time.Since(began))
			}
			return least
		}
		usual := took("num=eq.77")
		for _, filter := range []string{
			"meta=cs.[" + digits + "]", "meta=cd.[" + digits + "]", "meta=not.cs.[" + digits + "]", "or=(num.eq.77,meta.cs.[1])", "meta=eq.[1]", "meta=isdistinct.[1]",
			"meta->>-1=eq.x", "meta->5=eq.1", "meta->>-1=is.null", "meta->>-1=like.*x*", "or=(num.eq.77,meta->>-1.eq.x)",
			"labels=cs.{" + digits + "}", "labels=cd.{" + digits + "}", "labels=ov.{" + strings.ReplaceAll(digits, "2", "x") + "}", "labels=eq.{1}",
		} {
			if d := took(filter); d > usual+20*time.Millisecond { // the machine may be busy
				t.Errorf("%.40s takes %s, and %s without", filter, d, usual)
			}
		}
	})
}
