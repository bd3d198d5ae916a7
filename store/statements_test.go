package store_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// folding is the collation by which case is folded, which depends on the locale of the database.
var folding = regexp.MustCompile(`collate "(C\.utf8|und-x-icu)"`)

var update = flag.Bool("update", false, "write the golden files")

// statementRecorder records the text of every statement and the types of its arguments.
type statementRecorder struct {
	driver.Driver
	mu   sync.Mutex
	text strings.Builder
}

func (r *statementRecorder) record(st *driver.Statement) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.text.WriteString("  " + st.SQL + "\n")
	if len(st.Args) == 0 {
		return
	}
	r.text.WriteString("    --")
	for _, arg := range st.Args {
		fmt.Fprintf(&r.text, " %T", arg)
	}
	r.text.WriteString("\n")
}

func (r *statementRecorder) Query(ctx context.Context, conn driver.Conn, st *driver.Statement, out *driver.Result) error {
	r.record(st)
	return r.Driver.Query(ctx, conn, st, out)
}

func (r *statementRecorder) Exec(ctx context.Context, conn driver.Conn, st *driver.Statement) (int64, error) {
	r.record(st)
	return r.Driver.Exec(ctx, conn, st)
}

// statementRun runs operations and names their statements.
type statementRun struct {
	t     *testing.T
	db    *store.DB
	rec   *statementRecorder
	scope *store.Scope // nil: trusted code
}

func (r *statementRun) end(err error) {
	r.rec.mu.Lock()
	defer r.rec.mu.Unlock()
	if err != nil {
		fmt.Fprintf(&r.rec.text, "  error: %v\n", err)
	}
	r.rec.text.WriteString("\n")
}

func (r *statementRun) begin(name string) {
	r.rec.mu.Lock()
	defer r.rec.mu.Unlock()
	if r.scope == nil {
		name += ", trusted"
	}
	r.rec.text.WriteString(name + "\n")
}

func (r *statementRun) gate(table string) access.Gate {
	return gateFor(r.db, r.db.TableNamed(table), r.scope)
}

func (r *statementRun) read(name, table string, q query.Query, opts query.ReadOptions) query.Cursor {
	r.t.Helper()
	r.begin(name)
	var out query.Rows
	err := r.gate(table).Read(store.WithTenant(r.t.Context(), "a"), &q, opts, &out)
	r.end(err)
	return out.Next
}

func (r *statementRun) insert(name, table, body string, opts query.WriteOptions) {
	r.t.Helper()
	r.begin(name)
	in, err := r.gate(table).DecodeInput([]byte(body), access.InputOptions{})
	if err == nil {
		var out query.Rows
		err = r.gate(table).Insert(store.WithTenant(r.t.Context(), "a"), in, opts, &out)
	}
	r.end(err)
}

func (r *statementRun) upsert(name, table, body string, opts query.UpsertOptions) {
	r.t.Helper()
	r.begin(name)
	in, err := r.gate(table).DecodeInput([]byte(body), access.InputOptions{})
	if err == nil {
		var out query.Rows
		err = r.gate(table).Upsert(store.WithTenant(r.t.Context(), "a"), in, opts, &out)
	}
	r.end(err)
}

func (r *statementRun) update(name, table, body string, where store.Cond, opts query.WriteOptions) {
	r.t.Helper()
	r.begin(name)
	p, err := r.gate(table).DecodePatch([]byte(body), nil)
	if err == nil {
		var out query.Rows
		err = r.gate(table).Update(store.WithTenant(r.t.Context(), "a"), p, where, opts, &out)
	}
	r.end(err)
}

func (r *statementRun) change(name, table string, where store.Cond, do func(access.Gate, context.Context, store.Cond, query.WriteOptions, *query.Rows) error, opts query.WriteOptions) {
	r.t.Helper()
	r.begin(name)
	var out query.Rows
	r.end(do(r.gate(table), store.WithTenant(r.t.Context(), "a"), where, opts, &out))
}

// TestStatements pins the text of the statements of both engines, so that a change of the
// compiler can be reviewed by it.
func TestStatements(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			rec := &statementRecorder{}
			opts := []storetest.Option{
				storetest.Models(Author{}, Post{}, Tag{}, PostTag{}, Room{}, Member{}, Item{}, Leaf{}, Log{}, LogLine{}),
				storetest.Store(store.Options{MaxLogBytes: 1 << 20, Wrap: func(d driver.Driver) driver.Driver {
					rec.Driver = d
					return rec
				}}),
			}
			var db *store.DB
			if engine == "sqlite" {
				db = storetest.New(t, opts...)
			} else {
				db = storetest.NewPostgres(t, pgtest.Source(), opts...)
			}
			openViews(t, db)
			warm := &statementRun{t: t, db: db, rec: rec}
			warm.read("", "tags", query.Query{}, query.ReadOptions{Page: true}) // reads the key of cursors
			rec.text.Reset()
			for _, scope := range []*store.Scope{nil, statementScope(db)} {
				r := &statementRun{t: t, db: db, rec: rec, scope: scope}
				r.reads()
				r.groups()
				r.pages()
				r.conditions()
				r.writes()
			}
			golden(t, "statements_"+engine+".golden", folding.ReplaceAllString(rec.text.String(), `collate "default"`))
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range min(len(gotLines), len(wantLines)) {
		if gotLines[i] != wantLines[i] {
			t.Fatalf("differs from %s in line %d (go test -update writes it):\ngot  %s\nwant %s", path, i+1, gotLines[i], wantLines[i])
		}
	}
	if len(gotLines) != len(wantLines) {
		t.Fatalf("%d lines, %s has %d", len(gotLines), path, len(wantLines))
	}
}

// statementScope has rules of every form: constants, variables, relations, a junction,
// and a rule that reads the table itself.
func statementScope(db *store.DB) *store.Scope {
	const ann = "01a1f84e-f789-76a5-be20-a71b1683346d"
	own := func(column string) store.Cond { return store.Compare(column, query.OpEq, store.Var("id")) }
	posts := store.Guard{
		Read:        store.Or(own("author_id"), store.Eq("public", true), store.Related("tags", store.Eq("name", "open"))),
		Create:      own("author_id"),
		Update:      store.And(own("author_id"), store.Compare("score", query.OpLt, 1000)),
		UpdateCheck: store.And(own("author_id"), store.Or(store.Null("parent_id"), store.Related("parent", store.Eq("public", true)))),
		Delete:      own("author_id"), Restore: own("author_id"),
		Aggregable: db.TableNamed("posts").PublicColumns(),
		Presets:    []query.Preset{{Column: db.TableNamed("posts").Column("author_id"), Var: "id"}},
	}
	rooms := all()
	rooms.Read = store.Related("members", own("name"))
	rooms.Delete = store.False()
	leaves := all()
	leaves.Read = store.Or(store.Compare("num", query.OpGt, 2), store.Not(store.Compare("flag", query.OpIsFalse, nil)))
	leaves.Aggregable = db.TableNamed("leaves").PublicColumns()
	lines := all()
	lines.Create = store.Related("log", store.Eq("text", "open"))
	return guards(db, map[string]string{"id": ann, "list": "a\x00b", "odd": "("}, map[string]store.Guard{
		"authors": all(), "posts": posts, "tags": all(), "post_tags": all(), "rooms": rooms, "members": all(), "items": all(),
		"leaves": leaves, "purchases": all(), "prices": all(), "takings": all(), "log": all(), "new": lines,
	})
}

func statementColumns(names ...string) (list []query.Selected) {
	for _, name := range names {
		list = append(list, query.Selected{Column: name})
	}
	return list
}

func (r *statementRun) reads() {
	city := store.Path{}.Key("address").Key("city")
	limit := store.Limit
	comments := query.Embed{Relation: "replies", Query: query.Query{Limit: limit(5), With: []query.Embed{{Relation: "author"}, {Relation: "tags", Query: query.Query{Limit: limit(3)}}}}}
	casts := []query.Selected{
		{Column: "score", Cast: "text"},
		{Column: "public", Cast: "int", As: "open"},
		{Column: "public", Cast: "text", As: "word"},
		{Column: "published", Cast: "date"},
		{Column: "rating", Cast: "text"},
		{Column: "score", Cast: "float8", As: "f"},
		{Column: "meta", Path: city},
		{Column: "meta", Path: city.Text(), As: "town"},
		{Column: "meta", Path: store.Path{}.Key("n").Text(), Cast: "int", As: "n"},
		{Column: "meta", Path: store.Path{}.Key("list").Item(-1), As: "last"},
		{Column: "meta", Path: store.Path{}.Key("b").Text(), Cast: "bool", As: "b"},
		{Column: "labels"},
		{Column: "id", As: "again"},
		{Column: "id"},
	}
	for _, c := range []struct {
		name, table string
		q           query.Query
		opts        query.ReadOptions
	}{
		{"all of a table", "posts", query.Query{}, query.ReadOptions{}},
		{"one row by key", "posts", query.Query{Where: store.Eq("id", store.ID{1})}, query.ReadOptions{Single: true, MaxBytes: 1 << 20}},
		{"no columns", "posts", query.Query{Select: []query.Selected{}}, query.ReadOptions{}},
		{"count alone", "posts", query.Query{Select: []query.Selected{}, Count: true, Limit: limit(0)}, query.ReadOptions{}},
		{"list with count", "posts", query.Query{Count: true, Limit: limit(20), Offset: 40, Where: store.Compare("score", query.OpGt, 3)}, query.ReadOptions{MaxRows: 10}},
		{"offset alone", "posts", query.Query{Offset: 7}, query.ReadOptions{}},
		{"order", "posts", query.Query{Select: statementColumns("title"), Order: []store.Order{
			{Column: "published", Desc: true}, {Column: "rating", Nulls: query.NullsFirst}, {Column: "price"}, {Relation: "author", Column: "name", Desc: true}, {Column: "meta", Path: city.Text()},
		}, Limit: limit(10)}, query.ReadOptions{}},
		{"casts and paths", "posts", query.Query{Select: casts}, query.ReadOptions{}},
		{"embeds without budget", "posts", query.Query{With: []query.Embed{{Relation: "author"}, comments}}, query.ReadOptions{}},
		{"embeds with budget", "posts", query.Query{Limit: limit(20), With: []query.Embed{{Relation: "author"}, comments}}, query.ReadOptions{Budget: 1000, MaxRows: 10}},
		{"embeds with budget and count", "authors", query.Query{Count: true, With: []query.Embed{{Relation: "posts", As: "texts", Query: query.Query{
			Order: []store.Order{{Column: "rating", Desc: true}}, Where: store.Eq("public", true), Offset: 1, Select: statementColumns("title", "rating", "meta"),
			With: []query.Embed{{Relation: "parent", Query: query.Query{With: []query.Embed{{Relation: "tags"}}}}, {Relation: "tags"}},
		}}}}, query.ReadOptions{Budget: 1000, Page: true}},
		{"inner and spread", "posts", query.Query{Select: statementColumns("title"), With: []query.Embed{
			{Relation: "author", Inner: true, Spread: true, Query: query.Query{Select: []query.Selected{{Column: "name", As: "who"}}, Where: store.Eq("name", "Ann"), With: []query.Embed{{Relation: "posts", As: "others"}}}},
			{Relation: "tags", Inner: true, Query: query.Query{Where: store.Compare("name", query.OpLike, store.Text("a%"))}},
		}}, query.ReadOptions{Budget: 100}},
		{"a view without key", "prices", query.Query{Limit: limit(2), With: []query.Embed{{Relation: "of"}}}, query.ReadOptions{}},
		{"a view with key", "takings", query.Query{}, query.ReadOptions{}},
		{"embeds of views", "purchases", query.Query{With: []query.Embed{{Relation: "best"}, {Relation: "prices"}}}, query.ReadOptions{Budget: 50}},
		{"tenants and bins", "items", query.Query{With: []query.Embed{{Relation: "room", Query: query.Query{With: []query.Embed{{Relation: "members"}}}}}, Count: true}, query.ReadOptions{Budget: 50}},
		{"every kind", "leaves", query.Query{Limit: limit(3)}, query.ReadOptions{}},
		{"every kind in an embed", "leaves", query.Query{Limit: limit(3), With: []query.Embed{{Relation: "kids"}, {Relation: "parent"}}}, query.ReadOptions{Budget: 10}},
		{"unknown column", "posts", query.Query{Where: store.Eq("titel", "x")}, query.ReadOptions{}},
		{"unknown relation", "posts", query.Query{With: []query.Embed{{Relation: "autor"}}}, query.ReadOptions{}},
	} {
		r.read(c.name, c.table, c.q, c.opts)
	}
}

func (r *statementRun) groups() {
	aggregates := []query.Selected{{Column: "name"}, {Column: "", Aggregate: query.AggregateCount}}
	for _, column := range []string{"num", "real", "dec"} {
		for a := query.AggregateSum; a <= query.AggregateMax; a++ {
			aggregates = append(aggregates, query.Selected{Column: column, Aggregate: a, As: column + a.String()})
		}
	}
	for _, column := range []string{"at", "day", "name", "uid", "flag"} {
		aggregates = append(aggregates, query.Selected{Column: column, Aggregate: query.AggregateMin, As: column + "min"}, query.Selected{Column: column, Aggregate: query.AggregateMax, As: column + "max"})
	}
	aggregates = append(
		aggregates, query.Selected{Column: "num", Cast: "float8", Aggregate: query.AggregateAvg, As: "f"}, query.Selected{Column: "num", Cast: "numeric", Aggregate: query.AggregateSum, ResultCast: "text", As: "d"},
	)
	r.read("aggregates", "leaves", query.Query{Select: aggregates}, query.ReadOptions{})
	r.read("groups", "leaves", query.Query{
		Select: []query.Selected{{Column: "dec"}, {Column: "at", Cast: "date", As: "day"}, {Column: "count"}}, Where: store.Compare("num", query.OpGt, 1), Count: true,
		Order: []store.Order{{Column: "dec", Desc: true}}, Limit: store.Limit(3), Offset: 1,
	}, query.ReadOptions{MaxRows: 2})
	r.read("groups in an embed", "leaves", query.Query{Select: statementColumns("id"), With: []query.Embed{
		{Relation: "kids", Query: query.Query{Select: []query.Selected{{Column: "count"}, {Column: "name"}}, Limit: store.Limit(2)}},
		{Relation: "parent", Query: query.Query{Select: []query.Selected{{Column: "num", Aggregate: query.AggregateSum}}}},
	}}, query.ReadOptions{Budget: 100})
}

// pages reads pages behind cursors, of orders of every form.
func (r *statementRun) pages() {
	trusted := &statementRun{t: r.t, db: r.db, rec: r.rec}
	for i := range 4 {
		trusted.insert("a leaf", "leaves", fmt.Sprintf(`{"id":%d%d,"num":4,"name":%s,"bio":"red"}`, i+1, len(r.name()), []string{"null", `"x"`}[i%2]), query.WriteOptions{})
	}
	for name, order := range [][]store.Order{
		nil,
		{{Column: "id", Desc: true}},
		{{Column: "num", Desc: true}, {Column: "name"}},
		{{Column: "name", Nulls: query.NullsFirst}, {Column: "dec", Desc: true}},
		{{Column: "id"}, {Relation: "parent", Column: "name"}},
	} {
		q := query.Query{Select: statementColumns("name"), Order: order, Limit: store.Limit(1)}
		for range 3 {
			q.After = r.read(fmt.Sprintf("page by order %d", name), "leaves", q, query.ReadOptions{Page: true})
		}
	}
}

func (r *statementRun) name() string {
	if r.scope == nil {
		return ""
	}
	return "scope"
}

// conditions reads by every operator, and by random conditions.
func (r *statementRun) conditions() {
	text := func(s string) store.Text { return store.Text(s) }
	for i, c := range []store.Cond{
		store.Compare("name", query.OpILike, text(`É%\_`)), store.Compare("name", query.OpLike, text("%"+strings.Repeat("a", 20)+"_")),
		store.Compare("name", query.OpLike, text(strings.Repeat("%a", 60))), store.Compare("name", query.OpMatch, text("^a.b$")), store.Compare("name", query.OpIMatch, text("A|b")),
		store.Compare("name", query.OpMatch, store.Var("odd")), store.Compare("name", query.OpDistinct, text("x")), store.Compare("doc", query.OpEq, text("1.0")),
		store.Compare("doc", query.OpContains, text(`{"a":1}`)), store.Compare("tags", query.OpContained, []string{"a"}), store.Compare("tags", query.OpOverlaps, []string{"a"}),
		store.Compare("bio", query.OpSearch, text("red apple*")), store.Not(store.Compare("bio", query.OpSearch, text("red"))), store.Compare("bio", query.OpSearch, text("red -apple")),
		store.Compare("bio", query.OpFullTextWeb, text("red or apple")), store.Compare("bio", query.OpFullText, query.FullText{Config: "english", Query: "red & apple"}),
		store.In("num", []int64{1, 2}), store.In("num", []int64{}), store.In("tags", [][]string{{"a"}, {"b"}}), store.In("doc", query.Texts{"1", "2"}), store.In("name", store.Var("list")),
		query.CompareAny("name", query.OpLike, query.Texts{"a%", "b%"}), query.CompareAll("num", query.OpGt, []int64{1, 2}), query.CompareAll("num", query.OpGt, []int64{}),
		store.Compare("doc", query.OpEq, text("x")).At(store.Path{}.Key("k").Item(0).Text()), store.Null("doc").At(store.Path{}.Key("k")), store.Eq("doc", text("1")).At(store.Path{}.Item(2)),
		store.Related("kids", store.Or(store.Eq("name", "x"), store.Related("parent", store.Cond{}))), store.Compare("flag", query.OpIsTrue, nil), store.Compare("num", query.OpGt, store.Var("none")),
		store.Compare("dec", query.OpGte, text("1.50")), store.Compare("day", query.OpLt, text("2026-01-01")), store.Compare("uid", query.OpNeq, store.ID{1}),
	} {
		r.read(fmt.Sprintf("condition %d", i), "leaves", query.Query{Select: []query.Selected{}, Where: c}, query.ReadOptions{})
	}
	many := make([]store.Cond, 150)
	for i := range many {
		many[i] = store.Eq("num", i)
	}
	r.read("many conditions", "leaves", query.Query{Select: []query.Selected{}, Where: store.Or(many...)}, query.ReadOptions{})
	random := rand.New(rand.NewPCG(22, 0))
	rows := newLeaves(random, 10)
	for i := range 60 {
		f := newForest(random, rows)
		r.read(fmt.Sprintf("random condition %d", i), "leaves", query.Query{Select: []query.Selected{}, Where: f.grow(3).cond}, query.ReadOptions{})
	}
}

func (r *statementRun) writes() {
	const ann = "01a1f84e-f789-76a5-be20-a71b1683346d"
	post := "01a1f84e-f789-76a5-be20-a71b1683346e"
	if r.scope != nil {
		post = "01a1f84e-f789-76a5-be20-a71b1683346f"
	}
	whole, key := query.WriteOptions{Return: &query.Query{}}, store.Eq("id", store.Text(post))
	full := query.WriteOptions{Return: &query.Query{With: []query.Embed{{Relation: "author"}, {Relation: "tags"}}, Order: []store.Order{{Column: "title"}}}, Budget: 100}
	trusted := &statementRun{t: r.t, db: r.db, rec: r.rec}
	trusted.upsert("an author", "authors", `{"id":"`+ann+`","name":"Ann","hash":""}`, query.UpsertOptions{Ignore: true})
	one := `{"id":"` + post + `","title":"x","price":"1.5","public":true,"meta":{"a":1},"labels":["a"]`
	other := `{"title":"y","price":"2","public":false,"meta":{},"labels":[]`
	if r.scope == nil {
		one, other = one+`,"author_id":"`+ann+`"`, other+`,"author_id":"`+ann+`"`
	}
	line := "1"
	if r.scope != nil {
		line = "2"
	}
	trusted.insert("a log", "log", `[{"text":"open"},{"text":"closed"}]`, query.WriteOptions{})
	r.insert("insert one", "posts", one+"}", whole)
	r.insert("insert an answer", "posts", other+`,"parent_id":"`+post+`"}`, whole)
	r.insert("insert two", "posts", "["+other+"},"+other+"}]", query.WriteOptions{})
	r.insert("insert and read", "posts", other+"}", full)
	r.insert("insert tags", "tags", `[{"name":"`+r.name()+`1"},{"name":"`+r.name()+`2"}]`, whole)
	r.insert("insert a junction", "post_tags", `{"post_id":"`+post+`","tag_id":1}`, query.WriteOptions{})
	r.insert("insert with a rule on a relation", "new", `{"log_id":`+line+`}`, whole)
	r.insert("insert with a tenant", "rooms", `{"name":"r"}`, whole)
	r.update("update by key", "posts", `{"title":"z"}`, key, query.WriteOptions{Return: &query.Query{}, ByKey: true, Versions: []int64{1}})
	r.update("update with versions", "posts", `{"title":"z"}`, key, query.WriteOptions{ByKey: true, Versions: []int64{1, 2}})
	r.update("update what the rule reads", "posts", `{"parent_id":"`+post+`","score":7}`, key, whole)
	r.update("update many", "posts", `{"score":8}`, store.Compare("score", query.OpGte, 7), query.WriteOptions{Exactly: 2})
	r.update("update and read", "posts", `{"score":9}`, key, full)
	r.update("update without log", "leaves", `{"name":"n"}`, store.Eq("num", 4), whole)
	r.update("update few", "leaves", `{"name":"m"}`, store.Eq("num", 4), query.WriteOptions{Return: &query.Query{}, Most: store.Limit(10), MaxBytes: 100_000})
	r.upsert("upsert", "posts", "["+one+"},"+strings.Replace(other, "{", `{"id":"01a1f84e-f789-76a5-be20-a71b16833470",`, 1)+"}]", query.UpsertOptions{WriteOptions: whole})
	r.upsert("upsert by a unique column", "tags", `[{"name":"`+r.name()+`1"},{"name":"`+r.name()+`3"}]`, query.UpsertOptions{WriteOptions: whole, Conflict: []string{"name"}})
	r.upsert("upsert by two columns", "post_tags", `{"post_id":"`+post+`","tag_id":1}`, query.UpsertOptions{Ignore: true})
	r.change("mark as deleted", "posts", key, access.Gate.Delete, whole)
	r.change("restore", "posts", key, access.Gate.Restore, whole)
	r.change("delete and read", "posts", store.Eq("title", "y"), access.Gate.Delete, full)
	r.change("delete with what refers", "log", store.Compare("id", query.OpEq, store.Text(line)), access.Gate.Delete, whole)
	r.change("delete without log", "leaves", store.Eq("num", 4), access.Gate.Delete, query.WriteOptions{Single: true})
	r.change("delete tags", "tags", store.Eq("name", "none"), access.Gate.Delete, query.WriteOptions{ByKey: true})
}
