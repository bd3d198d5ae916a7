package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

// TestRestore brings deleted rows back, by {"deleted_at":null}.
func TestRestore(t *testing.T) {
	t.Parallel()
	const undelete = `{"deleted_at":null}`
	const represented = "Prefer: return=representation"
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{})
		gone := "/tasks/" + tGone
		must(t, h, 404, request{caller: "ann", line: "GET " + gone})
		res := must(t, h, 200, request{caller: "ann", line: "PATCH " + gone + "?select=title,version", body: undelete, header: []string{represented}})
		if res.body != `{"title":"gone","version":3}` {
			t.Errorf("restored %s", res.body)
		}
		must(t, h, 200, request{caller: "ann", line: "GET " + gone})
		if op := lastOp(t, db); op != "restore" {
			t.Errorf("the log has %q", op)
		}
		// By one of several versions, of which the row has its last.
		must(t, h, 204, request{caller: "ann", line: "DELETE " + gone})
		must(t, h, 404, request{caller: "ann", line: "PATCH " + gone, body: undelete, header: []string{`If-Match: "1.a", "2.b"`}})
		must(t, h, 204, request{caller: "ann", line: "PATCH " + gone, body: undelete, header: []string{`If-Match: "1.a", "4.b", "9.c"`}})
		// By a filter, as supabase-js does, and for a member of the project.
		must(t, h, 204, request{caller: "ann", line: "DELETE " + gone})
		res = must(t, h, 200, request{caller: "bob", line: "PATCH /tasks?id=eq." + tGone + "&select=title", body: undelete, header: []string{represented}})
		if res.body != `[{"title":"gone"}]` {
			t.Errorf("restored %s", res.body)
		}
	})
}

func lastOp(t *testing.T, db *store.DB) (op string) {
	t.Helper()
	if err := db.Bun().DB.QueryRowContext(t.Context(), "select op from plinth_changes order by seq desc limit 1").Scan(&op); err != nil {
		t.Fatal(err)
	}
	return op
}

// TestRestoreRefused: rows of others, rows that are not deleted and rows that do not exist
// are answered alike, and a caller without the right to restore gets the answer for an
// unknown column.
func TestRestoreRefused(t *testing.T) {
	t.Parallel()
	const undelete = `{"deleted_at":null}`
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{})
		const theirs = "01900000-0000-7000-8000-0000000000f1" // of beta, which bob does not see
		put(t, db, "acme", &task{Model: model(t, theirs), ProjectID: id(t, pBeta), Title: "theirs"})
		if err := store.For[task](db).Delete(t.Context(), id(t, theirs)); err != nil {
			t.Fatal(err)
		}
		unknown := strings.Replace(theirs, "f1", "f2", 1)
		want := must(t, h, 404, request{caller: "bob", line: "PATCH /tasks/" + unknown, body: undelete})
		for _, key := range []string{theirs, tThree} {
			got := must(t, h, 404, request{caller: "bob", line: "PATCH /tasks/" + key, body: undelete})
			if got.body != want.body {
				t.Errorf("%s: %s, want %s", key, got.body, want.body)
			}
			res := must(t, h, http.StatusOK, request{caller: "bob", line: "PATCH /tasks?id=eq." + key, body: undelete, header: []string{"Prefer: return=representation"}})
			if res.body != "[]" {
				t.Errorf("%s: restored %s", key, res.body)
			}
		}
		for _, q := range []request{
			{caller: "ann", line: "PATCH /tasks/" + tGone, body: `{"deleted_at":null,"title":"x"}`},
			{caller: "ann", line: "PATCH /tasks/" + tGone, body: `{"deleted_at":"2026-01-01T00:00:00Z"}`},
			{caller: "ann", line: "PATCH /tasks/" + tGone + "?columns=deleted_at", body: undelete},
			{caller: "ann", line: "POST /tasks", body: `{"title":"x","project_id":"` + pAlpha + `","deleted_at":null}`},
			{caller: "ann", line: "PATCH /projects/" + pAlpha, body: undelete}, // has no such column
		} {
			if res := must(t, h, http.StatusBadRequest, q); !strings.Contains(res.body, "PGRST204") {
				t.Errorf("%s %s: %s", q.line, q.body, res.body)
			}
		}
		must(t, h, 404, request{caller: "ann", line: "GET /tasks/" + tGone})
	})
}
