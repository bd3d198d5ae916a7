package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// GroupPart is one value of a group of rows of the model T, stored in a field of G. Make
// one with [GroupBy], [CountInto], [SumInto], [MinInto] or [MaxInto].
type GroupPart[T, G any] struct {
	field     query.Field
	aggregate query.Aggregate
	at        func(*G) any // the field
}

// GroupBy groups rows by a column.
func GroupBy[T, G, V any](c Col[T, V], into func(*G) *V) GroupPart[T, G] {
	return groupPart[T](c.ref, 0, into)
}

// CountInto counts the rows of a group.
func CountInto[T, G any](into func(*G) *int64) GroupPart[T, G] {
	return groupPart[T](query.Field{}, query.AggregateCount, into)
}

// SumInto adds the values of a column of integers or decimals, exactly. A group without
// values leaves the field as it is.
func SumInto[T, G, V any](c NumberCol[T, V], into func(*G) *Decimal) GroupPart[T, G] {
	return groupPart[T](c.ref, query.AggregateSum, into)
}

// MinInto finds the smallest value of a column. A group without values leaves the field as
// it is.
func MinInto[T, G, V any](c Col[T, V], into func(*G) *V) GroupPart[T, G] {
	return groupPart[T](c.ref, query.AggregateMin, into)
}

// MaxInto finds the greatest value of a column, as [MinInto] the smallest.
func MaxInto[T, G, V any](c Col[T, V], into func(*G) *V) GroupPart[T, G] {
	return groupPart[T](c.ref, query.AggregateMax, into)
}

func groupPart[T, G, V any](field query.Field, a query.Aggregate, into func(*G) *V) GroupPart[T, G] {
	return GroupPart[T, G]{field, a, func(g *G) any { return into(g) }}
}

// Groups reads groups of rows: one G for each combination of the columns of [GroupBy], or
// one for all rows if there is none. Values are computed by the database and are the same
// on both engines. Query filters the rows with Where, sorts the groups by columns of
// GroupBy, and limits them with Limit and Offset:
//
//	days, err := store.Groups(ctx, store.For[Sale](db), store.Query{Where: saleShop.Eq(7), Order: []store.Order{saleDay.Asc()}},
//		store.GroupBy(saleDay, func(d *Day) *store.Date { return &d.Day }),
//		store.CountInto[Sale](func(d *Day) *int64 { return &d.Sales }),
//		store.SumInto(salePrice, func(d *Day) *store.Decimal { return &d.Total }),
//	)
//
// In a scope the guard applies, and columns outside Guard.Aggregable are rejected.
func Groups[T, G any](ctx context.Context, rows Repo[T], q Query, parts ...GroupPart[T, G]) ([]G, error) {
	wanted := make([]groupedValue, len(parts))
	for i, p := range parts {
		wanted[i] = groupedValue{field: p.field, aggregate: p.aggregate}
	}
	found, err := rows.core.groups(ctx, q, wanted)
	if err != nil {
		return nil, err
	}
	var groups []G
	for _, row := range found.Elements() {
		g, i := new(G), 0
		for _, v := range row.Members() {
			if err := wanted[i].set(parts[i].at(g), v.Raw()); err != nil {
				return nil, err
			}
			i++
		}
		groups = append(groups, *g)
	}
	return groups, nil
}

// groupedValue is one value of a group.
type groupedValue struct {
	field     query.Field
	aggregate query.Aggregate
	column    *Column // nil: the rows are counted
}

// groups reads groups as a JSON array of objects, with the values in their order.
func (r *repo) groups(ctx context.Context, q Query, wanted []groupedValue) (strictjson.Value, error) {
	switch {
	case r.err != nil:
		return strictjson.Value{}, r.err
	case len(wanted) == 0 || q.Select != nil || q.With != nil || q.After != "":
		return strictjson.Value{}, errors.New("store: Groups needs a part, and takes Where, Order, Limit and Offset of a query")
	}
	asked := q.untyped()
	for i := range wanted {
		w := &wanted[i]
		selected := query.Selected{As: "v" + strconv.Itoa(i), Aggregate: w.aggregate}
		if w.field.Owner != nil {
			c, err := w.field.Column(r.table)
			if err != nil {
				return strictjson.Value{}, err
			}
			w.column, selected.Column = c, c.Name
		}
		asked.Select = append(asked.Select, selected)
	}
	var out query.Rows
	if err := r.reader().Get(ctx, &asked, query.ReadOptions{}, &out); err != nil {
		return strictjson.Value{}, err
	}
	return strictjson.Parse(slices.Concat([]byte{'['}, out.Body, []byte{']'}), strictjson.Limits{Depth: 1000, Digits: 200_000, Growth: -1})
}

// set stores a value in the field that at points to.
func (w *groupedValue) set(at any, raw []byte) error {
	if string(raw) == "null" && w.aggregate != 0 {
		return nil
	}
	switch w.aggregate {
	case query.AggregateCount, query.AggregateSum:
		return json.Unmarshal(raw, at)
	}
	bound, err := w.column.ParseJSON(raw)
	if err != nil {
		return fmt.Errorf("store: the column %s of a group: %w", w.column.Name, err)
	}
	return w.column.GoType.Set(reflect.ValueOf(at).Elem(), bound)
}
