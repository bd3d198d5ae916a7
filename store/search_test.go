package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
	"github.com/uptrace/bun"
)

type sought struct {
	bun.BaseModel `bun:"table:sought"`
	store.Untracked
	ID   int64   `bun:",pk"`
	Text *string `plinth:"searchable"`
}

// openSearch opens an empty database with the table to search.
func openSearch(tb testing.TB, open func(testing.TB) (*store.DB, error)) *store.DB {
	tb.Helper()
	return openModel(tb, open, sought{})
}

func openModel(tb testing.TB, open func(testing.TB) (*store.DB, error), model any) *store.DB {
	tb.Helper()
	db, err := open(tb)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	if err := db.Register(model); err != nil {
		tb.Fatal(err)
	}
	if _, err := migrate.Auto(tb.Context(), db); err != nil {
		tb.Fatal(err)
	}
	return db
}

func searchDatabases() map[string]func(testing.TB) (*store.DB, error) {
	return map[string]func(testing.TB) (*store.DB, error){
		"sqlite":   func(tb testing.TB) (*store.DB, error) { return sqlite.Open(tb.Context(), tb.TempDir()+"/test.db", nil) },
		"postgres": func(tb testing.TB) (*store.DB, error) { return postgres.Open(tb.Context(), pgtest.URL(tb), nil) },
	}
}

// searchPieces are what random texts are made of.
var searchPieces = strings.Split("a|b|ab|A|Ab|é|É|e\u0301|ß|ẞ|İ|i|ı|I|Σ|σ|ς|Ж|ж|東|京|ア|हि|न|ก็|א|ب|1|2.5|½|٣|_|-|--|.|'|\"|\\|:|*|&|||!|(|)|<->|%|@|/|http://a.b/c|x@y.z|1e5|-3| |  |\t|\n|\u00a0|\u2028|\u200b|\u200d|\ufeff|🤔|👩‍🚀|🇩🇪|₿|€|Ꭰ|ꭰ|Ა|ა|𐐀|𐐨|ﬁ|Ǆ|ǆ|ſ|K|µ|μ|null|or|and|not|"+strings.Repeat("y", 99)+"|"+strings.Repeat("y", 101), "|")

func randomSearchText(r *rand.Rand, n int) string {
	var b strings.Builder
	for range r.IntN(n) {
		b.WriteString(searchPieces[r.IntN(len(searchPieces))])
		if r.IntN(3) == 0 {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// oracleWords are the words of a text by the definition in the documentation of
// package fulltext, not by its code.
func oracleWords(text string) []string {
	words := strings.FieldsFunc(text, func(r rune) bool {
		return unicode.In(r, unicode.Z, unicode.P, unicode.S, unicode.Cc, unicode.Cf)
	})
	for i, w := range words {
		runes := []rune(strings.ReplaceAll(strings.Map(unicode.ToLower, w), "ς", "σ"))
		words[i] = string(runes[:min(len(runes), 100)])
	}
	return words
}

// soughtWord is a word of a query with what the oracle needs to judge it.
type soughtWord struct {
	word        string
	prefix, not bool
}

func (s soughtWord) String() string {
	text := s.word
	if s.prefix {
		text += "*"
	}
	if s.not {
		text = "-" + text
	}
	return text
}

func (s soughtWord) allows(text string) bool {
	found := slices.ContainsFunc(oracleWords(text), func(w string) bool {
		return w == s.word || s.prefix && strings.HasPrefix(w, s.word)
	})
	return found != s.not
}

// randomSearch returns the words of a query, one of which must occur.
func randomSearch(r *rand.Rand) []soughtWord {
	for {
		var words []soughtWord
		for range 1 + r.IntN(3) {
			pair := oracleWords(searchPieces[r.IntN(len(searchPieces))] + searchPieces[r.IntN(len(searchPieces))])
			if len(pair) > 0 {
				words = append(words, soughtWord{pair[0], r.IntN(3) == 0, r.IntN(4) == 0})
			}
		}
		if slices.ContainsFunc(words, func(w soughtWord) bool { return !w.not }) {
			return words
		}
	}
}

// TestSearchOracle searches random texts on both engines.
func TestSearchOracle(t *testing.T) {
	t.Parallel()
	for engine, open := range searchDatabases() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			db := openSearch(t, open)
			r := rand.New(rand.NewPCG(1, 2))
			texts := make([]string, 300)
			for i := range texts {
				texts[i] = randomSearchText(r, 12)
				if err := store.For[sought](db).Insert(t.Context(), &sought{ID: int64(i), Text: &texts[i]}); err != nil {
					t.Fatal(err)
				}
			}
			for range 500 {
				checkSearch(t, db, texts, randomSearch(r))
			}
		})
	}
}

func checkSearch(t *testing.T, db *store.DB, texts []string, words []soughtWord) {
	t.Helper()
	text := strings.Trim(fmt.Sprint(words), "[]")
	rows, err := store.For[sought](db).List(t.Context(), store.Query{Where: store.Compare("text", query.OpSearch, text)})
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	found := map[int64]bool{}
	for _, row := range rows {
		found[row.ID] = true
	}
	for i, text := range texts {
		want := !slices.ContainsFunc(words, func(w soughtWord) bool { return !w.allows(text) })
		if found[int64(i)] != want {
			t.Errorf("%q in %q: found %t, want %t", text, text, found[int64(i)], want)
		}
	}
}

// BenchmarkSearch compares a search with patterns over 100,000 rows of 12 words:
// one word that 60 rows have, 20 rows of the answer.
func BenchmarkSearch(b *testing.B) {
	for engine, open := range searchDatabases() {
		b.Run(engine, func(b *testing.B) {
			db := openSearch(b, open)
			fillSought(b, db)
			for _, bb := range []struct {
				name string
				cond store.Cond
			}{
				{"search=word", store.Compare("text", query.OpSearch, "word777")},
				{"search=prefix", store.Compare("text", query.OpSearch, "word777*")},
				{"search=word+prefix", store.Compare("text", query.OpSearch, "word777 word7*")},
				{"plfts=word", store.Compare("text", query.OpFullTextPlain, "word777")}, // PostgreSQL's own, without an index
				{"like", store.Compare("text", query.OpLike, "%word777 %")},
				{"ilike", store.Compare("text", query.OpILike, "%word777 %")},
			} {
				b.Run(bb.name, func(b *testing.B) {
					if strings.HasPrefix(bb.name, "plfts") && !db.Capabilities().FullText {
						b.Skip("SQLite has no such search")
					}
					for b.Loop() {
						if _, err := store.For[sought](db).List(b.Context(), store.Query{Where: bb.cond, Limit: store.Limit(20)}); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		})
	}
}

func fillSought(b *testing.B, db *store.DB) {
	b.Helper()
	exec := func(query string) {
		if _, err := db.Bun().DB.ExecContext(b.Context(), query); err != nil {
			b.Fatal(err)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for from := 0; from < 100_000; from += 500 {
		var rows []string
		for i := range 500 {
			var text strings.Builder
			for range 12 {
				fmt.Fprintf(&text, "word%d ", r.IntN(20000))
			}
			rows = append(rows, fmt.Sprintf("(%d, '%s')", from+i, text.String()))
		}
		exec("insert into sought (id, text) values " + strings.Join(rows, ", "))
	}
	if db.Capabilities().Engine == "postgres" {
		exec("vacuum analyze sought")
	}
}
