package write

import (
	"strconv"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// insertInto writes INSERT ... VALUES. For many rows on PostgreSQL it writes SELECT
// over one array for each column, so that the text does not depend on the number of
// rows.
func insertInto(b *sqlgen.Builder, t *schema.Table, rows [][]any, alias string) error {
	columns, err := insertColumns(t, rows)
	if err != nil {
		return err
	}
	b.Write("insert into ", t.SQLName)
	if alias != "" {
		b.Write(" as ", alias)
	}
	b.Write(" (")
	for i, col := range columns {
		if i > 0 {
			b.Write(", ")
		}
		b.Write(col.SQLName)
	}
	b.Write(")")
	if len(columns) == 0 {
		// Only a generated key: there is no column to name.
		b.SQL = b.SQL[:len(b.SQL)-len(" ()")]
		b.Write(" default values")
		return nil
	}
	if len(rows) > 1 && b.Syntax.Arrays {
		insertArrays(b, columns, rows)
		return nil
	}
	b.Write(" values ")
	for i, row := range rows {
		if i > 0 {
			b.Write(", ")
		}
		b.Write("(")
		for j, col := range columns {
			if j > 0 {
				b.Write(", ")
			}
			b.Bind(col.Kind, row[col.Index])
		}
		b.Write(")")
	}
	return nil
}

// insertColumns returns the columns that are given; the database makes the
// others, which must be absent in every row.
func insertColumns(t *schema.Table, rows [][]any) ([]*schema.Column, error) {
	columns := make([]*schema.Column, 0, len(t.Columns))
	for _, col := range t.Columns {
		gaps := 0
		for _, row := range rows {
			if _, gap := row[col.Index].(value.Absent); gap {
				gaps++
			}
		}
		switch gaps {
		case 0:
			columns = append(columns, col)
		case len(rows):
		default:
			return nil, &fault.BodyError{Reason: "give " + col.Name + " in every row or in none"}
		}
	}
	return columns, nil
}

// insertArrays writes SELECT over unnest. An array of arrays cannot have rows
// of different length, so text arrays travel as JSON.
func insertArrays(b *sqlgen.Builder, columns []*schema.Column, rows [][]any) {
	b.Write(" select ")
	for i, col := range columns {
		if i > 0 {
			b.Write(", ")
		}
		name := "c" + strconv.Itoa(i)
		if col.Kind == driver.KindTextArray {
			b.Write("case when i.", name, " is not null then array(select jsonb_array_elements_text(i.", name, ")) end")
		} else {
			b.Write("i.", name)
		}
		b.Write(" as ", col.SQLName)
	}
	b.Write(" from unnest(")
	for i, col := range columns {
		if i > 0 {
			b.Write(", ")
		}
		kind := col.Kind
		values := make([]any, len(rows))
		for j, row := range rows {
			values[j] = row[col.Index]
			if list, ok := values[j].([]string); ok && kind == driver.KindTextArray {
				values[j] = string(value.AppendValue(nil, kind, list))
			}
		}
		if kind == driver.KindTextArray {
			kind = driver.KindJSON
		}
		b.Placeholder(values)
		b.Write("::", sqlgen.PGTypes[kind], "[]")
	}
	b.Write(") with ordinality as i(")
	for i := range columns {
		b.Write("c", strconv.Itoa(i), ", ")
	}
	b.Write("n) order by i.n")
}
