package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

// ticket has the tags that clients meet: enums, checks and a column without a default.
type ticket struct {
	bun.BaseModel `bun:"table:tickets" plinth:"check=closed is null or closed >= opened,unique=label where status = 'open' and label <> ''"`
	ID            int64   `bun:",pk"`
	Status        string  `bun:",notnull,default:'open'" plinth:"enum=open|done"`
	Mood          *string `plinth:"enum='it''s ok'|''|naïve \"x\""`
	Kind          string  `bun:",notnull" plinth:"enum=bug|wish"`
	Opened        int64   `bun:",notnull" plinth:"nodefault,check=opened >= 0"`
	Closed        *int64
	Pin           int64 `bun:",notnull" plinth:"hidden,check=pin < 10"`
	Label         string
}

func ticketServer(t *testing.T, db *store.DB) http.Handler {
	t.Helper()
	anyone := api.Anyone()
	return serve(t, db, api.Config{}, api.Resource[ticket]{Policy: api.Policy{Read: anyone, Create: anyone, Update: anyone}})
}

// TestTagsOnTheWire writes rows that tags refuse, in each way a row can be written.
func TestTagsOnTheWire(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		h := ticketServer(t, db)
		upsert := []string{"Prefer: resolution=merge-duplicates"}
		good := `{"id":1,"kind":"bug","opened":0}`
		for _, q := range []request{
			{line: "POST /tickets", body: good},
			{line: "POST /tickets", body: `[{"id":2,"kind":"wish","opened":1,"mood":"it's ok"},{"id":3,"kind":"wish","opened":1,"mood":null}]`},
			{line: "POST /tickets", body: `{"id":4,"kind":"bug","opened":5,"mood":"","label":"x"}`, header: upsert},
			{line: "PATCH /tickets?id=eq.4", body: `{"mood":"naïve \"x\"","closed":5}`},
		} {
			if got := do(t, h, q); got.status >= 300 {
				t.Errorf("%s %s: %d %s", q.line, q.body, got.status, got.body)
			}
		}
		const (
			status   = `"PL002","message":"the row does not pass validation","details":"status: must be one of: open, done"`
			kind     = `"PL002","message":"the row does not pass validation","details":"kind: must be one of: bug, wish"`
			mood     = `"details":"mood: must be one of: \"it's ok\", \"\", \"naïve \\\"x\\\"\""`
			missing  = `"23502","message":"null value violates a not-null constraint","details":"Column opened must not be null."`
			negative = `"code":"23514","message":"new row violates a check constraint","details":"The check of (opened) failed."`
			order    = `"details":"The check of (opened, closed) failed."`
		)
		for _, tt := range []struct {
			q    request
			want string
		}{
			{request{line: "POST /tickets", body: `{"id":9,"kind":"bug","opened":0,"status":"OPEN"}`}, status},
			{request{line: "POST /tickets", body: `{"id":9,"kind":"bug","opened":0,"mood":"it''s ok"}`}, mood},
			{request{line: "POST /tickets", body: `{"id":9,"opened":0}`}, kind},
			{request{line: "POST /tickets", body: `[` + good + `,{"id":9,"kind":"x","opened":0}]`}, kind},
			{request{line: "PATCH /tickets?id=eq.1", body: `{"status":""}`}, status},
			{request{line: "PUT /tickets/1", body: `{"id":1,"kind":"bug","opened":0,"status":"x"}`}, status},
			{request{line: "POST /tickets", body: `{"id":1,"kind":"no","opened":0}`, header: upsert}, kind},

			{request{line: "POST /tickets", body: `{"id":9,"kind":"bug"}`}, missing},
			{request{line: "POST /tickets", body: `[{"id":9,"kind":"bug"},{"id":10,"kind":"bug"}]`}, missing},
			{request{line: "POST /tickets?columns=id,kind", body: `[{"id":9,"kind":"bug"},{"id":10,"kind":"bug"}]`}, missing},
			{request{line: "POST /tickets?columns=id,kind,opened", body: `[{"id":9,"kind":"bug"}]`}, missing},
			{request{line: "POST /tickets?columns=id,kind,opened", body: `[{"id":9,"kind":"bug"}]`, header: []string{"Prefer: missing=default"}}, missing},
			{request{line: "POST /tickets", body: `{"id":9,"kind":"bug"}`, header: upsert}, missing},
			{request{line: "POST /tickets", body: `{"id":1,"kind":"bug"}`, header: upsert}, missing},
			{request{line: "POST /tickets", body: `[{"id":1,"kind":"bug"},{"id":9,"kind":"bug"}]`, header: upsert}, missing},
			{request{line: "PUT /tickets/9", body: `{"id":9,"kind":"bug"}`}, missing},
			{request{line: "POST /tickets", body: `{"id":9,"kind":"bug","opened":null}`}, missing},
			{request{line: "POST /tickets", body: "id,kind\n9,bug\n", header: []string{"Content-Type: text/csv"}}, missing},

			{request{line: "POST /tickets", body: `{"id":9,"kind":"bug","opened":-1}`}, negative},
			{request{line: "POST /tickets", body: `{"id":9,"kind":"bug","opened":5,"closed":4}`}, order},
			{request{line: "PATCH /tickets?id=eq.3", body: `{"closed":0}`}, order},
			{request{line: "POST /tickets", body: `{"id":3,"kind":"bug","opened":5,"closed":0}`, header: upsert}, order},
			{request{line: "POST /tickets", body: `[{"id":9,"kind":"bug","opened":0},{"id":10,"kind":"bug","opened":-2}]`}, negative},
			{request{line: "POST /tickets", body: `{"id":9,"kind":"bug","opened":0,"label":"x"}`}, `"code":"23505"`},
		} {
			got := do(t, h, tt.q)
			if got.status < 400 || !strings.Contains(got.body, tt.want) {
				t.Errorf("%s %s: %d %s, want %s", tt.q.line, tt.q.body, got.status, got.body, tt.want)
			}
		}
		must(t, h, http.StatusCreated, request{line: "POST /tickets", body: `{"id":8,"kind":"bug","opened":0,"label":"x","status":"done"}`})
		got := must(t, h, http.StatusOK, request{line: "GET /tickets?select=id,status,mood,kind,opened,closed"})
		want := `[{"id":1,"status":"open","mood":null,"kind":"bug","opened":0,"closed":null},{"id":2,"status":"open","mood":"it's ok","kind":"wish","opened":1,"closed":null},` +
			`{"id":3,"status":"open","mood":null,"kind":"wish","opened":1,"closed":null},{"id":4,"status":"open","mood":"naïve \"x\"","kind":"bug","opened":5,"closed":5},` +
			`{"id":8,"status":"done","mood":null,"kind":"bug","opened":0,"closed":null}]`
		if got.body != want {
			t.Errorf("the rows are %s", got.body)
		}
	})
}

// TestChecksNameColumns wants the columns of a check in its error, without hidden ones.
func TestChecksNameColumns(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		ticketServer(t, db)
		tickets := store.For[ticket](db)
		row := func(change func(*ticket)) *ticket {
			r := &ticket{ID: 1, Status: "open", Kind: "bug"}
			change(r)
			return r
		}
		for want, r := range map[string]*ticket{
			"store: check constraint of tickets (opened) violated":         row(func(r *ticket) { r.Opened = -1 }),
			"store: check constraint of tickets (opened, closed) violated": row(func(r *ticket) { r.Opened, r.Closed = 2, new(int64(1)) }),
			"store: check constraint of tickets () violated":               row(func(r *ticket) { r.Pin = 10 }),
			"store: tickets: kind: must be one of: bug, wish":              row(func(r *ticket) { r.Kind = "" }),
		} {
			if err := tickets.Insert(t.Context(), r); err == nil || err.Error() != want {
				t.Errorf("%v, want %s", err, want)
			}
		}
		for _, id := range []int64{1, 2} {
			err := tickets.Insert(t.Context(), row(func(r *ticket) { r.ID, r.Label = id, "a" }))
			if want := "store: unique constraint of tickets (label) violated"; id == 2 && (err == nil || err.Error() != want) {
				t.Errorf("%v, want %s", err, want)
			}
		}
		if _, err := db.Bun().DB.ExecContext(t.Context(), `update tickets set kind = 'other'`); err == nil {
			t.Error("the database takes a value outside of the enum")
		}
	})
}

// TestDocumentsOfTags looks for enums and required columns in both documents.
func TestDocumentsOfTags(t *testing.T) {
	t.Parallel()
	db := memory(t)
	h := ticketServer(t, db)
	document := decode[openAPI](t, must(t, h, http.StatusOK, request{line: "GET /"}).body)
	row, insert := document.Components.Schemas["tickets.Row"], document.Components.Schemas["tickets.Insert"]
	for name, want := range map[string]string{
		"status": `"enum":["open","done"]`, "mood": `"enum":["it's ok","","naïve \"x\"",null]`, "kind": `"enum":["bug","wish"]`,
	} {
		if got := string(row.Properties[name]); !strings.Contains(got, want) {
			t.Errorf("%s of a row is %s", name, got)
		}
		if got := string(insert.Properties[name]); !strings.Contains(got, want) {
			t.Errorf("%s of a new row is %s", name, got)
		}
	}
	if got := strings.Join(insert.Required, " "); got != "id kind opened" {
		t.Errorf("required: %s", got)
	}
	types := must(t, h, http.StatusOK, request{line: "GET /-/types.ts"}).body
	for _, want := range []string{
		"          status: \"open\" | \"done\"\n", "          status?: \"open\" | \"done\"\n", `mood: "it's ok" | "" | "naïve \"x\"" | null`,
		"kind: \"bug\" | \"wish\"\n          opened: number\n          closed?: number | null\n",
	} {
		if !strings.Contains(types, want) {
			t.Errorf("the types miss %q:\n%s", want, types)
		}
	}
}
