package auth_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth"
)

func TestZeroPrincipalIsAnonymous(t *testing.T) {
	t.Parallel()

	var p auth.Principal
	if p.Kind != auth.Anonymous || p.SignedIn() || p.HasRole("") || p.HasPermission("") {
		t.Errorf("zero Principal is %v, signed in %v", p.Kind, p.SignedIn())
	}
}

func TestSignedIn(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name string
		p    auth.Principal
		want bool
	}{
		{"Anonymous", auth.Principal{}, false},
		{"User", auth.Principal{Kind: auth.User, ID: "1"}, true},
		{"Guest", auth.Principal{Kind: auth.User, ID: "1", IsAnonymous: true}, false},
		{"Service", auth.Principal{Kind: auth.Service, ID: "1"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			if got := tt.p.SignedIn(); got != tt.want {
				t.Errorf("SignedIn() = %v, want %v", got, tt.want)
			}
		})
	}
}

// TestCounted: an authenticated caller has one name for all limits, and unauthenticated
// ones have none, with any key.
func TestCounted(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		p    auth.Principal
		want string
	}{
		{auth.Principal{}, ""},
		{auth.Principal{ID: "publishable-key"}, ""},
		{auth.Principal{ID: "publishable-key", CountedAs: "ann"}, ""},
		{auth.Principal{Kind: auth.User, Issuer: "a", Subject: "1"}, ""},
		{auth.Principal{Kind: auth.User, ID: "ann"}, "ann"},
		{auth.Principal{Kind: auth.User, ID: "ann", IsAnonymous: true}, "ann"},
		{auth.Principal{Kind: auth.User, ID: "api-key:1", CountedAs: "ann"}, "ann"},
		{auth.Principal{Kind: auth.User, CountedAs: "ann"}, "ann"},
		{auth.Principal{Kind: auth.Service, ID: "worker"}, "worker"},
	} {
		if got := tt.p.Counted(); got != tt.want {
			t.Errorf("%v, counted as %q: %q, want %q", tt.p, tt.p.CountedAs, got, tt.want)
		}
	}
}

func TestRolesAndPermissionsAreExact(t *testing.T) {
	t.Parallel()

	p := auth.Principal{Roles: []string{"editor"}, Permissions: []string{"notes:write"}}
	if !p.HasRole("editor") || !p.HasPermission("notes:write") {
		t.Error("held role or permission not found")
	}
	for _, other := range []string{"Editor", "edit", "", "notes:write", "editor "} {
		if p.HasRole(other) {
			t.Errorf("HasRole(%q) = true", other)
		}
	}
	if p.HasPermission("editor") {
		t.Error("a role counts as a permission")
	}
}

func TestPrincipalNeverShowsClaims(t *testing.T) {
	t.Parallel()

	const private = "ada@example.com"
	p := auth.Principal{Kind: auth.User, ID: "u1", Session: "sess-9", Claims: map[string]any{"email": private}}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "caller", p, "pointer", &p)

	outputs := map[string]string{"log": log.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d"} {
		outputs[verb] = fmt.Sprintf(verb, p)
		outputs[verb+" nested"] = fmt.Sprintf(verb, struct{ P auth.Principal }{p})
	}
	for name, out := range outputs {
		if strings.Contains(out, private) || strings.Contains(out, "sess-9") {
			t.Errorf("%s shows claims or session: %s", name, out)
		}
		if !strings.Contains(out, "u1") {
			t.Errorf("%s does not name the caller: %s", name, out)
		}
	}
}

func TestKindNames(t *testing.T) {
	t.Parallel()

	for kind, want := range map[auth.Kind]string{
		auth.Anonymous: "anonymous", auth.User: "user", auth.Service: "service", 9: "auth.Kind(9)",
	} {
		if got := kind.String(); got != want {
			t.Errorf("Kind %d is %q, want %q", uint8(kind), got, want)
		}
	}
}

func TestContext(t *testing.T) {
	t.Parallel()

	if p := auth.FromContext(t.Context()); p.Kind != auth.Anonymous || p.ID != "" {
		t.Errorf("empty context has caller %v", p)
	}
	ctx := auth.WithPrincipal(t.Context(), auth.Principal{Kind: auth.User, ID: "1"})
	ctx = auth.WithPrincipal(ctx, auth.Principal{Kind: auth.User, ID: "2"})
	if p := auth.FromContext(ctx); p.ID != "2" {
		t.Errorf("caller is %v, want the inner one", p)
	}
}
