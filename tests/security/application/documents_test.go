package application_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
)

// described is the part of an OpenAPI document that tests look at.
type described struct {
	Info    struct{ Title, Version string }
	Servers []struct{ URL string }
	Paths   map[string]map[string]struct{ OperationID string }
}

// TestDocumentOfTheApplication reads the documents of a running application: they have the
// operations of accounts for each caller, at the path that serves them, and name the program.
func TestDocumentOfTheApplication(t *testing.T) {
	t.Parallel()
	app := apptest.New(t, apptest.Config(t))
	t.Cleanup(func() { _ = app.DB().Close() })
	app.Add(api.Resource[apptest.Task]{Policy: api.OwnedBy("owner_id")})
	h, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	read := func(text []byte) (d described) {
		t.Helper()
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatal(err)
		}
		return d
	}
	document := read(apptest.Do(t, h, http.MethodGet, "/rest/v1/-/openapi.json", "").Body.Bytes())
	if document.Info.Title != "application.test" || document.Info.Version == "" || len(document.Servers) != 1 || document.Servers[0].URL != "/" {
		t.Errorf("%+v %+v", document.Info, document.Servers)
	}
	// In development it has what any caller could do.
	for path, method := range map[string]string{
		"/rest/v1/tasks": "post", "/rest/v1/tasks/{id}": "patch", "/rest/v1/-/batch": "post",
		"/auth/v1/signup": "post", "/auth/v1/user": "put", "/auth/v1/admin/users": "get",
	} {
		if _, ok := document.Paths[path][method]; !ok {
			t.Errorf("no %s of %s", method, path)
		}
	}
	for path, methods := range document.Paths {
		for method, op := range methods {
			r := httptest.NewRequestWithContext(t.Context(), strings.ToUpper(method), strings.NewReplacer("{", "", "}", "").Replace(path), http.NoBody)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if body := w.Body.String(); w.Code == http.StatusMethodNotAllowed && !strings.Contains(body, "PGRST105") || strings.Contains(body, "PGRST125") || strings.Contains(body, "PL404") {
				t.Errorf("%s is not served: %d %s", op.OperationID, w.Code, body)
			}
		}
	}
	// Without credentials the command openapi and production have less.
	for caller, want := range map[auth.Kind][3]bool{auth.Anonymous: {}, auth.User: {true, true}, auth.Service: {true, true, true}} {
		p := auth.Principal{Kind: caller}
		if caller == auth.User {
			p.ID, p.Session = "0190a0b0-0000-7000-8000-000000000001", "0190a0b0-0000-7000-8000-000000000002"
		}
		text, err := app.API().OpenAPI(p)
		if err != nil {
			t.Fatal(err)
		}
		paths := read(text).Paths
		if paths["/auth/v1/token"] == nil {
			t.Errorf("%v cannot log in", caller)
		}
		for i, path := range []string{"/rest/v1/tasks", "/auth/v1/user", "/auth/v1/admin/users"} {
			if has := paths[path] != nil; has != want[i] {
				t.Errorf("%v has %s: %t", caller, path, has)
			}
		}
	}
}
