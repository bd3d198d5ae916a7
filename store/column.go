package store

import (
	"reflect"

	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// Col is a typed column of the model T with values of type V. It identifies the field
// by its offset in the struct, so it needs no generated code and works with mixins.
// Make one with [ColumnOf], [Number] or [TextColumn] in a package variable.
type Col[T, V any] struct {
	ref query.Field
}

// refOf runs field on a zero T and finds out which field it returned.
func refOf[T, V any](field func(*T) *V) query.Field {
	zero := new(T)
	base := reflect.ValueOf(zero).Pointer()
	at := reflect.ValueOf(field(zero)).Pointer()
	return query.Field{Owner: reflect.TypeFor[T](), Offset: at - base, Type: reflect.TypeFor[V]()}
}

// ColumnOf returns the column that field returns the address of:
//
//	var Title = store.ColumnOf(func(n *Note) *string { return &n.Title })
//
// A field that is no column is an error of the first query that uses it.
func ColumnOf[T, V any](field func(*T) *V) Col[T, V] {
	return Col[T, V]{refOf(field)}
}

// Eq selects the rows where the column equals v.
func (c Col[T, V]) Eq(v V) Cond { return c.compare(query.OpEq, v) }

// Ne selects the rows where the column differs from v; NULL does not.
func (c Col[T, V]) Ne(v V) Cond { return c.compare(query.OpNeq, v) }

// In selects the rows where the column equals one of the values.
func (c Col[T, V]) In(values ...V) Cond { return c.compare(query.OpIn, values) }

// Null selects the rows where the column is NULL.
func (c Col[T, V]) Null() Cond { return c.compare(query.OpIsNull, nil) }

// Asc sorts by the column, NULL last.
func (c Col[T, V]) Asc() Order { return Order{Field: c.ref} }

// Desc sorts by the column downwards, NULL first.
func (c Col[T, V]) Desc() Order { return Order{Field: c.ref, Desc: true} }

// To sets the column to v in [Repo.Patch].
func (c Col[T, V]) To(v V) Set { return Set{field: c.ref, value: v} }

func (c Col[T, V]) compare(op query.Op, v any) Cond {
	return query.CondOf(&query.Node{Kind: query.NodeCompare, Field: c.ref, Op: op, Operand: query.OperandOf(v)})
}

// NumberCol is a [Col] of numbers or times.
type NumberCol[T, V any] struct{ Col[T, V] }

// Number returns a column that can be compared by size, and added to.
func Number[T, V any](field func(*T) *V) NumberCol[T, V] {
	return NumberCol[T, V]{ColumnOf(field)}
}

// Lt selects the rows where the column is less than v.
func (c NumberCol[T, V]) Lt(v V) Cond { return c.compare(query.OpLt, v) }

// Lte selects the rows where the column is at most v.
func (c NumberCol[T, V]) Lte(v V) Cond { return c.compare(query.OpLte, v) }

// Gt selects the rows where the column is greater than v.
func (c NumberCol[T, V]) Gt(v V) Cond { return c.compare(query.OpGt, v) }

// Gte selects the rows where the column is at least v.
func (c NumberCol[T, V]) Gte(v V) Cond { return c.compare(query.OpGte, v) }

// Add adds v to the column in [Repo.Patch]; the sum is computed by the
// database. Only columns of integers can be added to.
func (c NumberCol[T, V]) Add(v V) Set { return Set{field: c.ref, value: v, add: true} }

// TextCol is a [Col] of text.
type TextCol[T any] struct{ Col[T, string] }

// TextColumn returns a column that can be matched against patterns.
func TextColumn[T any](field func(*T) *string) TextCol[T] {
	return TextCol[T]{ColumnOf(field)}
}

// Like selects the rows where the column matches a pattern: % stands for any run of
// characters, _ for one, and a backslash escapes the next character.
func (c TextCol[T]) Like(pattern string) Cond { return c.compare(query.OpLike, pattern) }

// ILike is Like without regard to case.
func (c TextCol[T]) ILike(pattern string) Cond { return c.compare(query.OpILike, pattern) }

// Search selects the rows where the column has all the words of a query, in any order
// and without regard to case. A * after a word makes it a prefix and a - before a word
// excludes it: "plinth doc* -draft". The column must be tagged `plinth:"searchable"`,
// which gives it an index; without the tag the query is an error. So is a query without
// a word that must occur.
//
// A word is a run of characters that are no white space, punctuation or symbols,
// so hyphens and underscores separate; a text in a script without spaces is one
// long word.
func (c TextCol[T]) Search(text string) Cond { return c.compare(query.OpSearch, text) }

// Set is one assignment of an update.
type Set struct {
	name  string
	field query.Field
	value any
	add   bool
}

// SetTo sets a column, by name, to a Go value; nil is NULL.
func SetTo(column string, value any) Set { return Set{name: column, value: value} }

func (s Set) column(t *Table) (*Column, error) {
	if s.field.Owner != nil {
		return s.field.Column(t)
	}
	if c := t.Column(s.name); c != nil {
		return c, nil
	}
	return nil, &fault.UnknownColumnError{Table: t.Name, Column: s.name, Near: query.NearestColumn(t, s.name, nil)}
}
