package store_test

import (
	"cmp"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/uptrace/bun"
)

// Leaf is a row for random conditions: every column but the key can be NULL.
type Leaf struct {
	bun.BaseModel `bun:"table:leaves"`
	store.Untracked
	ID       int64 `bun:",pk"`
	Num      *int64
	Real     *float64
	Dec      *store.Decimal
	At       *time.Time
	Day      *store.Date
	Name     *string
	UID      *store.ID
	Flag     *bool
	Tags     *[]string `bun:",array"`
	Doc      *store.JSON
	Bio      *string `plinth:"searchable"`
	ParentID *int64
	Parent   *Leaf   `bun:"rel:belongs-to,join:parent_id=id"`
	Kids     []*Leaf `bun:"rel:has-many,join:id=parent_id"`
}

// ternary is a value of three-valued logic as the SQL standard has it, written
// down anew: the library's own is under test.
type ternary int

const (
	no ternary = iota
	unknown
	yes
)

func ternaryOf(b bool) ternary {
	if b {
		return yes
	}
	return no
}

// leafRow is a row as the oracle sees it: the small number each value stands
// for, or -1 for NULL. Values of one column compare as their numbers do.
type leafRow struct {
	id     int
	values map[string]int
	parent int // index of the row, or -1
	model  *Leaf
}

// The values of the columns; each list is in ascending order, so that a value is
// known by its index.
var (
	leafNums  = []int64{-1 << 63, -7, 0, 3, 10, 1<<63 - 1}
	leafReals = []float64{-2.5, 0, 0.1, 1e-7 + 1, 3, 1e20}
	leafDecs  = []string{"-10.50", "-0.001", "0", "2.50", "10", "99999999999999999999.1"}
	leafTimes = []string{"0001-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z", "2024-02-29T12:00:00Z", "2024-02-29T12:00:00.000001Z", "9999-12-31T00:00:00Z"}
	leafDays  = []string{"0001-01-01", "1970-01-01", "2024-02-29", "2024-03-01", "9999-12-31"}
	leafNames = []string{"", "%", "A", "Z", "_x", "a", "a%b", "ab", "É", "é", "東京", "😀"}
	leafUIDs  = []string{"00000000-0000-0000-0000-000000000001", "0a000000-0000-4000-8000-000000000000", "7fffffff-ffff-7fff-bfff-ffffffffffff", "ffffffff-ffff-ffff-ffff-ffffffffffff"}
)

// newLeaves makes the rows of the table, one value in five NULL.
func newLeaves(r *rand.Rand, n int) []*leafRow {
	rows := make([]*leafRow, n)
	for i := range rows {
		row := &leafRow{id: i, values: map[string]int{"id": i}, parent: -1, model: &Leaf{ID: int64(i)}}
		pick := func(column string, values int) (int, bool) {
			row.values[column] = -1
			if r.IntN(5) > 0 {
				row.values[column] = r.IntN(values)
			}
			return max(row.values[column], 0), row.values[column] >= 0
		}
		fillLeaf(row.model, pick)
		if i > 0 && r.IntN(5) > 0 {
			row.parent = r.IntN(i)
			row.model.ParentID = new(int64(row.parent))
		}
		row.values["parent_id"] = row.parent
		rows[i] = row
	}
	return rows
}

func fillLeaf(m *Leaf, pick func(column string, values int) (int, bool)) {
	if i, ok := pick("num", len(leafNums)); ok {
		m.Num = &leafNums[i]
	}
	if i, ok := pick("real", len(leafReals)); ok {
		m.Real = &leafReals[i]
	}
	if i, ok := pick("dec", len(leafDecs)); ok {
		m.Dec = new(must(store.ParseDecimal(leafDecs[i])))
	}
	if i, ok := pick("at", len(leafTimes)); ok {
		m.At = new(must(time.Parse(time.RFC3339, leafTimes[i])))
	}
	if i, ok := pick("day", len(leafDays)); ok {
		m.Day = new(must(store.ParseDate(leafDays[i])))
	}
	if i, ok := pick("name", len(leafNames)); ok {
		m.Name = &leafNames[i]
	}
	if i, ok := pick("uid", len(leafUIDs)); ok {
		m.UID = new(must(store.ParseID(leafUIDs[i])))
	}
	if i, ok := pick("flag", 2); ok {
		m.Flag = new(i == 1)
	}
	if i, ok := pick("tags", len(leafTags)); ok {
		m.Tags = &leafTags[i]
	}
	if i, ok := pick("doc", len(leafDocs)); ok {
		m.Doc = new(store.JSON(leafDocs[i]))
	}
	if i, ok := pick("bio", len(leafBios)); ok {
		m.Bio = &leafBios[i]
	}
}

// compareNumbers judges a value of a column and an operand by their numbers. A
// NULL in the column is unknown but where the comparison is of what is distinct;
// an operand without value always is.
func compareNumbers(op query.Op, a, b int) ternary {
	switch {
	case b < 0:
		return unknown
	case op == query.OpDistinct:
		return ternaryOf(a != b)
	case a < 0:
		return unknown
	}
	order := cmp.Compare(a, b)
	switch op {
	case query.OpEq:
		return ternaryOf(order == 0)
	case query.OpNeq:
		return ternaryOf(order != 0)
	case query.OpLt:
		return ternaryOf(order < 0)
	case query.OpLte:
		return ternaryOf(order <= 0)
	case query.OpGt:
		return ternaryOf(order > 0)
	case query.OpGte:
		return ternaryOf(order >= 0)
	}
	panic("no comparison")
}

// likeOracle matches by a table of prefixes, rune by rune. Patterns have no
// escapes but for a backslash before a wildcard.
func likeOracle(pattern, text string) bool {
	type token struct {
		r    rune
		wild bool
	}
	var tokens []token
	escaped := false
	for _, r := range pattern {
		switch {
		case !escaped && r == '\\':
			escaped = true
			continue
		case !escaped && (r == '%' || r == '_'):
			tokens = append(tokens, token{r, true})
		default:
			tokens = append(tokens, token{r, false})
		}
		escaped = false
	}
	runes := []rune(text)
	reach := make([]bool, len(runes)+1) // reach[i]: the tokens so far match the first i runes
	reach[0] = true
	for _, tok := range tokens {
		next := make([]bool, len(runes)+1)
		for i := range next {
			switch {
			case tok.wild && tok.r == '%':
				next[i] = reach[i] || i > 0 && next[i-1]
			case i > 0 && reach[i-1]:
				next[i] = tok.wild || tok.r == runes[i-1]
			}
		}
		reach = next
	}
	return reach[len(runes)]
}

// lowered folds the letters of the test's texts.
func lowered(s string) string {
	return strings.NewReplacer("A", "a", "Z", "z", "É", "é").Replace(s)
}
