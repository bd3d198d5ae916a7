package conformance_test

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/uptrace/bun"
)

// defaults has columns with defaults, and a key the database makes.
type defaults struct {
	bun.BaseModel `bun:"table:defaults"`
	store.Untracked
	ID    int64   `bun:",pk,autoincrement"`
	Count int64   `bun:",notnull,default:10"`
	Name  string  `bun:",notnull,default:'it''s'"`
	On    bool    `bun:",notnull,default:true"`
	Note  *string `bun:",default:'none'"`
	Plain *int64
	Code  string `bun:",nullzero"`
}

// testAbsent distinguishes absent, null and zero: absent takes the default, else NULL,
// else the zero; null is NULL and zero is zero.
func testAbsent(t *testing.T, db *store.DB) {
	g := gateOf[defaults](db)
	for _, tt := range []struct{ in, want string }{
		{`{}`, `[{"id":1,"count":10,"name":"it's","on":true,"note":"none","plain":null,"code":null}]`},
		{`{"count":0,"name":"","on":false,"note":"","plain":0,"code":""}`, `[{"id":2,"count":0,"name":"","on":false,"note":"","plain":0,"code":""}]`},
		{`{"note":null,"plain":null,"code":null}`, `[{"id":3,"count":10,"name":"it's","on":true,"note":null,"plain":null,"code":null}]`},
		{`[{"count":1},{"count":2}]`, `[{"id":4,"count":1,"name":"it's","on":true,"note":"none","plain":null,"code":null},` +
			`{"id":5,"count":2,"name":"it's","on":true,"note":"none","plain":null,"code":null}]`},
	} {
		got, err := post(t, g, tt.in, &query.Query{})
		if err != nil || got != tt.want {
			t.Errorf("insert %s\n got %s, %v\nwant %s", tt.in, got, err, tt.want)
		}
	}
	_, err := post(t, g, `{"count":null}`, nil)
	wantCode(t, "null in a column that has none", err, "23502")
	_, err = post(t, g, `[{"count":1},{"name":"x"}]`, nil)
	wantCode(t, "objects with different members", err, "PGRST102")

	// A struct says everything: its zeros are written, not the defaults.
	row := defaults{}
	insert(t, db, &row)
	if row.ID <= 5 || row.Count != 0 || row.On || row.Note != nil {
		t.Errorf("a struct of zeros became %+v", row)
	}
	if _, err := patch(t, g, `{"count":0,"note":null}`, store.Eq("id", 5)); err != nil {
		t.Error(err)
	}
	wantRead(t, g, query.Query{Where: store.Eq("id", 5)}, `[{"id":5,"count":0,"name":"it's","on":true,"note":null,"plain":null,"code":null}]`)

	wantRead(t, gateOf[everything](db), query.Query{}, `[]`)
	got, err := post(t, gateOf[everything](db), `{"id":1}`, &query.Query{})
	const want = `[{"id":1,"text":"","yes":false,"int":0,"small":0,"float":0,"dec":0,"at":"0001-01-01T00:00:00.000000+00:00","day":"0001-01-01",` +
		`"uid":"00000000-0000-0000-0000-000000000000","bytes":"\\x","doc":null,"list":[],"n_text":null,"n_yes":null,"n_int":null,"n_float":null,` +
		`"n_dec":null,"n_at":null,"n_day":null,"n_uid":null,"n_bytes":null,"n_doc":null,"n_list":null}]`
	if err != nil || got != want {
		t.Errorf("zeros\n got %s, %v\nwant %s", got, err, want)
	}
}
