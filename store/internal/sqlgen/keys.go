package sqlgen

import "github.com/seed-7694ebf6/plinth/store/schema"

// EqualKeys writes that columns of two sources are equal.
func (t *Writer) EqualKeys(a Source, as []*schema.Column, b Source, bs []*schema.Column) {
	for i := range as {
		if i > 0 {
			t.Write(" and ")
		}
		t.Column(a, as[i])
		t.Write(" = ")
		t.Column(b, bs[i])
	}
}

// KeyList writes the primary key of a source, to sort by or to compare with.
func (t *Writer) KeyList(s Source) {
	for i, pk := range s.Table.PrimaryKey {
		if i > 0 {
			t.Write(", ")
		}
		t.Column(s, pk)
		t.collate(pk, true)
	}
}

// KeyEquals writes that a source's row has the key of a row.
func (t *Writer) KeyEquals(s Source, row []any) {
	t.EqualValues(s, s.Table.PrimaryKey, func(i int) any { return row[s.Table.PrimaryKey[i].Index] })
}

// EqualValues writes that columns of a source have values.
func (t *Writer) EqualValues(s Source, columns []*schema.Column, value func(i int) any) {
	for i, col := range columns {
		if i > 0 {
			t.Write(" and ")
		}
		t.Comparable(s, col, false)
		t.Write(" = ")
		t.bindComparable(col.Kind, value(i))
	}
}

// SelectTarget writes a query for the row with the key that a foreign key points to,
// to which conditions can be added.
func (t *Writer) SelectTarget(s Source, ref *schema.Reference, key []any) {
	t.Write("select 1 from ", ref.Target.SQLName, " ", s.Alias, " where ")
	t.EqualValues(s, ref.Keys, func(i int) any { return key[i] })
}
