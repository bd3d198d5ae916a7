package gate_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/api/apitest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/uptrace/bun"
)

// Leaflet is a row of which signed-in callers see the title alone. It is written by one
// statement where the engine can.
type Leaflet struct {
	bun.BaseModel `bun:"table:leaflets"`
	store.Model
	Title string `bun:",notnull"`
	Note  string `bun:",notnull"`
}

// HookedLeaflet has a hook, so that it is written step by step.
type HookedLeaflet struct {
	bun.BaseModel `bun:"table:hooked_leaflets"`
	store.Model
	Title string `bun:",notnull"`
	Note  string `bun:",notnull"`
}

// TestA22Version: a version that is closed is told by no entity tag, of a read or of a
// write, and no If-Match finds it out. Who may read it goes on by it.
func TestA22Version(t *testing.T) {
	databases(t, func(t *testing.T, db *store.DB) {
		closed := map[string]api.ColumnRule{"note": {Update: api.Anyone(), Create: api.Anyone()}}
		for _, name := range []string{"version", "created_at", "updated_at"} {
			closed[name] = api.ColumnRule{Read: api.Role("admin")}
		}
		all := api.SignedIn()
		policy := api.Policy{Read: all, Create: all, Update: all, Delete: all, Columns: closed}
		h := newHandler(t, db, api.Config{}, api.Resource[Leaflet]{Policy: policy}, api.Resource[HookedLeaflet]{Policy: policy})
		if err := store.Before(db, func(context.Context, *store.Write[HookedLeaflet]) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if _, err := migrate.Auto(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"leaflets", "hooked_leaflets"} {
			row := "/" + table + "/" + store.NewID().String()
			whole := apitest.New(t, h).With("Prefer", "return=representation")
			client, admin := whole.As(asAna), whole.As(asAdmin)
			weak := func(what string, r *apitest.Response) string {
				t.Helper()
				tag := r.Header.Get("ETag")
				if r.Status >= 300 || !strings.HasPrefix(tag, `W/"`) {
					t.Errorf("%s: %d with the tag %s", what, r.Status, tag)
				}
				return tag
			}
			weak("PUT of a new row", client.Do(http.MethodPut, row, `{"title":"t","note":"n"}`))
			before := weak("GET", client.Get(row))
			weak("GET of no column", client.Get(row+"?select="))
			if r := client.With("If-Match", `"1.x"`).Get(row + "?select="); r.Status != http.StatusPreconditionFailed {
				t.Errorf("GET of no column for version 1: %d", r.Status)
			}
			weak("PATCH", client.Patch(row, `{"note":"changed"}`))
			if after := weak("GET behind it", client.Get(row)); after != before {
				t.Errorf("%s: a hidden column has changed, and the tag: %s, %s", table, before, after)
			}
			weak("PUT", client.Do(http.MethodPut, row, `{"title":"t","note":"changed"}`))

			version, _, _ := strings.Cut(strings.Trim(admin.Get(row).Header.Get("ETag"), `"`), ".")
			for _, guess := range []string{"1", version, "999"} {
				match := client.With("If-Match", `"`+guess+`.x"`)
				for what, r := range map[string]*apitest.Response{
					"GET": match.Get(row), "PATCH": match.Patch(row, `{"note":"x"}`), "empty PATCH": match.Patch(row, `{}`),
					"PUT": match.Do(http.MethodPut, row, `{"title":"t","note":"x"}`), "DELETE": match.Delete(row),
				} {
					if r.Status != http.StatusPreconditionFailed {
						t.Errorf("%s of %s for version %s: %d %s", what, table, guess, r.Status, r.Body)
					}
				}
				if r := match.Patch("/"+table+"/"+store.NewID().String(), `{"note":"x"}`); r.Status != http.StatusNotFound {
					t.Errorf("PATCH of no row: %d", r.Status)
				}
			}
			if r := client.With("If-Match", "*").Patch(row, `{"note":"x"}`); r.Status >= 300 {
				t.Errorf("any version will do: %d %s", r.Status, r.Body)
			}
			match := admin.With("If-Match", admin.Get(row).Header.Get("ETag"))
			if r := match.Patch(row, `{"note":"by an admin"}`); r.Status >= 300 || strings.HasPrefix(r.Header.Get("ETag"), "W/") {
				t.Errorf("an admin: %d, the tag %s", r.Status, r.Header.Get("ETag"))
			}
		}
	})
}
