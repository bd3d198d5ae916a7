package gate_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestA21MassAssignment: what a client may not set is refused by name and never stored,
// in whatever spelling and on whatever way.
func TestA21MassAssignment(t *testing.T) {
	t.Parallel()
	names := []string{
		"created_at", "updated_at", "version", "tenant_id", "deleted_at", "secret_note", "role", "email_verified", "password_hash", "is_admin",
		"Role", "ROLE", "role ", " role", "Title", "TITLE", "title ", "owner", "project", "tags", "owner.role", "owner(role)", "__proto__", "",
		"Owner_ID", "owner_id ", "ownerid", "OwnerID", "margin", "MARGIN",
	}
	values := []string{`1`, `"x"`, `true`, `null`, `"2020-01-01T00:00:00Z"`, `{"role":"admin"}`, `[{"role":"admin"}]`}
	engines(t, func(t *testing.T, f *fixture) {
		for i, name := range names {
			value := values[i%len(values)]
			for _, value := range []string{value, `"admin"`} {
				member := fmt.Sprintf("%q:%s", name, value)
				f.massAssign(t, name, member)
			}
		}
	})
}

func (f *fixture) massAssign(t *testing.T, name, member string) {
	t.Helper()
	note := `"slug":"fresh","title":"x","status":"draft"`
	for _, a := range []ask{
		{method: http.MethodPost, target: "/notes", body: "{" + note + "," + member + "}"},
		{method: http.MethodPost, target: "/notes", body: "[{" + member + "," + note + "}]", prefer: represented},
		{method: http.MethodPatch, target: "/notes?id=eq." + anaDraft, body: "{" + member + "}"},
		{method: http.MethodPatch, target: "/notes/" + anaDraft, body: `{"title":"x",` + member + "}"},
		{method: http.MethodPatch, target: "/users/" + ana, body: "{" + member + "}"},
		{method: http.MethodPatch, target: "/users?id=eq." + ana, body: `{"name":"x",` + member + "}", prefer: represented},
		{method: http.MethodPost, target: "/rpc/first_note", body: `{"slug":"ana-shared",` + member + "}"},
	} {
		f.untouched(t, a.String(), func() {
			got := f.do(t, asAna, a)
			want := http.StatusBadRequest
			if strings.HasPrefix(a.target, "/rpc/") && got.Code() == "PGRST202" {
				want = http.StatusNotFound // a function by its name and arguments
			}
			if got.Status != want {
				t.Errorf("%s: status %d, want %d: %s", a, got.Status, want, got.Body)
			}
			if name != "" && !strings.Contains(got.Body, strings.TrimSpace(name)) {
				t.Errorf("%s: the answer does not name what is wrong: %s", a, got.Body)
			}
		})
	}
}

// TestA21UpsertIgnoresReadOnlyColumns: an upsert accepts read-only columns, as it is sent whole rows,
// and does not write them.
func TestA21UpsertIgnoresReadOnlyColumns(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		a := ask{
			method: http.MethodPost, target: "/notes?select=version,created_at,owner_id,title", prefer: merging,
			body: `{"id":"` + anaDraft + `","slug":"ana-draft","title":"new","status":"draft","version":77,"created_at":"2001-01-01T00:00:00Z","updated_at":"2001-01-01T00:00:00Z"}`,
		}
		got := f.do(t, asAna, a)
		want := `[{"version":2,"created_at":"` + stamp + `","owner_id":"` + ana + `","title":"new"}]`
		if got.Status != http.StatusOK || got.Body != want {
			t.Errorf("%s: %d %s\nwant %s", a, got.Status, got.Body, want)
		}
		f.reset(t)
		f.do(t, asAdmin, ask{method: http.MethodPost, target: "/users", prefer: merging, body: `{"id":"` + ana + `","name":"new","listed":true,"role":"admin"}`}).Want(http.StatusOK)
		if got := f.rows(t, "select name, role from users where id = '"+ana+"'"); got != " name=\"new\" role=\"member\"\n" {
			t.Errorf("an upsert with a role has left %s", got)
		}
	})
}
