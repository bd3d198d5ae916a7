package api_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

// essay has a text that can be searched, one that cannot, and one only editors read.
type essay struct {
	bun.BaseModel `bun:"table:essays"`
	ID            int64  `bun:",pk,autoincrement"`
	Title         string `bun:",notnull"`
	Text          string `bun:",notnull" plinth:"searchable"`
	Remarks       string `bun:",notnull" plinth:"searchable"`
}

var operatorWord = regexp.MustCompile("`([a-z]+)`")

// TestDocumentDescribesSearch: the filters of searchable columns list the search operators
// of the engine. Other columns do not have them, and a caller who may not read a column does
// not see that it can be searched. Each listed operator works.
func TestDocumentDescribesSearch(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		h := serve(t, db, api.Config{}, api.Resource[essay]{Policy: api.Policy{
			Read: api.Anyone(), Columns: map[string]api.ColumnRule{"remarks": {Read: api.Role("editor")}},
		}})
		searches := []string{"search"}
		if db.Capabilities().Engine == "postgres" {
			searches = append(searches, "fts", "plfts", "phfts", "wfts")
		}
		for caller, want := range map[string]map[string][]string{
			"":    {"title": nil, "text": searches},
			"ann": {"title": nil, "text": searches, "remarks": searches},
		} {
			doc := decode[struct {
				Components struct {
					Parameters map[string]struct{ Description string }
				}
			}](t, must(t, h, 200, request{caller: caller, line: "GET /"}).body)
			for _, column := range []string{"title", "text", "remarks"} {
				about := doc.Components.Parameters["filter.essays."+column].Description
				_, list, _ := strings.Cut(about, "}`: ")
				var told []string
				for _, m := range operatorWord.FindAllStringSubmatch(list, -1) {
					if m[1] == "search" || strings.HasSuffix(m[1], "fts") {
						told = append(told, m[1])
						must(t, h, 200, request{caller: caller, line: "GET /essays?" + column + "=" + m[1] + ".word"})
					}
				}
				if !slices.Equal(told, want[column]) || (len(told) > 0) != strings.Contains(about, "`search.hello wor* -bye`") {
					t.Errorf("%q is told of %s: %s", caller, column, about)
				}
				if about == "" {
					must(t, h, 400, request{caller: caller, line: "GET /essays?" + column + "=search.word"})
				}
			}
		}
	})
}
