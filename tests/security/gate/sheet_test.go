package gate_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/uptrace/bun"
)

// Sheet is a row for random filters: a column of each family of operators, all
// of which can be NULL. Owners and admins see it, and others where it is shared.
type Sheet struct {
	bun.BaseModel `bun:"table:sheets"`
	store.Untracked
	store.Tenant
	store.SoftDelete
	ID      int64    `bun:",pk"`
	OwnerID store.ID `bun:",notnull"`
	Status  *string
	Num     *int64
	Rate    *float64
	Due     *time.Time
	Flag    *bool
	Name    *string   `plinth:"searchable"`
	Labels  *[]string `bun:",array"`
	Meta    *store.JSON
	Secret  string `bun:",notnull" plinth:"hidden"`
}

// The values of the columns.
var (
	sheetNames  = []string{"", "red", "Red apple", "an apple, red and ripe", "green-apple", "GREEN pears", "100%", `a "b" \ c`}
	sheetLabels = [][]string{{}, {"a"}, {"a", "b"}, {"b", "b", "c d"}, {"A", ""}, {`x,"\{}`, "a"}}
	sheetMetas  = []string{
		`{}`, `[]`, `"a"`, `7`, `{"a":1}`, `{"a":1.0,"b":{"c":"x"}}`, `{"a":"1","b":{"c":null}}`, `{"a":null}`, `{"a":[1,2,"x"],"x y":true}`, `["a","b",{"a":1}]`,
		`{"a":"A","b":["x","y"]}`, `{"a":"a","b":{"c":"X","d":[]}}`, `{"0":"zero","a":"é'\"","b":{"c":10}}`, `{"a":9,"b":{"c":9},"x y":false}`,
	}
	sheetDues = []string{"1969-12-31T23:59:59.999999Z", "2024-02-29T12:00:00Z", "2024-02-29T12:00:00.000001Z", "2030-01-01T00:00:00Z"}
)

// newSheet returns a row and what the oracle knows of it. One value in five is
// NULL.
func newSheet(r *rand.Rand, id int) (*Sheet, row) {
	owner, tenant := []string{ana, ari, bea}[r.IntN(3)], tenant1
	if owner == bea {
		tenant = tenant2
	}
	key, err := store.ParseID(owner)
	if err != nil {
		panic(err)
	}
	m := &Sheet{ID: int64(id), OwnerID: key, Secret: "secret"}
	x := row{"id": id, "owner_id": owner, "tenant_id": tenant, "deleted_at": nil}
	some := func() bool { return r.IntN(5) > 0 }
	if some() {
		m.Status = new([]string{"draft", "shared", "official"}[r.IntN(3)])
		x["status"] = *m.Status
	}
	if some() {
		m.Num = new(int64(r.IntN(6)))
		x["num"] = int(*m.Num)
	}
	if some() {
		m.Rate = new(float64(r.IntN(6)) / 2)
		x["rate"] = *m.Rate
	}
	if some() {
		due, err := time.Parse(time.RFC3339, sheetDues[r.IntN(len(sheetDues))])
		if err != nil {
			panic(err)
		}
		m.Due, x["due"] = &due, due.Format(time.RFC3339Nano)
	}
	if some() {
		m.Flag = new(r.IntN(2) == 0)
		x["flag"] = *m.Flag
	}
	if some() {
		m.Name = new(sheetNames[r.IntN(len(sheetNames))])
		x["name"] = *m.Name
	}
	if some() {
		labels := sheetLabels[r.IntN(len(sheetLabels))]
		m.Labels, x["labels"] = &labels, labels
	}
	if some() {
		m.Meta = new(store.JSON(sheetMetas[r.IntN(len(sheetMetas))]))
		x["meta"] = document(string(*m.Meta))
	}
	return m, x
}

// document reads JSON and keeps numbers as they are written.
func document(text string) any {
	var v any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		panic(err)
	}
	return v
}

// sheets is an application with random sheets.
type sheets struct {
	fixture
	rows []row
}

// sheetEngines runs a test over sheets on each engine.
func sheetEngines(t *testing.T, seed uint64, n int, run func(t *testing.T, s *sheets)) {
	t.Helper()
	databases(t, func(t *testing.T, db *store.DB) { run(t, newSheets(t, db, rand.New(rand.NewPCG(seed, 0)), n)) })
}

func newSheets(t *testing.T, db *store.DB, r *rand.Rand, n int) *sheets {
	t.Helper()
	if err := db.Register(Sheet{}); err != nil {
		t.Fatal(err)
	}
	if _, err := migrate.Auto(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	s := &sheets{fixture: fixture{db: db}}
	for id := range n {
		m, x := newSheet(r, id)
		ctx := store.WithTenant(t.Context(), x["tenant_id"].(string))
		if err := store.For[Sheet](db).Insert(ctx, m); err != nil {
			t.Fatal(err)
		}
		if r.IntN(8) == 0 {
			x["deleted_at"] = stamp
			if err := store.For[Sheet](db).Delete(ctx, m.ID); err != nil {
				t.Fatal(err)
			}
		}
		s.rows = append(s.rows, x)
	}
	s.handler = newHandler(t, db, api.Config{}, api.Resource[Sheet]{Policy: api.Policy{Read: api.AnyOf(api.Owner("owner_id"), api.Where(store.Eq("status", "shared")), api.Role("admin"))}})
	return s
}

// seen returns the rows a caller may read, by the rules once more.
func (s *sheets) seen(p auth.Principal) []row {
	var rows []row
	for _, x := range s.rows {
		if p.Tenant == x["tenant_id"] && x["deleted_at"] == nil && (x["owner_id"] == p.ID || x["status"] == "shared" || slices.Contains(p.Roles, "admin")) {
			rows = append(rows, x)
		}
	}
	return rows
}

// find asks for the ids of the sheets of a filter.
func (s *sheets) find(t *testing.T, p auth.Principal, filter string) (ids []int, total string, err error) {
	t.Helper()
	got := s.do(t, p, ask{method: http.MethodGet, target: "/sheets?select=id&" + filter, prefer: counted})
	var rows []struct{ ID int }
	if err := json.Unmarshal([]byte(got.Body), &rows); err != nil || got.Status >= 300 {
		return nil, "", fmt.Errorf("status %d: %s", got.Status, got.Body)
	}
	for _, x := range rows {
		ids = append(ids, x.ID)
	}
	_, total, _ = strings.Cut(got.Header.Get("Content-Range"), "/")
	return ids, total, nil
}
