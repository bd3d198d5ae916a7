package store_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
	"github.com/uptrace/bun"
)

// Sale is a row for random aggregates: every column but the key can be NULL.
type Sale struct {
	bun.BaseModel `bun:"table:sales"`
	store.Untracked
	ID     int64 `bun:",pk"`
	Shop   *string
	Paid   *bool
	Qty    *int64
	Price  *store.Decimal
	Weight *float64
}

// Values of sales: some of one size, so that sums do not only show the largest.
var (
	salePrices  = []string{"0", "0.00", "1.5", "1.50", "-1.5", "9999.99", "10000", "0.0001", "0.00001234", "123456789012345678901234567890.12", "-0.3", "7", "0.333333333333333333333"}
	saleWeights = []float64{0, 0.1, 0.2, 0.3, -0.7, 1e15, 1e-7, 123456.789, 2.5e-300, 1e22, -1e22}
	saleQtys    = []int64{0, 1, -1, 2, 3, 9999, 10000, 1<<63 - 1, -1 << 63, 7, 13}
)

func newSales(r *rand.Rand, n int) []*Sale {
	sales := make([]*Sale, n)
	for i := range sales {
		s := &Sale{ID: int64(i)}
		if r.IntN(8) > 0 {
			s.Shop = new([]string{"a", "B", "é", ""}[r.IntN(4)])
		}
		if r.IntN(8) > 0 {
			s.Paid = new(r.IntN(2) == 0)
		}
		if r.IntN(6) > 0 {
			s.Qty = new(saleQtys[r.IntN(len(saleQtys))])
		}
		if r.IntN(6) > 0 {
			s.Price = new(must(store.ParseDecimal(salePrices[r.IntN(len(salePrices))])))
		}
		if r.IntN(6) > 0 {
			s.Weight = new(saleWeights[r.IntN(len(saleWeights))])
		}
		sales[i] = s
	}
	return sales
}

// written returns the value of a column as it is written, false for NULL.
func (s *Sale) written(column string) (string, bool) {
	switch column {
	case "qty":
		if s.Qty != nil {
			return strconv.FormatInt(*s.Qty, 10), true
		}
	case "price":
		if s.Price != nil {
			return s.Price.String(), true
		}
	case "weight":
		if s.Weight != nil {
			return strconv.FormatFloat(*s.Weight, 'g', -1, 64), true
		}
	case "shop":
		if s.Shop != nil {
			return *s.Shop, true
		}
	case "paid":
		if s.Paid != nil {
			return strconv.FormatBool(*s.Paid), true
		}
	}
	return "", false
}

// TestRandomAggregates asks both engines for the same random groups of the same
// rows, compares their bytes with each other and each value with an oracle over
// the data.
func TestRandomAggregates(t *testing.T) {
	t.Parallel()
	seed := programtest.Seed(t, rand.Uint64())
	var mu sync.Mutex
	answers := map[string][]string{}
	t.Run("engines", func(t *testing.T) {
		storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
			r := rand.New(rand.NewPCG(seed, 1))
			var list []string
			for round := range 12 {
				sales := newSales(r, r.IntN(40))
				for _, s := range sales {
					s.ID += int64(round) * 100
					if err := store.For[Sale](db).Insert(t.Context(), s); err != nil {
						t.Fatal(err)
					}
				}
				for range 25 {
					list = append(list, askSales(t, db, r, round, sales))
				}
			}
			mu.Lock()
			defer mu.Unlock()
			answers[db.Capabilities().Engine] = list
		}, storetest.Models(Sale{}))
	})
	one, other := answers["sqlite"], answers["postgres"]
	for i := range other {
		if one[i] != other[i] {
			t.Errorf("the engines differ\nsqlite   %s\npostgres %s", one[i], other[i])
		}
	}
}

// askSales asks for random groups and returns the question with its answer.
func askSales(t *testing.T, db *store.DB, r *rand.Rand, round int, sales []*Sale) string {
	t.Helper()
	var by []string
	for _, column := range []string{"shop", "paid", "price"} {
		if r.IntN(3) == 0 {
			by = append(by, column)
		}
	}
	var q query.Query
	for _, column := range by {
		q.Select = append(q.Select, query.Selected{Column: column})
	}
	q.Where = store.And(store.Compare("id", query.OpGte, int64(round)*100), store.Compare("id", query.OpLt, int64(round)*100+100))
	for i := range 1 + r.IntN(5) {
		sel := query.Selected{As: fmt.Sprintf("v%d", i), Aggregate: query.AggregateCount + query.Aggregate(r.IntN(5))}
		sel.Column = []string{"qty", "price", "weight"}[r.IntN(3)]
		q.Select = append(q.Select, sel)
	}
	var out query.Rows
	if err := access.Trusted(db, db.Table(Sale{})).Read(t.Context(), &q, query.ReadOptions{}, &out); err != nil {
		t.Fatalf("%+v: %v", q.Select, err)
	}
	var rows []map[string]any
	decoder := json.NewDecoder(strings.NewReader("[" + string(out.Body) + "]"))
	decoder.UseNumber()
	if err := decoder.Decode(&rows); err != nil {
		t.Fatalf("%s: %v", out.Body, err)
	}
	checkGroups(t, q.Select, by, rows, sales)
	return fmt.Sprintf("%+v: %s", q.Select, out.Body)
}

// checkGroups compares the groups of an answer with those of the data.
func checkGroups(t *testing.T, selected []query.Selected, by []string, rows []map[string]any, sales []*Sale) {
	t.Helper()
	groups := map[string][]*Sale{}
	if len(by) == 0 {
		groups[""] = nil
	}
	for _, s := range sales {
		groups[s.group(by)] = append(groups[s.group(by)], s)
	}
	if len(rows) != len(groups) {
		t.Errorf("by %v: %d groups, want %d", by, len(rows), len(groups))
	}
	for _, row := range rows {
		members, ok := groups[groupOf(row, by)]
		if !ok && len(by) > 0 {
			t.Errorf("by %v: there is no group %v", by, row)
			continue
		}
		for _, sel := range selected[len(by):] {
			if err := checkAggregate(sel, row[sel.As], members); err != nil {
				t.Errorf("by %v: %s of %s: %v in %v", by, sel.Aggregate, sel.Column, err, row)
			}
		}
	}
}

// group is the name of the group of a row; equal decimals have one.
func (s *Sale) group(by []string) string {
	name := ""
	for _, column := range by {
		text, ok := s.written(column)
		if ok && column == "price" {
			text = ratio(text).RatString()
		}
		name += fmt.Sprintf("%v %q ", ok, text)
	}
	return name
}

func groupOf(row map[string]any, by []string) string {
	name := ""
	for _, column := range by {
		text := fmt.Sprint(row[column])
		if row[column] == nil {
			text = ""
		} else if column == "price" {
			text = ratio(text).RatString()
		}
		name += fmt.Sprintf("%v %q ", row[column] != nil, text)
	}
	return name
}

func ratio(text string) *big.Rat {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		panic(text)
	}
	return r
}

// checkAggregate compares a value with that of the data.
func checkAggregate(sel query.Selected, got any, members []*Sale) error {
	var values []*big.Rat
	scale := 0
	for _, s := range members {
		if text, ok := s.written(sel.Column); ok {
			values = append(values, ratio(text))
			_, frac, _ := strings.Cut(text, ".")
			scale = max(scale, len(frac))
		}
	}
	if sel.Aggregate == query.AggregateCount {
		return wantText(got, strconv.Itoa(len(values)))
	}
	if len(values) == 0 {
		return wantText(got, "<nil>")
	}
	want := new(big.Rat)
	for _, v := range values {
		want.Add(want, v)
	}
	switch sel.Aggregate {
	case query.AggregateMin:
		want = slices.MinFunc(values, (*big.Rat).Cmp)
	case query.AggregateMax:
		want = slices.MaxFunc(values, (*big.Rat).Cmp)
	case query.AggregateAvg:
		want.Quo(want, big.NewRat(int64(len(values)), 1))
		return closeTo(fmt.Sprint(got), want)
	}
	if sel.Column == "weight" {
		f, _ := want.Float64()
		if parsed, err := strconv.ParseFloat(fmt.Sprint(got), 64); err != nil || parsed != f {
			return fmt.Errorf("got %v, want %v", got, f)
		}
		return nil
	}
	return wantText(got, want.FloatString(scale))
}

func wantText(got any, want string) error {
	if fmt.Sprint(got) != want {
		return fmt.Errorf("got %v, want %s", got, want)
	}
	return nil
}

// closeTo compares an average: it is wrong by half of the last of at least 15
// digits at most.
func closeTo(got string, want *big.Rat) error {
	diff := new(big.Rat).Sub(ratio(got), want)
	if want.Sign() == 0 {
		return wantText(ratio(got).RatString(), "0")
	}
	if relative := diff.Quo(diff.Abs(diff), new(big.Rat).Abs(want)); relative.Cmp(ratio("1e-15")) > 0 {
		return fmt.Errorf("got %s, want %s", got, want.FloatString(40))
	}
	return nil
}
