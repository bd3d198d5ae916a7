package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/errortest"
	"github.com/seed-7694ebf6/plinth/store"
)

// TestErrorBodies compares every error with a table, testdata/errors.md, in both forms: the
// four members that clients of this wire know, and a problem document. They are the same on
// both engines. -update writes the table.
func TestErrorBodies(t *testing.T) {
	t.Parallel()
	const alpha = "/projects/" + pAlpha
	tests := []struct {
		code string
		request
	}{
		{"PGRST100", request{line: "GET /teams?id=wrong.1"}},
		{"PGRST100-row", request{line: "GET " + alpha + "?title=eq.x"}},
		{"PGRST101", request{line: "PUT /rpc/number"}},
		{"PGRST102-empty", request{line: "POST /labels", header: []string{"Content-Type: application/json"}}},
		{"PGRST102-syntax", request{line: "POST /labels", body: `{"id":1,}`}},
		{"PGRST102-twice", request{line: "POST /labels", body: `{"id":"a","id":"b"}`}},
		{"PGRST102-scalar", request{line: "POST /labels", body: `1`}},
		{"PGRST102-keys", request{line: "POST /labels", body: `[{"id":"a","text":""},{"id":"b"}]`}},
		{"PGRST102-arguments", request{line: "POST /rpc/greet", body: `{"name":"x","inner":{"ZIP":""}}`}},
		{"PGRST202-arguments", request{line: "POST /rpc/greet", body: `{"NAME":"x"}`}},
		{"PGRST102-uuid", request{line: "POST /rpc/typed", body: `{"id":"x"}`}},
		{"PGRST102-query", request{line: "GET /rpc/typed?id=x"}},
		{"PGRST102-list", request{line: "POST /rpc/typed", body: `{"steps":[{"on":"2026-01-01"},{"on":"soon"}]}`}},
		{"PGRST102-time", request{line: "POST /rpc/typed", body: `{"at":"noon"}`}},
		{"PGRST103", request{line: "GET /teams?offset=9", header: []string{"Prefer: count=exact"}}},
		{"PGRST103-range", request{line: "GET /teams", header: []string{"Range: 9-0"}}},
		{"PGRST103-limit", request{line: "GET /teams?limit=-1"}},
		{"PGRST105", request{line: "PUT /labels?text=eq.Hot", body: `{"id":"hot","text":"x"}`}},
		{"PGRST106", request{line: "GET /teams", header: []string{"Accept-Profile: auth"}}},
		{"PGRST107", request{line: "GET /teams", header: []string{"Accept: text/html"}}},
		{"PGRST108", request{line: "GET /teams?projects.title=eq.x"}},
		{"PGRST114", request{line: "PUT /labels?id=eq.hot&limit=1", body: `{"id":"hot","text":"x"}`}},
		{"PGRST115", request{line: "PUT /labels?id=eq.hot", body: `{"id":"old","text":"x"}`}},
		{"PGRST116-0", request{line: "GET /teams?id=eq.9", header: []string{objectOnly}}},
		{"PGRST116-2", request{line: "GET /teams", header: []string{objectOnly}}},
		{"PGRST117", request{line: "TRACE /teams"}},
		{"PGRST118", request{line: "GET /teams?select=name,projects(title)&order=projects(title)"}},
		{"PGRST122", request{line: "GET /teams", header: []string{"Prefer: handling=strict, foo=bar"}}},
		{"PGRST124", request{line: "DELETE /tasks?title=like.*", header: []string{"Prefer: handling=strict, max-affected=1"}}},
		{"PGRST125", request{line: "GET /teams/1/2"}},
		{"PGRST126", request{line: "GET /"}},
		{"PGRST127", request{line: "PATCH /teams?id=eq.1&limit=1", body: `{"name":"x"}`}},
		{"PGRST128", request{line: "POST /rpc/number", header: []string{"Prefer: handling=strict, max-affected=1"}}},
		{"PGRST200", request{line: "GET /projects?select=title,members(*)"}},
		{"PGRST200-near", request{line: "GET /projects?select=title,task(*)"}},
		{"PGRST200-hint", request{line: "GET /matches?select=teams!home(name)"}},
		{"PGRST200-hidden", request{line: "GET /matches?select=teams!winner_id(name)"}},
		{"PGRST201", request{line: "GET /matches?select=teams(name)"}},
		{"PGRST202", request{line: "POST /rpc/none"}},
		{"PGRST204", request{line: "POST /labels", body: `{"nope":1}`}},
		{"PGRST205", request{line: "GET /project_users"}},
		{"PGRST205-near", request{line: "GET /project"}},
		{"PGRST205-closed", request{caller: "-", line: "GET /project"}},
		{"PGRST204-near", request{line: "POST /labels", body: `{"id":"a","texts":"x"}`}},
		{"42703-near", request{line: "GET /projects?select=titel"}},
		{"42703-embed", request{line: "GET /projects?select=title,tasks(tilte)"}},
		{"PGRST301", request{caller: "nobody", line: "GET /teams"}},
		{"21000", request{line: "DELETE /teams"}},
		{"22P02", request{line: "GET /teams?id=eq.x"}},
		{"22P02-id", request{line: "GET /projects/x"}},
		{"22P02-body", request{line: "POST /tasks", body: `{"title":"x","project_id":"x"}`}},
		{"22P02-boolean", request{line: "POST /tasks", body: `{"title":"x","done":"yes"}`}},
		{"23502", request{line: "POST /labels", body: `{"id":"x","text":null}`}},
		{"23503", request{line: "POST /project_labels", body: `{"project_id":"` + pAlpha + `","label_id":"none"}`}},
		{"23505", request{line: "POST /labels", body: `{"id":"hot","text":""}`}},
		{"42501-401", request{caller: "-", line: "POST /labels", body: `{"id":"x","text":""}`}},
		{"42501-403", request{caller: "bob", line: "POST /labels", body: `{"id":"x","text":""}`}},
		{"42501-preset", request{line: "POST /projects", body: `{"title":"x","code":"x","owner_id":"` + bob.String() + `"}`}},
		{"42501-function", request{caller: "guest", line: "POST /rpc/greet", body: `{}`}},
		{"42703", request{line: "GET /projects?select=token"}},
		{"42P10", request{line: "POST /labels?on_conflict=text", body: `{"id":"hot","text":""}`, header: []string{"Prefer: resolution=merge-duplicates"}}},
		{"P0001", request{line: "POST /rpc/rename", body: `{"from":"","to":"fail"}`}},
		{"PT409", request{line: "POST /rpc/sold_out"}},
		{"PL001", request{line: "GET /teams?limit=1001"}},
		{"PL001-rows", request{line: "POST /labels", body: "[" + strings.Repeat(`{"id":"x","text":""},`, 1000) + `{"id":"x","text":""}]`}},
		{"PL002", request{line: "POST /projects", body: `{"title":"","code":"x"}`}},
		{"PL002-function", request{line: "POST /rpc/greet", body: `{"name":""}`}},
		{"PL003", request{line: "PATCH /projects?code=eq.a", body: `{"code":"x"}`}},
		{"PL004", request{line: "GET /teams?after=AAAA"}},
		{"PL404", request{line: "GET /projects/" + pGamma}},
		{"PL412", request{line: "PATCH " + alpha, body: `{"title":"x"}`, header: []string{`If-Match: "9.x"`}}},
		{"PL413", request{line: "POST /labels", body: strings.Repeat(" ", 1<<20) + "{}"}},
		{"PL415", request{line: "PATCH /labels/hot", body: `text=x`, header: []string{formBody}}},
		{"PL415-rows", request{line: "POST /labels", body: `id=x`, header: []string{"Content-Type: text/plain"}}},
		{"PL415-origin", request{line: "POST /labels", body: `id=x&text=x`, header: []string{formBody, "Sec-Fetch-Site: cross-site"}}},
		{"PGRST102-csv", request{line: "POST /labels", body: "id,text\nx,\"a", header: []string{csvBody}}},
		{"PGRST102-fields", request{line: "POST /labels", body: "id,text\nx", header: []string{csvBody}}},
		{"PGRST102-twice-csv", request{line: "POST /labels", body: "id,id\nx,x", header: []string{csvBody}}},
		{"PGRST102-form", request{line: "POST /labels", body: "id=%4", header: []string{formBody}}},
		{"PGRST204-csv", request{line: "POST /labels", body: "id,nope\nx,x", header: []string{csvBody}}},
		{"PL001-fields", request{line: "POST /labels", body: strings.Repeat(",", 1600), header: []string{csvBody}}},
		{"XX000", request{line: "POST /rpc/broken"}},
	}
	// Members of problem documents about invalid values.
	invalid := map[string]string{
		"PL002":          `,"errors":[{"column":"title","rule":"required","message":"must not be empty"}]`,
		"PL002-function": `,"errors":[{"column":"name","rule":"required","message":"must not be empty"},{"column":"age","rule":"required","message":"is required"}]`,
	}
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{}, append(functions(db), matches(), typed())...)
		table := errortest.Table{Requests: true}
		for _, tt := range tests {
			q := tt.request
			switch q.caller {
			case "":
				q.caller = "ann"
			case "-":
				q.caller = ""
			}
			h := h
			if tt.code == "PGRST126" {
				h = serve(t, memory(t), api.Config{HideDocuments: true}, nothing("f"))
			}
			plain := answerOf(do(t, h, q))
			table.Add(t, tt.code, shortened(q), plain)
			if tt.code[:5] == "PGRST" && strings.Contains(strings.Join(q.header, ""), "Accept:") {
				continue // the header that asks for a form is the mistake
			}
			q.header = append([]string{"Accept: application/problem+json, application/json"}, q.header...)
			errortest.SameProblem(t, tt.code, plain, answerOf(do(t, h, q)), invalid[tt.code])
		}
		table.Compare(t, "testdata/errors.md", *update)
	})
}

// typed is a function whose arguments decode themselves.
func typed() api.Exposed {
	type in struct {
		ID    store.ID  `json:"id"`
		At    time.Time `json:"at"`
		Steps []struct {
			On *store.Date `json:"on"`
		} `json:"steps"`
	}
	return api.ReadFunc("typed", api.Anyone(), func(context.Context, *store.Tx, in) (none, error) { return none{}, nil })
}

func answerOf(res response) errortest.Answer {
	return errortest.Answer{Status: res.status, Header: res.header, Body: res.body}
}

// shortened returns a request for a table.
func shortened(q request) string {
	parts := []string{q.line}
	switch q.caller {
	case "ann":
	case "":
		parts = append(parts, "no credential")
	case "nobody":
		parts = append(parts, "invalid token")
	default:
		parts = append(parts, "as "+q.caller)
	}
	parts = append(parts, q.header...)
	if q.body != "" {
		body := strings.ReplaceAll(q.body, "\n", `\n`)
		if len(body) > 80 {
			body = fmt.Sprintf("%.40s... of %d bytes", body, len(body))
		}
		parts = append(parts, body)
	}
	return "`" + strings.Join(parts, "`, `") + "`"
}

// TestWriteError answers from handlers of the application.
func TestWriteError(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		who    auth.Principal
		err    error
		status int
		says   string
	}{
		{"own", auth.Principal{}, &api.Error{Message: "no"}, 400, `"code":"P0001","message":"no"`},
		{"wrapped", auth.Principal{}, fmt.Errorf("x: %w", &api.Error{Code: "PT418", Message: "tea", Details: "d", Hint: "h"}), 418, `"details":"d","hint":"h"`},
		{"store", auth.Principal{}, store.ErrNotFound, 404, `"code":"PL404"`},
		{"nobody", auth.Principal{}, store.ErrDenied, 401, `"code":"42501"`},
		{"somebody", auth.Principal{Kind: auth.User, ID: "u"}, store.ErrDenied, 403, `"code":"42501"`},
		{"unknown", auth.Principal{}, errors.New("password is secret"), 500, `"code":"XX000"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(auth.WithPrincipal(t.Context(), tt.who), http.MethodGet, "/hello", nil)
			w := httptest.NewRecorder()
			api.WriteError(w, r, tt.err)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.says) || strings.Contains(w.Body.String(), "secret") {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
}
