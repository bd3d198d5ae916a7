package sqlgen

import (
	"github.com/seed-7694ebf6/plinth/internal/fulltext"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/textmatch"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// sqlite is the dialect of SQLite. Where SQLite differs from PostgreSQL, functions
// and collations that the driver registers do the work; their names begin with pl_.
type sqlite struct{}

var sqliteSyntax = Syntax{
	placeholder: "?", yes: "1", no: "0", unknown: "null", distinct: " is not ", unlimited: " limit -1",
	collation: [...]string{driver.KindDecimal: " collate pl_decimal", driver.KindTextArray: ""},
	ordered:   [...]string{driver.KindDecimal: " collate pl_decimal", driver.KindTextArray: ""},

	ReturningTable: true,
}

// Syntax implements [Dialect].
func (sqlite) Syntax() *Syntax { return &sqliteSyntax }

func (sqlite) placed(t *Writer, s Source, col *schema.Column) {
	name := "pl_json("
	if col.Place.Text {
		name = "pl_json_text("
	}
	t.Write(name, s.Alias, ".", col.SQLName)
	for _, step := range col.Place.Steps {
		t.Write(", ")
		t.Placeholder(step)
	}
	t.Write(")")
}

func (sqlite) total(t *Writer, s Source, col *schema.Column) {
	t.Write("pl_total(", s.Alias, ".", col.SQLName, ")")
}

func (sqlite) parsed(t *Writer, s Source, col *schema.Column, cast string) {
	t.wrapped("json(pl_cast(", s, col, ", '")
	t.Write(cast, "'))")
}

// OneOf implements [Dialect].
func (sqlite) OneOf(t *Writer, _ driver.Kind, list any) {
	t.Write(" in (select value from json_each(")
	t.Placeholder(list)
	t.Write("))")
}

func (sqlite) position(t *Writer, k driver.Kind, v any) { t.Bind(k, v) }

// holds calls functions over the JSON text that SQLite keeps of documents and arrays.
func (sqlite) holds(t *Writer, s Source, col *schema.Column, op query.Op, v any) {
	switch op {
	case query.OpContained:
		t.Write("pl_contains(")
		t.Bind(col.Kind, v)
		t.Write(", ")
		t.Column(s, col)
	case query.OpOverlaps:
		t.wrapped("pl_overlaps(", s, col, ", ")
		t.Bind(col.Kind, v)
	default:
		t.wrapped("pl_contains(", s, col, ", ")
		t.Bind(col.Kind, v)
	}
	t.Write(")")
}

func (sqlite) folded(t *Writer, s Source, col *schema.Column) { t.wrapped("pl_lower(", s, col, ")") }

func (d sqlite) like(t *Writer, s Source, col *schema.Column, pattern string, fold bool) {
	if !textmatch.SQLiteReads(pattern) {
		d.regexp(t, s, col, textmatch.LikeRegexp(pattern), fold)
		return
	}
	t.folding(s, col, fold)
	t.Write(" like ")
	t.Bind(driver.KindText, pattern)
	t.Write(` escape '\'`)
}

func (d sqlite) match(t *Writer, s Source, col *schema.Column, pattern string, fold bool) {
	d.regexp(t, s, col, textmatch.DotAll+pattern, fold) // on PostgreSQL a dot takes a newline
}

func (sqlite) regexp(t *Writer, s Source, col *schema.Column, expr string, fold bool) {
	t.Write("pl_regexp(")
	t.Bind(driver.KindText, expr)
	t.Write(", ")
	t.folding(s, col, fold)
	t.Write(")")
}

func (sqlite) search(t *Writer, s Source, col *schema.Column, _ fulltext.Query, written string) {
	t.Write("pl_search(")
	t.Bind(driver.KindText, written)
	t.Write(", ")
	t.Column(s, col)
	t.Write(")")
}

// candidates writes that the index of a column has a row for a query. SQLite does not
// fold the case of every script, so a function has to check them.
func (sqlite) candidates(t *Writer, s Source, col *schema.Column, q fulltext.Query) (check, begun bool) {
	match, ok := q.FTS5()
	if !ok {
		return true, false
	}
	words, keys := t.Alias(), t.Alias()
	t.Write("((")
	t.KeyList(s)
	t.Write(") in (select ")
	t.KeyList(Source{Table: s.Table, Alias: keys})
	index := value.QuoteIdent(schema.SearchName(col))
	t.Write(" from ", index, " ", words, " cross join ", value.QuoteIdent(schema.SearchKeys(col)), " ", keys)
	t.Write(" on ", keys, `."row?" = `, words, ".rowid where ", words, ".", index, " match ")
	t.Bind(driver.KindText, match)
	t.Write(")")
	return true, true
}

func (sqlite) fullText(_ *Writer, _ Source, col *schema.Column, _ query.Op, _, _ string) error {
	return schema.CheckFullText(col)
}

// LogRows implements [Dialect].
func (sqlite) LogRows(t *Writer, rows string) (order string) {
	t.Write(", value->>'op', value->'key', nullif(value->'old', 'null'), nullif(value->'new', 'null'), value->>'actor', value->>'tenant', value->>'size' from json_each(")
	t.Placeholder(rows)
	t.Write(")")
	return " order by key"
}
