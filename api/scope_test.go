package api_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/reqinfo"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// TestHookScope checks what application code inside a request knows of it.
func TestHookScope(t *testing.T) {
	t.Parallel()
	db := memory(t)
	var seen []string
	err := store.Before(db, func(ctx context.Context, w *store.Write[note]) error {
		who := auth.FromContext(ctx)
		if w.Scope == nil || w.Scope != store.ScopeFrom(ctx) {
			t.Error("the hook has no scope, or another one than the context")
		}
		seen = append(seen, who.ID+" "+w.Scope.Actor+" "+w.Scope.Tenant)
		if w.New.Title == "panic" {
			panic("in a hook")
		}
		if w.New.Title == "refuse" {
			return &api.Error{Code: "PT402", Message: "pay first"}
		}
		w.New.Secret = "set"
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	h := serve(t, db, api.Config{}, api.Resource[note]{Policy: api.OwnedBy("owner_id")})
	must(t, h, 201, request{caller: "ann", line: "POST /notes", body: `{"title":"x","key":"k"}`})
	must(t, h, 402, request{caller: "ann", line: "POST /notes", body: `{"title":"refuse","key":"k"}`})
	must(t, h, 500, request{caller: "ann", line: "POST /notes", body: `{"title":"panic","key":"k"}`})
	if got := must(t, h, 200, request{caller: "ann", line: "GET /notes?select=title"}); got.body != `[{"title":"x"}]` {
		t.Errorf("stored %s", got.body)
	}
	if want := ann.String() + " " + ann.String() + " acme"; len(seen) != 3 || seen[0] != want {
		t.Errorf("the hook saw %q", seen)
	}
}

// TestHiddenKey hides the key of a resource from all but editors: no answer reveals which
// keys exist.
func TestHiddenKey(t *testing.T) {
	t.Parallel()
	h := serve(t, memory(t), api.Config{}, api.Resource[note]{Policy: api.Policy{
		Read: api.Anyone(), Create: api.SignedIn(), Update: api.Anyone(), Delete: api.Anyone(),
		Columns: map[string]api.ColumnRule{"id": {Read: api.Role("editor"), Create: api.Role("editor")}},
	}})
	body := `{"id":"` + pAlpha + `","title":"x","key":"k","owner_id":"` + ann.String() + `"}`
	made := must(t, h, 201, request{caller: "ann", line: "POST /notes", body: body, header: []string{"Prefer: return=headers-only"}})
	if got := made.header.Get("Location"); got != "/notes?id=eq."+pAlpha {
		t.Errorf("Location %q", got)
	}
	must(t, h, 200, request{caller: "ann", line: "GET /notes/" + pAlpha})
	for _, line := range []string{"GET /notes/" + pAlpha, "DELETE /notes/" + pAlpha, "GET /notes/" + pBeta} {
		must(t, h, 404, request{caller: "bob", line: line})
	}
	list := must(t, h, 200, request{caller: "bob", line: "GET /notes?limit=1"})
	if list.header.Get("Link") != "" || strings.Contains(list.body, pAlpha) {
		t.Errorf("bob gets %s and %v", list.body, list.header)
	}
	hidden := must(t, h, 201, request{
		caller: "bob", line: "POST /notes", body: strings.Replace(body, `"id":"`+pAlpha+`",`, "", 1), header: []string{"Prefer: return=headers-only"},
	})
	if got := hidden.header.Get("Location"); got != "" {
		t.Errorf("Location %q", got)
	}
}

// TestEveryStoreCallHasAScope checks that the package reaches the store through one function
// only, which gives it the caller's scope.
func TestEveryStoreCallHasAScope(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var doors []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for range bytes.Count(source, []byte("access.New(")) {
			doors = append(doors, name)
		}
		for _, other := range []string{"store.For[", ".Bun()", ".SQL()", ".Exec("} {
			if bytes.Contains(source, []byte(other)) && name != "doc.go" {
				t.Errorf("%s goes to the store by %s", name, other)
			}
		}
	}
	if len(doors) != 1 {
		t.Errorf("access.New is called in %q, want one place", doors)
	}
}

// TestScopeOfRequest: the scope of own routes has the bounds of the principal.
func TestScopeOfRequest(t *testing.T) {
	t.Parallel()
	a, err := api.New(memory(t), api.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, built := range []bool{false, true} {
		if built {
			if _, err := a.Handler(); err != nil {
				t.Fatal(err)
			}
		}
		for _, tt := range []struct {
			who     auth.Principal
			want    query.Caller
			timeout time.Duration
		}{
			{auth.Principal{}, query.Caller{Network: netip.MustParsePrefix("2001:db8::/64")}, 3 * time.Second},
			{auth.Principal{Kind: auth.Anonymous, ID: "key"}, query.Caller{Network: netip.MustParsePrefix("2001:db8::/64")}, 3 * time.Second},
			{auth.Principal{Kind: auth.User, ID: "ann"}, query.Caller{ID: "ann"}, 8 * time.Second},
			{auth.Principal{Kind: auth.User, ID: "guest", IsAnonymous: true}, query.Caller{Network: netip.MustParsePrefix("2001:db8::/64")}, 8 * time.Second},
			{auth.Principal{Kind: auth.User, ID: "a key", CountedAs: "ann"}, query.Caller{ID: "ann"}, 8 * time.Second},
			{auth.Principal{Kind: auth.Service, ID: "s"}, query.Caller{}, 0},
		} {
			r, record := reqinfo.Begin(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))
			record.SetClientAddress(netip.MustParseAddr("2001:db8::7"))
			s := store.ScopeFrom(a.WithScope(auth.WithPrincipal(r.Context(), tt.who)))
			if s.Caller != tt.want || s.Actor != tt.who.ID || s.StatementTimeout != tt.timeout {
				t.Errorf("%v, built %t: %+v", tt.who, built, s)
			}
		}
	}
}
