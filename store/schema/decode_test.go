package schema_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store/schema"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/uptrace/bun"
)

// planOf lists every column of a table.
func planOf(t *schema.Table) *schema.DecodePlan {
	p := new(schema.DecodePlan)
	for _, c := range t.Columns {
		p.AddColumn(c)
	}
	return p
}

// rowJSON joins the columns to an object.
func rowJSON(t *schema.Table, columns map[string]string) []byte {
	members := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		members[i] = c.JSONKey + columns[c.Name]
	}
	return []byte("{" + strings.Join(members, ",") + "}")
}

type shelf struct {
	bun.BaseModel `bun:"table:shelves"`
	ID            int64 `bun:",pk"`
	Label         string
	Books         []*volume `bun:"rel:has-many,join:id=shelf_id"`
}

type volume struct {
	bun.BaseModel `bun:"table:volumes"`
	ID            int64 `bun:",pk"`
	ShelfID       int64
	Title         string
	Shelf         *shelf `bun:"rel:belongs-to,join:shelf_id=id"`
}

// shelfPlan reads shelves with their books, and those with their shelf again.
func shelfPlan(t testing.TB) (*schema.Table, *schema.DecodePlan) {
	t.Helper()
	db := storetest.New(t)
	if err := db.Register(shelf{}, volume{}); err != nil {
		t.Fatal(err)
	}
	shelves, volumes := db.Table(shelf{}), db.Table(volume{})
	label := new(schema.DecodePlan)
	label.AddColumn(shelves.Column("label"))
	books := new(schema.DecodePlan)
	books.AddColumn(volumes.Column("title"))
	books.AddRelation(volumes.Relation("shelf"), "shelf", label)
	plan := planOf(shelves)
	plan.AddRelation(shelves.Relation("books"), "b", books)
	return shelves, plan
}

const shelfRow = `{"id":1,"label":"A, \"b\" }","b":[{"title":"x\\","shelf":{"label":"up"}},{"title":"]","shelf":null}]}`

func wantShelf() shelf {
	return shelf{ID: 1, Label: `A, "b" }`, Books: []*volume{{Title: `x\`, Shelf: &shelf{Label: "up"}}, {Title: "]"}}}
}

func TestDecodeRelations(t *testing.T) {
	t.Parallel()
	table, plan := shelfPlan(t)
	got := shelf{Books: []*volume{{Title: "old"}}}
	if err := table.DecodeRow([]byte(shelfRow), plan, reflect.ValueOf(&got).Elem()); err != nil {
		t.Fatal(err)
	}
	if want := wantShelf(); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestDecodeRows(t *testing.T) {
	t.Parallel()
	table, plan := shelfPlan(t)
	body := []byte(shelfRow + `,{"id":2,"label":"","b":[]}`)
	want := []shelf{wantShelf(), {ID: 2, Books: []*volume{}}}
	stale := make([]shelf, 0, 4)
	stale = append(stale, shelf{Label: "stale"}, shelf{Label: "stale"})[:0]
	for name, got := range map[string][]shelf{"nil": nil, "stale memory": stale} {
		if err := table.DecodeRows(body, plan, reflect.ValueOf(&got).Elem()); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	var pointers []*shelf
	if err := table.DecodeRows(body, plan, reflect.ValueOf(&pointers).Elem()); err != nil {
		t.Fatal(err)
	}
	if len(pointers) != 2 || !reflect.DeepEqual(*pointers[0], want[0]) || !reflect.DeepEqual(*pointers[1], want[1]) {
		t.Errorf("%+v", pointers)
	}
	if err := table.DecodeRows(nil, plan, reflect.ValueOf(&pointers).Elem()); err != nil || len(pointers) != 2 {
		t.Errorf("no rows: %v, %d rows", err, len(pointers))
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	table, plan := shelfPlan(t)
	bad := []string{
		``, `null`, `[]`, `{}`, `{"label":"","id":1,"b":[]}`, `{"id":1,"label":"","b":[]}x`, `{"id":1,"label":"","b":{}}`, `{"id":1,"label":"","b":[1]}`,
		`{"id":1.5,"label":"","b":[]}`, `{"id":null,"label":"","b":[]}`, `{"id":"1","label":"","b":[]}`, `{"id":1,"label":"\q","b":[]}`, `{"id":1,"label":"","b":[],}`,
		`{"id":99999999999999999999,"label":"","b":[]}`,
	}
	for i := range len(shelfRow) {
		bad = append(bad, shelfRow[:i])
	}
	for _, raw := range bad {
		var got shelf
		if err := table.DecodeRow([]byte(raw), plan, reflect.ValueOf(&got).Elem()); err == nil {
			t.Errorf("%q was accepted: %+v", raw, got)
		}
	}
}

// FuzzDecodeRow looks for rows that make the reader panic.
func FuzzDecodeRow(f *testing.F) {
	shelves, plan := shelfPlan(f)
	all := tableFor(f, everything{})
	_, columns := sample()
	f.Add([]byte(shelfRow))
	f.Add(rowJSON(all, columns))
	f.Add(rowJSON(all, zeroRow()))
	f.Fuzz(func(_ *testing.T, raw []byte) {
		_ = shelves.DecodeRow(raw, plan, reflect.ValueOf(new(shelf)).Elem())
		_ = all.DecodeRow(raw, planOf(all), reflect.ValueOf(new(everything)).Elem())
	})
}

func BenchmarkDecodeRow(b *testing.B) {
	table, plan := shelfPlan(b)
	raw := []byte(shelfRow)
	b.ReportAllocs()
	for b.Loop() {
		var row shelf
		if err := table.DecodeRow(raw, plan, reflect.ValueOf(&row).Elem()); err != nil {
			b.Fatal(err)
		}
	}
}
