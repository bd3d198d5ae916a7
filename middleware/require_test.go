package middleware_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/middleware"
)

func TestRequire(t *testing.T) {
	t.Parallel()
	var (
		nobody  = auth.Principal{}
		guest   = auth.Principal{Kind: auth.User, ID: "g", IsAnonymous: true, AAL: 1}
		ada     = auth.Principal{Kind: auth.User, ID: "ada", AAL: 1}
		editor  = auth.Principal{Kind: auth.User, ID: "bob", AAL: 2, Roles: []string{"editor"}, Permissions: []string{"notes.write"}}
		service = auth.Principal{Kind: auth.Service, ID: "key"}
	)
	type answer struct {
		caller auth.Principal
		status int
		code   string
	}
	opts := middleware.RequireOptions{}
	tests := []struct {
		name    string
		m       func(http.Handler) http.Handler
		answers []answer
	}{
		{"SignedIn", middleware.RequireSignedIn(opts), []answer{
			{nobody, 401, "42501"}, {guest, 403, "42501"}, {service, 403, "42501"}, {ada, 200, ""}, {editor, 200, ""},
		}},
		{"Role", middleware.Must(middleware.RequireRole("editor", opts)), []answer{
			{nobody, 401, "42501"}, {guest, 403, "42501"}, {service, 403, "42501"}, {ada, 403, "42501"}, {editor, 200, ""},
		}},
		{"RoleOfAnotherSpelling", middleware.Must(middleware.RequireRole("Editor", opts)), []answer{{editor, 403, "42501"}}},
		{"Permission", middleware.Must(middleware.RequirePermission("notes.write", opts)), []answer{
			{nobody, 401, "42501"}, {ada, 403, "42501"}, {editor, 200, ""},
		}},
		{"PermissionIsNoRole", middleware.Must(middleware.RequirePermission("editor", opts)), []answer{{editor, 403, "42501"}}},
		{"AAL2", middleware.Must(middleware.RequireAAL(2, opts)), []answer{
			{nobody, 401, "42501"},
			{guest, 401, "insufficient_aal"},
			{ada, 401, "insufficient_aal"},
			{service, 401, "insufficient_aal"},
			{editor, 200, ""},
		}},
		{"AAL3", middleware.Must(middleware.RequireAAL(3, opts)), []answer{{editor, 401, "insufficient_aal"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, want := range tt.answers {
				w := httptest.NewRecorder()
				tt.m(who).ServeHTTP(w, as(want.caller, http.MethodGet, "/"))
				var body struct{ Code string }
				if w.Code != 200 {
					if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
						t.Fatal(err)
					}
				}
				if w.Code != want.status || body.Code != want.code {
					t.Errorf("%s: %d %q, want %d %q", want.caller, w.Code, body.Code, want.status, want.code)
				}
				if challenge := w.Header().Get("WWW-Authenticate"); (challenge != "") != (w.Code == 401) {
					t.Errorf("%s: %d with WWW-Authenticate %q", want.caller, w.Code, challenge)
				}
			}
		})
	}
}

// TestRequireWithoutAuthenticate: without Authenticate every request is refused.
func TestRequireWithoutAuthenticate(t *testing.T) {
	t.Parallel()
	opts := middleware.RequireOptions{}
	for name, m := range map[string]func(http.Handler) http.Handler{
		"SignedIn": middleware.RequireSignedIn(opts), "Role": middleware.Must(middleware.RequireRole("a", opts)),
		"Permission": middleware.Must(middleware.RequirePermission("a", opts)), "AAL": middleware.Must(middleware.RequireAAL(1, opts)),
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Authorization", "Bearer anything")
		w := httptest.NewRecorder()
		if m(who).ServeHTTP(w, r); w.Code != 401 {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
}

// TestRequireRefuse: Refuse gets an error with its code.
func TestRequireRefuse(t *testing.T) {
	t.Parallel()
	var got error
	m := middleware.Must(middleware.RequireAAL(2, middleware.RequireOptions{
		Refuse: func(_ http.ResponseWriter, _ *http.Request, err error) { got = err },
	}))
	m(who).ServeHTTP(httptest.NewRecorder(), as(auth.Principal{Kind: auth.User, AAL: 1}, http.MethodGet, "/"))
	var coded interface{ Problem() string }
	if !errors.As(got, &coded) || coded.Problem() != "insufficient_aal" {
		t.Errorf("%v", got)
	}
}

func TestRequireNeedsItsArguments(t *testing.T) {
	t.Parallel()
	opts := middleware.RequireOptions{}
	if _, err := middleware.RequireRole("", opts); err == nil {
		t.Errorf("accepted: %s", "a role without a name")
	}
	if _, err := middleware.RequirePermission("", opts); err == nil {
		t.Errorf("accepted: %s", "a permission without a name")
	}
	if _, err := middleware.RequireAAL(0, opts); err == nil {
		t.Errorf("accepted: %s", "level 0, which everybody has")
	}
	if _, err := middleware.RequireAAL(4, opts); err == nil {
		t.Errorf("accepted: %s", "level 4, which nobody has")
	}
}
