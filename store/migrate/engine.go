package migrate

import (
	"context"
	"database/sql"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// engine is what migrations must know of a database. There are two.
type engine interface {
	// name is also the name of the folder with the engine's files.
	name() string

	// bind turns the question marks of a statement into placeholders.
	bind(query string) string

	// begin opens a transaction that holds the lock of migrations; a crash releases it.
	// It returns nil if another session holds the lock.
	begin(ctx context.Context, conn *sql.Conn) (*sql.Tx, error)

	// lock takes the same lock outside a transaction, unlock frees it.
	lock(ctx context.Context, conn *sql.Conn) (bool, error)
	unlock(ctx context.Context, conn *sql.Conn) error

	// historyTable makes the history if it does not exist, historyExists
	// selects whether it does.
	historyTable() string
	historyExists() string

	// inspect reads the tables and views of the database.
	inspect(ctx context.Context, q querier) (map[string]*found, error)

	// search describes the index of a searchable column; existing pieces are in the
	// result of pieces. dropSearch drops an index by name.
	search(c *store.Column) searchIndex
	pieces(ctx context.Context, q querier) ([]piece, error)
	dropSearch(name string) string

	// columnType is the type of a new column, literal a constant of it.
	columnType(k store.Kind) string
	literal(c constant) string

	// typed makes an expression a value of a kind.
	typed(k store.Kind, expression string) string

	// addedCheck is the clause of a check that an existing table gets.
	addedCheck(c *schema.Check) string

	// misfit says why values of the kind cannot be kept in the column, or
	// nothing; doubt what is different and works.
	misfit(k store.Kind, c foundColumn) string
	doubt(k store.Kind, c foundColumn) string

	// ddl says how statements are written.
	ddl() ddl
}

// ddl is how the statements of an engine differ.
type ddl struct {
	// addsConstraints: a foreign key can be added to an existing table, and
	// cannot be written before its target exists.
	addsConstraints bool
	// generated is the column of a key the database assigns.
	generated string
	// generatedIsKey: that text declares the primary key.
	generatedIsKey bool
}

func engineOf(db *store.DB) engine {
	if can := db.Capabilities(); can.Engine == "postgres" {
		return postgres{fold: can.Fold}
	}
	return sqlite{}
}

// collect reads all rows of a query.
func collect[T any](ctx context.Context, q querier, query string, read func(scan func(...any) error) (T, error)) (list []T, err error) {
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() {
		if e := rows.Close(); err == nil {
			err = e
		}
	}()
	for rows.Next() {
		v, err := read(rows.Scan)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, rows.Err()
}
