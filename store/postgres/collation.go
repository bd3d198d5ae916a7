package postgres

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
)

// foldCandidates are the collations that may fold letters as Unicode does, best
// first: the database's own, those that fold letter by letter, ICU's.
var foldCandidates = []string{`"default"`, `"pg_c_utf8"`, `"C.utf8"`, `"C.UTF-8"`, `"und-x-icu"`}

// foldSample is text that C, or the collation of a Turkish locale, folds into
// something else than foldedSample.
const foldSample, foldedSample = "ÄIΣЖÉ", "äiσжé"

// foldCollation returns the quoted name of the first collation of this
// database whose lower() folds as unicode.ToLower does.
func foldCollation(ctx context.Context, pool *sql.DB) (string, error) {
	const undefined = "42704"
	for _, name := range foldCandidates {
		var folded string
		err := pool.QueryRowContext(ctx, "select lower('"+foldSample+"' collate "+name+")").Scan(&folded)
		var refused *pgconn.PgError
		switch {
		case errors.As(err, &refused) && refused.Code == undefined:
			continue
		case err != nil:
			return "", err
		case folded == foldedSample:
			return name, nil
		}
	}
	return "", errors.New("no collation folds letters as Unicode does: create the database with a UTF-8 locale, or use a server with ICU")
}
