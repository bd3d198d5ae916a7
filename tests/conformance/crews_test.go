package conformance_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/uptrace/bun"
)

// crew has hands, and a hand may add others: rules on hands lead to their crew and back
// to hands. There are three tables of hands to test each write path: one statement with
// a log, one without, and row by row.
type crew struct {
	bun.BaseModel `bun:"table:crews"`
	store.Untracked
	ID     int64         `bun:",pk"`
	Port   string        `bun:",notnull"`
	Plain  []*plainHand  `bun:"rel:has-many,join:id=crew_id"`
	Logged []*loggedHand `bun:"rel:has-many,join:id=crew_id"`
	Hooked []*hookedHand `bun:"rel:has-many,join:id=crew_id"`
	People []*sailor     `bun:"m2m:plain_hands,join:Crew=Sailor"`
}

type sailor struct {
	bun.BaseModel `bun:"table:sailors"`
	store.Untracked
	Name string `bun:",pk"`
}

type berth struct {
	ID     int64  `bun:",pk"`
	CrewID int64  `bun:",notnull"`
	Name   string `bun:",notnull"`
	Code   string `bun:",notnull,unique"`
}

type plainHand struct {
	bun.BaseModel `bun:"table:plain_hands"`
	store.Untracked
	berth
	Crew   *crew   `bun:"rel:belongs-to,join:crew_id=id"`
	Sailor *sailor `bun:"rel:belongs-to,join:name=name"`
}

type loggedHand struct {
	bun.BaseModel `bun:"table:logged_hands"`
	berth
	Crew *crew `bun:"rel:belongs-to,join:crew_id=id"`
}

type hookedHand struct {
	bun.BaseModel `bun:"table:hooked_hands"`
	berth
	Crew *crew `bun:"rel:belongs-to,join:crew_id=id"`
}

// shoot grows on another, and has a key that the database makes.
type shoot struct {
	bun.BaseModel `bun:"table:shoots"`
	ID            int64    `bun:",pk,autoincrement"`
	Name          string   `bun:",notnull"`
	ParentID      *int64   //
	Parent        *shoot   `bun:"rel:belongs-to,join:parent_id=id"`
	Shoots        []*shoot `bun:"rel:has-many,join:id=parent_id"`
}

func crewModels() []any {
	return []any{crew{}, sailor{}, plainHand{}, loggedHand{}, hookedHand{}, shoot{}}
}

// handStep is a write by ann, who is in crew 1. Bob is in crew 2 and crew 3 is empty.
// want is the ids in the answer, or the code of an error that changed nothing. left are
// the hands afterwards.
type handStep struct {
	name, do, body string // do is insert, update or upsert
	rules          store.Guard
	want, left     string
}

func handSteps(relation string) []handStep {
	var (
		anyone = store.True()
		ann    = store.Compare("name", query.OpEq, store.Var("principal.id"))
		mates  = store.Related("crew", store.Related(relation, ann))
		empty  = store.Not(store.Related("crew", store.Related(relation, store.Cond{})))
		before = "1:1:ann 2:2:bob"
	)
	create := func(rule store.Cond) store.Guard {
		return store.Guard{Read: anyone, Create: rule, Update: anyone}
	}
	change := func(rule store.Cond) store.Guard {
		return store.Guard{Read: anyone, Create: anyone, Update: rule}
	}
	changeTo := func(rule store.Cond) store.Guard {
		return store.Guard{Read: anyone, Create: anyone, Update: anyone, UpdateCheck: rule}
	}
	reads := func(rule store.Cond) store.Guard {
		return store.Guard{Read: rule, Create: anyone, Update: anyone, UpdateCheck: anyone}
	}
	own := `{"id":1,"crew_id":2,"name":"ann","code":"1"}`
	return []handStep{
		{"a mate", "insert", `{"id":9,"crew_id":1,"name":"cy","code":"9"}`, create(mates), "9", before + " 9:1:cy"},
		{"oneself, elsewhere", "insert", `{"id":9,"crew_id":2,"name":"ann","code":"9"}`, create(mates), "42501", before},
		{"somebody, elsewhere", "insert", `{"id":9,"crew_id":2,"name":"cy","code":"9"}`, create(mates), "42501", before},
		{"a key that is taken, elsewhere", "insert", `{"id":9,"crew_id":2,"name":"ann","code":"2"}`, create(mates), "42501", before},
		{"a key that is taken", "insert", `{"id":9,"crew_id":1,"name":"cy","code":"2"}`, create(mates), "23505", before},
		{"a crew that is not there", "insert", `{"id":9,"crew_id":4,"name":"ann","code":"9"}`, create(mates), "23503", before},
		{
			"two mates", "insert", `[{"id":8,"crew_id":1,"name":"cy","code":"8"},{"id":9,"crew_id":1,"name":"di","code":"9"}]`,
			create(mates), "8,9", before + " 8:1:cy 9:1:di",
		},
		{
			"a mate, and oneself elsewhere", "insert", `[{"id":8,"crew_id":1,"name":"cy","code":"8"},{"id":9,"crew_id":2,"name":"ann","code":"9"}]`,
			create(mates), "42501", before,
		},
		{
			"oneself, who would let in another", "insert", `[{"id":8,"crew_id":3,"name":"ann","code":"8"},{"id":9,"crew_id":3,"name":"cy","code":"9"}]`,
			create(mates), "42501", before,
		},
		{"the first", "insert", `{"id":9,"crew_id":3,"name":"ann","code":"9"}`, create(empty), "9", before + " 9:3:ann"},
		{
			"the first two", "insert", `[{"id":8,"crew_id":3,"name":"ann","code":"8"},{"id":9,"crew_id":3,"name":"cy","code":"9"}]`,
			create(empty), "8,9", before + " 8:3:ann 9:3:cy",
		},
		{"not the first", "insert", `{"id":9,"crew_id":2,"name":"ann","code":"9"}`, create(empty), "42501", before},

		{"a mate", "upsert", `{"id":9,"crew_id":1,"name":"cy","code":"9"}`, create(mates), "9", before + " 9:1:cy"},
		{"oneself, elsewhere", "upsert", `{"id":9,"crew_id":2,"name":"ann","code":"9"}`, create(mates), "42501", before},
		{"the first", "upsert", `{"id":9,"crew_id":3,"name":"ann","code":"9"}`, create(empty), "9", before + " 9:3:ann"},
		{"one's own row, elsewhere", "upsert", own, change(mates), "42501", before},
		{"one's own row, to elsewhere", "upsert", own, changeTo(mates), "42501", before},
		{
			"one's own row, and a mate", "upsert", `[{"id":8,"crew_id":1,"name":"cy","code":"8"},{"id":1,"crew_id":1,"name":"an","code":"1"}]`,
			store.Guard{Read: anyone, Create: mates, Update: mates},
			"8,1", "1:1:an 2:2:bob 8:1:cy",
		},

		{"a mate's name", "update", `{"name":"an"}`, change(mates), "1", "1:1:an 2:2:bob"},
		{"a mate to a crew", "update", `{"crew_id":2}`, change(mates), "42501", before},
		{"to a crew", "update", `{"crew_id":2}`, changeTo(mates), "42501", before},
		{"to a crew and a code", "update", `{"crew_id":2,"code":"2"}`, changeTo(mates), "42501", before},
		{"to an empty crew", "update", `{"crew_id":3}`, changeTo(empty), "1", "1:3:ann 2:2:bob"},
		{"to another name", "update", `{"name":"an"}`, changeTo(mates), "1", "1:1:an 2:2:bob"},

		{"what one then sees", "insert", `{"id":9,"crew_id":3,"name":"ann","code":"9"}`, reads(mates), "9", before + " 9:3:ann"},
		{"what one then does not see", "insert", `{"id":9,"crew_id":3,"name":"cy","code":"9"}`, reads(mates), "", before + " 9:3:cy"},
		{
			"what one then sees by another", "insert", `[{"id":8,"crew_id":3,"name":"cy","code":"8"},{"id":9,"crew_id":3,"name":"ann","code":"9"}]`,
			reads(mates), "8,9", before + " 8:3:cy 9:3:ann",
		},
		{"what one sees no more", "update", `{"name":"an"}`, reads(mates), "", "1:1:an 2:2:bob"},
		{"what one sees still", "update", `{"crew_id":2}`, reads(mates), "1", "1:2:ann 2:2:bob"},
		{"what one sees as before", "update", `{"code":"7"}`, reads(mates), "1", before},
		{
			"what one sees as before, and may write", "update", `{"code":"7"}`,
			store.Guard{Read: mates, Create: anyone, Update: mates, UpdateCheck: mates},
			"1", before,
		},
		{
			"what one sees as before, elsewhere", "update", `{"code":"7"}`,
			store.Guard{Read: mates, Create: anyone, Update: anyone, UpdateCheck: empty},
			"42501", before,
		},
		{"what one sees then", "upsert", `{"id":1,"crew_id":3,"name":"ann","code":"1"}`, reads(mates), "1", "1:3:ann 2:2:bob"},
	}
}

// testJudgedBefore uses rules that would match the new rows themselves. Every new row
// must be checked against the rows from before the write, and be returned according to
// the rows after it.
func testJudgedBefore(t *testing.T, db *store.DB) {
	if err := store.Before(db, func(context.Context, *store.Write[hookedHand]) error { return nil }); err != nil {
		t.Fatal(err)
	}
	insert(t, db, &crew{ID: 1, Port: "x"}, &crew{ID: 2, Port: "x"}, &crew{ID: 3, Port: "x"})
	insert(t, db, &sailor{Name: "ann"}, &sailor{Name: "an"}, &sailor{Name: "bob"}, &sailor{Name: "cy"}, &sailor{Name: "di"})
	steps := map[*store.Table][]handStep{
		db.Table(plainHand{}):  handSteps("plain"),
		db.Table(loggedHand{}): handSteps("logged"),
		db.Table(hookedHand{}): handSteps("hooked"),
	}
	// The same through the junction that hands are.
	ann := store.Compare("name", query.OpEq, store.Var("principal.id"))
	steps[db.Table(plainHand{})] = append(steps[db.Table(plainHand{})], handStep{
		"through a junction", "insert", `{"id":9,"crew_id":2,"name":"ann","code":"9"}`,
		store.Guard{Read: store.True(), Create: store.Related("crew", store.Related("people", ann))},
		"42501", "1:1:ann 2:2:bob",
	}, handStep{
		"a mate through a junction", "insert", `{"id":9,"crew_id":1,"name":"cy","code":"9"}`,
		store.Guard{Read: store.Related("crew", store.Related("people", ann)), Create: store.Related("crew", store.Related("people", ann))},
		"9", "1:1:ann 2:2:bob 9:1:cy",
	}, handStep{
		"what one then sees through a junction", "insert", `{"id":9,"crew_id":3,"name":"ann","code":"9"}`,
		store.Guard{Read: store.Related("crew", store.Related("people", ann)), Create: store.True()},
		"9", "1:1:ann 2:2:bob 9:3:ann",
	})
	for table, list := range steps {
		for _, step := range list {
			for _, answer := range []string{"none", "columns", "order", "embed"} {
				for _, inTx := range []bool{false, true} {
					runHandStep(t, db, table, step, answer, inTx)
				}
			}
		}
	}
}

func runHandStep(t *testing.T, db *store.DB, table *store.Table, step handStep, answer string, inTx bool) {
	t.Helper()
	what := fmt.Sprintf("%s: %s %s with %s, in a transaction %t", table.Name, step.do, step.name, answer, inTx)
	trusted := access.Trusted(db, table)
	var out query.Rows
	if err := trusted.Delete(t.Context(), store.True(), query.WriteOptions{}, &out); err != nil {
		t.Fatal(err)
	}
	if _, err := post(t, trusted, `[{"id":1,"crew_id":1,"name":"ann","code":"1"},{"id":2,"crew_id":2,"name":"bob","code":"2"}]`, nil); err != nil {
		t.Fatal(err)
	}
	scope := scopeOf("ann", "", &tableGuard{table, guardFor(t, table, step.rules)}, open(t, db.Table(crew{})), open(t, db.Table(sailor{})))
	opts := query.WriteOptions{}
	if answer != "none" {
		opts.Return = &query.Query{Select: columns("id")}
	}
	port := ""
	switch answer {
	case "order":
		if step.do == "insert" {
			opts.Return.Order = []store.Order{{Column: "id"}}
			break
		}
		opts.Return.Order = []store.Order{{Column: "crew_id"}, {Column: "id", Desc: true}}
	case "embed":
		opts.Return.With = []query.Embed{{Relation: "crew", Query: query.Query{Select: columns("port")}}}
		port = `,"crew":{"port":"x"}`
	}
	write := func(ctx context.Context, s store.Session) error {
		g := access.New(s, table, scope)
		if step.do == "update" {
			p := value(g.DecodePatch([]byte(step.body), nil))(t)
			return g.Update(ctx, p, store.Eq("id", 1), opts, &out)
		}
		in := value(g.DecodeInput([]byte(step.body), access.InputOptions{Upsert: step.do == "upsert"}))(t)
		if step.do == "upsert" {
			return g.Upsert(ctx, in, query.UpsertOptions{WriteOptions: opts}, &out)
		}
		return g.Insert(ctx, in, opts, &out)
	}
	var err error
	if inTx {
		err = db.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return write(ctx, tx) })
	} else {
		err = write(t.Context(), db)
	}
	if len(step.want) == 5 {
		wantCode(t, what, err, step.want)
	} else if err != nil {
		t.Errorf("%s: %v", what, err)
	} else if answer != "none" {
		var rows []string
		for id := range strings.SplitSeq(step.want, ",") {
			if id != "" {
				rows = append(rows, `{"id":`+id+port+`}`)
			}
		}
		wantBody(t, what, out, strings.Join(rows, ","))
	}
	var left []string
	for pair := range strings.SplitSeq(step.left, " ") {
		part := strings.Split(pair, ":")
		left = append(left, fmt.Sprintf(`{"id":%s,"crew_id":%s,"name":%q}`, part[0], part[1], part[2]))
	}
	if got, want := read(t, trusted, query.Query{Select: columns("id", "crew_id", "name")}), "["+strings.Join(left, ",")+"]"; got != want {
		t.Errorf("%s has left\n got %s\nwant %s", what, got, want)
	}
}

// testMadeKeys checks rules on rows with keys that the database makes, which are NULL
// to a rule, and on rows that refer to others of the same write.
func testMadeKeys(t *testing.T, db *store.DB) {
	table := db.Table(shoot{})
	own := store.Eq("name", "own")
	for _, tt := range []struct {
		name, body string
		create     store.Cond
		code       string
	}{
		{"a key that is not there", `{"name":"own"}`, store.Compare("id", query.OpGt, 0), "42501"},
		{"keys that are not there", `[{"name":"own"},{"name":"own"}]`, store.Or(store.Eq("name", "x"), store.Compare("id", query.OpGt, 0)), "42501"},
		{"nothing grows on it", `{"name":"own"}`, store.Not(store.Related("shoots", store.Cond{})), ""},
		{"something grows on it", `{"name":"own"}`, store.Related("shoots", store.Cond{}), "42501"},
		{"on nothing", `{"name":"own"}`, store.Related("parent", own), "42501"},
	} {
		for _, answer := range []*query.Query{nil, {Select: columns("name")}, {Select: columns("name"), Order: []store.Order{{Column: "name"}}}} {
			scope := scopeOf("ann", "", &tableGuard{table, guardFor(t, table, store.Guard{Read: store.True(), Create: tt.create})})
			_, err := post(t, access.New(db, table, scope), tt.body, answer)
			if tt.code != "" {
				wantCode(t, tt.name, err, tt.code)
			} else if err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
	}
}
