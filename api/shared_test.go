package api_test

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
)

// press is read by everybody and shared for half a minute.
type press struct {
	bun.BaseModel `bun:"table:presses"`
	ID            int64    `bun:",pk,autoincrement"`
	Name          string   `bun:",notnull"`
	Comics        []*comic `bun:"rel:has-many,join:id=press_id"`
}

// comic is shared for a minute; drafts are for who is signed in.
type comic struct {
	bun.BaseModel `bun:"table:comics"`
	ID            int64    `bun:",pk,autoincrement"`
	PressID       int64    `bun:",notnull"`
	Title         string   `bun:",notnull"`
	Draft         bool     `bun:",notnull"`
	Price         int64    `bun:",notnull"`
	Press         *press   `bun:"rel:belongs-to,join:press_id=id"`
	Fans          []*fan   `bun:"rel:has-many,join:id=comic_id"`
	Panels        []*panel `bun:"rel:has-many,join:id=comic_id"`
}

// fan is read by everybody and not shared.
type fan struct {
	bun.BaseModel `bun:"table:fans"`
	ID            int64  `bun:",pk,autoincrement"`
	ComicID       int64  `bun:",notnull"`
	Name          string `bun:",notnull"`
}

// panel is shared, but its rule reads the fans. No log has its writes.
type panel struct {
	bun.BaseModel `bun:"table:panels"`
	store.Untracked
	ID      int64  `bun:",pk,autoincrement"`
	ComicID int64  `bun:",notnull"`
	Text    string `bun:",notnull"`
	Comic   *comic `bun:"rel:belongs-to,join:comic_id=id"`
}

// flyer is shared, and no log has its writes.
type flyer struct {
	bun.BaseModel `bun:"table:flyers"`
	store.Untracked
	ID   int64  `bun:",pk,autoincrement"`
	Text string `bun:",notnull"`
}

const (
	publishableKey = "sb_publishable_0123456789abcdefghijkl"
	secretKey      = "sb_secret_zyxwvutsrqponmlkjihgfe"

	minute     = "public, max-age=0, must-revalidate, s-maxage=60"
	halfMinute = "public, max-age=0, must-revalidate, s-maxage=30"
	private    = "private, no-cache"
	noStore    = "no-store"
)

// credentials knows callers by everything package auth knows them by.
func credentials(t *testing.T) auth.Authenticator {
	t.Helper()
	ring, err := auth.NewKeyring(auth.Keys{Publishable: []string{publishableKey}, Secret: []string{secretKey}})
	if err != nil {
		t.Fatal(err)
	}
	tokens := auth.VerifierFunc(func(_ context.Context, token string) (auth.Principal, error) {
		if p, ok := callers()[token]; ok {
			return p, nil
		}
		return auth.Principal{}, auth.ErrInvalid
	})
	return ring.Authenticator(auth.Chain(auth.Bearer(tokens), auth.Cookie("session", tokens, nil)))
}

func sharedServer(t *testing.T, db *store.DB) http.Handler {
	t.Helper()
	editor, anyone := api.Role("editor"), api.Anyone()
	shown := api.AnyOf(api.Where(store.Eq("draft", false)), api.SignedIn())
	titles := func(ctx context.Context, tx *store.Tx, _ none) ([]*comic, error) {
		return store.For[comic](tx).List(ctx, store.Query{})
	}
	h := serve(t, db, api.Config{Authenticator: credentials(t), Explain: true, Limits: api.Limits{Rows: 3}},
		api.Resource[press]{Policy: api.Policy{Read: anyone, Update: editor}, SharedMaxAge: 30*time.Second + time.Millisecond},
		api.Resource[comic]{SharedMaxAge: time.Minute, Policy: api.Policy{
			Read: shown, Create: editor, Update: editor, Delete: editor,
			Columns: map[string]api.ColumnRule{"price": {Read: api.SignedIn(), Create: editor, Update: editor}},
		}},
		api.Resource[fan]{Policy: api.Policy{Read: anyone}},
		api.Resource[panel]{SharedMaxAge: time.Minute, Policy: api.Policy{
			Read: api.Related("comic", api.AnyOf(api.Where(store.Eq("draft", false)), api.Related("fans", api.Where(store.Eq("name", "x"))))),
		}},
		api.Resource[flyer]{SharedMaxAge: time.Minute, Policy: api.Policy{Read: anyone}},
		api.ReadFunc("titles", anyone, titles))
	add(t, db, &press{Name: "ace"}, &press{Name: "bee"}, &press{Name: "cat"}, &press{Name: "dot"})
	add(t, db, &comic{PressID: 1, Title: "one", Price: 5}, &comic{PressID: 1, Title: "two", Price: 6}, &comic{PressID: 2, Title: "three", Draft: true})
	add(t, db, &fan{ComicID: 1, Name: "kim"})
	add(t, db, &panel{ComicID: 1, Text: "pow"})
	add(t, db, &flyer{Text: "sale"})
	return h
}

// add inserts rows as trusted code.
func add[T any](t *testing.T, db *store.DB, rows ...*T) {
	t.Helper()
	for _, row := range rows {
		if err := store.For[T](db).Insert(t.Context(), row); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSharedMaxAge: an answer may be stored by shared caches if the request has no
// credentials, the answer is complete, and every table behind it is declared.
func TestSharedMaxAge(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		q      request
		status int
		want   string
	}{
		{"list", request{line: "GET /comics"}, 200, minute},
		{"list of nothing", request{line: "GET /comics?id=eq.9"}, 200, minute},
		{"page", request{line: "GET /presses?limit=2&order=name"}, 200, halfMinute},
		{"filter, order and aggregate", request{line: "GET /comics?select=press_id,count()&id=gt.0"}, 200, minute},
		{"row", request{line: "GET /comics/1"}, 200, minute},
		{"row with a preference", request{line: "GET /comics/1", header: []string{"Prefer: count=exact"}}, 200, minute},
		{"object", request{line: "GET /comics?id=eq.1", header: []string{objectOnly}}, 200, minute},
		{"CSV", request{line: "GET /comics", header: []string{"Accept: text/csv"}}, 200, minute},
		{"another origin", request{line: "GET /comics", header: []string{"Origin: https://example.org"}}, 200, minute},
		{"table without a log", request{line: "GET /flyers"}, 200, minute},
		{"embed with less", request{line: "GET /comics?select=title,press(name)"}, 200, halfMinute},
		{"order by one with less", request{line: "GET /comics?select=title&order=press(name)"}, 200, halfMinute},
		{"embed with more", request{line: "GET /presses?select=name,comics(title)&id=lt.3"}, 200, halfMinute},
		{"row with an embed", request{line: "GET /comics/1?select=title,press(name)"}, 200, halfMinute},

		{"cut list", request{line: "GET /presses"}, 206, private},
		{"list with a total", request{line: "GET /comics", header: []string{"Prefer: count=exact"}}, 200, private},
		{"part of a list", request{line: "GET /comics?limit=1", header: []string{"Prefer: count=exact"}}, 206, private},
		{"range", request{line: "GET /comics", header: []string{"Range: 0-1"}}, 200, private},
		{"embed that is not declared", request{line: "GET /comics?select=title,fans(name)"}, 200, private},
		{"filter that is not declared", request{line: "GET /comics?select=title,fans!inner()"}, 200, private},
		{"row with such an embed", request{line: "GET /comics/1?select=title,fans(name)"}, 200, private},
		{"below one that is not declared", request{line: "GET /fans?select=name"}, 200, private},
		{"rule that reads what is not declared", request{line: "GET /panels"}, 200, noStore},
		{"embed with such a rule", request{line: "GET /comics?select=title,panels(text)"}, 200, noStore},

		{"function", request{line: "GET /rpc/titles"}, 200, noStore},
		{"document", request{line: "GET /"}, 200, private},
		{"document by its name", request{line: "GET /-/openapi.json", header: []string{"Accept: application/json"}}, 200, private},
		{"types", request{line: "GET /-/types.ts", header: []string{"Accept: */*"}}, 200, private},
		{"plan", request{line: "GET /comics", header: []string{"Accept: application/vnd.pgrst.plan+text"}}, 200, noStore},
		{"batch", request{line: "POST /-/batch", body: `[{"method":"GET","path":"/comics"}]`}, 200, noStore},
		{"call", request{line: "POST /rpc/titles"}, 200, noStore},

		{"signed in", request{line: "GET /comics", header: []string{"Authorization: Bearer ann"}}, 200, private},
		{"signed in by cookie", request{line: "GET /comics", header: []string{"Cookie: session=bob"}}, 200, private},
		{"row for somebody", request{line: "GET /comics/1", header: []string{"Authorization: Bearer ann"}}, 200, private},
		{"service", request{line: "GET /comics", header: []string{"Apikey: " + secretKey}}, 200, private},
		{"publishable key", request{line: "GET /comics", header: []string{"Apikey: " + publishableKey}}, 200, private},
		{"publishable key as token", request{line: "GET /comics", header: []string{"Authorization: Bearer " + publishableKey}}, 200, private},
		{"credential of another kind", request{line: "GET /comics", header: []string{"Authorization: Basic eDp5"}}, 200, private},
		{"cookie of somebody else", request{line: "GET /comics", header: []string{"Cookie: theme=dark"}}, 200, private},
		{"empty cookie", request{line: "GET /comics", header: []string{"Cookie: session="}}, 200, private},
		{"write", request{line: "PATCH /comics?id=eq.1", body: `{"title":"one"}`, header: []string{"Authorization: Bearer ann", "Prefer: return=representation"}}, 200, noStore},

		{"broken token", request{line: "GET /comics", header: []string{"Authorization: Bearer eve"}}, 401, noStore},
		{"broken cookie", request{line: "GET /comics", header: []string{"Cookie: session=eve"}}, 401, noStore},
		{"unknown key", request{line: "GET /comics", header: []string{"Apikey: sb_publishable_no"}}, 401, noStore},
		{"bad query", request{line: "GET /comics?nope=eq.1"}, 400, noStore},
		{"column of others", request{line: "GET /comics?select=price"}, 400, noStore},
		{"no such row", request{line: "GET /comics/9"}, 404, noStore},
		{"row of others", request{line: "GET /comics/3"}, 404, noStore},
		{"no such table", request{line: "GET /nope"}, 404, noStore},
		{"no such method", request{line: "DELETE /presses/1"}, 401, noStore},
		{"two for one", request{line: "GET /comics", header: []string{objectOnly}}, 406, noStore},
		{"no such profile", request{line: "GET /comics", header: []string{"Accept-Profile: other"}}, 406, noStore},
		{"offset beyond the end", request{line: "GET /comics?offset=9", header: []string{"Prefer: count=exact"}}, 416, noStore},
		{"stale", request{line: "GET /comics/1", header: []string{`If-Match: "7"`}}, 412, noStore},
	}
	engines(t, func(t *testing.T, db *store.DB) {
		h := sharedServer(t, db)
		for _, tt := range tests {
			res := do(t, h, tt.q)
			if got := res.header.Get("Cache-Control"); res.status != tt.status || got != tt.want {
				t.Errorf("%s: %d, Cache-Control %q, want %d, %q: %s", tt.name, res.status, got, tt.status, tt.want, res.body)
			}
			checkVary(t, tt.name, res)
			target, get := strings.CutPrefix(tt.q.line, "GET ")
			if !get || tt.name == "plan" {
				continue
			}
			head := tt.q
			head.line = "HEAD " + target
			if alone := do(t, h, head); tt.name != "range" && alone.status == res.status { // HEAD has no ranges
				sameHeaders(t, tt.name+" by HEAD", res, alone)
			}
			if tag := res.header.Get("Etag"); tag != "" {
				for range 2 { // read and compared, remembered
					sameHeaders(t, tt.name+" unchanged", res, must(t, h, http.StatusNotModified, ifNoneMatch(tt.q, tag)))
				}
			}
		}
	})
}

// checkVary checks that a public answer names what an answer may depend on, and
// that there is no other.
func checkVary(t *testing.T, name string, res response) {
	t.Helper()
	names := strings.Split(strings.Join(res.header.Values("Vary"), ", "), ", ")
	if !strings.Contains(res.header.Get("Cache-Control"), "public") {
		return
	}
	for _, want := range []string{"Accept", "Accept-Encoding", "Accept-Profile", "Apikey", "Authorization", "Cookie", "Origin", "Prefer", "Range"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s: Vary %v lacks %s", name, names, want)
		}
	}
}

// sameHeaders compares what another form of an answer must repeat.
func sameHeaders(t *testing.T, name string, res, other response) {
	t.Helper()
	for _, header := range []string{"Cache-Control", "Vary"} {
		if got, want := other.header.Values(header), res.header.Values(header); !slices.Equal(got, want) {
			t.Errorf("%s: %s %q, want %q", name, header, got, want)
		}
	}
}

// TestSharedUnkeyed sends headers by which no cache separates answers. They must make no
// difference, or one client could choose the answers of others.
func TestSharedUnkeyed(t *testing.T) {
	t.Parallel()
	h := sharedServer(t, memory(t))
	for _, line := range []string{"GET /comics?limit=1", "GET /comics/1"} {
		plain := must(t, h, http.StatusOK, request{line: line})
		for _, header := range []string{
			"X-Forwarded-Host: evil.example", "X-Forwarded-Proto: http", "X-Forwarded-Prefix: /evil", "Forwarded: host=evil.example",
			"X-Original-URL: /fans", "X-Rewrite-URL: /fans", "X-HTTP-Method-Override: DELETE", "X-Forwarded-For: 127.0.0.1",
			"Content-Profile: other", "Content-Type: text/csv", "Content-Encoding: gzip", "Range-Unit: pages", "If-Range: x", "Accept-Language: de",
			"Idempotency-Key: k", "X-Client-Info: x", "User-Agent: Mozilla/5.0", "Referer: https://evil.example/", "Host: evil.example",
			"Cache-Control: no-store", "Sec-Fetch-Site: cross-site", "Connection: Authorization", "Upgrade: websocket",
		} {
			res := must(t, h, http.StatusOK, request{line: line, header: []string{header}})
			if res.body != plain.body {
				t.Errorf("%s with %s: %s", line, header, res.body)
			}
			for name, values := range plain.header {
				if !slices.Equal(values, res.header[name]) {
					t.Errorf("%s with %s: %s is %q, else %q", line, header, name, res.header[name], values)
				}
			}
			if len(res.header) != len(plain.header) {
				t.Errorf("%s with %s: headers %v", line, header, res.header)
			}
		}
	}
}

// TestSharedPrincipals: answers to any authenticated caller are private.
func TestSharedPrincipals(t *testing.T) {
	t.Parallel()
	var caller auth.Principal
	who := auth.AuthenticatorFunc(func(*http.Request) (auth.Principal, error) { return caller, nil })
	h := serve(t, memory(t), api.Config{Authenticator: who}, api.Resource[flyer]{Policy: api.Policy{Read: api.Anyone()}, SharedMaxAge: time.Minute})
	list := request{line: "GET /flyers"}
	if res := must(t, h, http.StatusOK, list); res.header.Get("Cache-Control") != minute {
		t.Fatalf("nobody: %v", res.header)
	}
	something := auth.Principal{
		Kind: auth.User, ID: "x", Issuer: "x", Subject: "x", Roles: []string{"x"}, Permissions: []string{"x"}, Tenant: "x", Session: "x",
		CountedAs: "x", AAL: 1, IsAnonymous: true, Claims: map[string]any{"x": 1}, Expires: time.Now(),
	}
	for i := range reflect.TypeFor[auth.Principal]().NumField() {
		if !reflect.TypeFor[auth.Principal]().Field(i).IsExported() {
			continue // the claims of proofs, which are among Claims
		}
		caller = auth.Principal{}
		value := reflect.ValueOf(something).Field(i)
		if value.IsZero() {
			t.Fatalf("the test knows no value for %s", reflect.TypeFor[auth.Principal]().Field(i).Name)
		}
		reflect.ValueOf(&caller).Elem().Field(i).Set(value)
		if res := must(t, h, http.StatusOK, list); res.header.Get("Cache-Control") != noStore {
			t.Errorf("%#v: %v", value, res.header)
		}
	}
}

// TestSharedCookie: an answer that sets a cookie is private.
func TestSharedCookie(t *testing.T) {
	t.Parallel()
	h := sharedServer(t, memory(t))
	cookie := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "new"})
		h.ServeHTTP(w, r)
	})
	if res := must(t, cookie, http.StatusOK, request{line: "GET /comics"}); res.header.Get("Cache-Control") != private {
		t.Errorf("with Set-Cookie: %v", res.header)
	}
}

// TestSharedSetting: the text of a policy says what is shared, and an invalid time is
// reported.
func TestSharedSetting(t *testing.T) {
	t.Parallel()
	for age, want := range map[time.Duration]string{
		0: "", time.Second: "shared: 1s\n", time.Minute + 1: "shared: 1m0.000000001s\n",
		-time.Minute: "SharedMaxAge: -1m0s", time.Second - 1: "SharedMaxAge: 999.999999ms",
	} {
		a, err := api.New(memory(t), api.Config{})
		if err != nil {
			t.Fatal(err)
		}
		a.Add(api.Resource[flyer]{Policy: api.Policy{Read: api.Anyone()}, SharedMaxAge: age})
		_, err = a.Handler()
		got := a.Describe()
		if err != nil {
			got = err.Error()
		}
		if (want == "") == strings.Contains(got, "hared") || !strings.Contains(got, want) {
			t.Errorf("%s: %s", age, got)
		}
	}
}
