package store

import (
	"github.com/seed-7694ebf6/plinth/internal/fulltext"
	"github.com/seed-7694ebf6/plinth/store/internal/textmatch"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// sqlite is the dialect of SQLite. Where SQLite differs from PostgreSQL, functions
// and collations that the driver registers do the work; their names begin with pl_.
type sqlite struct{}

var sqliteWords = words{
	placeholder: "?", yes: "1", no: "0", unknown: "null", distinct: " is not ", unlimited: " limit -1",
	collation: [...]string{KindDecimal: " collate pl_decimal", KindTextArray: ""},
	ordered:   [...]string{KindDecimal: " collate pl_decimal", KindTextArray: ""},

	returningTable: true,
}

func (sqlite) words() *words { return &sqliteWords }

func (sqlite) placed(t *text, s source, col *Column) {
	name := "pl_json("
	if col.Place.Text {
		name = "pl_json_text("
	}
	t.write(name, s.alias, ".", col.SQLName)
	for _, step := range col.Place.Steps {
		t.write(", ")
		t.placeholder(step)
	}
	t.write(")")
}

func (sqlite) total(t *text, s source, col *Column) {
	t.write("pl_total(", s.alias, ".", col.SQLName, ")")
}

func (sqlite) parsed(t *text, s source, col *Column, cast string) {
	t.wrapped("json(pl_cast(", s, col, ", '")
	t.write(cast, "'))")
}

func (sqlite) oneOf(t *text, _ Kind, list any) {
	t.write(" in (select value from json_each(")
	t.placeholder(list)
	t.write("))")
}

func (sqlite) position(t *text, k Kind, v any) { t.bind(k, v) }

// holds calls functions over the JSON text that SQLite keeps of documents and arrays.
func (sqlite) holds(t *text, s source, col *Column, op Op, v any) {
	switch op {
	case OpContained:
		t.write("pl_contains(")
		t.bind(col.Kind, v)
		t.write(", ")
		t.column(s, col)
	case OpOverlaps:
		t.wrapped("pl_overlaps(", s, col, ", ")
		t.bind(col.Kind, v)
	default:
		t.wrapped("pl_contains(", s, col, ", ")
		t.bind(col.Kind, v)
	}
	t.write(")")
}

func (sqlite) folded(t *text, s source, col *Column) { t.wrapped("pl_lower(", s, col, ")") }

func (d sqlite) like(t *text, s source, col *Column, pattern string, fold bool) {
	if !textmatch.SQLiteReads(pattern) {
		d.regexp(t, s, col, textmatch.LikeRegexp(pattern), fold)
		return
	}
	t.folding(s, col, fold)
	t.write(" like ")
	t.bind(KindText, pattern)
	t.write(` escape '\'`)
}

func (d sqlite) match(t *text, s source, col *Column, pattern string, fold bool) {
	d.regexp(t, s, col, textmatch.DotAll+pattern, fold) // on PostgreSQL a dot takes a newline
}

func (sqlite) regexp(t *text, s source, col *Column, expr string, fold bool) {
	t.write("pl_regexp(")
	t.bind(KindText, expr)
	t.write(", ")
	t.folding(s, col, fold)
	t.write(")")
}

func (sqlite) search(t *text, s source, col *Column, _ fulltext.Query, written string) {
	t.write("pl_search(")
	t.bind(KindText, written)
	t.write(", ")
	t.column(s, col)
	t.write(")")
}

// candidates writes that the index of a column has a row for a query. SQLite does not
// fold the case of every script, so a function has to check them.
func (sqlite) candidates(t *text, s source, col *Column, q fulltext.Query) (check, begun bool) {
	match, ok := q.FTS5()
	if !ok {
		return true, false
	}
	words, keys := t.alias(), t.alias()
	t.write("((")
	t.keyList(s)
	t.write(") in (select ")
	t.keyList(source{table: s.table, alias: keys})
	index := value.QuoteIdent(SearchName(col))
	t.write(" from ", index, " ", words, " cross join ", value.QuoteIdent(SearchKeys(col)), " ", keys)
	t.write(" on ", keys, `."row?" = `, words, ".rowid where ", words, ".", index, " match ")
	t.bind(KindText, match)
	t.write(")")
	return true, true
}

func (sqlite) fullText(_ *text, _ source, col *Column, _ Op, _, _ string) error {
	return schema.CheckFullText(col)
}

func (sqlite) logRows(t *text, rows string) (order string) {
	t.write(", value->>'op', value->'key', nullif(value->'old', 'null'), nullif(value->'new', 'null'), value->>'actor', value->>'tenant', value->>'size' from json_each(")
	t.placeholder(rows)
	t.write(")")
	return " order by key"
}
