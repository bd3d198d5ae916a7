package conformance_test

import (
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// fullTextCases are PostgreSQL's own searches of titles, and the stories they find.
var fullTextCases = []struct {
	op                  query.Op
	config, query, want string
}{
	{query.OpFullText, "", "hello & world", "case emoji"},
	{query.OpFullText, "", "hello & !there & (world | state)", "case emoji"},
	{query.OpFullText, "", "hello <-> world", "case emoji"},
	{query.OpFullText, "", "world <-> hello", ""},
	{query.OpFullText, "", "version <2> 12", ""},
	{query.OpFullText, "", "version <3> 12", "number"},
	{query.OpFullText, "", "hel:*", "case emoji"},
	{query.OpFullText, "", "'a snake':*", "snake"},
	{query.OpFullText, "", "snake_case", "snake"},
	{query.OpFullText, "", "state-of-the-art", "hyphen"},
	{query.OpFullText, "", "degree", ""},
	{query.OpFullText, "english", "degree", "number"},
	{query.OpFullText, "ENGLISH", "a & degree", "number"},
	{query.OpFullText, "english", "the", ""},
	{query.OpFullText, "", "", ""},
	{query.OpFullTextPlain, "", "world hello", "case emoji"},
	{query.OpFullTextPlain, "", "& | ! ( joe.doe@example.com", "address"},
	{query.OpFullTextPlain, "", `drop table stories; -- ' or 1=1`, "sql"},
	{query.OpFullTextPlain, "", " ... ", ""},
	{query.OpFullTextPhrase, "", "hello world", "case emoji"},
	{query.OpFullTextPhrase, "", "world hello", ""},
	{query.OpFullTextPhrase, "", "see https://example.com/a", "address"},
	{query.OpFullTextWeb, "", "hello -there", "case emoji"},
	{query.OpFullTextWeb, "", `"hello world"`, "case emoji"},
	{query.OpFullTextWeb, "", `"world hello" or "state of"`, "hyphen"},
	{query.OpFullTextWeb, "", `"hello -- )( & world`, "case emoji"},
	{query.OpFullTextWeb, "english", "degrees versions", "number"},
}

func fullTextOf(op query.Op, config, text string) store.Cond {
	return store.Compare("title", op, query.FullText{Config: config, Query: text})
}

// testFullText searches with PostgreSQL's own functions, which SQLite rejects.
func testFullText(t *testing.T, db *store.DB) {
	g := gateOf[story](db)
	code := func(cond store.Cond, want string) {
		t.Helper()
		wantCode(t, cond.String(), readError(t, g, query.Query{Where: cond}), want)
	}
	code(store.Compare("plain", query.OpFullText, store.Text("a")), "42804")
	code(store.Compare("nope", query.OpFullText, store.Text("a")), "42703")
	if !db.Capabilities().Instances {
		for op := query.OpFullText; op <= query.OpFullTextWeb; op++ {
			code(fullTextOf(op, "", "a"), "PGRST127")
			code(store.Not(fullTextOf(op, "klingon", "&&")), "PGRST127")
		}
		if _, err := store.Bind(db.Table(story{}), fullTextOf(query.OpFullText, "", "a")); err == nil {
			t.Error("a rule that cannot be judged is bound")
		}
		return
	}
	// The answer must not say whether there are rows.
	for range 2 {
		for _, search := range []string{"&", "a b", "(a", "a <16385> b", "'", `\`, ":*", "a:x"} {
			code(fullTextOf(query.OpFullText, "", search), "42601")
		}
		for _, config := range []string{"klingon", "1", "13000", "pg_catalog.english", "english ", `"english"`, "-", "simple'--"} {
			for op := query.OpFullText; op <= query.OpFullTextWeb; op++ {
				code(fullTextOf(op, config, "a"), "42704")
			}
		}
		code(fullTextOf(query.OpFullTextWeb, "", "a\x00b"), "22021")
		insert(t, db, &story{ID: store.NewID().String(), Title: "x"})
	}
	for id, title := range titles {
		insert(t, db, &story{ID: id, Title: title})
	}
	for range 7 { // the server plans a statement another way when it comes often
		for _, tt := range fullTextCases {
			if got := storyIDs(t, db, fullTextOf(tt.op, tt.config, tt.query)); got != tt.want {
				t.Errorf("%s: found %q, want %q", fullTextOf(tt.op, tt.config, tt.query), got, tt.want)
			}
		}
	}
	both := store.And(fullTextOf(query.OpFullTextPlain, "", "hello"), store.Compare("title", query.OpFullText, store.Text("world")))
	if got := storyIDs(t, db, both); got != "case emoji" {
		t.Errorf("%s: found %q", both, got)
	}
	if got := storyIDs(t, db, store.Not(store.Compare("body", query.OpFullText, "a"))); got != "" {
		t.Errorf("NULL under not: found %q", got)
	}
	fullTextWork(t, db)
}

// fullTextWork searches texts that take PostgreSQL's parser minutes or exceed its
// limits.
func fullTextWork(t *testing.T, db *store.DB) {
	var words strings.Builder
	for i := range 300_000 {
		words.WriteString(string([]rune{rune(66000 + i/3000), rune(66000 + i%3000), ' '}))
	}
	for id, text := range map[string]string{"hosts": strings.Repeat("a_", 100_000), "numbers": strings.Repeat("a-1.", 50_000), "words": words.String()} {
		insert(t, db, &story{ID: id, Title: text})
	}
	began := time.Now()
	if got := storyIDs(t, db, fullTextOf(query.OpFullTextPlain, "", "a_a")); got != "address hosts numbers snake" {
		t.Errorf("a: found %q", got)
	}
	if took := time.Since(began); took > programtest.Within(5*time.Second) {
		t.Errorf("three long texts take %s", took)
	}
}

// testFullTextRules lets the server evaluate rules on written rows.
func testFullTextRules(t *testing.T, db *store.DB) {
	if !db.Capabilities().Instances {
		t.Skip("SQLite has no such rules")
	}
	tab, rule := db.Table(story{}), fullTextOf(query.OpFullText, "english", "notices & !private")
	guard := guardFor(t, tab, store.Guard{Read: rule, Create: rule, Update: rule, UpdateCheck: rule})
	g := scopedGate[story](db, scopeOf("ann", "", &tableGuard{tab, guard}))
	if _, err := post(t, g, `{"id":"a","title":"a public notice","plain":""}`, nil); err != nil {
		t.Errorf("create: %v", err)
	}
	_, err := post(t, g, `{"id":"x","title":"a private notice","plain":""}`, nil)
	wantIs(t, "create", err, store.ErrDenied)
	_, err = patch(t, g, `{"title":"private"}`, store.Eq("id", "a"))
	wantIs(t, "update", err, store.ErrDenied)
	if n, err := patch(t, g, `{"title":"notices"}`, store.Eq("id", "a")); n != 1 || err != nil {
		t.Errorf("update: %d rows, %v", n, err)
	}
	insert(t, db, &story{ID: "hidden", Title: "private notices"})
	wantRead(t, g, query.Query{Select: columns("id"), Where: fullTextOf(query.OpFullTextPlain, "", "notices")}, `[{"id":"a"}]`)
}
