package store

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/fulltext"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
)

// postgres is the dialect of PostgreSQL.
type postgres struct {
	foldBefore, foldAfter string   // what folds the case of a text
	textSearch            []string // configurations that statements can name
}

func newPostgres(d driver.Dialect) *postgres {
	p := &postgres{textSearch: d.TextSearch}
	p.foldBefore, p.foldAfter, _ = strings.Cut(d.Fold, "%s")
	return p
}

// pgTypes are the names of the kinds' types in casts. Every placeholder carries
// its type, so that PostgreSQL never infers another one from the context.
var pgTypes = [...]string{
	KindText: "text", KindBool: "bool", KindInt: "int8", KindFloat: "float8", KindDecimal: "numeric",
	KindTimestamp: "timestamptz", KindDate: "date", KindUUID: "uuid", KindBytes: "bytea", KindJSON: "jsonb",
	KindTextArray: "text[]",
}

var postgresWords = func() words {
	w := words{
		placeholder: "$", yes: "true", no: "false", unknown: "null::bool", distinct: " is distinct from ", lock: " for update of ",
		nullsGreatest: true, records: true, arrays: true, with: true,
	}
	for k, name := range pgTypes {
		if name != "" {
			w.casts[k] = "::" + name
		}
	}
	w.ordered[KindText] = ` collate "C"`
	w.asText[KindJSON] = "::text" // PostgreSQL takes the documents 1 and 1.0 for equal
	return w
}()

func (*postgres) words() *words { return &postgresWords }

func (*postgres) placed(t *text, s source, col *Column) {
	t.write("(", s.alias, ".", col.SQLName)
	for i, step := range col.Place.Steps {
		arrow, cast := "->", "::text"
		if col.Place.Text && i == len(col.Place.Steps)-1 {
			arrow = "->>"
		}
		if _, position := step.(int64); position {
			cast = "::int4"
		}
		t.write(arrow)
		t.placeholder(step)
		t.write(cast)
	}
	t.write(")")
}

func (*postgres) total(t *text, s source, col *Column) {
	t.write("cast(", s.alias, ".", col.SQLName, " as float8)")
}

// parsed writes a branch for texts that are not of the type. It fails by a cast that
// names the length only, and nothing of the client.
func (*postgres) parsed(t *text, s source, col *Column, cast string) {
	t.write("(select case when ", parsedForms[cast], " then v::", cast, " else ('?'||length(v))::", cast, " end from (select ")
	t.column(s, col)
	t.write(" as v) p)")
}

func (*postgres) oneOf(t *text, k Kind, list any) {
	t.write(" = any(")
	t.placeholder(list)
	t.write("::", pgTypes[k], "[])")
}

// position hides the value in a subquery. With a visible value the planner would prefer a
// custom plan for every page, and planning takes longer than reading the page.
func (*postgres) position(t *text, k Kind, v any) {
	t.write("(select ")
	t.bind(k, v)
	t.write(")")
}

var holdWords = [...]string{OpContains: " @> ", OpContained: " <@ ", OpOverlaps: " && "}

func (*postgres) holds(t *text, s source, col *Column, op Op, v any) {
	t.column(s, col)
	t.write(holdWords[op])
	t.bind(col.Kind, v)
}

func (p *postgres) folded(t *text, s source, col *Column) {
	t.wrapped(p.foldBefore, s, col, p.foldAfter)
}

func (*postgres) like(t *text, s source, col *Column, pattern string, fold bool) {
	t.folding(s, col, fold)
	t.write(" like ")
	t.bind(KindText, pattern)
}

func (*postgres) match(t *text, s source, col *Column, pattern string, fold bool) {
	t.folding(s, col, fold)
	t.write(` collate "C" ~ `)
	t.bind(KindText, pattern)
}

func (*postgres) search(t *text, s source, col *Column, q fulltext.Query, _ string) {
	t.wrapped(SearchFunction+"(", s, col, ") @@ ")
	t.placeholder(q.TSQuery())
	t.write("::tsquery")
}

// candidates writes the search itself: the index answers it.
func (p *postgres) candidates(t *text, s source, col *Column, q fulltext.Query) (check, begun bool) {
	p.search(t, s, col, q, "")
	return false, true
}

var fullTextFunctions = [...]string{
	OpFullText: "to_tsquery", OpFullTextPlain: "plainto_tsquery", OpFullTextPhrase: "phraseto_tsquery", OpFullTextWeb: "websearch_to_tsquery",
}

// fullTextWords takes of a text what is searched: its beginning, without
// punctuation.
var fullTextWords = fmt.Sprintf(", %d), '%s', '%s'))", fulltext.MaxText,
	strings.ReplaceAll(fulltext.Punctuation, "'", "''"), strings.Repeat(" ", len(fulltext.Punctuation)))

// fullText binds the names of configurations, which are names that the server had at
// start-up.
func (p *postgres) fullText(t *text, s source, col *Column, op Op, config, query string) error {
	if !slices.Contains(p.textSearch, config) {
		return &fault.ValueError{Column: col.Name, Kind: fault.ValueUnknownConfig, Reason: fmt.Sprintf("text search configuration %s does not exist", value.ShortQuote(config))}
	}
	t.write("to_tsvector(")
	t.placeholder(config)
	t.write("::regconfig, translate(left(")
	t.column(s, col)
	t.write(fullTextWords, " @@ (select ", fullTextFunctions[op], "(") // a subquery is evaluated once, not for each row
	t.placeholder(config)
	t.write("::regconfig, ")
	t.bind(KindText, query)
	t.write("))")
	return nil
}

func (*postgres) logRows(t *text, rows string) (order string) {
	t.write(", v->>'op', v->'key', nullif(v->'old', 'null'), nullif(v->'new', 'null'), v->>'actor', v->>'tenant', (v->>'size')::int from jsonb_array_elements(")
	t.bind(KindJSON, rows)
	t.write(") with ordinality as e(v, n)")
	return " order by n"
}
