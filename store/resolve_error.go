package store

// keyText names the columns of a table, if the guard lets them be read.
func keyText(g *Guard, columns []*Column) string {
	table := columns[0].Table.Name
	if !g.reads(columns) {
		return table
	}
	return table + "(" + joinNames(columns, ", ") + ")"
}
