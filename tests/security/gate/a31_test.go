package gate_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// patternTime is the statement timeout of the engines' defaults and what may go
// by besides.
const patternTime = 30*time.Second + 200*time.Millisecond

// TestA31ExpensivePatterns: patterns made to cost much are answered in time, or refused by
// the name of a limit, over a text of a megabyte that almost matches.
func TestA31ExpensivePatterns(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		long := strings.Repeat("a", 1<<20) + "b"
		n, err := store.For[Note](f.db).PatchWhere(store.WithTenant(t.Context(), tenant1), store.Eq("slug", "ana-draft"), store.SetTo("body", long))
		if err != nil || n != 1 {
			t.Fatalf("%d rows, %v", n, err)
		}
		for _, tt := range []struct {
			filter string
			status int
		}{
			{"body=like." + strings.Repeat("*a", 200), 400},
			{"body=ilike." + strings.Repeat("*a", 16), 200},
			{"body=like." + strings.Repeat("*_a", 16) + "c", 200},
			{"body=like(any).{" + strings.Repeat("*a", 16) + "c," + strings.Repeat("*aa", 16) + "c}", 200},
			{"body=match.(a%2B)%2B$", 200},
			{"body=imatch.(a|aa)%2B$", 200},
			{"body=match.(a*)*c", 200},
			{"body=match." + strings.Repeat(".{255}", 84) + "~", 400},
			{"body=match(any).{" + strings.Repeat(`".{250}~",`, 40) + "~}", 400},
			{"body=imatch." + "(a%3F){32}~", 200},
			{"body=like.*" + strings.Repeat("a", 7000) + "%EF%BF%BD", 400},
			{"body=imatch." + strings.Repeat("a", 10<<10), 414},
			{"body=imatch." + strings.Repeat("a", 600), 400},
		} {
			began := time.Now()
			got := f.do(t, asAna, ask{method: http.MethodGet, target: "/notes?select=slug&" + tt.filter})
			if took := time.Since(began); got.Status != tt.status || took > patternTime {
				t.Errorf("%.60s: status %d after %s: %.200s", tt.filter, got.Status, took, got.Body)
			}
		}
	})
}
