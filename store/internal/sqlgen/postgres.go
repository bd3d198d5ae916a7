package sqlgen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/fulltext"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
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

// PGTypes are the names of the kinds' types in casts. Every placeholder carries
// its type, so that PostgreSQL never infers another one from the context.
var PGTypes = [...]string{
	driver.KindText: "text", driver.KindBool: "bool", driver.KindInt: "int8", driver.KindFloat: "float8", driver.KindDecimal: "numeric",
	driver.KindTimestamp: "timestamptz", driver.KindDate: "date", driver.KindUUID: "uuid", driver.KindBytes: "bytea", driver.KindJSON: "jsonb",
	driver.KindTextArray: "text[]",
}

var postgresSyntax = func() Syntax {
	w := Syntax{
		placeholder: "$", yes: "true", no: "false", unknown: "null::bool", distinct: " is distinct from ", locks: true,
		nullsGreatest: true, records: true, Arrays: true, Sequences: true, WritableCTE: true,
	}
	for k, name := range PGTypes {
		if name != "" {
			w.casts[k] = "::" + name
		}
	}
	w.ordered[driver.KindText] = ` collate "C"`
	w.asText[driver.KindJSON] = "::text" // PostgreSQL takes the documents 1 and 1.0 for equal
	return w
}()

// Syntax implements [Dialect].
func (*postgres) Syntax() *Syntax { return &postgresSyntax }

func (*postgres) placed(t *Writer, s Source, col *schema.Column) {
	t.Write("(", s.Alias, ".", col.SQLName)
	for i, step := range col.Place.Steps {
		arrow, cast := "->", "::text"
		if col.Place.Text && i == len(col.Place.Steps)-1 {
			arrow = "->>"
		}
		if _, position := step.(int64); position {
			cast = "::int4"
		}
		t.Write(arrow)
		t.Placeholder(step)
		t.Write(cast)
	}
	t.Write(")")
}

func (*postgres) total(t *Writer, s Source, col *schema.Column) {
	t.Write("cast(", s.Alias, ".", col.SQLName, " as float8)")
}

// parsed writes a branch for texts that are not of the type. It fails by a cast that
// names the length only, and nothing of the client.
func (*postgres) parsed(t *Writer, s Source, col *schema.Column, cast string) {
	t.Write("(select case when ", parsedForms[cast], " then v::", cast, " else ('?'||length(v))::", cast, " end from (select ")
	t.Column(s, col)
	t.Write(" as v) p)")
}

// OneOf implements [Dialect].
func (*postgres) OneOf(t *Writer, k driver.Kind, list any) {
	t.Write(" = any(")
	t.Placeholder(list)
	t.Write("::", PGTypes[k], "[])")
}

// position hides the value in a subquery. With a visible value the planner would prefer a
// custom plan for every page, and planning takes longer than reading the page.
func (*postgres) position(t *Writer, k driver.Kind, v any) {
	t.Write("(select ")
	t.Bind(k, v)
	t.Write(")")
}

var holdWords = [...]string{query.OpContains: " @> ", query.OpContained: " <@ ", query.OpOverlaps: " && "}

func (*postgres) holds(t *Writer, s Source, col *schema.Column, op query.Op, v any) {
	t.Column(s, col)
	t.Write(holdWords[op])
	t.Bind(col.Kind, v)
}

func (p *postgres) folded(t *Writer, s Source, col *schema.Column) {
	t.wrapped(p.foldBefore, s, col, p.foldAfter)
}

func (*postgres) like(t *Writer, s Source, col *schema.Column, pattern string, fold bool) {
	t.folding(s, col, fold)
	t.Write(" like ")
	t.Bind(driver.KindText, pattern)
}

func (*postgres) match(t *Writer, s Source, col *schema.Column, pattern string, fold bool) {
	t.folding(s, col, fold)
	t.Write(` collate "C" ~ `)
	t.Bind(driver.KindText, pattern)
}

func (*postgres) search(t *Writer, s Source, col *schema.Column, q fulltext.Query, _ string) {
	t.wrapped(schema.SearchFunction+"(", s, col, ") @@ ")
	t.Placeholder(q.TSQuery())
	t.Write("::tsquery")
}

// candidates writes the search itself: the index answers it.
func (p *postgres) candidates(t *Writer, s Source, col *schema.Column, q fulltext.Query) (check, begun bool) {
	p.search(t, s, col, q, "")
	return false, true
}

var fullTextFunctions = [...]string{
	query.OpFullText: "to_tsquery", query.OpFullTextPlain: "plainto_tsquery", query.OpFullTextPhrase: "phraseto_tsquery", query.OpFullTextWeb: "websearch_to_tsquery",
}

// fullTextWords takes of a text what is searched: its beginning, without
// punctuation.
var fullTextWords = fmt.Sprintf(", %d), '%s', '%s'))", fulltext.MaxText,
	strings.ReplaceAll(fulltext.Punctuation, "'", "''"), strings.Repeat(" ", len(fulltext.Punctuation)))

// fullText binds the names of configurations, which are names that the server had at
// start-up.
func (p *postgres) fullText(t *Writer, s Source, col *schema.Column, op query.Op, config, query string) error {
	if !slices.Contains(p.textSearch, config) {
		return &fault.ValueError{Column: col.Name, Kind: fault.ValueUnknownConfig, Reason: fmt.Sprintf("text search configuration %s does not exist", value.ShortQuote(config))}
	}
	t.Write("to_tsvector(")
	t.Placeholder(config)
	t.Write("::regconfig, translate(left(")
	t.Column(s, col)
	t.Write(fullTextWords, " @@ (select ", fullTextFunctions[op], "(") // a subquery is evaluated once, not for each row
	t.Placeholder(config)
	t.Write("::regconfig, ")
	t.Bind(driver.KindText, query)
	t.Write("))")
	return nil
}

// LogRows implements [Dialect].
func (*postgres) LogRows(t *Writer, rows string) (order string) {
	t.Write(", v->>'op', v->'key', nullif(v->'old', 'null'), nullif(v->'new', 'null'), v->>'actor', v->>'tenant', (v->>'size')::int from jsonb_array_elements(")
	t.Bind(driver.KindJSON, rows)
	t.Write(") with ordinality as e(v, n)")
	return " order by n"
}
