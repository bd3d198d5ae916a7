package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
)

// foldCandidates are expressions that may fold letters as Unicode's simple case mapping does, best first: with the
// collation of the database, with those that map letter by letter, with ICU. ICU maps two letters to something else,
// Σ at the end of a word and İ (SpecialCasing.txt of Unicode), so they are replaced before.
var foldCandidates = []string{
	`pg_catalog.lower(%s collate "default")`,
	`pg_catalog.lower(%s collate "pg_c_utf8")`,
	`pg_catalog.lower(%s collate "C.utf8")`,
	`pg_catalog.lower(%s collate "C.UTF-8")`,
	`pg_catalog.lower(pg_catalog.translate(%s, 'İΣ', 'iσ') collate "und-x-icu")`,
}

// foldSample is text that other collations than those map to something else than foldedSample: C leaves letters beyond
// ASCII, a Turkish locale maps I, ICU maps İ and the last Σ.
const foldSample, foldedSample = "ÄIΣЖÉ İ ΟΔΟΣ", "äiσжé i οδοσ"

// foldExpression returns the first of foldCandidates that folds as unicode.ToLower does in this database.
func foldExpression(ctx context.Context, pool *sql.DB) (string, error) {
	const undefined = "42704"
	for _, expression := range foldCandidates {
		var folded string
		err := pool.QueryRowContext(ctx, "select "+fmt.Sprintf(expression, "'"+foldSample+"'")).Scan(&folded)
		var refused *pgconn.PgError
		switch {
		case errors.As(err, &refused) && refused.Code == undefined:
			continue
		case err != nil:
			return "", err
		case folded == foldedSample:
			return expression, nil
		}
	}
	return "", errors.New("no collation folds letters as Unicode does: create the database with a UTF-8 locale, or use a server with ICU")
}
