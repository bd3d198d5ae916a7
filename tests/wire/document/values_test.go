package document_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// generator makes values and requests of a document, the same from the same seed
// and answers.
type generator struct {
	*rand.Rand
	doc    *document
	caller string
	known  *known
}

// once in n.
func (g *generator) once(n int) bool { return g.IntN(n) == 0 }

func pick[T any](g *generator, list []T) T { return list[g.IntN(len(list))] }

// value returns a value of a schema, as encoding/json writes it.
func (g *generator) value(s *schema) any { return g.nested(s, 0) }

func (g *generator) nested(s *schema, depth int) any {
	s = g.doc.schema(s)
	if table, column, ok := reference(s); ok && !g.once(6) {
		if v, ok := g.known.one(g, table+"."+column); ok {
			return v
		}
	}
	switch {
	case len(s.AnyOf) > 0:
		return g.nested(pick(g, s.AnyOf), depth)
	case len(s.Enum) > 0:
		return pick(g, s.Enum)
	case len(s.Type) == 0:
		return g.anything(depth)
	}
	switch typ := pick(g, s.Type); typ {
	case "null":
		return nil
	case "boolean":
		return g.once(2)
	case "integer", "number":
		return g.number(s, typ == "integer")
	case "string":
		return g.text(s)
	case "array":
		return g.list(s, depth)
	default:
		return g.object(s, depth)
	}
}

// reference returns what a description says a column refers to.
func reference(s *schema) (table, column string, ok bool) {
	_, rest, ok := strings.Cut(s.Description, "References ")
	table, rest, _ = strings.Cut(rest, ".")
	column, _, _ = strings.Cut(rest, ".")
	return table, column, ok
}

// anything returns any JSON value.
func (g *generator) anything(depth int) any {
	switch n := g.IntN(8); {
	case n == 0:
		return nil
	case n == 1:
		return g.once(2)
	case n == 2:
		return json.Number(pick(g, []string{"0", "-1.50", "1e3", "9007199254740993", "0.1"}))
	case n < 5 || depth > 3:
		return g.word()
	case n == 5:
		return []any{g.anything(depth + 1), g.anything(depth + 1)}
	}
	return map[string]any{g.word(): g.anything(depth + 1), "a": g.anything(depth + 1)}
}

// words are texts that a careless program could mistake for something else.
var words = []string{
	"plain", "two words", "a,b", `quo"te`, "it's", "%", "*", "eq.1", "null", "true", "ünïcödé", "日本", "😀", `back\slash`, "(", "}", "&a=b", "+", "1", "{a}",
}

func (g *generator) word() string { return pick(g, words) + strconv.Itoa(g.IntN(1000)) }

// text returns a text of a schema. No text here has NUL, which no column holds.
func (g *generator) text(s *schema) string {
	switch s.Format {
	case "uuid":
		return store.NewID().String()
	case "date":
		return g.moment().Format(time.DateOnly)
	case "date-time":
		return g.moment().Format(time.RFC3339Nano)
	case "email":
		return fmt.Sprintf("a%d@example.org", g.IntN(100))
	case "int32", "int64":
		return string(g.number(s, true))
	case "decimal":
		return string(g.number(s, false))
	case "":
	default:
		panic("no values of the format " + s.Format)
	}
	if s.Pattern != "" {
		return `\x` + hex.EncodeToString([]byte(g.word())) // the only one there is
	}
	least, most := 0, 30
	if s.MinLength != nil {
		least = *s.MinLength
	}
	if s.MaxLength != nil {
		most = *s.MaxLength
	}
	if least == 0 && g.once(10) {
		return ""
	}
	runes := []rune(g.word())
	for len(runes) < least || g.once(20) && len(runes) < most {
		runes = append(runes, 'x')
	}
	return string(runes[:min(len(runes), most)])
}

func (g *generator) moment() time.Time {
	zone := time.FixedZone("", pick(g, []int{0, 3600, -5 * 3600, 5*3600 + 1800}))
	return time.Unix(g.Int64N(6_000_000_000)-2_000_000_000, g.Int64N(1000)*1_000_000).In(zone)
}

// number returns a number of a schema, often the least or the greatest.
func (g *generator) number(s *schema, integer bool) json.Number {
	least, greatest := int64(math.MinInt64), int64(math.MaxInt64)
	bound := func(n json.Number, by int64, to *int64) {
		if n != "" {
			v, _ := n.Int64()
			*to = v + by
		}
	}
	bound(s.Minimum, 0, &least)
	bound(s.ExclusiveMinimum, 1, &least)
	bound(s.Maximum, 0, &greatest)
	bound(s.ExclusiveMaximum, -1, &greatest)
	near := max(least, min(greatest, g.Int64N(1000)-500))
	if !integer {
		if g.once(2) && near < greatest {
			return json.Number(fmt.Sprintf("%d.%03d", max(near, 0), g.IntN(1000)+1))
		}
		return json.Number(strconv.FormatInt(near, 10))
	}
	switch g.IntN(6) {
	case 0:
		return json.Number(strconv.FormatInt(least, 10))
	case 1:
		return json.Number(strconv.FormatInt(greatest, 10))
	}
	return json.Number(strconv.FormatInt(near, 10))
}

func (g *generator) list(s *schema, depth int) []any {
	least, most := 0, 3
	if s.MinItems != nil {
		least = *s.MinItems
	}
	if s.MaxItems != nil {
		most = min(most, *s.MaxItems)
	}
	all := []any{}
	for range least + g.IntN(max(1, most-least+1)) {
		if s.Items == nil {
			all = append(all, g.anything(depth+1))
		} else if depth < 4 {
			all = append(all, g.nested(s.Items, depth+1))
		}
	}
	return all
}

func (g *generator) object(s *schema, depth int) map[string]any {
	all := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if slices.Contains(s.Required, name) || g.once(3) && depth < 4 {
			all[name] = g.nested(s.Properties[name], depth+1)
		}
	}
	if s.AdditionalProperties != nil && s.AdditionalProperties.values != nil {
		for range g.IntN(3) {
			all[g.word()] = g.nested(s.AdditionalProperties.values, depth+1)
		}
	}
	return all
}

// wrong returns a value that is none of a schema, or false for one that has all.
func (g *generator) wrong(s *schema) (any, bool) {
	candidates := []any{
		nil, true, json.Number("3"), json.Number("1.5"), json.Number("-1"), json.Number("1e30"), "", "no such value", strings.Repeat("x", 300),
		[]any{},
		[]any{json.Number("1")},
		[]any{"a", nil},
		map[string]any{},
		map[string]any{"no such member": true},
	}
	g.Shuffle(len(candidates), func(i, j int) { candidates[i], candidates[j] = candidates[j], candidates[i] })
	for _, v := range candidates {
		if g.doc.check(s, v, "") != nil {
			return v, true
		}
	}
	return nil, false
}
