package gate_test

import (
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store/sqlite"
)

// sheetSearch looks for a word, or the beginning of one, perhaps without another
// word. The oracle is for ASCII.
func sheetSearch(r *rand.Rand) predicate {
	words := []string{"red", "apple", "app", "ripe", "green", "b", "100"}
	word, other, prefix, without := words[r.IntN(len(words))], words[r.IntN(len(words))], r.IntN(2) == 0, r.IntN(3) == 0
	asked := word
	if prefix {
		asked += "*"
	}
	if without {
		asked += " -" + other
	}
	return predicate{"name.search." + quotedValue(asked), func(x row) truth {
		text, ok := x["name"].(string)
		if !ok {
			return unknown
		}
		has := asciiWords(text)
		found := slices.ContainsFunc(has, func(w string) bool { return w == word || prefix && strings.HasPrefix(w, word) })
		return known(found && !(without && slices.Contains(has, other)))
	}}
}

// withFullText returns a comparison, now and then one by PostgreSQL's own search.
func withFullText(r *rand.Rand) predicate {
	if r.IntN(8) == 0 {
		return sheetFullText(r)
	}
	return sheetComparison(r)
}

// sheetFullText looks for one word or two by PostgreSQL's own search, without stems.
func sheetFullText(r *rand.Rand) predicate {
	words := []string{"red", "apple", "ripe", "green", "b", "100", "and", "none"}
	a, b := words[r.IntN(len(words))], words[r.IntN(len(words))]
	has := func(has []string, w string) bool { return slices.Contains(has, w) }
	both := func(h []string) bool { return has(h, a) && has(h, b) }
	next := func(h []string) bool { return strings.Contains(" "+strings.Join(h, " ")+" ", " "+a+" "+b+" ") }
	either := func(h []string) bool { return has(h, a) || has(h, b) }
	only := func(h []string) bool { return has(h, a) && !has(h, b) }
	form := []struct {
		op, query string
		holds     func(words []string) bool
	}{
		{"fts", a, func(h []string) bool { return has(h, a) }},
		{"fts", a + " & " + b, both},
		{"fts", a + "|" + b, either},
		{"fts", a + "&!" + b, only},
		{"fts", a + " <-> " + b, next},
		{"plfts", a + " " + b, both},
		{"plfts", a + ", " + b + "!", both},
		{"phfts", a + " " + b, next},
		{"wfts", a + " " + b, both},
		{"wfts", a + " or " + b, either},
		{"wfts", a + " -" + b, only},
		{"wfts", `"` + a + " " + b + `"`, next},
	}[r.IntN(12)]
	config := []string{"", "(simple)"}[r.IntN(2)]
	return predicate{"name." + form.op + config + "." + quotedValue(form.query), func(x row) truth {
		text, ok := x["name"].(string)
		if !ok {
			return unknown
		}
		return known(form.holds(asciiWords(text)))
	}}
}

// asciiWords are the words of a text without what stands between them.
func asciiWords(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') })
}

// TestA26FullTextIsRefused: SQLite refuses PostgreSQL's own search wherever it
// stands in a tree.
func TestA26FullTextIsRefused(t *testing.T) {
	t.Parallel()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	r := rand.New(rand.NewPCG(1, 2))
	s, refused := newSheets(t, db, r, 10), 0
	for range 200 {
		budget := 8
		tree := growPredicate(r, 3, &budget, withFullText)
		got := s.do(t, asAna, ask{method: http.MethodGet, target: "/sheets?select=id&and=" + queryEscape("("+tree.text+")")})
		want := http.StatusOK
		if strings.Contains(tree.text, "fts") {
			want = http.StatusBadRequest
			refused++
		}
		if got.Status != want || want != http.StatusOK && got.Code() != "PGRST127" {
			t.Errorf("(%s): status %d, want %d: %s", tree.text, got.Status, want, got.Body)
		}
	}
	if refused < 40 {
		t.Errorf("%d of 200 trees have such a search", refused)
	}
}
