package conformance_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/uptrace/bun"
)

// story is a row with texts to be searched, of which one can be NULL. Its key is a
// text, so on SQLite its row has no number that stays.
type story struct {
	bun.BaseModel `bun:"table:stories"`
	store.SoftDelete
	ID     string  `bun:",pk"`
	Title  string  `plinth:"searchable"`
	Body   *string `plinth:"createonly,searchable"`
	Plain  string
	Parent *string
	Above  *story `bun:"rel:belongs-to,join:parent=id"`
}

// entry has a key of two columns and keeps no log.
type entry struct {
	bun.BaseModel `bun:"table:entries"`
	store.Untracked
	Book int64  `bun:",pk"`
	N    int64  `bun:",pk"`
	Text string `plinth:"searchable"`
}

func searchTopics() []topic {
	return []topic{
		{"Search", []any{story{}}, store.Options{}, testSearch},
		{"SearchRefused", []any{story{}}, store.Options{}, testSearchRefused},
		{"SearchFollowsWrites", []any{story{}, entry{}}, store.Options{}, testSearchFollows},
		{"SearchFollowsRawWrites", []any{story{}, entry{}}, store.Options{}, testSearchRaw},
		{"SearchInRules", []any{story{}}, store.Options{}, testSearchRules},
		{"FullText", []any{story{}}, store.Options{}, testFullText},
		{"FullTextInRules", []any{story{}}, store.Options{}, testFullTextRules},
	}
}

// titles are the titles of stories by their keys.
var titles = map[string]string{
	"case":     "Hello WORLD",
	"hyphen":   "state-of-the-art",
	"address":  "mail to: joe.doe@example.com, see https://example.com/a/b?c=d",
	"number":   "version 1.25e3, -12 degrees, 0x1F",
	"snake":    "a snake_case name",
	"accents":  "Élan vital: ÉCOLE, naïve",
	"marks":    "E\u0301lan", // decomposed
	"greek":    "ΟΔΟΣ οδός",
	"turkish":  "İstanbul ve Iğdır",
	"german":   "STRASSE Straße",
	"cyrillic": "Жёлтый ЛИСТ",
	"cjk":      "東京タワー へ",
	"hindi":    "हिन्दी में",
	"emoji":    "hello🤔world 🇩🇪ok",
	"georgian": "ᲡᲐᲥᲐᲠᲗᲕᲔᲚᲝ საქართველო",
	"quotes":   `it's "quoted" & (grouped) | !not <-> 'x':*`,
	"long":     strings.Repeat("x", 150) + " end",
	"spaces":   "\ttab\nline\u00a0space\u2003em\u200bzero",
	"empty":    "",
	"signs":    "!?-- ... *",
	"digits":   "٣٤ ½ ⅷ",
	"sql":      "' or 1=1; drop table stories; --",
}

// searchCases are searches of the title and the stories they find.
var searchCases = []struct{ query, want string }{
	{"hello", "case emoji"},
	{"HELLO world", "case emoji"},
	{"world hello hello", "case emoji"},
	{"hel*", "case emoji"},
	{"hel", ""},
	{"ello", ""},
	{"hello -world", ""},
	{"hello -there", "case emoji"},
	{"-case hello", "case emoji"},
	{"state of art", "hyphen"},
	{"state-of", "hyphen"},
	{"stateoftheart", ""},
	{"state -of-art", ""},
	{"example", "address"},
	{"joe.doe@example.com", "address"},
	{"https a d", "address"},
	{"1 25e3", "number"},
	{"25", ""},
	{"12 degrees", "number"},
	{"0X1f", "number"},
	{"snake", "snake"},
	{"snake_case", "snake"},
	{"élan", "accents"},
	{"école", "accents"},
	{"ecole", ""},
	{"naÏve", "accents"},
	{"E\u0301LAN", "marks"},
	{"elan", ""},
	{"οδος", "greek"},
	{"ΟΔΌΣ", "greek"},
	{"istanbul", "turkish"},
	{"İSTANBUL", "turkish"},
	{"iğdır", "turkish"},
	{"strasse", "german"},
	{"straße", "german"},
	{"STRAẞE", "german"},
	{"жёлтый лист", "cyrillic"},
	{"東京", ""},
	{"東京*", "cjk"},
	{"東京タワー", "cjk"},
	{"हिन्दी", "hindi"},
	{"हिन", ""},
	{"ok", "emoji"},
	{"🤔hello", "case emoji"},
	{"საქართველო", "georgian"},
	{"საქ*", "georgian"},
	{"it s", "quotes"},
	{`"quoted" & (grouped) | !not`, "quotes"},
	{"not", "quotes"},
	{"x*", "long quotes"},
	{strings.Repeat("x", 150), "long"},
	{strings.Repeat("X", 100), "long"},
	{strings.Repeat("x", 99), ""},
	{"tab line space em zero", "spaces"},
	{"٣٤", "digits"},
	{"½", "digits"},
	{"drop table or", "sql"},
	{"-hello -world the", "hyphen"},
}

func testSearch(t *testing.T, db *store.DB) {
	for id, title := range titles {
		insert(t, db, &story{ID: id, Title: title})
	}
	for _, tt := range searchCases {
		if got := searched(t, db, "title", tt.query); got != tt.want {
			t.Errorf("search %q: found %q, want %q", tt.query, got, tt.want)
		}
		not := store.Not(store.Compare("title", query.OpSearch, tt.query))
		if n := value(store.For[story](db).Count(t.Context(), not))(t); int(n) != len(titles)-len(strings.Fields(tt.want)) {
			t.Errorf("not search %q: %d rows, %q match", tt.query, n, tt.want)
		}
		// What is NULL is not found, and not found under not either.
		if got := searched(t, db, "body", tt.query); got != "" {
			t.Errorf("search %q in NULL: found %q", tt.query, got)
		}
	}
	body := "a body of words"
	insert(t, db, &story{ID: "body", Body: &body, Parent: new("case")})
	for name, tt := range map[string]struct {
		cond store.Cond
		want string
	}{
		"or":         {store.Or(searchOf("title", "hello"), searchOf("body", "words")), "body case emoji"},
		"and":        {store.And(searchOf("title", "hello"), searchOf("title", "world")), "case emoji"},
		"not null":   {store.Not(searchOf("body", "nothing")), "body"},
		"not not":    {store.Not(store.Not(searchOf("title", "hello"))), "case emoji"},
		"not or":     {store.Not(store.Or(searchOf("body", "nothing"), searchOf("title", "hello"))), "body"},
		"related":    {store.Related("above", searchOf("title", "hello")), "body"},
		"no related": {store.Related("above", searchOf("title", "state")), ""},
		"no value":   {store.Not(store.Compare("title", query.OpSearch, store.Var("none"))), ""},
	} {
		if got := storyIDs(t, db, tt.cond); got != tt.want {
			t.Errorf("%s: found %q, want %q", name, got, tt.want)
		}
	}
}

func searchOf(column, text string) store.Cond {
	return store.Compare(column, query.OpSearch, store.Text(text))
}

func searched(t *testing.T, db *store.DB, column, query string) string {
	t.Helper()
	return storyIDs(t, db, searchOf(column, query))
}

// storyIDs returns the keys of stories, sorted, with spaces between them.
func storyIDs(t *testing.T, db *store.DB, where store.Cond) string {
	t.Helper()
	rows, err := store.For[story](db).List(t.Context(), store.Query{Where: where})
	if err != nil {
		t.Fatal(err)
	}
	ids := make([]string, 0, len(rows))
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

// testSearchRefused checks that invalid searches are rejected.
func testSearchRefused(t *testing.T, db *store.DB) {
	g := gateOf[story](db)
	for _, tt := range []struct {
		column, query, code string
	}{
		{"plain", "a", "42804"},
		{"deleted_at", "a", "42804"},
		{"nope", "a", "42703"},
		{"title", "", "22023"},
		{"title", "-a", "22023"},
		{"title", " ... ", "22023"},
		{"title", strings.Repeat("a ", 33), "22023"},
		{"title", "a\x00b", "22021"},
		{"title", "a\xffb", "22021"},
	} {
		err := readError(t, g, query.Query{Where: searchOf(tt.column, tt.query)})
		wantCode(t, tt.column+": "+tt.query, err, tt.code)
	}
}

// testSearchFollows writes by every way of the library and searches.
func testSearchFollows(t *testing.T, db *store.DB) {
	want := func(step, query, ids string) {
		t.Helper()
		if got := searched(t, db, "title", query); got != ids {
			t.Errorf("%s: search %q found %q, want %q", step, query, got, ids)
		}
	}
	ctx, g, stories := t.Context(), gateOf[story](db), store.For[story](db)
	insert(t, db, &story{ID: "a", Title: "first words"}, &story{ID: "b", Title: "second words"})
	want("insert", "words", "a b")

	if n, err := patch(t, g, `{"title":"third words"}`, store.Eq("id", "a")); n != 1 || err != nil {
		t.Errorf("patch: %d rows, %v", n, err)
	}
	want("update", "first", "")
	want("update", "third", "a")

	if _, n, err := upsert(t, g, `[{"id":"a","title":"fourth"},{"id":"c","title":"fifth words"}]`, query.UpsertOptions{}); n != 1 || err != nil {
		t.Errorf("upsert: %d new rows, %v", n, err)
	}
	want("upsert", "words", "b c")
	want("upsert", "fourth", "a")

	if err := stories.Delete(ctx, "a"); err != nil {
		t.Error(err)
	}
	want("delete", "fourth", "")
	if err := stories.Restore(ctx, "a"); err != nil {
		t.Error(err)
	}
	want("restore", "fourth", "a")

	entries := store.For[entry](db)
	insert(t, db, &entry{Book: 1, N: 1, Text: "one"}, &entry{Book: 1, N: 2, Text: "two"}, &entry{Book: 2, N: 1, Text: "two"})
	if n := value(entries.Count(ctx, searchOf("text", "two")))(t); n != 2 {
		t.Errorf("two keys: %d entries, want 2", n)
	}
	if n := value(entries.PatchWhere(ctx, store.Eq("book", 1), store.SetTo("text", "three")))(t); n != 2 {
		t.Errorf("two keys: %d entries patched, want 2", n)
	}
	if n := value(entries.Count(ctx, searchOf("text", "three")))(t); n != 2 {
		t.Errorf("two keys: %d entries, want 2", n)
	}
	if n := value(entries.DeleteWhere(ctx, searchOf("text", "three")))(t); n != 2 {
		t.Errorf("two keys: %d entries deleted, want 2", n)
	}
	got, err := post(t, gateOf[entry](db), `[{"book":3,"n":1,"text":"two"},{"book":3,"n":2,"text":"x"}]`, &query.Query{})
	if want := `[{"book":3,"n":1,"text":"two"},{"book":3,"n":2,"text":"x"}]`; err != nil || got != want {
		t.Errorf("answer of a write: %s, %v, want %s", got, err, want)
	}
	if n := value(entries.Count(ctx, searchOf("text", "two")))(t); n != 2 {
		t.Errorf("two keys: %d entries, want 2", n)
	}
}

// testSearchRaw writes past the library.
func testSearchRaw(t *testing.T, db *store.DB) {
	raw := func(query string, rows int64) {
		t.Helper()
		res, err := db.Bun().ExecContext(t.Context(), query)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		if n, err := res.RowsAffected(); n != rows || err != nil {
			t.Errorf("%s: %d rows, %v, want %d", query, n, err, rows)
		}
	}
	want := func(query, ids string) {
		t.Helper()
		if got := searched(t, db, "title", query); got != ids {
			t.Errorf("search %q found %q, want %q", query, got, ids)
		}
	}
	raw(`insert into stories (id, title, plain) values ('a', 'İlk words', ''), ('b', 'second words', '')`, 2)
	want("words", "a b")
	want("ilk", "a")
	raw(`update stories set title = 'other' where id = 'a'`, 1)
	want("words", "b")
	raw(`update stories set plain = 'words'`, 2)
	want("words", "b")
	raw(`update stories set id = 'z' where id = 'b'`, 1)
	want("words", "z")
	raw(`insert into stories (id, title, plain) values ('z', 'fresh', '') on conflict (id) do update set title = excluded.title`, 1)
	want("words", "")
	want("fresh", "z")
	raw(`update stories set id = case id when 'a' then 'b' else 'c' end`, 2)
	want("fresh", "c")
	want("other", "b")
	raw(`delete from stories where id = 'c'`, 1)
	raw(`insert into stories (id, title, plain) values ('c', 'again', '')`, 1)
	want("fresh", "")
	want("again", "c")
	raw(`delete from stories`, 2)
	want("again", "")

	raw(`insert into entries (book, n, text) values (1, 1, 'x'), (1, 2, 'y')`, 2)
	raw(`update entries set n = n + 10`, 2)
	if n := value(store.For[entry](db).Count(t.Context(), searchOf("text", "x")))(t); n != 1 {
		t.Errorf("two keys: %d entries, want 1", n)
	}
}

// testSearchRules evaluates rules with a search on written rows: in Go, and in the
// database on a row that is not stored.
func testSearchRules(t *testing.T, db *store.DB) {
	insert(t, db, &story{ID: "top", Title: "public notice"})
	tab := db.Table(story{})
	open := searchOf("title", "public")
	either := store.Or(open, store.Related("above", open))
	for name, rule := range map[string]store.Cond{"in memory": open, "by the database": either} {
		guard := guardFor(t, tab, store.Guard{Read: rule, Create: rule, Update: rule, UpdateCheck: rule})
		g := scopedGate[story](db, scopeOf("ann", "", &tableGuard{tab, guard}))
		id := strings.ReplaceAll(name, " ", "")
		if _, err := post(t, g, `{"id":"`+id+`","title":"a public story","plain":""}`, nil); err != nil {
			t.Errorf("%s: create: %v", name, err)
		}
		_, err := post(t, g, `{"id":"x","title":"private","plain":""}`, nil)
		wantIs(t, name+": create", err, store.ErrDenied)
		_, _, err = upsert(t, g, `{"id":"y","title":"private","plain":""}`, query.UpsertOptions{})
		wantIs(t, name+": upsert", err, store.ErrDenied)
		if _, n, err := upsert(t, g, `{"id":"`+id+`2","title":"PUBLIC","plain":""}`, query.UpsertOptions{}); n != 1 || err != nil {
			t.Errorf("%s: upsert: %d rows, %v", name, n, err)
		}
		_, err = patch(t, g, `{"title":"private"}`, store.Eq("id", id))
		wantIs(t, name+": update", err, store.ErrDenied)
		if n, err := patch(t, g, `{"title":"public still"}`, store.Eq("id", id)); n != 1 || err != nil {
			t.Errorf("%s: update: %d rows, %v", name, n, err)
		}
		wantRead(t, g, query.Query{Select: columns("id"), Where: searchOf("title", "still -notice")}, `[{"id":"`+id+`"}]`)
		if err := store.For[story](db).Delete(t.Context(), id); err != nil {
			t.Error(err)
		}
	}
}
