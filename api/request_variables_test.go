package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// leaflet is read by its owner, with its token, or between two times.
type leaflet struct {
	bun.BaseModel `bun:"table:leaflets"`
	store.Model
	OwnerID store.ID       `bun:",notnull,type:uuid"`
	Token   string         `bun:",notnull" plinth:"hidden"`
	Code    string         `bun:",notnull"`
	Device  string         `bun:",notnull"`
	From    *time.Time     `bun:"shown_from"`
	Until   *time.Time     `bun:"shown_until"`
	Pages   []*leafletPage `bun:"rel:has-many,join:id=leaflet_id"`
}

// leafletPage is read with its leaflet.
type leafletPage struct {
	bun.BaseModel `bun:"table:leaflet_pages"`
	store.Model
	LeafletID store.ID `bun:",notnull,type:uuid"`
	Text      string   `bun:",notnull"`
	Leaflet   *leaflet `bun:"rel:belongs-to,join:leaflet_id=id"`
}

// sharing is the policy of leaflets.
func sharing() api.Policy {
	return api.Policy{
		Read: api.AnyOf(
			api.Owner("owner_id"),
			api.Where(store.Eq("token", store.Var("request.header.x-share-token"))),
			api.Where(store.Eq("code", store.Var("request.query.code-word"))),
			api.Where(store.And(store.Compare("shown_from", query.OpLte, store.Var("now()")), store.Compare("shown_until", query.OpGt, store.Var("now()")))),
		),
		Create: api.SignedIn(), Update: api.Owner("owner_id"),
		Preset:           map[string]any{"owner_id": store.Var("principal.id"), "device": store.Var("request.header.x-device")},
		RequestVariables: []string{"request.header.x-device", "request.header.x-share-token", "request.query.code-word"},
	}
}

// TestRequestVariables reads rows that a header, a parameter or the time opens.
func TestRequestVariables(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		pages := api.Policy{
			Read:             api.Related("leaflet", api.Where(store.Eq("token", store.Var("request.header.x-share-token")))),
			RequestVariables: []string{"request.header.x-share-token"},
		}
		h := serve(t, db, api.Config{}, api.Resource[leaflet]{Policy: sharing()}, api.Resource[leafletPage]{Policy: pages})
		now := time.Now()
		past, soon := now.Add(-time.Hour), now.Add(time.Hour)
		for _, l := range []leaflet{
			{OwnerID: ann, Token: "t-1", Code: "c1"},
			{OwnerID: bob, Token: "t-2", Code: "c2"},
			{OwnerID: bob, Token: "t-3", Code: "now", From: &past, Until: &soon},
			{OwnerID: bob, Token: "t-4", Code: "over", From: &past, Until: &past},
			{OwnerID: bob, Token: "t-5", Code: "later", From: &soon, Until: &soon},
		} {
			if err := store.For[leaflet](db).Insert(t.Context(), &l); err != nil {
				t.Fatal(err)
			}
			if err := store.For[leafletPage](db).Insert(t.Context(), &leafletPage{LeafletID: l.ID, Text: "of " + l.Code}); err != nil {
				t.Fatal(err)
			}
		}
		for _, tt := range []struct {
			name, caller, query string
			header              []string
			want                string
		}{
			{name: "nothing sent", want: "now"},
			{name: "owner", caller: "ann", want: "c1 now"},
			{name: "header", header: []string{"X-Share-Token: t-2"}, want: "c2 now"},
			{name: "header beside a login", caller: "ann", header: []string{"X-Share-Token: t-2"}, want: "c1 c2 now"},
			{name: "wrong header", header: []string{"X-Share-Token: t-22"}, want: "now"},
			{name: "pattern", header: []string{"X-Share-Token: *"}, want: "now"},
			{name: "separator", header: []string{"X-Share-Token: t-1\x00t-2"}, want: "now"},
			{name: "parameter", query: "&code-word=c2", want: "c2 now"},
			{name: "escaped parameter", query: "&code%2Dword=%632", want: "c2 now"},
			{name: "parameter first", query: "&code-word=c2&limit=5", want: "c2 now"},
			{name: "two parameters", query: "&code-word=c1&code-word=c2", want: "now"},
			{name: "empty parameter", query: "&code-word=", want: "now"},
			{name: "operator as value", query: "&code-word=neq.x", want: "now"},
			{name: "expired", query: "&code-word=over", want: "now over"},
		} {
			res := must(t, h, http.StatusOK, request{caller: tt.caller, line: "GET /leaflets?select=code&order=code" + tt.query, header: tt.header})
			var got []string
			for _, row := range decode[[]struct{ Code string }](t, res.body) {
				got = append(got, row.Code)
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("%s: %v, want %s", tt.name, got, tt.want)
			}
			if keep := res.header.Get("Cache-Control"); !strings.Contains(keep, "private") && !strings.Contains(keep, "no-store") {
				t.Errorf("%s: Cache-Control %q", tt.name, keep)
			}
			for name, values := range res.header {
				if strings.Contains(strings.Join(values, " "), "code-word") {
					t.Errorf("%s: the header %s repeats the parameter: %q", tt.name, name, values)
				}
			}
		}
		opened := must(t, h, http.StatusOK, request{line: "GET /leaflets?select=code,pages:leaflet_pages(text)&code=eq.c2", header: []string{"X-Share-Token: t-2"}})
		if want := `[{"code":"c2","pages":[{"text":"of c2"}]}]`; opened.body != want {
			t.Errorf("an embed: %s", opened.body)
		}
		if again := do(t, h, request{line: "GET /leaflets?select=code,pages:leaflet_pages(text)&code=eq.c2", header: []string{"If-None-Match: " + opened.header.Get("Etag")}}); again.status != http.StatusOK || again.body != "[]" {
			t.Errorf("the same list without the token: %d %s", again.status, again.body)
		}
		must(t, h, http.StatusBadRequest, request{line: "GET /leaflets?code_word=c1"})
		made := must(t, h, http.StatusCreated, request{
			caller: "ann", line: "POST /leaflets?select=device&code-word=x", body: `{"code":"new"}`,
			header: []string{"X-Device: phone", "Prefer: return=representation"},
		})
		if made.body != `[{"device":"phone"}]` {
			t.Errorf("a preset: %s", made.body)
		}
		must(t, h, http.StatusForbidden, request{caller: "ann", line: "POST /leaflets", body: `{"code":"new"}`})
		batch := must(t, h, http.StatusOK, request{
			line: "POST /-/batch?code-word=c1", body: `[{"method":"GET","path":"/leaflets?select=code&order=code"}]`,
		})
		if !strings.Contains(batch.body, `[{"code":"c1"},{"code":"now"}]`) {
			t.Errorf("a batch: %s", batch.body)
		}
	})
}

// TestRequestVariablesOnce sends a request again under its Idempotency-Key with another
// value of what rules read.
func TestRequestVariablesOnce(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		region := "north"
		who := auth.AuthenticatorFunc(func(*http.Request) (auth.Principal, error) {
			return auth.Principal{Kind: auth.User, ID: ann.String(), Session: "s", Claims: map[string]any{"region": region, "iat": time.Now().String()}}, nil
		})
		policy := sharing()
		policy.Create = api.Where(store.Eq("code", store.Var("principal.claims.region")))
		h := serve(t, db, api.Config{Authenticator: who}, api.Resource[leaflet]{Policy: policy})
		send := func(device string) response {
			return do(t, h, request{line: "POST /leaflets", body: `{"code":"north"}`, header: []string{"Idempotency-Key: k", "X-Device: " + device}})
		}
		if got := send("phone"); got.status != http.StatusCreated {
			t.Fatalf("first: %d %s", got.status, got.body)
		}
		if got := send("phone"); got.status != http.StatusCreated || got.header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("the same request: %d %s", got.status, got.body)
		}
		if got := send("desk"); got.status != http.StatusUnprocessableEntity {
			t.Errorf("another header: %d %s", got.status, got.body)
		}
		region = "south"
		if got := send("phone"); got.status != http.StatusUnprocessableEntity {
			t.Errorf("another claim: %d %s", got.status, got.body)
		}
	})
}

// TestWithRequestScope reads with the scope of a request outside of the API.
func TestWithRequestScope(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		a, err := api.New(db, api.Config{})
		if err != nil {
			t.Fatal(err)
		}
		a.Add(api.Resource[leaflet]{Policy: sharing()})
		if _, err := a.Handler(); err != nil {
			t.Fatal(err)
		}
		if _, err := migrate.Auto(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		if err := store.For[leaflet](db).Insert(t.Context(), &leaflet{OwnerID: ann, Token: "t", Code: "c"}); err != nil {
			t.Fatal(err)
		}
		count := func(ctx context.Context, r *http.Request) int {
			n, err := store.For[leaflet](db).As(store.ScopeFrom(ctx)).Count(r.Context(), store.Cond{})
			if err != nil {
				t.Fatal(err)
			}
			return int(n)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/page?code-word=c", nil)
		if n := count(a.WithRequestScope(r.Context(), r), r); n != 1 {
			t.Errorf("with the parameter: %d rows", n)
		}
		if n := count(a.WithScope(r.Context()), r); n != 0 {
			t.Errorf("without the request: %d rows", n)
		}
	})
}

// TestRequestVariableMistakes: policies with impossible request variables are errors at
// start.
func TestRequestVariableMistakes(t *testing.T) {
	t.Parallel()
	read := func(column, name string) api.Policy {
		return api.Policy{Read: api.Where(store.Eq(column, store.Var(name))), RequestVariables: []string{name}}
	}
	for want, resource := range map[string]api.Resource[leaflet]{
		"a rule reads request.header.x-a, which RequestVariables does not list": {Policy: api.Policy{Read: api.Where(store.Eq("code", store.Var("request.header.x-a")))}},
		"RequestVariables: no rule reads request.header.x-a":                    {Policy: api.Policy{Read: api.Anyone(), RequestVariables: []string{"request.header.x-a"}}},
		"unknown variable request.header.X-A":                                   {Policy: read("code", "request.header.X-A")},
		"unknown variable request.header.authorization":                         {Policy: read("code", "request.header.authorization")},
		"unknown variable request.header.cookie":                                {Policy: read("code", "request.header.cookie")},
		"unknown variable request.header.host":                                  {Policy: read("code", "request.header.host")},
		"unknown variable request.query.":                                       {Policy: read("code", "request.query.")},
		"unknown variable request.body":                                         {Policy: read("code", "request.body")},
		"request.query.order is a word of the query string":                     {Policy: read("code", "request.query.order")},
		"resource leaflets has a column of that name":                           {Policy: read("code", "request.query.device")},
		"now() is a timestamp, and the column code is not":                      {Policy: api.Policy{Read: api.Where(store.Eq("code", store.Var("now()")))}},
		"SharedMaxAge: a rule reads request.query.token-word":                   {Policy: read("code", "request.query.token-word"), SharedMaxAge: time.Minute},
		"SharedMaxAge: a rule reads now()":                                      {Policy: api.Policy{Read: api.Where(store.Compare("shown_from", query.OpLt, store.Var("now()")))}, SharedMaxAge: time.Minute},
	} {
		a, err := api.New(memory(t), api.Config{})
		if err != nil {
			t.Fatal(err)
		}
		a.Add(resource)
		if _, err := a.Handler(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

// TestRequestVariablesDocument finds a table in the document that a header may open.
func TestRequestVariablesDocument(t *testing.T) {
	t.Parallel()
	h := serve(t, memory(t), api.Config{}, api.Resource[leaflet]{Policy: api.Policy{
		Read:             api.Where(store.Eq("token", store.Var("request.header.x-share-token"))),
		RequestVariables: []string{"request.header.x-share-token"},
	}})
	if res := must(t, h, http.StatusOK, request{line: "GET /"}); !strings.Contains(res.body, `"/leaflets"`) {
		t.Errorf("the document lacks the table: %.300s", res.body)
	}
}

// TestDeniedHintOfPresets: a preset without a value rejects a row, so the hint names presets.
func TestDeniedHintOfPresets(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		h := serve(t, db, api.Config{Explain: true}, api.Resource[leaflet]{Policy: sharing()}, api.Resource[leafletPage]{})
		got := must(t, h, http.StatusForbidden, request{caller: "bob", line: "POST /leaflets", body: `{"code":"c"}`})
		if want := `"hint":"the create rule of leaflets: signed in; the preset of device needs request.header.x-device; the preset of owner_id needs principal.id"`; !strings.Contains(got.body, want) {
			t.Errorf("got %s, want %s", got.body, want)
		}
	})
}
