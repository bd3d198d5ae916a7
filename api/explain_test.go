package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

const (
	planText = "Accept: application/vnd.pgrst.plan+text"
	planJSON = "Accept: application/vnd.pgrst.plan+json"
)

// TestExplainText: explain() answers with the caller, the rules and the statement. The plan
// is that of the engine.
func TestExplainText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, caller, line string }{
		{"list", "ann", "GET /projects?select=title,team(name)&title=like.A*&order=title&limit=2"},
		{"related", "bob", "GET /tasks?select=title"},
		{"row", "ann", "GET /projects/" + pAlpha + "?select=title"},
		{"nobody", "", "GET /labels?select=id"},
		{"service", "service", "GET /teams?select=id"},
		{"service_closed", "service", "GET /labels?select=id"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			engines(t, func(t *testing.T, db *store.DB) {
				h := fixtureServer(t, db, api.Config{Explain: true})
				got := must(t, h, 200, request{caller: tt.caller, line: tt.line, header: []string{planText + `; for="application/json"; options=;`}})
				if want := `application/vnd.pgrst.plan+text; for="application/json"; charset=utf-8`; got.header.Get("Content-Type") != want {
					t.Errorf("Content-Type %q, want %q", got.header.Get("Content-Type"), want)
				}
				text, plan, ok := strings.Cut(got.body, "\nPlan\n")
				if !ok || len(strings.TrimSpace(plan)) == 0 {
					t.Fatalf("no plan in\n%s", got.body)
				}
				goldenText(t, "explain_"+tt.name+"_"+db.Capabilities().Engine+".txt", text+"\n")
			})
		})
	}
}

func goldenText(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

// TestExplainDocument: the document has PostgreSQL's member Plan, and the answer
// depends on the caller as the read itself does.
func TestExplainDocument(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{Explain: true})
		got := must(t, h, 200, request{caller: "ann", line: "GET /projects?select=title", header: []string{planJSON}})
		type document struct {
			Plan   json.RawMessage
			Caller struct {
				Kind, ID string
				Roles    []string
			}
			Tables []struct {
				Name, Rule, Rows string
				Always           []string
			}
			Statement string
			Arguments []string
		}
		docs := decode[[]document](t, got.body)
		if len(docs) != 1 || len(docs[0].Plan) < 10 || !strings.HasPrefix(docs[0].Statement, "select ") || len(docs[0].Arguments) == 0 {
			t.Fatalf("got %s", got.body)
		}
		d := docs[0]
		if d.Caller.Kind != "user" || d.Caller.ID != ann.String() || len(d.Caller.Roles) != 1 {
			t.Errorf("caller %+v", d.Caller)
		}
		if len(d.Tables) != 2 || d.Tables[0].Name != "projects" || d.Tables[0].Rule != "owner_id = principal.id or exists members (user_id = principal.id)" ||
			d.Tables[1].Name != "project_users" || d.Tables[1].Rule != "none, a rule of another table reads it" {
			t.Errorf("tables %+v", d.Tables)
		}
		if strings.Contains(got.body, "t-alpha") || strings.Contains(got.body, "i-alpha") {
			t.Errorf("values of rows in %s", got.body)
		}
	})
}

// named returns the request for another line.
func (q request) named(line string) request {
	q.line = line
	return q
}

// vault is seen by who does not know what its rule compares.
type vault struct {
	bun.BaseModel `bun:"table:vaults"`
	ID            int64  `bun:",pk,autoincrement"`
	Code          string `bun:",notnull" plinth:"hidden"`
	Kind          string `bun:",notnull"`
}

// TestExplainConceals: an explanation shows neither the values that rules compare hidden
// columns with, nor that a hidden column exists.
func TestExplainConceals(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		rule := api.AllOf(api.SignedIn(), api.AnyOf(
			api.Where(store.Compare("code", query.OpEq, "open-sesame")),
			api.Where(store.In("code", []string{"open-sesame", "x"})),
			api.Where(store.Compare("kind", query.OpEq, "public"))))
		h := serve(t, db, api.Config{Explain: true}, api.Resource[vault]{Policy: api.Policy{Read: rule, Update: rule}})
		for _, accept := range []string{planText, planJSON} {
			q := request{caller: "ann", line: "GET /vaults?select=id", header: []string{accept}}
			got := must(t, h, 200, q)
			if strings.Contains(got.body, "sesame") || !strings.Contains(got.body, "code = ?") || !strings.Contains(got.body, "public") {
				t.Errorf("%s: got %s", accept, got.body)
			}
			must(t, h, 400, q.named("GET /vaults?select=code"))
			must(t, h, 400, q.named("GET /vaults?code=eq.open-sesame"))
			must(t, h, 404, q.named("GET /nothing"))
		}
		got := do(t, h, request{line: "PATCH /vaults?id=eq.1", body: `{"kind":"x"}`})
		if got.status != 401 || !strings.Contains(got.body, "the update rule of vaults: signed in and (code = ? or ") {
			t.Errorf("refused write: %d %s", got.status, got.body)
		}
	})
}

// TestExplainRefused: without the setting there are no plans, and with it none of writes,
// of functions and with options that would run the statement.
func TestExplainRefused(t *testing.T) {
	t.Parallel()
	db := memory(t)
	off := fixtureServer(t, db, api.Config{})
	on := serve(t, memory(t), api.Config{Explain: true}, api.Resource[note]{Policy: api.OwnedBy("owner_id")})
	for _, tt := range []struct {
		name string
		off  bool
		q    request
	}{
		{"off", true, request{line: "GET /teams", header: []string{planText}}},
		{"off, a document", true, request{line: "GET /teams", header: []string{planJSON}}},
		{"off, a row", true, request{line: "GET /teams/1", header: []string{planText}}},
		{"insert", false, request{caller: "ann", line: "POST /notes", body: `{"title":"x","key":"k"}`, header: []string{planText}}},
		{"update", false, request{caller: "ann", line: "PATCH /notes?id=not.is.null", body: `{"title":"x"}`, header: []string{planText}}},
		{"delete", false, request{caller: "ann", line: "DELETE /notes?id=not.is.null", header: []string{planJSON}}},
		{"analyze", false, request{caller: "ann", line: "GET /notes", header: []string{planText + "; options=analyze"}}},
		{"another form", false, request{caller: "ann", line: "GET /notes", header: []string{planText + `; for="image/png"`}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := on
			if tt.off {
				h = off
			}
			if got := must(t, h, 406, tt.q); !strings.Contains(got.body, `"PGRST107"`) {
				t.Errorf("got %s", got.body)
			}
		})
	}
	if got := must(t, on, 200, request{caller: "ann", line: "GET /notes"}); got.body != "[]" {
		t.Errorf("a refused explain wrote %s", got.body)
	}
}

// TestRefusedHint: only in development an answer says why a credential is refused. The rest
// of the answer is the same.
func TestRefusedHint(t *testing.T) {
	t.Parallel()
	who := auth.AuthenticatorFunc(func(r *http.Request) (auth.Principal, error) {
		kind := auth.ErrInvalid
		if r.Header.Get("X-Caller") == "late" {
			kind = auth.ErrExpired
		}
		return auth.Principal{}, fmt.Errorf("typ is not that of an access token: %w", kind)
	})
	for explain, hint := range map[bool]string{
		true: `"typ is not that of an access token: auth: `, false: "null",
	} {
		h := serve(t, memory(t), api.Config{Explain: explain, Authenticator: who}, api.Resource[note]{Policy: api.OwnedBy("owner_id")})
		for caller, want := range map[string]string{
			"eve":  `{"code":"PGRST301","message":"The token is not valid.","details":null,"hint":` + hint,
			"late": `{"code":"PGRST303","message":"JWT expired","details":null,"hint":` + hint,
		} {
			got := must(t, h, http.StatusUnauthorized, request{caller: caller, line: "GET /notes"})
			if !strings.HasPrefix(got.body, want) || got.header.Get("WWW-Authenticate") != `Bearer error="invalid_token"` {
				t.Errorf("explain %v, %s: %s %v", explain, caller, got.body, got.header)
			}
		}
	}
}

// TestDeniedHint: only in development an answer says which rule refused a write.
func TestDeniedHint(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		q    request
		want string
	}{
		{request{caller: "bob", line: "PATCH /projects/" + pAlpha, body: `{"title":"x"}`}, "the update rule of projects: owner_id = principal.id"},
		{request{caller: "bob", line: "DELETE /projects/" + pAlpha}, "the delete rule of projects: owner_id = principal.id"},
		{request{caller: "key", line: "POST /projects", body: `{"title":"x"}`}, "the caller has no tenant, and each row of projects belongs to one"},
		{request{caller: "bob", line: "POST /teams", body: `{"name":"x"}`}, `the create rule of teams: role \"editor\"`},
		{request{caller: "bob", line: "POST /teams", body: `{"name":"x"}`, header: []string{"Prefer: resolution=merge-duplicates"}}, `the create rule of teams: role \"editor\"; the update rule of teams: role \"editor\"`},
		{request{caller: "bob", line: "POST /teams", body: `{"name":"x"}`, header: []string{`Prefer: resolution=ignore-duplicates, resolution=merge-duplicates`}}, `the create rule of teams: role \"editor\"`},
		{request{caller: "bob", line: "POST /teams", body: `{"name":"x"}`, header: []string{`Prefer: Resolution="merge-duplicates"`}}, `the create rule of teams: role \"editor\"; the update rule of teams: role \"editor\"`},
		{request{caller: "bob", line: "PATCH /teams?id=eq.1", body: `{"name":"x"}`}, `the update rule of teams: role \"editor\"`},
	} {
		for _, explain := range []bool{true, false} {
			h := fixtureServer(t, memory(t), api.Config{Explain: explain})
			want := `"hint":null`
			if explain {
				want = `"hint":"` + tt.want + `"`
			}
			if got := must(t, h, 403, tt.q); !strings.Contains(got.body, want) {
				t.Errorf("%s: got %s, want %s", tt.q.line, got.body, want)
			}
		}
	}
}
