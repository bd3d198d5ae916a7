package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
	"github.com/uptrace/bun"
)

// Hostile is a table to attack.
type Hostile struct {
	bun.BaseModel `bun:"table:hostile"`
	ID            int64  `bun:",pk"`
	Text          string `bun:",notnull"`
	Num           int64  `bun:",notnull"`
	Secret        string `bun:",notnull" plinth:"hidden"`
	NextID        *int64
	Next          *Hostile `bun:"rel:belongs-to,join:next_id=id"`
}

// attack is the corpus in the table: the id of a row is the place of its text.
type attack struct {
	db     *store.DB
	gate   access.Gate
	corpus []string
	stored []int // those that are text
	below  int   // ids to look at
}

// storable reports whether a text can be kept: valid UTF-8 without NUL.
func storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// TestHostileValues sends a corpus of hostile texts through every operator,
// every place of a name, and stores them: the answer is exact, or a typed error.
func TestHostileValues(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		table := db.Table(Hostile{})
		guard := &store.Guard{Read: store.True(), Create: store.True(), Update: store.True(), Readable: table.PublicColumns(), Creatable: table.CreatableColumns(), Updatable: table.UpdatableColumns()}
		scope := &store.Scope{Guard: func(*store.Table) *store.Guard { return guard }}
		a := &attack{db: db, gate: access.New(db, table, scope), corpus: hostileCorpus(t)}
		a.below = len(a.corpus)
		for _, phase := range []func(*testing.T){a.store, a.compare, a.match, a.otherKinds, a.names, a.variables} {
			phase(t)
		}
		if n := must(store.For[Hostile](db).Count(t.Context(), store.Eq("secret", ""))); int(n) != len(a.stored) {
			t.Errorf("%d rows at the end, want %d", n, len(a.stored))
		}
	}, storetest.Models(Hostile{}))
}

// typed reports whether an error has a code that is not that of a fault.
func typed(err error) bool {
	code := problem.Code(err)
	return code != "" && code != problem.Internal && !errors.Is(err, store.ErrUnavailable)
}

// store writes the corpus by every way there is and reads it back.
func (a *attack) store(t *testing.T) {
	t.Helper()
	repo := store.For[Hostile](a.db)
	var bodies, want []string
	for i, s := range a.corpus {
		if !storable(s) {
			if err := repo.Insert(t.Context(), &Hostile{ID: int64(i), Text: s}); !typed(err) {
				t.Errorf("storing %.40q: %v", s, err)
			}
			continue
		}
		a.stored = append(a.stored, i)
		bodies = append(bodies, fmt.Sprintf(`{"id":%d,"text":%s}`, i, must(json.Marshal(s))))
		want = append(want, s)
	}
	in := must(a.gate.DecodeInput([]byte("["+strings.Join(bodies, ",")+"]"), access.InputOptions{}))
	var out query.Rows
	ret := &query.Query{Select: []query.Selected{{Column: "text"}}}
	if err := a.gate.Insert(t.Context(), in, query.WriteOptions{Return: ret}, &out); err != nil {
		t.Fatal(err)
	}
	if got := texts(t, out.Body); !slices.Equal(got, want) {
		t.Error("the answer of the insert is not what was sent")
	}
	for i, s := range a.corpus {
		if !storable(s) {
			continue
		}
		row, err := repo.Patch(t.Context(), i, store.SetTo("text", s), store.SetTo("num", i))
		if err != nil || row.Text != s {
			t.Errorf("patching %.40q: %v", s, err)
		}
	}
	for i, row := range must(repo.List(t.Context(), store.Query{})) {
		if row.Text != want[i] {
			t.Errorf("row %d came back as %.40q, want %.40q", row.ID, row.Text, want[i])
		}
	}
}

func texts(t *testing.T, body []byte) []string {
	t.Helper()
	var rows []struct{ Text string }
	if err := json.Unmarshal([]byte("["+string(body)+"]"), &rows); err != nil {
		t.Fatal(err)
	}
	list := make([]string, len(rows))
	for i, r := range rows {
		list[i] = r.Text
	}
	return list
}

// want compares the rows of a condition with those an oracle selects, unless it
// is refused by a typed error, which refusable allows.
func (a *attack) want(t *testing.T, what string, c store.Cond, refusable bool, oracle func(text string) bool) {
	t.Helper()
	var out query.Rows
	err := a.gate.Read(t.Context(), &query.Query{Select: []query.Selected{{Column: "id"}}, Where: store.And(store.Compare("id", query.OpLt, a.below), c)}, query.ReadOptions{}, &out)
	if err != nil {
		if !refusable || !typed(err) {
			t.Errorf("%s: %v", what, err)
		}
		return
	}
	if oracle == nil {
		t.Errorf("%s: %d rows instead of an error", what, out.Count)
		return
	}
	var want []string
	for _, i := range a.stored {
		if i < a.below && oracle(a.corpus[i]) {
			want = append(want, fmt.Sprintf(`{"id":%d}`, i))
		}
	}
	if got := string(out.Body); got != strings.Join(want, ",") {
		t.Errorf("%s: rows %.200s, want %.200s", what, got, strings.Join(want, ","))
	}
}

// compare uses every text as operand of every comparison of texts.
func (a *attack) compare(t *testing.T) {
	t.Helper()
	for _, s := range a.corpus {
		for op, oracle := range map[query.Op]func(string) bool{
			query.OpEq: func(x string) bool { return x == s }, query.OpNeq: func(x string) bool { return x != s },
			query.OpLt: func(x string) bool { return x < s }, query.OpLte: func(x string) bool { return x <= s },
			query.OpGt: func(x string) bool { return x > s }, query.OpGte: func(x string) bool { return x >= s },
		} {
			if !storable(s) {
				oracle = nil
			}
			a.want(t, fmt.Sprintf("op %d %.40q", op, s), store.Compare("text", op, store.Text(s)), !storable(s), oracle)
		}
		in := func(x string) bool { return x == s }
		if !storable(s) {
			in = nil
		}
		a.want(t, fmt.Sprintf("in %.40q", s), store.In("text", query.Texts{s, s}), !storable(s), in)
		a.want(t, fmt.Sprintf("in Go %.40q", s), store.In("text", []string{s}), !storable(s), in)
	}
}

// match uses every text as pattern. Regular expressions are refused unless both
// engines read them alike; where they are not, Go's own package is the oracle.
func (a *attack) match(t *testing.T) {
	t.Helper()
	fold := func(s string) string { return strings.Map(unicode.ToLower, s) }
	a.below = len(a.corpus) - longTexts
	for _, s := range a.corpus[:len(a.corpus)-longTexts] {
		like, ilike := func(x string) bool { return likeOracle(s, x) }, func(x string) bool { return likeOracle(fold(s), fold(x)) }
		broken := !storable(s) || (len(s)-len(strings.TrimRight(s, `\`)))%2 == 1
		if broken {
			like, ilike = nil, nil
		}
		a.want(t, fmt.Sprintf("like %.40q", s), store.Compare("text", query.OpLike, store.Text(s)), broken, like)
		a.want(t, fmt.Sprintf("ilike %.40q", s), store.Compare("text", query.OpILike, store.Text(s)), broken, ilike)
		var match, imatch func(string) bool
		if re, err := regexp.Compile("(?s)" + s); err == nil {
			match = re.MatchString
		}
		if re, err := regexp.Compile("(?s)" + fold(s)); err == nil {
			imatch = func(x string) bool { return re.MatchString(fold(x)) }
		}
		a.want(t, fmt.Sprintf("match %.40q", s), store.Compare("text", query.OpMatch, store.Text(s)), true, match)
		a.want(t, fmt.Sprintf("imatch %.40q", s), store.Compare("text", query.OpIMatch, store.Text(s)), true, imatch)
	}
	// A pattern of 64 KiB is no fault either.
	a.below = len(a.corpus)
	for _, s := range a.corpus[len(a.corpus)-longTexts:] {
		plain := !strings.ContainsAny(s, `%_\`)
		if plain {
			a.want(t, fmt.Sprintf("like %.40q", s), store.Compare("text", query.OpLike, store.Text(s)), false, func(x string) bool { return x == s })
		}
		a.want(t, fmt.Sprintf("match %.40q", s), store.And(store.Eq("id", 0), store.Compare("text", query.OpMatch, store.Text(s))), true, func(string) bool { return false })
	}
}

// otherKinds uses every text where a number is wanted, and in a body.
func (a *attack) otherKinds(t *testing.T) {
	t.Helper()
	for _, s := range a.corpus {
		for _, op := range []query.Op{query.OpEq, query.OpGt, query.OpLike, query.OpMatch} {
			err := a.read(t, query.Query{Where: store.Compare("num", op, store.Text(s))})
			if err != nil && !typed(err) {
				t.Errorf("num op %d %.40q: %v", op, s, err)
			}
		}
		for _, body := range []string{s, `{"id":` + s + `}`, `{"id":9999,"num":` + string(must(json.Marshal(s))) + `}`, `{"id":9999,"next_id":` + string(must(json.Marshal(s))) + `}`} {
			in, err := a.gate.DecodeInput([]byte(body), access.InputOptions{})
			if err == nil && in.Len() > 0 {
				continue // it was a row; nothing of the corpus is stored by this test
			}
			if err != nil && !typed(err) {
				t.Errorf("body %.60q: %v", body, err)
			}
		}
	}
}

func (a *attack) read(t *testing.T, q query.Query) error {
	t.Helper()
	q.Limit = store.Limit(1)
	var out query.Rows
	return a.gate.Read(t.Context(), &q, query.ReadOptions{}, &out)
}

// names uses every text as name of a column, a relation, a type, a cursor, and a
// member of the answer.
func (a *attack) names(t *testing.T) {
	t.Helper()
	known := []string{"id", "text", "num", "next_id", "next", "hostile", ""}
	for _, s := range a.corpus {
		if slices.Contains(known, s) || s == "*" {
			continue
		}
		for what, q := range map[string]query.Query{
			"select": {Select: []query.Selected{{Column: s}}}, "filter": {Where: store.Eq(s, 1)}, "null": {Where: store.Null(s)},
			"order": {Order: []store.Order{{Column: s}}}, "related order": {Order: []store.Order{{Relation: s, Column: "id"}}},
			"order by a related column": {Order: []store.Order{{Relation: "next", Column: s}}},
			"relation":                  {With: []query.Embed{{Relation: s}}}, "related": {Where: store.Related(s, store.Cond{})},
			"column of a relation": {With: []query.Embed{{Relation: "next", Query: query.Query{Select: []query.Selected{{Column: s}}}}}},
			"cursor":               {After: query.Cursor(s)},
			"type":                 {Select: []query.Selected{{Column: "id", Cast: s + " "}}},
		} {
			if err := a.read(t, q); !typed(err) {
				t.Errorf("%s %.40q: %v", what, s, err)
			}
		}
		for what, err := range map[string]error{
			"member":  second(a.gate.DecodeInput([]byte(`{`+string(must(json.Marshal(s)))+`:1}`), access.InputOptions{})),
			"columns": second(a.gate.DecodeInput([]byte(`{"id":1}`), access.InputOptions{Columns: []string{s}})),
			"patch":   second(a.gate.DecodePatch([]byte(`{"num":1}`), []string{s})),
		} {
			if !typed(err) {
				t.Errorf("%s %.40q: %v", what, s, err)
			}
		}
		a.alias(t, s)
	}
}

func second[T any](_ T, err error) error { return err }

// alias names a member of the answer by a text.
func (a *attack) alias(t *testing.T, s string) {
	t.Helper()
	q := query.Query{Select: []query.Selected{{Column: "num", As: s}}, With: []query.Embed{{Relation: "next", As: s + "2", Query: query.Query{Select: []query.Selected{{Column: "id", As: s}}}}}}
	var out query.Rows
	q.Limit = store.Limit(1)
	if err := a.gate.Read(t.Context(), &q, query.ReadOptions{}, &out); err != nil {
		if storable(s) || !typed(err) {
			t.Errorf("alias %.40q: %v", s, err)
		}
		return
	}
	var row map[string]any
	if err := json.Unmarshal(out.Body, &row); err != nil {
		t.Errorf("alias %.40q: %v", s, err)
	}
	next, there := row[s+"2"]
	if row[s] != 0.0 || !there || next != nil || len(row) != 2 {
		t.Errorf("alias %.40q: the row is %.80s", s, out.Body)
	}
}

// variables puts every text into what a caller brings: the variable of a rule
// and the actor, who is written into the log.
func (a *attack) variables(t *testing.T) {
	t.Helper()
	table := a.db.Table(Hostile{})
	guard := &store.Guard{Read: must(store.Bind(table, store.Eq("text", store.Var("v")))), Readable: table.PublicColumns()}
	var actors []string
	for i, s := range a.corpus {
		scope := &store.Scope{
			Actor: s,
			Var:   func(string) (string, bool) { return s, true },
			Guard: func(*store.Table) *store.Guard { return guard },
		}
		want := "[]"
		if storable(s) && s != "" {
			want = fmt.Sprintf(`[{"id":%d}]`, i)
		}
		got, err := read(t, a.db, scope, Hostile{}, query.Query{Select: []query.Selected{{Column: "id"}}})
		if err != nil || got != want {
			t.Errorf("variable %.40q: %.80s, %v, want %s", s, got, err, want)
		}
		if i >= len(hostileParts) {
			continue
		}
		scope.Guard = func(*store.Table) *store.Guard {
			return &store.Guard{Read: store.True(), Update: store.True(), Readable: table.PublicColumns(), Updatable: table.UpdatableColumns()}
		}
		_, err = store.For[Hostile](a.db).As(scope).Patch(t.Context(), 0, store.SetTo("num", 0))
		if err == nil {
			actors = append(actors, s)
		} else if storable(s) || !typed(err) {
			t.Errorf("actor %.40q: %v", s, err)
		}
	}
	a.logged(t, actors)
}

// logged compares the actors of the last changes.
func (a *attack) logged(t *testing.T, want []string) {
	t.Helper()
	var got []string
	_, err := changelog.Open(a.db, "hostile", &changelog.Options{Start: changelog.FromStart}).Drain(t.Context(), func(_ context.Context, _ *store.Tx, batch []changelog.Change) error {
		for _, c := range batch {
			got = append(got, c.Actor)
		}
		return nil
	})
	if err != nil || len(got) < len(want) || !slices.Equal(got[len(got)-len(want):], want) {
		t.Errorf("the actors in the log are not those who wrote, %v", err)
	}
}
