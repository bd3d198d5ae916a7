package migrate

import (
	"context"

	"github.com/seed-7694ebf6/plinth/store/internal/sqltokens"
)

const sqliteTables = `select name, sql from sqlite_schema where type = 'table' and sql is not null order by name`

// readChecks finds the checks in the statements of the tables: no pragma lists them.
func (sqlite) readChecks(ctx context.Context, q querier, all map[string]*found) error {
	_, err := collect(ctx, q, sqliteTables, func(scan func(...any) error) (struct{}, error) {
		var table, text string
		if err := scan(&table, &text); err != nil {
			return struct{}{}, err
		}
		if f := all[table]; f != nil {
			f.checks = checksIn(text)
		}
		return struct{}{}, nil
	})
	return err
}

// checksIn returns the checks of a statement that creates a table. One without a name has
// none here.
func checksIn(statement string) []foundCheck {
	tokens, err := sqltokens.Scan(statement)
	if err != nil {
		return nil // a table of another program, such as a virtual one
	}
	var checks []foundCheck
	for i := 0; i+1 < len(tokens); i++ {
		if !tokens[i].Is("check") || !tokens[i+1].Is("(") {
			continue
		}
		end := closing(tokens, i+1)
		k := foundCheck{text: statement[tokens[i+1].End:tokens[end].Start]}
		if i >= 2 && tokens[i-2].Is("constraint") {
			k.name = tokens[i-1].Text
		}
		checks = append(checks, k)
		i = end
	}
	return checks
}

// closing returns the parenthesis that closes the one at a place.
func closing(tokens []sqltokens.Token, open int) int {
	depth := 0
	for i := open; i < len(tokens); i++ {
		switch {
		case tokens[i].Is("("):
			depth++
		case tokens[i].Is(")"):
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(tokens) - 1
}
