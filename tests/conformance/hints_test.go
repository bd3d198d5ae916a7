package conformance_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/uptrace/bun"
)

// The drafts lead to writers in three ways, and writers to their own table:
//
//	10 Ode   by Ann, edited by Ben, read by Cat
//	20 Saga  by Ben                 read by Ann
//	1 Ann    2 Ben, pupil of Ann    3 Cat, pupil of Ben
type draft struct {
	bun.BaseModel `bun:"table:drafts"`
	store.Untracked
	ID       int64  `bun:",pk"`
	Title    string `bun:",notnull"`
	AuthorID int64  `bun:",notnull"`
	EditorID *int64
	Author   *writer   `bun:"rel:belongs-to,join:author_id=id"`
	Editor   *writer   `bun:"rel:belongs-to,join:editor_id=id"`
	Readers  []*writer `bun:"m2m:readings,join:Draft=Writer"`
}

type writer struct {
	bun.BaseModel `bun:"table:writers"`
	store.Untracked
	ID       int64  `bun:",pk"`
	Name     string `bun:",notnull"`
	MentorID *int64
	Mentor   *writer   `bun:"rel:belongs-to,join:mentor_id=id"`
	Pupils   []*writer `bun:"rel:has-many,join:id=mentor_id"`
	Wrote    []*draft  `bun:"rel:has-many,join:id=author_id"`
	Edited   []*draft  `bun:"rel:has-many,join:id=editor_id"`
	Read     []*draft  `bun:"m2m:readings,join:Writer=Draft"`
	Desk     *desk     `bun:"rel:has-one,join:id=writer_id"`
}

type reading struct {
	bun.BaseModel `bun:"table:readings"`
	store.Untracked
	DraftID  int64   `bun:",pk"`
	WriterID int64   `bun:",pk"`
	Draft    *draft  `bun:"rel:belongs-to,join:draft_id=id"`
	Writer   *writer `bun:"rel:belongs-to,join:writer_id=id"`
}

// desk refers to writers by a unique foreign key and by a plain one.
type desk struct {
	bun.BaseModel `bun:"table:desks"`
	store.Untracked
	ID       int64   `bun:",pk"`
	WriterID int64   `bun:",notnull,unique"`
	LenderID int64   `bun:",notnull"`
	Writer   *writer `bun:"rel:belongs-to,join:writer_id=id"`
	Lender   *writer `bun:"rel:belongs-to,join:lender_id=id"`
}

func draftModels() []any { return []any{writer{}, draft{}, reading{}, desk{}} }

func insertDrafts(t *testing.T, db *store.DB) {
	t.Helper()
	insert(t, db, &writer{ID: 1, Name: "Ann"}, &writer{ID: 2, Name: "Ben", MentorID: new(int64(1))}, &writer{ID: 3, Name: "Cat", MentorID: new(int64(2))})
	insert(t, db, &draft{ID: 10, Title: "Ode", AuthorID: 1, EditorID: new(int64(2))}, &draft{ID: 20, Title: "Saga", AuthorID: 2})
	insert(t, db, &reading{DraftID: 10, WriterID: 3}, &reading{DraftID: 20, WriterID: 1})
}

func hintTopics() []topic {
	return []topic{
		{"Hints", draftModels(), store.Options{}, testHints},
		{"AmbiguousRelations", draftModels(), store.Options{}, testAmbiguousRelations},
		{"HiddenRelations", draftModels(), store.Options{}, testHiddenRelations},
	}
}

// testHints reads the first draft, or Ben, with a relation under each of its
// names.
func testHints(t *testing.T, db *store.DB) {
	insertDrafts(t, db)
	for _, tt := range []struct{ relation, want string }{
		{"author", `{"name":"Ann"}`},
		{"author_id", `{"name":"Ann"}`},
		{"drafts_author_id_fkey", `{"name":"Ann"}`},
		{"writers!author_id", `{"name":"Ann"}`},
		{"writers!drafts_author_id_fkey", `{"name":"Ann"}`},
		{"author!author_id", `{"name":"Ann"}`},
		{"editor_id", `{"name":"Ben"}`},
		{"writers!editor_id", `{"name":"Ben"}`},
		{"writers!drafts_editor_id_fkey", `{"name":"Ben"}`},
		{"writers!readings", `[{"name":"Cat"}]`},
		{"readers!readings", `[{"name":"Cat"}]`},
	} {
		e := named(tt.relation)
		e.As = "x"
		wantRead(t, gateOf[draft](db), query.Query{Select: []query.Selected{}, Where: store.Eq("id", 10), With: []query.Embed{e}}, `[{"x":`+tt.want+`}]`)
	}
	for _, tt := range []struct{ relation, column, want string }{
		{"drafts!author_id", "title", `[{"title":"Saga"}]`},
		{"drafts!drafts_editor_id_fkey", "title", `[{"title":"Ode"}]`},
		{"drafts!readings", "title", `[]`},
		{"writers", "name", `[{"name":"Cat"}]`},
		{"writers!mentor_id", "name", `[{"name":"Cat"}]`},
		{"writers!writers_mentor_id_fkey", "name", `[{"name":"Cat"}]`},
		{"mentor_id", "name", `{"name":"Ann"}`},
		{"writers_mentor_id_fkey", "name", `{"name":"Ann"}`},
	} {
		e := query.Embed{Relation: tt.relation, As: "x", Query: query.Query{Select: columns(tt.column)}}
		wantRead(t, gateOf[writer](db), query.Query{Select: []query.Selected{}, Where: store.Eq("id", 2), With: []query.Embed{e}}, `[{"x":`+tt.want+`}]`)
	}
	testHintsElsewhere(t, db)
}

// testHintsElsewhere names relations by hints in conditions, orders and inner
// embeds.
func testHintsElsewhere(t *testing.T, db *store.DB) {
	g := gateOf[draft](db)
	inner := named("writers!editor_id")
	inner.Inner = true
	other := named("writers!author_id")
	other.As = "by"
	for _, tt := range []struct {
		what string
		q    query.Query
		want string
	}{
		{"condition", query.Query{Select: columns("id"), Where: store.Related("writers!editor_id", store.Eq("name", "Ben"))}, `[{"id":10}]`},
		{"order", query.Query{Select: columns("id"), Order: []store.Order{{Relation: "writers!author_id", Column: "name", Desc: true}}}, `[{"id":20},{"id":10}]`},
		{"inner", query.Query{Select: columns("id"), With: []query.Embed{inner}}, `[{"id":10,"writers":{"name":"Ben"}}]`},
		{
			"two of one table",
			query.Query{Select: columns("id"), With: []query.Embed{other, named("writers!editor_id")}},
			`[{"id":10,"by":{"name":"Ann"},"writers":{"name":"Ben"}},{"id":20,"by":{"name":"Ben"},"writers":null}]`,
		},
	} {
		if got := read(t, g, tt.q); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.what, got, tt.want)
		}
	}
	drafts := value(store.For[draft](db).List(t.Context(), store.Query{With: []store.Embed{{Relation: "writers!editor_id"}}}))(t)
	if len(drafts) != 2 || drafts[0].Editor == nil || drafts[0].Editor.Name != "Ben" || drafts[0].Author != nil || drafts[1].Editor != nil {
		t.Errorf("a hint in Go: %+v", drafts)
	}
	if _, err := store.Bind(db.Table(draft{}), store.Related("writers", store.Cond{})); err == nil {
		t.Error("a rule over an ambiguous relation was bound")
	}
	err := readError(t, g, query.Query{Order: []store.Order{{Relation: "writers!readings", Column: "name"}}})
	wantText(t, "order by a relation to many", err, "PGRST118", "A related order on 'writers' is not possible", "", "")
}

// wantText checks all that a client reads of an error.
func wantText(t *testing.T, what string, err error, code, message, details, hint string) {
	t.Helper()
	wantCode(t, what, err, code)
	if m, d, h := answerTo(t, err); m != message || d != details || h != hint {
		t.Errorf("%s\n got %q, %q, %q\nwant %q, %q, %q", what, m, d, h, message, details, hint)
	}
}

// answerTo returns the texts by which an error is answered. Details that are no text are
// JSON.
func answerTo(t *testing.T, err error) (message, details, hint string) {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
	r.Header.Set("Accept", "application/json")
	problem.Write(w, r, err, problem.Options{})
	var body struct {
		Message, Hint string
		Details       json.RawMessage
	}
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatal(err)
	}
	if json.Unmarshal(body.Details, &details) != nil {
		details = string(body.Details)
	}
	return body.Message, details, body.Hint
}

// reach is a read of one relation's existence.
func reach(relation string) query.Query {
	return query.Query{Select: columns("id"), Where: store.Related(relation, store.Cond{})}
}

func wantAmbiguous(t *testing.T, what string, err error, hint, details string) {
	t.Helper()
	var ambiguous *fault.AmbiguousRelationError
	if !errors.As(err, &ambiguous) {
		t.Fatalf("%s: %v, want an AmbiguousRelationError", what, err)
	}
	wantText(t, what, err, "PGRST201",
		"Could not embed because more than one relationship was found for '"+ambiguous.Table+"' and '"+ambiguous.Relation+"'", details, hint)
}

func testAmbiguousRelations(t *testing.T, db *store.DB) {
	insertDrafts(t, db)
	wantAmbiguous(t, "from drafts", readError(t, gateOf[draft](db), reach("writers")),
		"Try changing 'writers' to one of the following: 'writers!drafts_author_id_fkey', 'writers!drafts_editor_id_fkey', 'writers!readings'. "+
			"Find the desired relationship in the 'details' key.",
		`[{"cardinality":"many-to-one","embedding":"drafts with writers","relationship":"drafts_author_id_fkey using drafts(author_id) and writers(id)"},`+
			`{"cardinality":"many-to-one","embedding":"drafts with writers","relationship":"drafts_editor_id_fkey using drafts(editor_id) and writers(id)"},`+
			`{"cardinality":"many-to-many","embedding":"drafts with writers","relationship":"readings using readings_draft_id_fkey(draft_id) and readings_writer_id_fkey(writer_id)"}]`)
	wantAmbiguous(t, "from writers", readError(t, gateOf[writer](db), reach("drafts")),
		"Try changing 'drafts' to one of the following: 'drafts!drafts_author_id_fkey', 'drafts!drafts_editor_id_fkey', 'drafts!readings'. "+
			"Find the desired relationship in the 'details' key.",
		`[{"cardinality":"one-to-many","embedding":"writers with drafts","relationship":"drafts_author_id_fkey using writers(id) and drafts(author_id)"},`+
			`{"cardinality":"one-to-many","embedding":"writers with drafts","relationship":"drafts_editor_id_fkey using writers(id) and drafts(editor_id)"},`+
			`{"cardinality":"many-to-many","embedding":"writers with drafts","relationship":"readings using readings_writer_id_fkey(writer_id) and readings_draft_id_fkey(draft_id)"}]`)
	wantAmbiguous(t, "one to one", readError(t, gateOf[desk](db), reach("writers")),
		"Try changing 'writers' to one of the following: 'writers!desks_writer_id_fkey', 'writers!desks_lender_id_fkey'. "+
			"Find the desired relationship in the 'details' key.",
		`[{"cardinality":"one-to-one","embedding":"desks with writers","relationship":"desks_writer_id_fkey using desks(writer_id) and writers(id)"},`+
			`{"cardinality":"many-to-one","embedding":"desks with writers","relationship":"desks_lender_id_fkey using desks(lender_id) and writers(id)"}]`)

	searched := func(name string) string {
		return "Searched for a foreign key relationship between 'drafts' and " + name + " in the schema 'public', but no matches were found."
	}
	for _, tt := range []struct{ relation, message, details, hint string }{
		{"wroters", "'wroters'", "'wroters'", "Perhaps you meant 'writers' instead of 'wroters'."},
		{"reader", "'reader'", "'reader'", "Perhaps you meant 'readers' instead of 'reader'."},
		{"clouds", "'clouds'", "'clouds'", ""},
		{"writers!editer_id", "'writers'", "'writers' using the hint 'editer_id'", ""},
		{"writers!drafts_editer_id_fkey", "'writers'", "'writers' using the hint 'drafts_editer_id_fkey'", "Perhaps you meant 'writers!drafts_editor_id_fkey' instead of 'writers!drafts_editer_id_fkey'."},
		{"author!editor_id", "'author'", "'author' using the hint 'editor_id'", ""},
		{"writers!", "'writers'", "'writers' using the hint ''", ""},
		{"!", "''", "'' using the hint ''", ""},
		{"", "''", "''", ""},
	} {
		wantText(t, tt.relation, readError(t, gateOf[draft](db), reach(tt.relation)), "PGRST200",
			"Could not find a relationship between 'drafts' and "+tt.message+" in the schema cache", searched(tt.details), tt.hint)
	}
}

// testHiddenRelations narrows the guards step by step: a hidden relation is in no list
// and no hint, and makes no name ambiguous.
func testHiddenRelations(t *testing.T, db *store.DB) {
	insertDrafts(t, db)
	drafts, writers, readings := db.Table(draft{}), db.Table(writer{}), db.Table(reading{})
	without := func(g *tableGuard, column string) *tableGuard {
		for _, c := range g.table.Columns {
			if c.Name == column {
				g.guard.Readable.Remove(c)
			}
		}
		return g
	}
	hint := "Try changing 'writers' to one of the following: 'writers!drafts_author_id_fkey', 'writers!drafts_editor_id_fkey'. Find the desired relationship in the 'details' key."
	list := `[{"cardinality":"many-to-one","embedding":"drafts with writers","relationship":"drafts_author_id_fkey using drafts(author_id) and writers(id)"},` +
		`{"cardinality":"many-to-one","embedding":"drafts with writers","relationship":"drafts_editor_id_fkey using drafts(editor_id) and writers(id)"}]`

	noJunction := scopedGate[draft](db, scopeOf("x", "", open(t, drafts), open(t, writers)))
	wantAmbiguous(t, "the junction is not exposed", readError(t, noJunction, reach("writers")), hint, list)
	junctionKey := scopedGate[draft](db, scopeOf("x", "", open(t, drafts), open(t, writers), without(open(t, readings), "writer_id")))
	wantAmbiguous(t, "the key of the junction is hidden", readError(t, junctionKey, reach("writers")), hint, list)
	targetKey := scopedGate[draft](db, scopeOf("x", "", open(t, drafts), without(open(t, writers), "id")))
	wantAmbiguous(t, "the key of the target is hidden", readError(t, targetKey, reach("writers")), hint,
		`[{"cardinality":"many-to-one","embedding":"drafts with writers","relationship":"drafts_author_id_fkey using drafts(author_id) and writers"},`+
			`{"cardinality":"many-to-one","embedding":"drafts with writers","relationship":"drafts_editor_id_fkey using drafts(editor_id) and writers"}]`)

	noEditor := scopedGate[draft](db, scopeOf("x", "", without(open(t, drafts), "editor_id"), open(t, writers)))
	wantRead(t, noEditor, query.Query{Select: columns("id"), Where: store.Eq("id", 10), With: []query.Embed{named("writers")}}, `[{"id":10,"writers":{"name":"Ann"}}]`)
	for _, relation := range []string{"editor", "editor_id", "drafts_editor_id_fkey", "writers!editor_id", "writers!drafts_editor_id_fkey", "writers!readings", "readers"} {
		for what, q := range map[string]query.Query{
			"condition": reach(relation), "embed": {With: []query.Embed{{Relation: relation}}}, "order": {Order: []store.Order{{Relation: relation, Column: "name"}}},
		} {
			wantCode(t, what+" by "+relation, readError(t, noEditor, q), "PGRST200")
		}
	}
	wantText(t, "nothing hidden is near", readError(t, noEditor, reach("edito")), "PGRST200",
		"Could not find a relationship between 'drafts' and 'edito' in the schema cache",
		"Searched for a foreign key relationship between 'drafts' and 'edito' in the schema 'public', but no matches were found.", "")

	noMentor := scopedGate[writer](db, scopeOf("x", "", without(open(t, writers), "mentor_id")))
	for _, relation := range []string{"mentor", "pupils", "writers", "writers!mentor_id", "mentor_id"} {
		wantCode(t, "the own table by "+relation, readError(t, noMentor, reach(relation)), "PGRST200")
	}
}
