package store

import "github.com/seed-7694ebf6/plinth/store/schema"

// keyText names the columns of a table, if the guard lets them be read.
func keyText(g *Guard, columns []*Column) string {
	table := columns[0].Table.Name
	if !g.reads(columns) {
		return table
	}
	return table + "(" + schema.JoinNames(columns, ", ") + ")"
}
