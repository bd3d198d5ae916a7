package store

// equalKeys writes that columns of two sources are equal.
func (t *text) equalKeys(a source, as []*Column, b source, bs []*Column) {
	for i := range as {
		if i > 0 {
			t.write(" and ")
		}
		t.column(a, as[i])
		t.write(" = ")
		t.column(b, bs[i])
	}
}

// keyList writes the primary key of a source, to sort by or to compare with.
func (t *text) keyList(s source) {
	for i, pk := range s.table.PrimaryKey {
		if i > 0 {
			t.write(", ")
		}
		t.column(s, pk)
		t.collate(pk, true)
	}
}

// keyEquals writes that a source's row has the key of a row.
func (t *text) keyEquals(s source, row []any) {
	t.equalValues(s, s.table.PrimaryKey, func(i int) any { return row[s.table.PrimaryKey[i].Index] })
}

// equalValues writes that columns of a source have values.
func (t *text) equalValues(s source, columns []*Column, value func(i int) any) {
	for i, col := range columns {
		if i > 0 {
			t.write(" and ")
		}
		t.comparable(s, col, false)
		t.write(" = ")
		t.bindComparable(col.Kind, value(i))
	}
}

// selectTarget writes a query for the row with the key that a foreign key points to,
// to which conditions can be added.
func (t *text) selectTarget(s source, ref *Reference, key []any) {
	t.write("select 1 from ", ref.Target.SQLName, " ", s.alias, " where ")
	t.equalValues(s, ref.Keys, func(i int) any { return key[i] })
}
